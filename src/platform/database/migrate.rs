//! Bringing the database's schema to what this binary expects.

use std::collections::BTreeSet;
use std::time::Duration;

use migration::{Migrator, MigratorTrait, SchemaManager, seaql_migrations};
use sea_orm::sea_query::Query;
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, IntoDatabaseExecutor};

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
        state::<Migrator, _>(self.reader()).await
    }

    /// Runs what is pending: all of it or nothing, in one transaction.
    ///
    /// Several nodes may start together: the first holds a lock until its commit, the others then find nothing to do.
    ///
    /// # Errors
    /// [`Error::Internal`] with [`Fault::Newer`] when the database belongs to a newer Rolegate, or with the cause
    /// when a migration fails.
    pub async fn migrate(&self) -> Result<(), Error> {
        self.migrate_by::<Migrator>().await
    }

    /// Runs what is pending of a program's own tables beside ours, as [`migrate`](Self::migrate) does: all or nothing, one
    /// node at a time. Its migrator keeps its own list of what was run (`migration_table_name`).
    ///
    /// # Errors
    /// [`Error::Internal`] with [`Fault::SharedList`] for a migrator that would write into our list, with
    /// [`Fault::Newer`] when the list has names that the migrator does not know, or with the cause when a migration
    /// fails.
    pub async fn migrate_with<M: MigratorTrait + 'static>(&self) -> Result<(), Error> {
        if M::migration_table_name() == Migrator::migration_table_name() {
            return Err(Fault::SharedList.into());
        }
        self.migrate_by::<M>().await
    }

    async fn migrate_by<M: MigratorTrait + 'static>(&self) -> Result<(), Error> {
        match state::<M, _>(self.reader()).await? {
            MigrationState::Current => Ok(()),
            MigrationState::Newer(names) => Err(Fault::Newer(names).into()),
            MigrationState::Pending(_) => {
                self.write_within(LIMIT, Tone::Quiet, async |tx| run_pending::<M>(tx).await).await
            }
        }
    }
}

async fn run_pending<M: MigratorTrait>(tx: &DatabaseTransaction) -> Result<(), Error> {
    // SQLite's writer holds the file's write lock already.
    if tx.get_database_backend() == DbBackend::Postgres {
        // Any number will do, as long as it never changes. The transaction's end gives it back.
        tx.execute_unprepared("SELECT pg_advisory_xact_lock(7013486120934)").await?;
    }
    match state::<M, _>(tx).await? {
        MigrationState::Current => Ok(()),
        MigrationState::Newer(names) => Err(Fault::Newer(names).into()),
        MigrationState::Pending(_) => Ok(M::up(tx, None).await?),
    }
}

async fn state<'c, M, C>(db: &'c C) -> Result<MigrationState, Error>
where
    M: MigratorTrait,
    C: ConnectionTrait,
    &'c C: IntoDatabaseExecutor<'c>,
{
    let known: Vec<String> = M::migrations().iter().map(|migration| migration.name().to_owned()).collect();
    if !SchemaManager::new(db).has_table(M::migration_table_name().to_string()).await? {
        return Ok(MigrationState::Pending(known));
    }
    let applied =
        Query::select().column(seaql_migrations::Column::Version).from(M::migration_table_name()).take();
    let applied = db.query_all(&applied).await?;
    let applied: BTreeSet<String> =
        applied.iter().map(|row| row.try_get("", "version")).collect::<Result<_, _>>()?;
    let unknown: Vec<String> = applied.iter().filter(|name| !known.contains(name)).cloned().collect();
    let pending: Vec<String> = known.into_iter().filter(|name| !applied.contains(name)).collect();
    Ok(match (unknown.is_empty(), pending.is_empty()) {
        (false, _) => MigrationState::Newer(unknown),
        (true, false) => MigrationState::Pending(pending),
        (true, true) => MigrationState::Current,
    })
}
