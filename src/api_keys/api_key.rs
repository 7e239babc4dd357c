//! The API keys' table.

use sea_orm::entity::prelude::*;

use crate::access::role::Role;
use crate::error::Error;
use crate::users::user;

/// One API key.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "api_keys")]
pub struct Model {
    /// UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Whose, and whom it stands for.
    pub user_id: Uuid,
    /// What its owner calls it.
    pub name: String,
    /// What it may do at most. What it may do is never more than what its owner may at that moment.
    pub role: Role,
    /// SHA-256 of its secret.
    pub secret_hash: Vec<u8>,
    /// When it was made.
    pub created_at: DateTimeUtc,
    /// From when on it counts no longer.
    pub expires_at: DateTimeUtc,
    /// When it was last used, to the minute.
    pub last_used_at: Option<DateTimeUtc>,
    /// Its owner, where a query brings them along.
    #[sea_orm(belongs_to, from = "user_id", to = "id")]
    pub user: HasOne<user::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}

/// The key of this id with its owner, whatever has become of them.
///
/// # Errors
/// [`Error::Internal`] when the database fails.
pub async fn find_with_owner(
    db: &impl ConnectionTrait,
    id: Uuid,
) -> Result<Option<(Model, user::Model)>, Error> {
    // Not `one()`, for the reason that `platform::database::unique` gives.
    let found = Entity::find_by_id(id).find_also_related(user::Entity).all(db).await?.pop();
    Ok(found.and_then(|(key, owner)| owner.map(|owner| (key, owner))))
}
