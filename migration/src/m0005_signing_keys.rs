//! The keys that sign access tokens, their private halves sealed under the master key.
//!
//! `generation` is unique, so of several nodes that start together on an empty database one makes the key.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{binary, integer, text, timestamp_with_time_zone};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let signing_keys = Table::create()
            .table("signing_keys")
            .col(text("id").primary_key())
            .col(integer("generation").unique_key())
            .col(text("algorithm"))
            .col(binary("private_key_sealed"))
            .col(timestamp_with_time_zone("created_at"))
            .to_owned();
        manager.create_table(signing_keys).await
    }
}
