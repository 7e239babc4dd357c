//! The database: opened, migrated, read from a pool, and written through one door.
//!
//! SQLite and PostgreSQL differ in here and nowhere above. Reads take any connection of [`Database::reader`]; every
//! write goes through [`Database::write`], which is a transaction of its own on PostgreSQL, and on SQLite a place in
//! the next commit of the one thread that writes.

mod changes;
mod fault;
mod follow;
mod job;
mod listen;
mod location;
mod migrate;
mod postgres;
mod sqlite;
mod unique;
mod writer;

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use sea_orm::{DatabaseConnection, DatabaseTransaction};

pub use self::changes::{Change, Changes};
pub use self::fault::Fault;
pub use self::follow::{Follower, HEARD_WITHIN};
use self::location::Location;
pub use self::migrate::MigrationState;
use self::sqlite::WritingConnection;
pub use self::unique::unique;
use self::writer::Writer;
use crate::config::Config;
use crate::error::Error;
use crate::platform::cache::Cache;
use crate::platform::clock::Clock;

/// How long one write may take.
const WRITE_LIMIT: Duration = Duration::from_secs(10);

/// An open database. Shared behind an `Arc`; [`Database::close`] it before the process ends.
pub struct Database {
    reader: DatabaseConnection,
    /// SQLite's; PostgreSQL writes on the pool that reads.
    writer: Option<Writer>,
    location: Location,
    informed: Informed,
}

/// The cache that forgets what writes have changed, once there is one.
type Informed = Arc<OnceLock<Arc<Cache>>>;

/// Whether a write may change what is noted in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tone {
    /// It may, so the log is read before the commit.
    Loud,
    /// It does not.
    Quiet,
}

impl Database {
    /// Opens the configured database, and creates the file if it is SQLite. Does not migrate.
    ///
    /// # Errors
    /// [`Error::Internal`] with a [`Fault`] that says what to mend.
    pub async fn open(config: &Config) -> Result<Self, Error> {
        let location = Location::of(config)?;
        let informed = Informed::default();
        let (reader, writer) = match &location {
            Location::Sqlite(path) => {
                sqlite::create(path)?;
                // The writer first: it turns the file to WAL, which a reader cannot.
                let connection = WritingConnection::to(path.clone(), &config.database);
                let writer = Writer::start(connection, Arc::clone(&informed)).await?;
                (sqlite::open_readers(path, config.database.connections).await?, Some(writer))
            }
            Location::Postgres(url) => (postgres::open(url, config.database.connections).await?, None),
        };
        Ok(Self { reader, writer, location, informed })
    }

    /// Lets `cache` forget what writes change, from now on. The database must be up to date.
    pub fn inform(&self, cache: Arc<Cache>) {
        // A second cache would be one that nobody tells.
        let _ = self.informed.set(cache);
    }

    /// Whoever hears what other processes change, and lets `cache` forget it.
    pub fn follower(&self, cache: Arc<Cache>, clock: Clock) -> Follower {
        Follower::new(self.location.clone(), self.reader.clone(), cache, clock)
    }

    /// The file of the configured database, or `None` for a server's.
    ///
    /// # Errors
    /// [`Error::Internal`] with a [`Fault`] when the URL cannot be read.
    pub fn sqlite_path(config: &Config) -> Result<Option<PathBuf>, Error> {
        match Location::of(config)? {
            Location::Sqlite(path) => Ok(Some(path)),
            Location::Postgres(_) => Ok(None),
        }
    }

    /// The pool for reads. A read sees what was committed before it began, so every write already answered.
    pub fn reader(&self) -> &DatabaseConnection {
        &self.reader
    }

    /// Runs `job` in a transaction and answers once it is committed; an error of the job rolls its writes back. When it
    /// answers, what the job has changed is forgotten by this process's cache.
    ///
    /// The job may run more than once (hence `AsyncFn`), so it touches nothing but `tx`. A statement of it that fails
    /// fails the job: what may be there already is inserted with ON CONFLICT. Whoever drops the returned future before
    /// the job starts has cancelled it; on SQLite a job that has started runs to its end.
    ///
    /// # Errors
    /// The job's own; [`Error::Overloaded`] after 10 seconds, or when another process holds the file for longer than 5;
    /// [`Error::Internal`] for a failed commit, a panic of the job, a write inside a write, and a closed database.
    pub async fn write<T, F>(&self, job: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: AsyncFn(&DatabaseTransaction) -> Result<T, Error> + Send + Sync + 'static,
    {
        self.write_within(WRITE_LIMIT, Tone::Loud, job).await
    }

    /// The same for a job that changes nothing of what the triggers note: a refresh, that a session was used. It is
    /// spared a look into the log, which on PostgreSQL is a trip to the server. What such a job changed all the same
    /// would be heard of as if another process had done it: soon, and not at once.
    ///
    /// # Errors
    /// As [`Database::write`].
    pub async fn write_quietly<T, F>(&self, job: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: AsyncFn(&DatabaseTransaction) -> Result<T, Error> + Send + Sync + 'static,
    {
        self.write_within(WRITE_LIMIT, Tone::Quiet, job).await
    }

    async fn write_within<T, F>(&self, limit: Duration, tone: Tone, job: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: AsyncFn(&DatabaseTransaction) -> Result<T, Error> + Send + Sync + 'static,
    {
        if job::is_nested() {
            return Err(Fault::Nested.into());
        }
        match &self.writer {
            Some(writer) => writer.write(limit, tone, job).await,
            None => {
                let cache = self.informed.get().filter(|_| tone == Tone::Loud);
                postgres::write(&self.reader, limit, cache, &job).await
            }
        }
    }

    /// Asks whether the database answers.
    ///
    /// # Errors
    /// [`Error::Internal`] or [`Error::Overloaded`] when it does not.
    pub async fn ping(&self) -> Result<(), Error> {
        Ok(self.reader.ping().await?)
    }

    /// Refuses new writes, finishes those that wait, and closes every connection.
    pub async fn close(&self) {
        // Readers first: the last connection to leave a SQLite file folds the log into it, and a reader could not.
        // A failure to say goodbye changes nothing.
        let _ = self.reader.close_by_ref().await;
        if let Some(writer) = &self.writer {
            writer.close().await;
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that fails here has said enough")]
mod tests {
    use sea_orm::ConnectionTrait as _;

    use super::*;

    #[tokio::test]
    async fn a_write_that_takes_too_long_is_rolled_back() {
        let directory = tempfile::tempdir().unwrap();
        let config = Config { data_dir: directory.path().to_owned(), ..Config::default() };
        let database = Database::open(&config).await.unwrap();
        let create = "CREATE TABLE undone (id integer)";
        let slow = database.write_within(Duration::from_millis(20), Tone::Loud, async |tx| {
            tx.execute_unprepared(create).await?;
            std::future::pending::<Result<(), Error>>().await
        });
        let refused = slow.await.unwrap_err();
        assert!(matches!(refused, Error::Overloaded { .. }), "{refused:?}");
        database.write(async |tx| Ok(tx.execute_unprepared(create).await.map(drop)?)).await.unwrap();
        database.close().await;
    }
}
