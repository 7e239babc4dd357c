//! Making an API key.

use chrono::{DateTime, SubsecRound as _, Utc};
use sea_orm::entity::prelude::*;
use sea_orm::{IntoActiveModel as _, QuerySelect as _};

use crate::access::client::Client;
use crate::access::role::Role;
use crate::access::viewer::Viewer;
use crate::api_keys::api_key::{self, Model};
use crate::api_keys::secret;
use crate::app::App;
use crate::audit::event::Event;
use crate::audit::record::record;
use crate::config::ApiKeysConfig;
use crate::error::{Error, Unauthenticated};
use crate::platform::secret::{OpaqueToken, new_id};
use crate::sessions::session;
use crate::users::display_name::DisplayName;
use crate::users::user;

/// What somebody wants a key to be.
#[derive(Clone, Debug)]
pub struct Wanted<'w> {
    /// What to call it.
    pub name: &'w str,
    /// What it may do at most.
    pub role: Role,
    /// From when on it shall count no longer; `None`: after the configured lifetime.
    pub expires_at: Option<DateTime<Utc>>,
}

/// A new key, and its secret for the one time that it is shown.
#[derive(Debug)]
pub struct Created {
    /// The key.
    pub key: Model,
    secret: OpaqueToken,
}

impl Created {
    /// The text for the client. The only way out.
    pub fn reveal(&self) -> String {
        secret::reveal(&self.secret)
    }
}

/// Makes a key for the viewer, who must be in a session: a key that could make keys would never expire.
///
/// # Errors
/// [`Error::InvalidInput`] for a name or an instant that will not do, a role above the viewer's own, and one key too
/// many; [`Error::Unauthenticated`] and [`Error::Forbidden`] for whoever is in no session.
pub async fn create(
    app: &App,
    client: &Client,
    viewer: &Viewer,
    wanted: &Wanted<'_>,
) -> Result<Created, Error> {
    let (user_id, session_id) = (viewer.user_id()?, viewer.session_id()?);
    let now = app.clock.now();
    let name = DisplayName::parse("input.name", wanted.name)?.into_string();
    let expires_at = expiry(&app.config.api_keys, now, wanted.expires_at)?;
    let secret = OpaqueToken::new(new_id())?;
    let key = Model {
        id: secret.id(),
        user_id,
        name,
        role: wanted.role,
        secret_hash: secret.digest().to_vec(),
        created_at: now,
        expires_at,
        last_used_at: None,
    };
    let (row, client, most) = (key.clone(), client.clone(), app.config.api_keys.max_per_user);
    let lifetimes = app.config.session.clone();
    let write = app.database.write(async move |tx| {
        // Held until the commit, so that two at once cannot both be the last key that there is room for, and so that
        // whoever ends this session meanwhile, because somebody else is in it, either finds the key or prevents it.
        let user = user::Entity::find_by_id(user_id).lock_exclusive().all(tx).await?.pop();
        let session = session::Entity::find_by_id(session_id).lock_exclusive().all(tx).await?.pop();
        let (Some(user), Some(session)) = (user, session) else { return Err(ended()) };
        if session.times().admits_until(user.status, now, &lifetimes).is_none() {
            return Err(ended());
        }
        if row.role > user.role {
            return Err(Error::invalid_input("input.role", "A key may do at most what you may do yourself."));
        }
        let keys = api_key::Entity::find().filter(api_key::COLUMN.user_id.eq(user_id));
        if keys.count(tx).await? >= most {
            let message = format!("You may have {most} API keys, expired ones included. Revoke one first.");
            return Err(Error::invalid_input("input", message));
        }
        api_key::Entity::insert(row.clone().into_active_model()).exec_without_returning(tx).await?;
        let (key_id, role) = (row.id, row.role);
        record(tx, now, &client, Event::ApiKeyCreated { user_id, session_id, key_id, role, expires_at }).await
    });
    write.await?;
    Ok(Created { key, secret })
}

/// When the key is over, in whole seconds, as others are told it.
fn expiry(
    config: &ApiKeysConfig,
    now: DateTime<Utc>,
    wanted: Option<DateTime<Utc>>,
) -> Result<DateTime<Utc>, Error> {
    let expires_at = wanted.unwrap_or_else(|| now + config.default_lifetime.delta()).trunc_subsecs(0);
    if expires_at > now && expires_at <= now + config.max_lifetime.delta() {
        return Ok(expires_at);
    }
    let message = format!("A key expires in the future, and after {} at the latest.", config.max_lifetime);
    Err(Error::invalid_input("input.expiresAt", message))
}

const fn ended() -> Error {
    Error::Unauthenticated(Unauthenticated::SessionEnded)
}
