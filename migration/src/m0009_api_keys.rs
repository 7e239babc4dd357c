//! What scripts sign in with, and what is kept of the secret that proves it.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    binary, pk_uuid, text, timestamp_with_time_zone, timestamp_with_time_zone_null, uuid,
};

use crate::column::{belongs_to, run_all};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let api_keys = Table::create()
            .table("api_keys")
            .col(pk_uuid("id"))
            .col(uuid("user_id"))
            .col(text("name"))
            .col(text("role"))
            .col(binary("secret_hash"))
            .col(timestamp_with_time_zone("created_at"))
            .col(timestamp_with_time_zone("expires_at"))
            .col(timestamp_with_time_zone_null("last_used_at"))
            .foreign_key(&mut belongs_to("api_keys", "user_id", "users"))
            .to_owned();
        manager.create_table(api_keys).await?;
        run_all(manager, &["CREATE INDEX api_keys_user_id ON api_keys (user_id, id)"]).await
    }
}
