//! Refresh tokens that were exchanged: to recognise their reuse.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{binary, timestamp_with_time_zone, uuid};

use crate::column::{belongs_to, run_all};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let spent_refresh_tokens = Table::create()
            .table("spent_refresh_tokens")
            .col(binary("hash").primary_key())
            .col(uuid("session_id"))
            .col(timestamp_with_time_zone("spent_at"))
            .foreign_key(&mut belongs_to("spent_refresh_tokens", "session_id", "sessions"))
            .to_owned();
        manager.create_table(spent_refresh_tokens).await?;
        run_all(
            manager,
            &["CREATE INDEX spent_refresh_tokens_session_id ON spent_refresh_tokens (session_id)"],
        )
        .await
    }
}
