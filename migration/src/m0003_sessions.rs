//! A user who is signed in somewhere, and what is kept of the secret that proves it.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    binary, binary_null, pk_uuid, text, text_null, timestamp_with_time_zone, timestamp_with_time_zone_null,
    uuid,
};

use crate::column::{belongs_to, run_all};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sessions = Table::create()
            .table("sessions")
            .col(pk_uuid("id"))
            .col(uuid("user_id"))
            .col(text("delivery"))
            .col(binary("secret_hash"))
            .col(binary_null("successor_sealed"))
            .col(timestamp_with_time_zone("created_at"))
            .col(timestamp_with_time_zone("last_seen_at"))
            .col(timestamp_with_time_zone_null("ended_at"))
            .col(text_null("end_reason"))
            .col(text_null("user_agent"))
            .col(text_null("ip_address"))
            .foreign_key(&mut belongs_to("sessions", "user_id", "users"))
            .to_owned();
        manager.create_table(sessions).await?;
        run_all(manager, &INDEXES).await
    }
}

/// The first lists a user's sessions, the others find what is to be purged.
const INDEXES: [&str; 4] = [
    "CREATE INDEX sessions_user_id ON sessions (user_id, id)",
    "CREATE INDEX sessions_last_seen_at ON sessions (last_seen_at)",
    "CREATE INDEX sessions_created_at ON sessions (created_at)",
    "CREATE INDEX sessions_ended_at ON sessions (ended_at)",
];
