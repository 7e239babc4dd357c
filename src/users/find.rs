//! Finding one user.

use sea_orm::entity::prelude::*;

use crate::error::Error;
use crate::platform::database::unique;
use crate::users::email_address::EmailAddress;
use crate::users::user::{COLUMN, Entity, Model};
use crate::users::username::Username;

/// The user of this id.
///
/// # Errors
/// [`Error::Internal`] when the database fails.
pub async fn by_id(db: &impl ConnectionTrait, id: Uuid) -> Result<Option<Model>, Error> {
    unique(db, Entity::find_by_id(id)).await
}

/// The users of these ids, in no order. Who is not there is left out.
///
/// # Errors
/// [`Error::Internal`] when the database fails.
pub async fn by_ids(db: &impl ConnectionTrait, ids: impl Iterator<Item = Uuid>) -> Result<Vec<Model>, Error> {
    let mut ids: Vec<_> = ids.collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    ids.sort_unstable();
    ids.dedup();
    Ok(Entity::find().filter(COLUMN.id.is_in(ids)).all(db).await?)
}

/// The user who signs in with this: an email address if it has an `@`, else a username.
///
/// # Errors
/// [`Error::Internal`] when the database fails.
pub async fn by_identifier(db: &impl ConnectionTrait, identifier: &str) -> Result<Option<Model>, Error> {
    let found = if identifier.contains('@') {
        let Some(email) = EmailAddress::canonical(identifier) else { return Ok(None) };
        Entity::find().filter(COLUMN.email.eq(email.into_string()))
    } else {
        let Ok(username) = Username::parse("identifier", identifier) else { return Ok(None) };
        Entity::find().filter(COLUMN.username_key.eq(username.key()))
    };
    unique(db, found).await
}
