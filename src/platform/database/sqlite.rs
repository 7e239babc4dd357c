//! How a SQLite file is opened: one connection that writes, several that only read.

use std::fs::{DirBuilder, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sea_orm::{ConnectOptions, Database, DatabaseConnection, DbErr};

use crate::config::{DatabaseConfig, Synchronous};
use crate::error::{Error, database_code};
use crate::platform::database::fault::Fault;
use crate::platform::database::job::watched;

/// How long a statement waits while another process (the command line's) writes.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// How often, 50 ms apart, opening is tried while another process holds the file.
const OPENING_ATTEMPTS: u32 = 100;
/// How long a reader waits for a free connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// Makes the database's file for this user alone (0600, in a directory of 0700), unless they are there. SQLite gives
/// the same mode to the files that it puts beside it.
pub(super) fn create(path: &Path) -> Result<(), Fault> {
    create_privately(path).map_err(|source| Fault::NotCreated { path: path.to_owned(), source })
}

fn create_privately(path: &Path) -> io::Result<()> {
    let (mut directory, mut file) = (DirBuilder::new(), OpenOptions::new());
    directory.recursive(true);
    file.append(true).create(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
        directory.mode(0o700);
        file.mode(0o600);
    }
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        directory.create(parent)?;
    }
    file.open(path).map(drop)
}

/// Opens the pool that reads; its connections could not write if they tried.
pub(super) async fn open_readers(path: &Path, connections: u32) -> Result<DatabaseConnection, Fault> {
    let file = path.to_owned();
    let options = options(connections, move |sqlite| sqlite.filename(&file).read_only(true));
    Database::connect(options).await.map_err(Fault::NotOpened)
}

/// How the one connection that writes is opened, for the first time and again.
pub(super) struct WritingConnection(ConnectOptions);

impl WritingConnection {
    /// To the file at `path`, which exists.
    pub(super) fn to(path: PathBuf, config: &DatabaseConfig) -> Self {
        let synchronous = match config.synchronous {
            Synchronous::Normal => SqliteSynchronous::Normal,
            Synchronous::Full => SqliteSynchronous::Full,
        };
        Self(options(1, move |sqlite| {
            sqlite.filename(&path).journal_mode(SqliteJournalMode::Wal).synchronous(synchronous)
        }))
    }

    /// Opens it.
    ///
    /// The change to WAL needs the file alone and does not wait for it by itself, so when two processes start
    /// together on a new file one of them has to try again.
    pub(super) async fn open(&self) -> Result<DatabaseConnection, Fault> {
        let mut attempt = 1;
        loop {
            match Database::connect(self.0.clone()).await {
                Err(error) if is_busy(&error) && attempt < OPENING_ATTEMPTS => {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    attempt += 1;
                }
                outcome => return outcome.map(watched).map_err(Fault::NotOpened),
            }
        }
    }
}

fn options(
    connections: u32,
    choose: impl Fn(SqliteConnectOptions) -> SqliteConnectOptions + Send + Sync + 'static,
) -> ConnectOptions {
    // The file's name is set beside the URL, because a path may hold what a URL may not.
    let mut options = ConnectOptions::new("sqlite::memory:");
    options
        .max_connections(connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        // A connection to a file does not go stale; asking costs 37 us a query.
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
        .sqlx_logging(false)
        .map_sqlx_sqlite_opts(move |sqlite| {
            choose(sqlite.in_memory(false).shared_cache(false).foreign_keys(true).busy_timeout(BUSY_TIMEOUT))
        });
    options
}

/// Another process kept the file locked for longer than we wait: load, not a fault.
pub(super) fn overloaded_if_busy(error: DbErr) -> Error {
    match is_busy(&error) {
        true => Error::Overloaded { retry_after: Duration::from_secs(1) },
        false => error.into(),
    }
}

/// SQLITE_BUSY (5), or one of its extended codes, which differ above the lowest byte.
fn is_busy(error: &DbErr) -> bool {
    database_code(error).and_then(|code| code.parse::<u32>().ok()).is_some_and(|code| code & 0xff == 5)
}
