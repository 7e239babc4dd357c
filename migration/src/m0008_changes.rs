//! What was changed of that which servers keep in memory: `changes` is the log by which each process learns what another
//! has done, or somebody at the database's own prompt.
//!
//! Triggers write it, so that no statement can forget to. Noted are a user's row (a new one too, for the pages that it
//! belongs on), the end of a session, a new secret of a cookie session, the signing keys, and on PostgreSQL, without a
//! subject, that a table was truncated. What happens all the time is not: a refresh, and that a session was used. On
//! PostgreSQL the trigger tells those who listen as well; `at` is the beginning of the transaction, by which a
//! transaction finds its own rows. Ids are without gaps on SQLite, which has one writer; on PostgreSQL they are not.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

use crate::column::run_all;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        match manager.get_database_backend() {
            DbBackend::Postgres => {
                run_all(manager, &POSTGRES_TABLE).await?;
                let notify = if has_notify(manager).await? { NOTIFY } else { "" };
                run_all(manager, &[&POSTGRES_FUNCTION.replace("-- notify", notify)]).await?;
                run_all(manager, &POSTGRES_TRIGGERS).await
            }
            _ => run_all(manager, &SQLITE).await,
        }
    }
}

/// Some that speak PostgreSQL's protocol have no NOTIFY. There the log is read again and again.
async fn has_notify(manager: &SchemaManager<'_>) -> Result<bool, DbErr> {
    let query = Query::select()
        .expr(Expr::value(1))
        .from(("pg_catalog", "pg_proc"))
        .and_where(Expr::col("proname").eq("pg_notify"))
        .limit(1)
        .to_owned();
    Ok(manager.get_connection().query_one(&query).await?.is_some())
}

const SQLITE: [&str; 10] = [
    "CREATE TABLE changes (
        id integer PRIMARY KEY AUTOINCREMENT,
        topic text NOT NULL,
        subject blob,
        at integer NOT NULL DEFAULT (unixepoch())
    )",
    "CREATE TRIGGER users_added AFTER INSERT ON users
        BEGIN INSERT INTO changes (topic, subject) VALUES ('users', NEW.id); END",
    "CREATE TRIGGER users_changed AFTER UPDATE ON users
        BEGIN INSERT INTO changes (topic, subject) VALUES ('users', OLD.id); END",
    "CREATE TRIGGER users_removed AFTER DELETE ON users
        BEGIN INSERT INTO changes (topic, subject) VALUES ('users', OLD.id); END",
    "CREATE TRIGGER sessions_changed AFTER UPDATE OF user_id, delivery, created_at, ended_at ON sessions
        BEGIN INSERT INTO changes (topic, subject) VALUES ('sessions', OLD.id); END",
    "CREATE TRIGGER sessions_cookie_changed AFTER UPDATE OF secret_hash ON sessions WHEN OLD.delivery = 'COOKIE'
        BEGIN INSERT INTO changes (topic, subject) VALUES ('sessions', OLD.id); END",
    "CREATE TRIGGER sessions_removed AFTER DELETE ON sessions WHEN OLD.ended_at IS NULL
        BEGIN INSERT INTO changes (topic, subject) VALUES ('sessions', OLD.id); END",
    "CREATE TRIGGER signing_keys_added AFTER INSERT ON signing_keys
        BEGIN INSERT INTO changes (topic) VALUES ('signing_keys'); END",
    "CREATE TRIGGER signing_keys_changed AFTER UPDATE ON signing_keys
        BEGIN INSERT INTO changes (topic) VALUES ('signing_keys'); END",
    "CREATE TRIGGER signing_keys_removed AFTER DELETE ON signing_keys
        BEGIN INSERT INTO changes (topic) VALUES ('signing_keys'); END",
];

const POSTGRES_TABLE: [&str; 2] = [
    "CREATE TABLE changes (
        id bigserial PRIMARY KEY,
        topic text NOT NULL,
        subject uuid,
        at timestamptz NOT NULL DEFAULT now()
    )",
    "CREATE INDEX changes_at ON changes (at)",
];

/// The search path is that of the migration: whoever writes from elsewhere (`UPDATE rolegate.users ..`) is noted too.
const POSTGRES_FUNCTION: &str = "CREATE FUNCTION note_change() RETURNS trigger
    LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
    DECLARE
        changed uuid;
    BEGIN
        IF TG_LEVEL = 'ROW' AND TG_OP = 'INSERT' THEN
            changed := NEW.id;
        ELSIF TG_LEVEL = 'ROW' THEN
            changed := OLD.id;
        END IF;
        INSERT INTO changes (topic, subject) VALUES (TG_TABLE_NAME, changed);
        -- notify
        RETURN NULL;
    END
    $$";

const NOTIFY: &str = "PERFORM pg_notify('rolegate', TG_TABLE_NAME || ':' || coalesce(changed::text, ''));";

const POSTGRES_TRIGGERS: [&str; 8] = [
    "CREATE TRIGGER users_changed AFTER INSERT OR UPDATE OR DELETE ON users
        FOR EACH ROW EXECUTE FUNCTION note_change()",
    "CREATE TRIGGER sessions_changed AFTER UPDATE OF user_id, delivery, created_at, ended_at ON sessions
        FOR EACH ROW EXECUTE FUNCTION note_change()",
    "CREATE TRIGGER sessions_cookie_changed AFTER UPDATE OF secret_hash ON sessions
        FOR EACH ROW WHEN (OLD.delivery = 'COOKIE') EXECUTE FUNCTION note_change()",
    "CREATE TRIGGER sessions_removed AFTER DELETE ON sessions
        FOR EACH ROW WHEN (OLD.ended_at IS NULL) EXECUTE FUNCTION note_change()",
    "CREATE TRIGGER signing_keys_changed AFTER INSERT OR UPDATE OR DELETE ON signing_keys
        FOR EACH STATEMENT EXECUTE FUNCTION note_change()",
    "CREATE TRIGGER users_truncated AFTER TRUNCATE ON users
        FOR EACH STATEMENT EXECUTE FUNCTION note_change()",
    "CREATE TRIGGER sessions_truncated AFTER TRUNCATE ON sessions
        FOR EACH STATEMENT EXECUTE FUNCTION note_change()",
    "CREATE TRIGGER signing_keys_truncated AFTER TRUNCATE ON signing_keys
        FOR EACH STATEMENT EXECUTE FUNCTION note_change()",
];
