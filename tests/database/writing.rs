//! The one door for writes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll, Waker};

use futures_util::future::join_all;
use rolegate::error::Error;
use rolegate::platform::database::{Database, Fault};
use sea_orm::{ConnectionTrait as _, DbBackend, EntityTrait as _, PaginatorTrait as _};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use crate::schema::{insert, instant, sign_up, user};
use crate::{fault, migrated};

/// Holds the writer inside a job until told, so that what is sent meanwhile makes one batch on SQLite.
pub(crate) async fn stall(database: &Arc<Database>) -> (JoinHandle<()>, Arc<Notify>) {
    let (go, started) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let job = {
        let (go, started) = (Arc::clone(&go), Arc::clone(&started));
        async move |_tx: &_| {
            started.notify_one();
            go.notified().await;
            Ok(())
        }
    };
    let stalled = tokio::spawn({
        let database = Arc::clone(database);
        async move { database.write(job).await.unwrap() }
    });
    started.notified().await;
    (stalled, go)
}

/// Starts `write`, and comes back when it is in the queue (SQLite) or under way (PostgreSQL).
fn start<T: Send + 'static>(write: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
    let mut write = Box::pin(write);
    let mut context = Context::from_waker(Waker::noop());
    match write.as_mut().poll(&mut context) {
        Poll::Pending => tokio::spawn(write),
        Poll::Ready(done) => tokio::spawn(std::future::ready(done)),
    }
}

