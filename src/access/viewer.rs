//! The one who asks.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::access::role::Role;
use crate::error::{Error, Unauthenticated};

/// Who sent the request, as far as we could tell from its credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Viewer {
    /// No credential.
    Anonymous,
    /// A credential that does not count. Public fields are answered all the same, or `refresh` could not work.
    Unrecognized {
        /// Why it does not.
        reason: Unauthenticated,
    },
    /// A live session of an active user.
    User {
        /// Whose.
        user_id: Uuid,
        /// Which.
        session_id: Uuid,
        /// The user's role as the database has it now, whatever the token said.
        role: Role,
        /// When the credential stops counting.
        expires_at: DateTime<Utc>,
    },
    /// An API key of an active user: a script that acts for them, and is in no session.
    ApiKey {
        /// Whose.
        user_id: Uuid,
        /// Which.
        key_id: Uuid,
        /// The lesser of the key's own role and the user's role as the database has it now.
        role: Role,
        /// When the key stops counting.
        expires_at: DateTime<Utc>,
    },
}

impl Viewer {
    /// The user's id: the way to get it is to be signed in, or to have a key of theirs.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] for everybody else.
    pub fn user_id(&self) -> Result<Uuid, Error> {
        match self {
            Self::User { user_id, .. } | Self::ApiKey { user_id, .. } => Ok(*user_id),
            Self::Anonymous | Self::Unrecognized { .. } => Err(Error::Unauthenticated(self.refusal())),
        }
    }

    /// The session's id.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for an API key, [`Error::Unauthenticated`] for whoever else has none.
    pub fn session_id(&self) -> Result<Uuid, Error> {
        match self {
            Self::User { session_id, .. } => Ok(*session_id),
            Self::ApiKey { .. } => Err(Error::Forbidden { requires: "@session".into() }),
            Self::Anonymous | Self::Unrecognized { .. } => Err(Error::Unauthenticated(self.refusal())),
        }
    }

    /// The API key's id, if that is what asks.
    pub const fn key_id(&self) -> Option<Uuid> {
        match self {
            Self::ApiKey { key_id, .. } => Some(*key_id),
            _ => None,
        }
    }

    /// The role, for whoever is signed in or has a key.
    pub const fn role(&self) -> Option<Role> {
        match self {
            Self::User { role, .. } | Self::ApiKey { role, .. } => Some(*role),
            Self::Anonymous | Self::Unrecognized { .. } => None,
        }
    }

    /// When the credential stops counting, for whoever has one that counts.
    pub const fn expires_at(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::User { expires_at, .. } | Self::ApiKey { expires_at, .. } => Some(*expires_at),
            Self::Anonymous | Self::Unrecognized { .. } => None,
        }
    }

    /// The reason that a refusal of this viewer carries when it is for lack of a session.
    pub const fn refusal(&self) -> Unauthenticated {
        match self {
            Self::Anonymous => Unauthenticated::TokenMissing,
            Self::Unrecognized { reason } => *reason,
            Self::User { .. } | Self::ApiKey { .. } => Unauthenticated::SessionEnded,
        }
    }
}
