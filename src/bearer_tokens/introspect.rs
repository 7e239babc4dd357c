//! What a bearer token stands for at this moment, for somebody else than its bearer.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::access::role::Role;
use crate::access::viewer::Viewer;
use crate::api_keys::api_key;
use crate::app::App;
use crate::bearer_tokens::authenticate::authenticate;
use crate::error::Error;
use crate::tokens::access_token;

/// A token that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LiveToken {
    /// What it is.
    pub kind: Kind,
    /// Its own id (`jti`); no credential.
    pub id: Uuid,
    /// For whom it stands.
    pub user_id: Uuid,
    /// What they may do with it now.
    pub role: Role,
    /// When it was made.
    pub issued_at: DateTime<Utc>,
    /// When it stops counting, if nobody ends it before.
    pub expires_at: DateTime<Utc>,
}

/// What a bearer token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An access token of this session.
    AccessToken {
        /// The session.
        session_id: Uuid,
    },
    /// An API key.
    ApiKey,
}

/// Looks at a token just as if it had been presented, which counts as a use of it: a session whose tokens are only ever
/// shown to other services does not fall asleep. `None` for every token that does not count, whatever the reason.
///
/// # Errors
/// [`Error::Internal`] when the database fails.
pub async fn introspect(app: &App, token: &str) -> Result<Option<LiveToken>, Error> {
    match authenticate(app, token).await? {
        Viewer::User { user_id, session_id, role, expires_at } => {
            let bearer = match access_token::verify(app, token).await {
                Ok(bearer) => bearer,
                Err(Error::Unauthenticated(_)) => return Ok(None),
                Err(error) => return Err(error),
            };
            let kind = Kind::AccessToken { session_id };
            Ok(Some(LiveToken {
                kind,
                id: bearer.id,
                user_id,
                role,
                issued_at: bearer.issued_at,
                expires_at,
            }))
        }
        Viewer::ApiKey { user_id, key_id, role, expires_at } => {
            let found = api_key::find_with_owner(app.database.reader(), key_id).await?;
            Ok(found.map(|(key, _)| {
                let (kind, issued_at) = (Kind::ApiKey, key.created_at);
                LiveToken { kind, id: key_id, user_id, role, issued_at, expires_at }
            }))
        }
        Viewer::Anonymous | Viewer::Unrecognized { .. } => Ok(None),
    }
}
