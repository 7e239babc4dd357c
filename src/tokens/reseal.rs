//! Sealing everything anew under a new master key.

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;

use crate::access::client::Client;
use crate::app::App;
use crate::audit::event::Event;
use crate::audit::record::record;
use crate::error::Error;
use crate::platform::master_key::{self, Replacement};
use crate::tokens::signing_key::{self, ActiveModel, COLUMN, Entity};

/// Seals every private key under the new master key, in one write; answers how many. The signing keys are all that is
/// sealed under it.
///
/// The new key is on disk before anything is sealed under it, and the old one is overwritten only after the commit. Until
/// then both are read, so that it may be broken off anywhere and called again.
///
/// # Errors
/// [`Error::Internal`] with a sentence for the operator: no new master key is configured, or a key does not open. Nothing
/// is changed then.
pub async fn reseal(app: &App, client: &Client) -> Result<usize, Error> {
    let replacement = Replacement::begin(&app.config)?;
    let sealer = master_key::sealer(&app.config)?;
    let (now, client) = (app.clock.now(), client.clone());
    let write = app.database.write(async move |tx| {
        let keys = signing_key::hold(tx).await?;
        let mut resealed = 0;
        for key in keys.iter().filter(|key| key.is_in_force()) {
            let private = signing_key::unsealed(&sealer, key)?;
            let change = ActiveModel {
                private_key_sealed: Set(signing_key::sealed(&sealer, &private)?),
                ..Default::default()
            };
            Entity::update_many().set(change).filter(COLUMN.id.eq(&key.id)).exec(tx).await?;
            resealed += 1;
        }
        record(tx, now, &client, Event::MasterKeyReplaced).await?;
        Ok(resealed)
    });
    let resealed = write.await?;
    replacement.finish()?;
    Ok(resealed)
}
