//! Removing what is over.

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{Condition, QueryOrder as _, QuerySelect as _, QueryTrait as _};

use crate::app::App;
use crate::error::Error;
use crate::sessions::liveness::over;
use crate::sessions::session::{ActiveModel, COLUMN, Column, Entity};
use crate::sessions::spent_refresh_token as spent;
use crate::tokens::opaque;

/// How many sessions one write touches. More would keep other writers waiting.
const PORTION: u64 = 500;

/// How many spent refresh tokens one write removes.
const SPENT_PORTION: u64 = 1_000;

/// Removes sessions that are over, with their spent refresh tokens, portion by portion; answers how many. Then forgets
/// the sealed successors whose grace is over, because nobody may ask for them any more, and the expired access tokens.
///
/// # Errors
/// [`Error::Internal`] when the database fails. What was removed until then stays removed.
pub async fn purge(app: &App) -> Result<u64, Error> {
    let purged = remove(app).await?;
    forget_successors(app).await?;
    opaque::purge(app).await?;
    Ok(purged)
}

async fn remove(app: &App) -> Result<u64, Error> {
    let over = over(app.clock.now(), &app.config.session);
    let mut purged = 0;
    loop {
        let query = Entity::find().select_only().column(Column::Id).filter(over.clone()).limit(PORTION);
        let ids: Vec<Uuid> = query.into_tuple().all(app.database.reader()).await?;
        if ids.is_empty() {
            return Ok(purged);
        }
        remove_spent(app, &ids, &over).await?;
        let over = over.clone();
        let write = app.database.write(async move |tx| {
            let portion = Entity::delete_many().filter(COLUMN.id.is_in(ids.iter().copied()));
            // Once more: one of them may have been refreshed since it was read.
            Ok(portion.filter(over.clone()).exec(tx).await?.rows_affected)
        });
        purged += write.await?;
    }
}

/// Removes the spent refresh tokens of those of these sessions that are still over: in one that was refreshed since it was
/// read, a copy must be recognised as before. Left to go with their sessions they would all go
/// in one write: a client that refreshes for a month spends thousands, so that write could outlast its limit, and then
/// fail every time.
async fn remove_spent(app: &App, session_ids: &[Uuid], over: &Condition) -> Result<(), Error> {
    let still_over = Entity::find().select_only().column(Column::Id);
    let still_over = still_over.filter(COLUMN.id.is_in(session_ids.iter().copied())).filter(over.clone());
    let theirs = spent::COLUMN.session_id.in_subquery(still_over.into_query());
    loop {
        let query = spent::Entity::find().filter(theirs.clone()).limit(SPENT_PORTION);
        let portion: Vec<_> = query.all(app.database.reader()).await?;
        if portion.is_empty() {
            return Ok(());
        }
        let theirs = theirs.clone();
        let write = app.database.write(async move |tx| {
            let keys = portion.iter().map(|row| (row.session_id, row.hash.clone()));
            let key = Expr::tuple([Expr::col(spent::Column::SessionId), Expr::col(spent::Column::Hash)]);
            let these = spent::Entity::delete_many().filter(key.in_tuples(keys));
            these.filter(theirs.clone()).exec(tx).await?;
            Ok(())
        });
        write.await?;
    }
}

async fn forget_successors(app: &App) -> Result<(), Error> {
    // A refresh is a use: what was not used within the grace was not refreshed within it.
    let latest = app.clock.now() - app.config.session.refresh_grace_lifetime.delta();
    let stale =
        Condition::all().add(COLUMN.successor_sealed.is_not_null()).add(COLUMN.last_seen_at.lte(latest));
    // In the order of an index, each portion from where the one before it ended.
    let mut from = DateTime::<Utc>::UNIX_EPOCH;
    loop {
        let query = Entity::find().select_only().columns([Column::Id, Column::LastSeenAt]);
        let query = query.filter(stale.clone()).filter(COLUMN.last_seen_at.gte(from));
        let query = query.order_by_asc(COLUMN.last_seen_at.0).limit(PORTION);
        let found: Vec<(Uuid, DateTime<Utc>)> = query.into_tuple().all(app.database.reader()).await?;
        let Some((_, last)) = found.last() else { return Ok(()) };
        from = *last;
        let stale = stale.clone();
        let write = app.database.write(async move |tx| {
            let change = ActiveModel { successor_sealed: Set(None), ..Default::default() };
            let portion =
                Entity::update_many().set(change).filter(COLUMN.id.is_in(found.iter().map(|it| it.0)));
            portion.filter(stale.clone()).exec(tx).await?;
            Ok(())
        });
        write.await?;
    }
}
