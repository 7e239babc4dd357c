//! The log of what was changed, which triggers write (see the migration `m0008_changes`).
//!
//! It is read in two places: by the write door before each commit, so that this process forgets what it has changed
//! before it answers, and by [`super::Follower`], for what others have changed.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, FromQueryResult, Statement};
use uuid::Uuid;

use crate::error::Error;
use crate::platform::cache::Cache;
use crate::platform::database::Database;

/// More rows than this are not worth reading: everything is forgotten instead.
const MOST: usize = 1_000;

/// How long a row stays in the log. Whoever did not read it by then has long been believed no more.
const KEPT: Duration = Duration::from_secs(300);

/// One row of a table that was changed, or the table as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The table's name.
    pub topic: String,
    /// The row's id; `None` for signing keys, and for a table that was truncated.
    pub subject: Option<Uuid>,
}

/// What was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Changes {
    /// These.
    These(Vec<Change>),
    /// It is not known what, or too much to say.
    Anything,
}

impl Changes {
    /// Whether something of this table may have been changed.
    pub fn concern(&self, topic: &str) -> bool {
        match self {
            Self::These(changes) => changes.iter().any(|change| change.topic == topic),
            Self::Anything => true,
        }
    }

    /// Adds what was changed after it.
    pub(super) fn extend(&mut self, later: Self) {
        match (&mut *self, later) {
            (Self::These(changes), Self::These(later)) => changes.extend(later),
            _ => *self = Self::Anything,
        }
    }

    /// Lets `cache` forget it.
    pub(super) fn apply(&self, cache: &Cache) {
        match self {
            Self::These(changes) if changes.is_empty() => {}
            Self::These(changes) => {
                // One that does not say which row may be of all of them: a table was truncated.
                match changes.iter().map(|change| change.subject).collect::<Option<Vec<Uuid>>>() {
                    Some(subjects) => cache.forget(subjects),
                    None => cache.clear(),
                }
            }
            Self::Anything => cache.clear(),
        }
    }
}

impl Default for Changes {
    fn default() -> Self {
        Self::These(Vec::new())
    }
}

/// A row of the log.
#[derive(Debug, FromQueryResult)]
pub(super) struct Row {
    pub(super) id: i64,
    topic: String,
    subject: Option<Uuid>,
}

impl From<Row> for Change {
    fn from(Row { topic, subject, .. }: Row) -> Self {
        Self { topic, subject }
    }
}

/// How far SQLite's log was read. Ids there are in the order of commits and without gaps.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Position(i64);

impl Position {
    /// What is in the log after this, and the position after that.
    ///
    /// The row at the position itself must still be there, and none missing after it: otherwise rows were purged unread,
    /// or this is not the database that it was.
    pub(super) async fn read(self, db: &impl ConnectionTrait) -> Result<(Changes, Self), DbErr> {
        // The limit is part of the text, because a bound one has SQLite plan the statement anew at every run.
        let query = format!(
            "SELECT id, topic, subject FROM changes WHERE id >= ? ORDER BY id DESC LIMIT {}",
            MOST + 1
        );
        let query = Statement::from_sql_and_values(DbBackend::Sqlite, query, [self.0.into()]);
        let mut rows = Row::find_by_statement(query).all(db).await?;
        let newest = rows.first().map_or(0, |row| row.id);
        let known = usize::from(self.0 > 0);
        let expected = usize::try_from(newest - self.0).ok().map(|new| new + known);
        if expected != Some(rows.len()) {
            let newest = if rows.is_empty() { newest_id(db).await? } else { newest };
            return Ok((Changes::Anything, Self(newest)));
        }
        rows.truncate(rows.len() - known);
        Ok((Changes::These(rows.into_iter().map(Change::from).collect()), Self(newest)))
    }
}

async fn newest_id(db: &impl ConnectionTrait) -> Result<i64, DbErr> {
    let query = "SELECT id, topic, subject FROM changes ORDER BY id DESC LIMIT 1";
    let newest = Row::find_by_statement(Statement::from_string(DbBackend::Sqlite, query));
    Ok(newest.all(db).await?.first().map_or(0, |row| row.id))
}

/// What the transaction of `tx` has changed, on PostgreSQL: its rows carry the instant at which it began. Another that
/// began in the same microsecond is told of too, which does no harm.
pub(super) async fn own(tx: &impl ConnectionTrait) -> Result<Changes, DbErr> {
    within(tx, "at = now()", MOST).await.map(|rows| changes(rows, MOST))
}

/// The rows of PostgreSQL's log that meet `condition`, one more than `most` at most.
pub(super) async fn within(
    db: &impl ConnectionTrait,
    condition: &str,
    most: usize,
) -> Result<Vec<Row>, DbErr> {
    let query = format!("SELECT id, topic, subject FROM changes WHERE {condition} LIMIT {}", most + 1);
    Row::find_by_statement(Statement::from_string(DbBackend::Postgres, query)).all(db).await
}

/// What time it is on PostgreSQL's clock.
pub(super) async fn now(db: &impl ConnectionTrait) -> Result<DateTime<Utc>, DbErr> {
    let query = Statement::from_string(DbBackend::Postgres, "SELECT now() AS now");
    let row = db.query_one_raw(query).await?;
    row.ok_or_else(|| DbErr::RecordNotFound("the database's clock".into()))?.try_get("", "now")
}

/// What these rows say, unless there are more than `most`.
pub(super) fn changes(rows: Vec<Row>, most: usize) -> Changes {
    match rows.len() > most {
        true => Changes::Anything,
        false => Changes::These(rows.into_iter().map(Change::from).collect()),
    }
}

impl Database {
    /// Removes from the log what everybody has read, or has missed for good.
    ///
    /// # Errors
    /// As [`Database::write`].
    pub async fn purge_changes(&self) -> Result<(), Error> {
        let kept = KEPT.as_secs();
        // The newest row stays: by it a reader of SQLite's log knows that nothing is missing.
        let sqlite = format!(
            "DELETE FROM changes WHERE at < unixepoch() - {kept} AND id < (SELECT max(id) FROM changes)"
        );
        let postgres = format!("DELETE FROM changes WHERE at < now() - interval '{kept} seconds'");
        let write = self.write_quietly(async move |tx| {
            let statement = if tx.get_database_backend() == DbBackend::Sqlite { &sqlite } else { &postgres };
            tx.execute_unprepared(statement).await?;
            Ok(())
        });
        write.await
    }
}
