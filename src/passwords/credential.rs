//! The passwords' table: hashes, apart from the users, so that no query for users can bring one along.

use std::fmt;

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::QuerySelect as _;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;

use crate::error::Error;
use crate::platform::database::unique;

/// One user's password.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "passwords")]
pub struct Model {
    /// Whose.
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: Uuid,
    /// Argon2id.
    pub hash: KeptHash,
    /// When the password was set; not when it was last hashed.
    pub changed_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}

/// A hash as it is kept: a PHC string. It does not print, so that no row of this table can be logged by mistake.
#[derive(Clone, PartialEq, Eq, DeriveValueType)]
pub struct KeptHash(pub String);

impl fmt::Debug for KeptHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeptHash(..)")
    }
}

/// A user's password, if they have one.
///
/// # Errors
/// [`Error::Internal`] when the database fails.
pub async fn find(db: &impl ConnectionTrait, user_id: Uuid) -> Result<Option<Model>, Error> {
    unique(db, Entity::find_by_id(user_id)).await
}

/// Whether `verified` is still the user's password; if so, nobody sets another one before the transaction ends. A hash
/// that was merely made anew is no other password. SQLite has one writer and needs no lock.
///
/// # Errors
/// [`Error::Internal`] when the database refuses.
pub async fn hold(tx: &impl ConnectionTrait, verified: &Model) -> Result<bool, Error> {
    let found = unique(tx, Entity::find_by_id(verified.user_id).lock_exclusive()).await?;
    Ok(found.is_some_and(|row| row.changed_at == verified.changed_at))
}

/// Sets a user's password, whether they had one or not.
///
/// # Errors
/// [`Error::Internal`] when the database refuses.
pub async fn set(
    tx: &impl ConnectionTrait,
    user_id: Uuid,
    hash: KeptHash,
    changed_at: DateTime<Utc>,
) -> Result<(), Error> {
    let row = ActiveModel { user_id: Set(user_id), hash: Set(hash), changed_at: Set(changed_at) };
    let replaced =
        OnConflict::column(Column::UserId).update_columns([Column::Hash, Column::ChangedAt]).to_owned();
    Entity::insert(row).on_conflict(replaced).exec_without_returning(tx).await?;
    Ok(())
}

/// Puts `new` in the place of `old`, unless the password was changed meanwhile.
///
/// # Errors
/// [`Error::Internal`] when the database refuses.
pub async fn rehash(
    tx: &impl ConnectionTrait,
    user_id: Uuid,
    old: &KeptHash,
    new: &KeptHash,
) -> Result<(), Error> {
    Entity::update_many()
        .set(ActiveModel { hash: Set(new.clone()), ..Default::default() })
        .filter(COLUMN.user_id.eq(user_id))
        .filter(COLUMN.hash.eq(old.clone()))
        .exec(tx)
        .await?;
    Ok(())
}
