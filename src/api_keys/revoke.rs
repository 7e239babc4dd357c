//! Taking API keys back. In force at the very next request.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::access::client::Client;
use crate::access::role::Role;
use crate::access::viewer::Viewer;
use crate::api_keys::api_key::{COLUMN, Entity, Model};
use crate::app::App;
use crate::audit::event::Event;
use crate::audit::record::{record, record_all};
use crate::error::Error;
use crate::platform::database::unique;

/// Revokes a key of the viewer's, or anybody's if the viewer is an admin. Its row goes; the audit trail keeps that it
/// was there.
///
/// # Errors
/// [`Error::NotFound`] for a key that does not exist, or is somebody else's: both look alike;
/// [`Error::Unauthenticated`] and [`Error::Forbidden`] for whoever is in no session.
pub async fn revoke(app: &App, client: &Client, viewer: &Viewer, key_id: Uuid) -> Result<Model, Error> {
    let (actor_id, session_id) = (viewer.user_id()?, viewer.session_id()?);
    let is_admin = viewer.role() >= Some(Role::Admin);
    let (now, client) = (app.clock.now(), client.clone());
    let write = app.database.write(async move |tx| {
        let key = unique(tx, Entity::find_by_id(key_id)).await?;
        let key = key.filter(|key| is_admin || key.user_id == actor_id).ok_or(Error::NotFound)?;
        // Of two who revoke it at once, one does.
        if Entity::delete_by_id(key_id).exec(tx).await?.rows_affected != 1 {
            return Err(Error::NotFound);
        }
        let (actor_id, session_id) = (Some(actor_id), Some(session_id));
        let event = Event::ApiKeyRevoked { actor_id, session_id, user_id: key.user_id, key_id };
        record(tx, now, &client, event).await?;
        Ok(key)
    });
    write.await
}

/// Revokes all keys of `user_id`, in the write of an operator who shuts everybody out of the account.
///
/// # Errors
/// [`Error::Internal`] when the database refuses.
pub async fn revoke_all(
    tx: &impl ConnectionTrait,
    now: DateTime<Utc>,
    client: &Client,
    user_id: Uuid,
) -> Result<(), Error> {
    let keys = Entity::find().filter(COLUMN.user_id.eq(user_id)).all(tx).await?;
    if keys.is_empty() {
        return Ok(());
    }
    let ids = keys.iter().map(|key| key.id);
    Entity::delete_many().filter(COLUMN.id.is_in(ids.clone())).exec(tx).await?;
    let event = |key_id| Event::ApiKeyRevoked { actor_id: None, session_id: None, user_id, key_id };
    record_all(tx, now, client, ids.map(event)).await
}
