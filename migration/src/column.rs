//! What the steps have in common about columns.
//!
//! Types are SeaORM's own (`uuid`, `timestamp_with_time_zone`, `binary`), so that one entity fits both databases:
//! SQLite keeps UUIDs as 16-byte blobs, and instants as RFC 3339 text in UTC, which sorts in the order of time.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

/// Text that is sorted, or searched by prefix: compared byte by byte on both databases.
///
/// SQLite does so by itself. On PostgreSQL a column in the database's own locale would sort differently from one
/// installation to the next, and no index could serve a range of prefixes.
pub(crate) fn sorted(manager: &SchemaManager<'_>, column: ColumnDef) -> ColumnDef {
    let mut column = column;
    if manager.get_database_backend() == DbBackend::Postgres {
        column.extra(r#"COLLATE "C""#);
    }
    column
}

/// Runs statements that read the same on both databases: indexes, above all those on expressions.
pub(crate) async fn run_all(manager: &SchemaManager<'_>, statements: &[&str]) -> Result<(), DbErr> {
    for statement in statements {
        manager.get_connection().execute_unprepared(statement).await?;
    }
    Ok(())
}

/// A reference that goes with the row it points at.
pub(crate) fn belongs_to(
    table: &'static str,
    column: &'static str,
    owner: &'static str,
) -> ForeignKeyCreateStatement {
    ForeignKey::create().from(table, column).to(owner, "id").on_delete(ForeignKeyAction::Cascade).to_owned()
}
