//! What a signing key lives through: it is announced, signs, is superseded and retired, or revoked.
//!
//! `private_key_sealed` is empty once a key is retired or revoked.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::timestamp_with_time_zone_null;

use crate::column::run_all;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in ["activates_at", "retired_at", "revoked_at"] {
            // One a statement: SQLite takes no more.
            let table = Table::alter()
                .table("signing_keys")
                .add_column(timestamp_with_time_zone_null(column))
                .to_owned();
            manager.alter_table(table).await?;
        }
        // The column can be null only because SQLite adds no other: the keys until now signed from the start.
        run_all(manager, &["UPDATE signing_keys SET activates_at = created_at"]).await
    }
}
