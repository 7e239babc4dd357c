//! What is SQLite's alone: files and their modes, readers that cannot write, and the writer's recovery.

use std::future::poll_fn;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use rolegate::config::{Config, Synchronous};
use rolegate::error::Error;
use rolegate::platform::database::{Database, Fault};
use sea_orm::{
    ConnectOptions, ConnectionTrait as _, DatabaseTransaction, EntityTrait as _, PaginatorTrait as _,
    Statement,
};
use tokio::sync::{Notify, oneshot};

use crate::fault;
use crate::schema::{insert, instant, sign_up, user};
use crate::writing::stall;

/// A migrated file in a directory that does not exist yet.
async fn opened(directory: &Path) -> (Database, Config) {
    let config = Config { data_dir: directory.join("new").join("data"), ..Config::default() };
    let database = Database::open(&config).await.unwrap();
    database.migrate().await.unwrap();
    (database, config)
}

async fn pragma(tx: &impl sea_orm::ConnectionTrait, name: &str) -> String {
    let statement = Statement::from_string(sea_orm::DbBackend::Sqlite, format!("PRAGMA {name}"));
    let row = tx.query_one_raw(statement).await.unwrap().unwrap();
    row.try_get_by_index::<String>(0)
        .or_else(|_| row.try_get_by_index::<i64>(0).map(|n| n.to_string()))
        .unwrap()
}

#[cfg(unix)]
#[tokio::test]
async fn the_files_are_for_this_user_alone() {
    use std::os::unix::fs::PermissionsExt as _;

    let directory = tempfile::tempdir().unwrap();
    let (database, config) = opened(directory.path()).await;
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&config.data_dir), 0o700);
    for file in ["rolegate.db", "rolegate.db-wal", "rolegate.db-shm"] {
        assert_eq!(mode(&config.data_dir.join(file)), 0o600, "{file}");
    }
    database.close().await;
    let left: Vec<_> =
        std::fs::read_dir(&config.data_dir).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(left, ["rolegate.db"], "the log was not folded in");
}

#[tokio::test]
async fn connections_are_as_configured_and_readers_cannot_write() {
    let directory = tempfile::tempdir().unwrap();
    let (database, mut config) = opened(directory.path()).await;
    let settings = async |tx: &DatabaseTransaction| {
        Ok([
            pragma(tx, "journal_mode").await,
            pragma(tx, "foreign_keys").await,
            pragma(tx, "synchronous").await,
        ])
    };
    assert_eq!(database.write(settings).await.unwrap(), ["wal", "1", "2"]);
    let refused = database.reader().execute_unprepared("DELETE FROM users").await.unwrap_err();
    assert!(refused.to_string().contains("readonly"), "{refused}");
    database.close().await;

    config.database.synchronous = Synchronous::Normal;
    config.database_url =
        Some(format!("sqlite://{}?mode=rwc", config.data_dir.join("rolegate.db").display()).into());
    let database = Database::open(&config).await.unwrap();
    assert_eq!(database.write(settings).await.unwrap(), ["wal", "1", "1"]);
    database.close().await;
}

/// Whether another process could start to write now.
async fn is_free(file: &Path) -> bool {
    let mut options = ConnectOptions::new(format!("sqlite://{}", file.display()));
    options.map_sqlx_sqlite_opts(|sqlite| sqlite.busy_timeout(Duration::ZERO));
    let other = sea_orm::Database::connect(options).await.unwrap();
    let begun = other.execute_unprepared("BEGIN IMMEDIATE; ROLLBACK").await;
    other.close().await.unwrap();
    begun.is_ok()
}

/// SQLite itself rolls back on a full disk or an I/O error: the transaction is gone and nobody was told.
#[tokio::test]
async fn the_writer_recovers_from_a_commit_that_failed() {
    let directory = tempfile::tempdir().unwrap();
    let (database, config) = opened(directory.path()).await;
    let lost = async |tx: &DatabaseTransaction| {
        insert(tx, "lost@example.org", instant(0)).await?;
        tx.execute_unprepared("ROLLBACK").await?;
        Ok(())
    };
    assert!(database.write(lost).await.is_err());
    // On a connection whose depth is miscounted this would be a savepoint, which locks nothing until it writes.
    let file = config.data_dir.join("rolegate.db");
    assert!(is_free(&file).await);
    assert!(!database.write(async move |_tx| Ok(is_free(&file).await)).await.unwrap());
    sign_up(&database, "kept@example.org").await.unwrap();
    assert_eq!(user::Entity::find().count(database.reader()).await.unwrap(), 1);
    database.close().await;
}

#[tokio::test]
async fn a_file_that_another_process_keeps_locked_means_overloaded() {
    let directory = tempfile::tempdir().unwrap();
    let (database, config) = opened(directory.path()).await;
    let other = Database::open(&config).await.unwrap();
    let (locked, go) = (oneshot::channel::<()>(), Arc::new(Notify::new()));
    let started = Mutex::new(Some(locked.0));
    let holding = {
        let go = Arc::clone(&go);
        other.write(async move |_tx| {
            if let Some(started) = started.lock().unwrap().take() {
                started.send(()).unwrap();
            }
            go.notified().await;
            Ok(())
        })
    };
    let kept_out = async {
        locked.1.await.unwrap();
        let refused = sign_up(&database, "a@example.org").await.unwrap_err();
        assert!(matches!(refused, Error::Overloaded { .. }), "{refused:?}");
        go.notify_one();
    };
    let (held, ()) = tokio::join!(holding, kept_out);
    held.unwrap();
    sign_up(&database, "a@example.org").await.unwrap();
    database.close().await;
    other.close().await;
}

#[tokio::test]
async fn a_directory_that_cannot_be_made_is_a_fault() {
    let directory = tempfile::tempdir().unwrap();
    let in_the_way = directory.path().join("file");
    std::fs::write(&in_the_way, "").unwrap();
    let config = Config { data_dir: in_the_way.join("data"), ..Config::default() };
    let Err(refused) = Database::open(&config).await else { panic!("a file is no directory") };
    assert!(matches!(fault(&refused), Fault::NotCreated { .. }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_leaves_before_the_start_has_cancelled() {
    let directory = tempfile::tempdir().unwrap();
    let (database, _config) = opened(directory.path()).await;
    let database = Arc::new(database);
    let (stalled, go) = stall(&database).await;
    let ran = Arc::new(AtomicUsize::new(0));
    {
        let ran = Arc::clone(&ran);
        let mut leaving = Box::pin(database.write(async move |_tx| {
            ran.fetch_add(1, SeqCst);
            Ok(())
        }));
        poll_fn(|context| {
            assert!(leaving.as_mut().poll(context).is_pending());
            Poll::Ready(())
        })
        .await;
    }
    go.notify_one();
    stalled.await.unwrap();
    sign_up(&database, "after@example.org").await.unwrap();
    assert_eq!(ran.load(SeqCst), 0);
    database.close().await;
}
