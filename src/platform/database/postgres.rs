//! PostgreSQL: a pool, and a transaction of its own for every write.

use std::sync::Arc;
use std::time::Duration;

use sea_orm::{ConnectOptions, Database, DatabaseConnection, DatabaseTransaction, TransactionTrait as _};
use secrecy::{ExposeSecret as _, SecretString};

use crate::error::{Error, database_code};
use crate::platform::cache::Cache;
use crate::platform::database::changes::{self, Changes};
use crate::platform::database::fault::Fault;
use crate::platform::database::job::{guarded, watched};
use crate::platform::secret;

/// How often one write is run before its conflict is the caller's.
const ATTEMPTS: u32 = 8;
/// How long a caller waits for a free connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// A connection that was idle for so long is tested before it is used: firewalls forget such ones.
const TESTED_WHEN_IDLE_FOR: Duration = Duration::from_secs(30);

/// How long a caller waits to read what its write has changed.
const LOG_LIMIT: Duration = Duration::from_secs(2);

/// How long a caller waits to see its write undone.
const ROLLBACK_LIMIT: Duration = Duration::from_secs(1);

/// Opens the pool that reads and writes.
pub(super) async fn open(url: &SecretString, connections: u32) -> Result<DatabaseConnection, Fault> {
    let mut options = ConnectOptions::new(url.expose_secret());
    options
        .max_connections(connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .test_before_acquire_if_idle_for(TESTED_WHEN_IDLE_FOR)
        .sqlx_logging(false);
    Database::connect(options).await.map(watched).map_err(Fault::NotOpened)
}

/// Runs `job` in a transaction, again if it met another one (READ COMMITTED leaves deadlocks; clusters that are
/// always SERIALIZABLE refuse more). `cache`, if given, forgets what the job has changed.
pub(super) async fn write<T, F>(
    pool: &DatabaseConnection,
    limit: Duration,
    cache: Option<&Arc<Cache>>,
    job: &F,
) -> Result<T, Error>
where
    F: AsyncFn(&DatabaseTransaction) -> Result<T, Error>,
{
    let mut attempt = 1;
    loop {
        match in_own_transaction(pool, limit, cache, job).await {
            Err(error) if attempt < ATTEMPTS && is_conflict(&error) => {
                // A little apart, so that the same two do not meet again.
                let jitter = secret::random_bytes::<1>()?[0] % 8;
                tokio::time::sleep(Duration::from_millis(u64::from(attempt * 2) + u64::from(jitter))).await;
                attempt += 1;
            }
            outcome => return outcome,
        }
    }
}

async fn in_own_transaction<T, F>(
    pool: &DatabaseConnection,
    limit: Duration,
    cache: Option<&Arc<Cache>>,
    job: &F,
) -> Result<T, Error>
where
    F: AsyncFn(&DatabaseTransaction) -> Result<T, Error>,
{
    let tx = begin(pool).await?;
    let done = match guarded(job, limit, &tx).await {
        Ok(value) if cache.is_some() => changed(&tx).await.map(|changes| (value, changes)),
        outcome => outcome.map(|value| (value, Changes::default())),
    };
    match done {
        Ok((value, changes)) => {
            commit(tx, changes, cache.cloned()).await?;
            Ok(value)
        }
        Err(error) => {
            // A statement that hangs would hold up the rollback too. Given up, it is made up for before the
            // connection is used again; the job's own error is the answer in any case.
            let _ = tokio::time::timeout(ROLLBACK_LIMIT, tx.rollback()).await;
            Err(error)
        }
    }
}

/// Begins in a task of its own, which whoever gives up waiting does not stop: dropped in the middle of BEGIN, the
/// connection would go back to the pool with a transaction open that nobody knows of.
async fn begin(pool: &DatabaseConnection) -> Result<DatabaseTransaction, Error> {
    let pool = pool.clone();
    let begun = tokio::spawn(async move { pool.begin().await }).await;
    Ok(begun.map_err(Error::internal)??)
}

/// Commits, and lets `cache` forget, in a task of its own: a client that hangs up in the middle must not leave in memory
/// what its write has changed.
async fn commit(tx: DatabaseTransaction, changes: Changes, cache: Option<Arc<Cache>>) -> Result<(), Error> {
    let committed = tokio::spawn(async move {
        let committed = tx.commit().await;
        // Also when it failed: what became of it is not known then.
        if let Some(cache) = cache {
            changes.apply(&cache);
        }
        committed
    });
    Ok(committed.await.map_err(Error::internal)??)
}

async fn changed(tx: &DatabaseTransaction) -> Result<Changes, Error> {
    match tokio::time::timeout(LOG_LIMIT, changes::own(tx)).await {
        Ok(read) => Ok(read?),
        Err(_elapsed) => Err(Error::Overloaded { retry_after: Duration::from_secs(1) }),
    }
}

/// Serialization failure (40001) or deadlock (40P01): the two that another run can cure.
fn is_conflict(error: &Error) -> bool {
    let code = error.database_cause().and_then(database_code);
    matches!(code.as_deref(), Some("40001" | "40P01"))
}
