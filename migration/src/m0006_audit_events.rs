//! What happened, to whom, by whom. No foreign keys: an event outlives the user of whom it tells.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{pk_uuid, text, text_null, timestamp_with_time_zone, uuid_null};

use crate::column::run_all;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let audit_events = Table::create()
            .table("audit_events")
            .col(pk_uuid("id"))
            .col(timestamp_with_time_zone("recorded_at"))
            .col(text("kind"))
            .col(uuid_null("actor_id"))
            .col(uuid_null("subject_id"))
            .col(uuid_null("session_id"))
            .col(text_null("ip_address"))
            .col(text_null("detail"))
            .to_owned();
        manager.create_table(audit_events).await?;
        run_all(manager, &INDEXES).await
    }
}

const INDEXES: [&str; 2] = [
    "CREATE INDEX audit_events_recorded_at ON audit_events (recorded_at)",
    "CREATE INDEX audit_events_subject_id ON audit_events (subject_id, recorded_at)",
];
