//! Listing somebody's live sessions, newest first.

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::SimpleExpr;
use sea_orm::{Condition, QuerySelect as _};

use crate::app::App;
use crate::error::Error;
use crate::platform::page::{PageRequest, Position, Slice, Sort};
use crate::sessions::liveness::live;
use crate::sessions::session::{COLUMN, Column, Entity, Model};

/// The name of this order in cursors.
pub const ORDER: &str = "SESSION";

/// Where `session` stands. Ids are UUIDv7, so their order is that of signing in.
pub fn position(session: &Model) -> Position {
    Position { key: String::new(), id: session.id }
}

/// One page of the sessions of `user_id` that are not over.
///
/// # Errors
/// [`Error::InvalidInput`] for a cursor of another list; [`Error::Internal`] when the database fails.
pub async fn list(app: &App, user_id: Uuid, page: &PageRequest) -> Result<Slice<Model>, Error> {
    let constant: fn(&str) -> Option<SimpleExpr> = |_| Some(Expr::value(""));
    let sort = Sort { key: Expr::value(""), id: Expr::col(Column::Id), descending: true, parse: constant };
    let query = page.apply(Entity::find().filter(theirs(app, user_id)), &sort)?;
    Ok(page.slice(query.all(app.database.reader()).await?))
}

/// How many sessions of `user_id` are not over.
///
/// # Errors
/// [`Error::Internal`] when the database fails.
pub async fn count(app: &App, user_id: Uuid) -> Result<u64, Error> {
    let counted =
        Entity::find().filter(theirs(app, user_id)).select_only().column_as(COLUMN.id.0.count(), "n");
    let found = counted.into_tuple::<i64>().one(app.database.reader()).await?;
    Ok(found.map_or(0, |n| n.unsigned_abs()))
}

fn theirs(app: &App, user_id: Uuid) -> Condition {
    live(app.clock.now(), &app.config.session).add(COLUMN.user_id.eq(user_id))
}
