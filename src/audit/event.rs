//! The events that are kept, and their table.

use sea_orm::entity::prelude::*;
use serde_json::{Value, json};

use crate::access::role::Role;

/// Something that whoever runs the service may have to account for. Never holds a password, a token or an address.
#[derive(Clone, Debug)]
pub enum Event {
    /// Somebody made an account for themselves.
    SignedUp {
        /// The new user.
        user_id: Uuid,
        /// The session that it opened.
        session_id: Uuid,
    },
    /// Credentials were right.
    SignedIn {
        /// Whose.
        user_id: Uuid,
        /// The session that they opened.
        session_id: Uuid,
    },
    /// Credentials were wrong, or right and the user suspended.
    SignInFailed {
        /// The user they were tried on, if there is one.
        user_id: Option<Uuid>,
    },
    /// A refresh token that had been spent came back after its grace: somebody has a copy. The session was ended.
    RefreshTokenReused {
        /// Whose session.
        user_id: Uuid,
        /// Which.
        session_id: Uuid,
    },
    /// Somebody ended a session.
    SessionEnded {
        /// Who ended it: its user, or an admin; `None`: an operator, on the command line.
        actor_id: Option<Uuid>,
        /// Whose it was.
        user_id: Uuid,
        /// Which.
        session_id: Uuid,
    },
    /// A user who had as many sessions as they may opened another one, which ended this.
    SessionDisplaced {
        /// Whose it was.
        user_id: Uuid,
        /// Which.
        session_id: Uuid,
    },
    /// A user made an API key for themselves.
    ApiKeyCreated {
        /// Whose.
        user_id: Uuid,
        /// The session that they made it in.
        session_id: Uuid,
        /// The key.
        key_id: Uuid,
        /// What it may do at most.
        role: Role,
        /// From when on it counts no longer.
        expires_at: DateTimeUtc,
    },
    /// An API key was taken back.
    ApiKeyRevoked {
        /// Who revoked it; `None`: an operator, on the command line.
        actor_id: Option<Uuid>,
        /// The session that they did it in.
        session_id: Option<Uuid>,
        /// Whose it was.
        user_id: Uuid,
        /// The key.
        key_id: Uuid,
    },
    /// An operator made an account.
    UserCreated {
        /// The new user.
        user_id: Uuid,
        /// The role it was given.
        role: Role,
    },
    /// A user's role was changed.
    RoleChanged {
        /// Who changed it; `None`: an operator, on the command line.
        actor_id: Option<Uuid>,
        /// Whose it was.
        user_id: Uuid,
        /// What it was.
        from: Role,
        /// What it is.
        to: Role,
    },
    /// A user may not sign in any more.
    UserSuspended {
        /// Who decided so; `None`: an operator, on the command line.
        actor_id: Option<Uuid>,
        /// Who.
        user_id: Uuid,
    },
    /// A suspended user may sign in again.
    UserReactivated {
        /// Who decided so; `None`: an operator, on the command line.
        actor_id: Option<Uuid>,
        /// Who.
        user_id: Uuid,
    },
    /// An operator set a user's password.
    PasswordSet {
        /// Whose.
        user_id: Uuid,
    },
    /// A signing key was made, or one that had been announced was told to sign earlier.
    SigningKeyRotated {
        /// The key that is next to sign.
        kid: String,
        /// From when on it signs.
        activates_at: DateTimeUtc,
    },
    /// An operator revoked a signing key, and with it all that it has signed.
    SigningKeyRevoked {
        /// Which.
        kid: String,
    },
    /// An operator had everything sealed anew, under a new master key.
    MasterKeyReplaced,
}

/// An event as its row tells it.
pub(super) struct Told {
    pub(super) kind: &'static str,
    pub(super) actor_id: Option<Uuid>,
    pub(super) subject_id: Option<Uuid>,
    pub(super) session_id: Option<Uuid>,
    pub(super) detail: Option<Value>,
}

impl Event {
    /// Its parts. The kinds are stable: people search for them.
    pub(super) fn told(&self) -> Told {
        let told = |kind, actor_id, subject_id, session_id| Told {
            kind,
            actor_id,
            subject_id,
            session_id,
            detail: None,
        };
        let by_self = |kind, user, session| told(kind, Some(user), Some(user), Some(session));
        match *self {
            Self::SignedUp { user_id, session_id } => by_self("SIGNED_UP", user_id, session_id),
            Self::SignedIn { user_id, session_id } => by_self("SIGNED_IN", user_id, session_id),
            Self::SignInFailed { user_id } => told("SIGN_IN_FAILED", None, user_id, None),
            Self::RefreshTokenReused { user_id, session_id } => {
                told("REFRESH_TOKEN_REUSED", None, Some(user_id), Some(session_id))
            }
            Self::SessionEnded { actor_id, user_id, session_id } => {
                told("SESSION_ENDED", actor_id, Some(user_id), Some(session_id))
            }
            Self::SessionDisplaced { user_id, session_id } => {
                by_self("SESSION_DISPLACED", user_id, session_id)
            }
            Self::ApiKeyCreated { user_id, session_id, key_id, role, expires_at } => Told {
                detail: Some(json!({ "apiKeyId": key_id, "role": role, "expiresAt": expires_at })),
                ..by_self("API_KEY_CREATED", user_id, session_id)
            },
            Self::ApiKeyRevoked { actor_id, session_id, user_id, key_id } => Told {
                detail: Some(json!({ "apiKeyId": key_id })),
                ..told("API_KEY_REVOKED", actor_id, Some(user_id), session_id)
            },
            Self::UserCreated { user_id, role } => Told {
                detail: Some(json!({ "role": role })),
                ..told("USER_CREATED", None, Some(user_id), None)
            },
            Self::RoleChanged { actor_id, user_id, from, to } => Told {
                detail: Some(json!({ "from": from, "to": to })),
                ..told("ROLE_CHANGED", actor_id, Some(user_id), None)
            },
            Self::UserSuspended { actor_id, user_id } => {
                told("USER_SUSPENDED", actor_id, Some(user_id), None)
            }
            Self::UserReactivated { actor_id, user_id } => {
                told("USER_REACTIVATED", actor_id, Some(user_id), None)
            }
            Self::PasswordSet { user_id } => told("PASSWORD_SET", None, Some(user_id), None),
            Self::SigningKeyRotated { ref kid, activates_at } => Told {
                detail: Some(json!({ "kid": kid, "activatesAt": activates_at })),
                ..told("SIGNING_KEY_ROTATED", None, None, None)
            },
            Self::SigningKeyRevoked { ref kid } => {
                Told { detail: Some(json!({ "kid": kid })), ..told("SIGNING_KEY_REVOKED", None, None, None) }
            }
            Self::MasterKeyReplaced => told("MASTER_KEY_REPLACED", None, None, None),
        }
    }
}

/// One event. It refers to users and sessions without a foreign key, because it outlives them.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_events")]
pub struct Model {
    /// In the order of recording.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// When.
    pub recorded_at: DateTimeUtc,
    /// Which of [`Event`]'s variants, `SCREAMING_SNAKE`.
    pub kind: String,
    /// The user who acted.
    pub actor_id: Option<Uuid>,
    /// The user it happened to.
    pub subject_id: Option<Uuid>,
    /// The session it happened in or to.
    pub session_id: Option<Uuid>,
    /// The client's address.
    pub ip_address: Option<String>,
    /// What else the kind has to tell, as JSON.
    pub detail: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
