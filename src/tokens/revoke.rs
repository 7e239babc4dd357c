//! Giving a signing key up before its time, and with it all that it has signed.

use std::sync::Arc;

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;

use crate::access::client::Client;
use crate::app::App;
use crate::audit::event::Event;
use crate::audit::record::record;
use crate::error::Error;
use crate::tokens::key_state::signing;
use crate::tokens::rotate::{NextKey, is_configured, note};
use crate::tokens::signing_key::{self, ActiveModel, COLUMN, Entity, Model};

/// Revokes the key `kid` and forgets its private half. If it signs now, the announced key signs from now on, or else a
/// new one. Once revoked, it stays as it is. Sessions go on: who holds a token of it gets another by a refresh.
///
/// Holds on a node from the moment at which it loads the keys.
///
/// # Errors
/// [`Error::NotFound`] for a name that is no key's; [`Error::Internal`] with a sentence for the operator when the key is
/// the configured HS256 secret, of which no next one can be made.
pub async fn revoke(app: &App, client: &Client, kid: &str) -> Result<Model, Error> {
    let next = Arc::new(NextKey::make(app).await?);
    let (now, kid, client) = (app.clock.now(), kid.to_owned(), client.clone());
    let tokens = app.config.tokens.clone();
    let write = app.database.write(async move |tx| {
        let mut keys = signing_key::hold(tx).await?;
        let signs = signing(&keys, now).is_some_and(|signing| signing.id == kid);
        let Some(key) = keys.iter_mut().find(|key| key.id == kid) else { return Err(Error::NotFound) };
        if key.revoked_at.is_some() {
            return Ok(key.clone());
        }
        (key.revoked_at, key.private_key_sealed) = (Some(now), Vec::new());
        let revoked = key.clone();
        let change = ActiveModel {
            revoked_at: Set(revoked.revoked_at),
            private_key_sealed: Set(Vec::new()),
            ..Default::default()
        };
        Entity::update_many().set(change).filter(COLUMN.id.eq(&kid)).exec(tx).await?;
        record(tx, now, &client, Event::SigningKeyRevoked { kid: kid.clone() }).await?;
        if signs {
            let newest = keys.iter().find(|key| key.is_in_force());
            match newest {
                Some(announced) if announced.activates_at > now && is_configured(announced, &tokens)? => {
                    signing_key::activate(tx, &announced.id, now).await?;
                    note(tx, now, &client, &announced.id, now).await?;
                }
                _ => drop(next.insert(tx, &keys, now, now, &client).await?),
            }
        }
        Ok(revoked)
    });
    write.await
}
