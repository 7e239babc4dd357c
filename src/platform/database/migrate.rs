//! Bringing the database's schema to what this binary expects.

use std::collections::BTreeSet;
use std::time::Duration;

use migration::{Migrator, MigratorTrait as _, SchemaManager, seaql_migrations};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, EntityTrait as _, IntoDatabaseExecutor};

use crate::error::Error;
use crate::platform::database::fault::Fault;
use crate::platform::database::{Database, Tone};

/// Migrations may rewrite tables: nobody waits for them but the start.
const LIMIT: Duration = Duration::from_secs(60 * 60);

/// How the database's schema stands to this binary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MigrationState {
    /// They fit.
    Current,
    /// These migrations have not been run, oldest first.
    Pending(Vec<String>),
    /// The database has these, of which this binary does not know.
    Newer(Vec<String>),
}

impl Database {
    /// How the schema stands to this binary; two small reads, and nothing is changed.
    ///
    /// # Errors
    /// [`Error::Internal`] or [`Error::Overloaded`] when the database does not answer.
    pub async fn migrations(&self) -> Result<MigrationState, Error> {
        state(self.reader()).await
    }

    /// Runs what is pending: all of it or nothing, in one transaction.
    ///
    /// Several nodes may start together: the first holds a lock until its commit, the others then find nothing to do.
    ///
    /// # Errors
    /// [`Error::Internal`] with [`Fault::Newer`] when the database belongs to a newer Rolegate, or with the cause
    /// when a migration fails.
    pub async fn migrate(&self) -> Result<(), Error> {
        match self.migrations().await? {
            MigrationState::Current => Ok(()),
            MigrationState::Newer(names) => Err(Fault::Newer(names).into()),
            MigrationState::Pending(_) => {
                self.write_within(LIMIT, Tone::Quiet, async |tx| run_pending(tx).await).await
            }
        }
    }
}

async fn run_pending(tx: &DatabaseTransaction) -> Result<(), Error> {
    // SQLite's writer holds the file's write lock already.
    if tx.get_database_backend() == DbBackend::Postgres {
        // Any number will do, as long as it never changes. The transaction's end gives it back.
        tx.execute_unprepared("SELECT pg_advisory_xact_lock(7013486120934)").await?;
    }
    match state(tx).await? {
        MigrationState::Current => Ok(()),
        MigrationState::Newer(names) => Err(Fault::Newer(names).into()),
        MigrationState::Pending(_) => Ok(Migrator::up(tx, None).await?),
    }
}

async fn state<'c, C>(db: &'c C) -> Result<MigrationState, Error>
where
    C: ConnectionTrait,
    &'c C: IntoDatabaseExecutor<'c>,
{
    let known: Vec<String> =
        Migrator::migrations().iter().map(|migration| migration.name().to_owned()).collect();
    let table = Migrator::migration_table_name().to_string();
    if !SchemaManager::new(db).has_table(&table).await? {
        return Ok(MigrationState::Pending(known));
    }
    let applied: BTreeSet<String> =
        seaql_migrations::Entity::find().all(db).await?.into_iter().map(|row| row.version).collect();
    let unknown: Vec<String> = applied.iter().filter(|name| !known.contains(name)).cloned().collect();
    let pending: Vec<String> = known.into_iter().filter(|name| !applied.contains(name)).collect();
    Ok(match (unknown.is_empty(), pending.is_empty()) {
        (false, _) => MigrationState::Newer(unknown),
        (true, false) => MigrationState::Pending(pending),
        (true, true) => MigrationState::Current,
    })
}
