//! Finding the one row that a unique key names.

use sea_orm::{ConnectionTrait, EntityTrait, Select};

use crate::error::Error;

/// The row that `query`, which asks for a unique key, finds.
///
/// `one()` would add `LIMIT ?`, and SQLite plans a statement whose limit is bound anew at every run, which takes longer
/// than to find the row.
///
/// # Errors
/// [`Error::Internal`] when the database fails.
pub async fn unique<E: EntityTrait>(
    db: &impl ConnectionTrait,
    query: Select<E>,
) -> Result<Option<E::Model>, Error> {
    Ok(query.all(db).await?.pop())
}
