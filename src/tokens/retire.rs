//! Forgetting the private halves of keys of which nothing counts any more.

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;

use crate::app::App;
use crate::error::Error;
use crate::tokens::key_state::retires_at;
use crate::tokens::signing_key::{self, ActiveModel, COLUMN, Entity};

/// Retires every superseded key whose last token has expired; answers how many.
///
/// # Errors
/// [`Error::Internal`] when the database fails.
pub async fn retire(app: &App) -> Result<u64, Error> {
    let (now, tokens) = (app.clock.now(), app.config.tokens.clone());
    let over = move |keys: &[signing_key::Model]| -> Vec<String> {
        let over = keys.iter().filter(|key| key.is_in_force());
        let over = over.filter(|key| retires_at(key, keys, &tokens).is_some_and(|at| at <= now));
        over.map(|key| key.id.clone()).collect()
    };
    if over(&signing_key::all(app.database.reader()).await?).is_empty() {
        return Ok(0);
    }
    let write = app.database.write(async move |tx| {
        // Once more: the key that was to take over may have been revoked since.
        let over = over(&signing_key::hold(tx).await?);
        let change = ActiveModel {
            retired_at: Set(Some(now)),
            private_key_sealed: Set(Vec::new()),
            ..Default::default()
        };
        Ok(Entity::update_many().set(change).filter(COLUMN.id.is_in(over)).exec(tx).await?.rows_affected)
    });
    write.await
}
