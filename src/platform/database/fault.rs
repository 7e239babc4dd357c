//! What can be wrong with the database itself, in sentences for whoever runs it.

use std::io;
use std::path::PathBuf;

use sea_orm::DbErr;

use crate::error::Error;
use crate::platform::database::migrate::MigrationState;

/// A fault of ours, or of the installation. Always inside [`Error::Internal`]: clients never see one.
///
/// No message holds the URL or a cause (the URL may hold a password); the cause is the `source`.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The URL names a database that is not supported.
    #[error(
        "The database URL must begin with `sqlite://` or `postgres://`. \
         Mend ROLEGATE_DATABASE_URL, or leave it out to keep a SQLite file in the data directory."
    )]
    UnknownScheme,
    /// The URL asks for a database that would be gone with the process.
    #[error(
        "SQLite in memory is not supported, because every restart would lose all users. \
         Give a file: `sqlite://data/rolegate.db`."
    )]
    InMemory,
    /// The URL of a SQLite database is not readable as a path.
    #[error("The SQLite URL names no file. Write it as in `sqlite:///var/lib/rolegate/rolegate.db`.")]
    NoPath,
    /// The URL of a PostgreSQL server cannot be read. Without a cause: that would repeat the URL.
    #[error(
        "The PostgreSQL URL cannot be read. Write it as in `postgres://user:password@host:5432/name`, with what is \
         special in the password percent-encoded."
    )]
    Unreadable,
    /// The file system refused the database's directory or file.
    #[error("{} could not be created. Check that the directory is writable.", path.display())]
    NotCreated {
        /// The database file.
        path: PathBuf,
        /// What the file system said.
        source: io::Error,
    },
    /// The database did not let us in.
    #[error("The database could not be opened. Check ROLEGATE_DATABASE_URL, and that the database is up.")]
    NotOpened(#[source] DbErr),
    /// The thread that writes could not be started.
    #[error("The thread that writes to SQLite could not be started.")]
    NoThread(#[source] io::Error),
    /// Migrations are left to the operator, and some have not been run.
    #[error("The database is not up to date ({} to go: {}): run `rolegate migrate`.", .0.len(), .0.join(", "))]
    Pending(Vec<String>),
    /// The database has seen migrations of which this binary does not know.
    #[error(
        "The database belongs to a newer Rolegate (it has the migrations {}). \
         Start that version, or restore a backup made before the upgrade.", .0.join(", ")
    )]
    Newer(Vec<String>),
    /// A program that embeds us keeps its migrations in our list, where ours would seem to be missing from its own.
    #[error("Give your migrator a list of its own: implement `migration_table_name`.")]
    SharedList,
    /// A job panicked. It was rolled back, and nobody else noticed.
    #[error("A database write panicked.")]
    Panicked,
    /// A job succeeded although one of its statements had failed, after which nothing can be relied on.
    #[error("A database write went on after one of its statements had failed.")]
    Hidden,
    /// A job asked for a second write from inside itself, for which it would have waited for ever.
    #[error("A database write was started inside another one.")]
    Nested,
    /// The database is closed.
    #[error("The database is closed.")]
    Closed,
}

impl Fault {
    /// What is wrong with a database whose schema stands so; `None` when it fits this binary.
    pub fn of(state: MigrationState) -> Option<Self> {
        match state {
            MigrationState::Current => None,
            MigrationState::Pending(names) => Some(Self::Pending(names)),
            MigrationState::Newer(names) => Some(Self::Newer(names)),
        }
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Self::internal(fault)
    }
}
