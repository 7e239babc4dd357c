//! Listing somebody's API keys, newest first.

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::SimpleExpr;

use crate::api_keys::api_key::{COLUMN, Column, Entity, Model};
use crate::app::App;
use crate::error::Error;
use crate::platform::page::{PageRequest, Position, Slice, Sort};

/// The name of this order in cursors.
pub const ORDER: &str = "API_KEY";

/// Where `key` stands. Ids are UUIDv7, so their order is that of their making.
pub fn position(key: &Model) -> Position {
    Position { key: String::new(), id: key.id }
}

/// One page of the keys of `user_id`, expired ones included: their owner has to be able to see why a script stopped.
///
/// # Errors
/// [`Error::InvalidInput`] for a cursor of another list; [`Error::Internal`] when the database fails.
pub async fn list(app: &App, user_id: Uuid, page: &PageRequest) -> Result<Slice<Model>, Error> {
    let constant: fn(&str) -> Option<SimpleExpr> = |_| Some(Expr::value(""));
    let sort = Sort { key: Expr::value(""), id: Expr::col(Column::Id), descending: true, parse: constant };
    let query = page.apply(Entity::find().filter(COLUMN.user_id.eq(user_id)), &sort)?;
    Ok(page.slice(query.all(app.database.reader()).await?))
}

/// How many keys `user_id` has.
///
/// # Errors
/// [`Error::Internal`] when the database fails.
pub async fn count(app: &App, user_id: Uuid) -> Result<u64, Error> {
    Ok(Entity::find().filter(COLUMN.user_id.eq(user_id)).count(app.database.reader()).await?)
}
