//! Access tokens with nothing to read in them, where those are configured: what is kept of each until it expires.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{binary, pk_uuid, timestamp_with_time_zone, uuid};

use crate::column::{belongs_to, run_all};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let opaque_access_tokens = Table::create()
            .table("opaque_access_tokens")
            .col(pk_uuid("id"))
            .col(binary("hash").unique_key())
            .col(uuid("session_id"))
            .col(uuid("user_id"))
            .col(timestamp_with_time_zone("issued_at"))
            .col(timestamp_with_time_zone("expires_at"))
            .foreign_key(&mut belongs_to("opaque_access_tokens", "session_id", "sessions"))
            .to_owned();
        manager.create_table(opaque_access_tokens).await?;
        run_all(manager, &INDEXES).await
    }
}

/// The first goes with the session, the second finds what is to be purged.
const INDEXES: [&str; 2] = [
    "CREATE INDEX opaque_access_tokens_session_id ON opaque_access_tokens (session_id)",
    "CREATE INDEX opaque_access_tokens_expires_at ON opaque_access_tokens (expires_at)",
];
