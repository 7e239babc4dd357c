//! Spent refresh tokens, kept by session and by the database itself.
//!
//! By session: a token is looked up together with its session's id, and as keys of their own the random digests cost each
//! refresh a page of an index. By a trigger: no statement can take a secret from a session and leave it unrecognised when it
//! comes back, and a refresh is one statement.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{binary, timestamp_with_time_zone, uuid};
use sea_orm_migration::sea_orm::DbBackend;

use crate::column::{belongs_to, run_all};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        match manager.get_database_backend() {
            DbBackend::Postgres => run_all(manager, &POSTGRES).await,
            _ => {
                manager.create_table(by_session()).await?;
                run_all(manager, &SQLITE).await
            }
        }
    }
}

/// SQLite cannot give a table another primary key.
fn by_session() -> TableCreateStatement {
    Table::create()
        .table("spent_by_session")
        .col(uuid("session_id"))
        .col(binary("hash"))
        .col(timestamp_with_time_zone("spent_at"))
        .primary_key(Index::create().col("session_id").col("hash"))
        .foreign_key(&mut belongs_to("spent_by_session", "session_id", "sessions"))
        .extra("WITHOUT ROWID")
        .to_owned()
}

const SQLITE: [&str; 4] = [
    "INSERT INTO spent_by_session (session_id, hash, spent_at)
        SELECT session_id, hash, spent_at FROM spent_refresh_tokens ORDER BY session_id, hash",
    "DROP TABLE spent_refresh_tokens",
    "ALTER TABLE spent_by_session RENAME TO spent_refresh_tokens",
    "CREATE TRIGGER sessions_refreshed AFTER UPDATE OF secret_hash ON sessions
        WHEN OLD.delivery = 'BEARER' AND OLD.secret_hash <> NEW.secret_hash
        BEGIN
            INSERT INTO spent_refresh_tokens (session_id, hash, spent_at)
                VALUES (OLD.id, OLD.secret_hash, NEW.last_seen_at) ON CONFLICT DO NOTHING;
        END",
];

/// The trigger first: it locks `sessions` and then `spent_refresh_tokens`, as everybody else does. The function's search
/// path is that of the migration, as `note_change` has it.
const POSTGRES: [&str; 4] = [
    "CREATE FUNCTION keep_spent_refresh_token() RETURNS trigger
        LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
        BEGIN
            INSERT INTO spent_refresh_tokens (session_id, hash, spent_at)
                VALUES (OLD.id, OLD.secret_hash, NEW.last_seen_at) ON CONFLICT DO NOTHING;
            RETURN NULL;
        END
        $$",
    "CREATE TRIGGER sessions_refreshed AFTER UPDATE OF secret_hash ON sessions
        FOR EACH ROW WHEN (OLD.delivery = 'BEARER' AND OLD.secret_hash <> NEW.secret_hash)
        EXECUTE FUNCTION keep_spent_refresh_token()",
    "ALTER TABLE spent_refresh_tokens
        DROP CONSTRAINT spent_refresh_tokens_pkey, ADD PRIMARY KEY (session_id, hash)",
    "DROP INDEX spent_refresh_tokens_session_id",
];
