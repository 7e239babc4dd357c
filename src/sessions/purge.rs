//! Removing what is over.

use sea_orm::entity::prelude::*;
use sea_orm::{Condition, QuerySelect as _};

use crate::app::App;
use crate::error::Error;
use crate::sessions::session::{COLUMN, Column, Entity};

/// How many sessions one write removes. More would keep other writers waiting.
const PORTION: u64 = 500;

/// Removes sessions that are over, with their spent refresh tokens, portion by portion; answers how many.
///
/// # Errors
/// [`Error::Internal`] when the database fails. What was removed until then stays removed.
pub async fn purge(app: &App) -> Result<u64, Error> {
    let (now, lifetimes) = (app.clock.now(), &app.config.session);
    let over = Condition::any()
        .add(COLUMN.ended_at.is_not_null())
        .add(COLUMN.last_seen_at.lte(now - lifetimes.idle_lifetime.delta()))
        .add(COLUMN.created_at.lte(now - lifetimes.absolute_lifetime.delta()));
    let mut purged = 0;
    loop {
        let ids: Vec<Uuid> = Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(over.clone())
            .limit(PORTION)
            .into_tuple()
            .all(app.database.reader())
            .await?;
        if ids.is_empty() {
            return Ok(purged);
        }
        let write = app.database.write(async move |tx| {
            let query = Entity::delete_many().filter(COLUMN.id.is_in(ids.iter().copied()));
            Ok(query.exec(tx).await?.rows_affected)
        });
        purged += write.await?;
    }
}