async fn users(database: &Database) -> u64 {
    user::Entity::find().count(database.reader()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_fifty_writes_at_once_the_one_that_fails_touches_no_other() {
    let (database, _fixture) = migrated().await;
    sign_up(&database, "taken@example.org").await.unwrap();
    let (stalled, go) = stall(&database).await;
    let writes: Vec<_> = (0..50)
        .map(|n| {
            let database = Arc::clone(&database);
            start(async move {
                let write = database.write(async move |tx| {
                    let own = insert(tx, &format!("{n}@example.org"), instant(0)).await?;
                    if n == 25 {
                        insert(tx, "taken@example.org", instant(0)).await?;
                    }
                    Ok(own)
                });
                let id = write.await?;
                let kept = user::Entity::find_by_id(id).one(database.reader()).await?;
                assert!(kept.is_some(), "answered before the commit");
                Ok::<_, Error>(())
            })
        })
        .collect();
    go.notify_one();
    stalled.await.unwrap();
    for (n, outcome) in join_all(writes).await.into_iter().enumerate() {
        let outcome = outcome.unwrap();
        match n {
            25 => assert!(matches!(outcome, Err(Error::EmailTaken)), "{outcome:?}"),
            _ => assert!(outcome.is_ok(), "{n}: {outcome:?}"),
        }
    }
    assert_eq!(users(&database).await, 50);
    database.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_fifty_writes_of_one_address_one_is_kept() {
    let (database, _fixture) = migrated().await;
    let rivals = (0..50).map(|_| {
        let database = Arc::clone(&database);
        tokio::spawn(async move { sign_up(&database, "one@example.org").await })
    });
    let outcomes: Vec<_> = join_all(rivals).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    assert_eq!(outcomes.iter().filter(|outcome| matches!(outcome, Err(Error::EmailTaken))).count(), 49);
    database.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_panic_is_rolled_back_and_nobody_else_notices() {
    let (database, _fixture) = migrated().await;
    let (stalled, go) = stall(&database).await;
    let panicking = start({
        let database = Arc::clone(&database);
        async move {
            let write = database.write(async |tx| {
                insert(tx, "gone@example.org", instant(0)).await?;
                if true {
                    panic!("on purpose");
                }
                Ok(())
            });
            write.await
        }
    });
    let beside = start({
        let database = Arc::clone(&database);
        async move { sign_up(&database, "beside@example.org").await }
    });
    go.notify_one();
    stalled.await.unwrap();
    assert!(matches!(fault(&panicking.await.unwrap().unwrap_err()), Fault::Panicked));
    beside.await.unwrap().unwrap();
    sign_up(&database, "after@example.org").await.unwrap();
    assert_eq!(users(&database).await, 2);
    database.close().await;
}

/// PostgreSQL would roll it back and call that a commit.
#[tokio::test]
async fn a_write_that_hides_a_failed_statement_is_not_acknowledged() {
    let (database, _fixture) = migrated().await;
    sign_up(&database, "taken@example.org").await.unwrap();
    let hiding = database.write(async |tx| {
        insert(tx, "lost@example.org", instant(0)).await?;
        let _ = insert(tx, "taken@example.org", instant(0)).await;
        Ok(())
    });
    assert!(matches!(fault(&hiding.await.unwrap_err()), Fault::Hidden));
    assert_eq!(users(&database).await, 1);
    database.close().await;
}

#[tokio::test]
async fn a_write_inside_a_write_is_refused() {
    let (database, _fixture) = migrated().await;
    let inner = Arc::clone(&database);
    let nested = database.write(async move |_tx| inner.write(async |_tx| Ok(())).await).await;
    assert!(matches!(fault(&nested.unwrap_err()), Fault::Nested));
    database.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_constraint_that_fails_at_the_commit_fails_its_own_write_only() {
    let (database, _fixture) = migrated().await;
    let tables = async |tx: &sea_orm::DatabaseTransaction| {
        tx.execute_unprepared("CREATE TABLE parent (id integer PRIMARY KEY)").await?;
        let child =
            "CREATE TABLE child (parent integer REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED)";
        tx.execute_unprepared(child).await?;
        Ok(())
    };
    database.write(tables).await.unwrap();
    let (stalled, go) = stall(&database).await;
    let orphan = start({
        let database = Arc::clone(&database);
        async move {
            let write = database.write(async |tx| {
                tx.execute_unprepared("INSERT INTO child VALUES (99)").await?;
                Ok(())
            });
            write.await
        }
    });
    let beside: Vec<_> = (0..5)
        .map(|n| {
            let database = Arc::clone(&database);
            start(async move { sign_up(&database, &format!("{n}@example.org")).await })
        })
        .collect();
    go.notify_one();
    stalled.await.unwrap();
    let refused = orphan.await.unwrap().unwrap_err();
    assert!(refused.database_cause().is_some(), "{refused:?}");
    for write in join_all(beside).await {
        write.unwrap().unwrap();
    }
    assert_eq!(users(&database).await, 5);
    database.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closing_serves_those_who_wait_and_refuses_the_rest() {
    let (database, fixture) = migrated().await;
    let (stalled, go) = stall(&database).await;
    let waiting: Vec<_> = (0..40)
        .map(|n| {
            let database = Arc::clone(&database);
            start(async move { sign_up(&database, &format!("{n}@example.org")).await })
        })
        .collect();
    let closing = start({
        let database = Arc::clone(&database);
        async move { database.close().await }
    });
    go.notify_one();
    stalled.await.unwrap();
    closing.await.unwrap();
    if database.reader().get_database_backend() == DbBackend::Sqlite {
        for write in join_all(waiting).await {
            write.unwrap().unwrap();
        }
        let again = Database::open(&fixture.config()).await.unwrap();
        assert_eq!(users(&again).await, 40);
        again.close().await;
    }
    assert!(database.write(async |_tx| Ok(())).await.is_err());
    database.close().await;
}

/// Two writes that lock two rows crosswise: PostgreSQL ends one, and it is run again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deadlock_is_nobodys_error() {
    let (database, _fixture) = migrated().await;
    let ids = [
        sign_up(&database, "a@example.org").await.unwrap(),
        sign_up(&database, "b@example.org").await.unwrap(),
    ];
    let both_hold_one = Arc::new(tokio::sync::Semaphore::new(0));
    let crosswise = [ids, [ids[1], ids[0]]].map(|[first, second]| {
        let (database, both) = (Arc::clone(&database), Arc::clone(&both_hold_one));
        tokio::spawn(async move {
            let runs = Arc::new(AtomicUsize::new(0));
            let counted = Arc::clone(&runs);
            let write = database.write(async move |tx| {
                rename(tx, first).await?;
                if counted.fetch_add(1, SeqCst) == 0 && tx.get_database_backend() == DbBackend::Postgres {
                    both.add_permits(1);
                    let _met = both.acquire_many(2).await.unwrap();
                }
                rename(tx, second).await
            });
            write.await.unwrap();
            runs.load(SeqCst)
        })
    });
    let runs: usize = join_all(crosswise).await.into_iter().map(Result::unwrap).sum();
    match database.reader().get_database_backend() {
        DbBackend::Postgres => assert_eq!(runs, 3),
        _ => assert_eq!(runs, 2),
    }
    database.close().await;
}

async fn rename(tx: &sea_orm::DatabaseTransaction, id: uuid::Uuid) -> Result<(), Error> {
    use sea_orm::sea_query::Expr;
    use sea_orm::{ColumnTrait as _, QueryFilter as _};

    user::Entity::update_many()
        .col_expr(user::Column::NameKey, Expr::val("renamed"))
        .filter(user::Column::Id.eq(id))
        .exec(tx)
        .await?;
    Ok(())
}
