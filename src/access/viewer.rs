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
}

impl Viewer {
    /// The user's id: the way to get it is to be signed in.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] for everybody else.
    pub fn user_id(&self) -> Result<Uuid, Error> {
        match self {
            Self::User { user_id, .. } => Ok(*user_id),
            _ => Err(Error::Unauthenticated(self.refusal())),
        }
    }

    /// The session's id.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] for whoever has none.
    pub fn session_id(&self) -> Result<Uuid, Error> {
        match self {
            Self::User { session_id, .. } => Ok(*session_id),
            _ => Err(Error::Unauthenticated(self.refusal())),
        }
    }

    /// The role, for whoever is signed in.
    pub const fn role(&self) -> Option<Role> {
        match self {
            Self::User { role, .. } => Some(*role),
            _ => None,
        }
    }

    /// The reason that a refusal of this viewer carries when it is for lack of a session.
    pub const fn refusal(&self) -> Unauthenticated {
        match self {
            Self::Anonymous => Unauthenticated::TokenMissing,
            Self::Unrecognized { reason } => *reason,
            Self::User { .. } => Unauthenticated::SessionEnded,
        }
    }
}
