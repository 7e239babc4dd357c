//! What is kept of a password. A user who signs in by other means has no row here.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{pk_uuid, text, timestamp_with_time_zone};

use crate::column::belongs_to;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let passwords = Table::create()
            .table("passwords")
            .col(pk_uuid("user_id"))
            .col(text("hash"))
            .col(timestamp_with_time_zone("changed_at"))
            .foreign_key(&mut belongs_to("passwords", "user_id", "users"))
            .to_owned();
        manager.create_table(passwords).await
    }
}
