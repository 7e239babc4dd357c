//! Who may sign in. Holds no secret.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    pk_uuid, text, text_null, timestamp_with_time_zone, timestamp_with_time_zone_null,
};

use crate::column::{run_all, sorted};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let users = Table::create()
            .table("users")
            .col(pk_uuid("id"))
            .col(sorted(manager, text_null("email")).unique_key())
            .col(text_null("username"))
            .col(sorted(manager, text_null("username_key")).unique_key())
            .col(text_null("name"))
            .col(sorted(manager, text_null("name_key")))
            .col(text("role"))
            .col(text("status"))
            .col(timestamp_with_time_zone_null("email_verified_at"))
            .col(timestamp_with_time_zone("created_at"))
            .col(timestamp_with_time_zone_null("last_login_at"))
            .to_owned();
        manager.create_table(users).await?;
        run_all(manager, &INDEXES).await
    }
}

/// A prefix of `email` and `username_key` is found by their unique indexes.
///
/// The indexes on expressions serve only queries that spell the expression alike, its `''` a literal and not a bound
/// parameter. And SQLite seeks in them only when the cursor bounds the key by itself:
/// `coalesce(email, '') >= ? AND (coalesce(email, ''), id) > (?, ?)`; the second half alone walks from the beginning.
const INDEXES: [&str; 6] = [
    "CREATE INDEX users_created_at ON users (created_at, id)",
    "CREATE INDEX users_by_email ON users (coalesce(email, ''), id)",
    "CREATE INDEX users_by_name ON users (coalesce(name_key, ''), id)",
    "CREATE INDEX users_name_key ON users (name_key)",
    "CREATE INDEX users_role ON users (role, created_at, id)",
    "CREATE INDEX users_status ON users (status, created_at, id)",
];
