//! The refresh tokens that were used, by which a copy is recognised when it comes back. A trigger keeps each when its
//! session gets the next.

use sea_orm::entity::prelude::*;

/// One used refresh token.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "spent_refresh_tokens")]
pub struct Model {
    /// The session that it refreshed.
    #[sea_orm(primary_key, auto_increment = false)]
    pub session_id: Uuid,
    /// SHA-256 of its secret.
    #[sea_orm(primary_key, auto_increment = false)]
    pub hash: Vec<u8>,
    /// When it was used.
    pub spent_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
