//! SQLite's writer: one thread, one connection, many jobs a commit.
//!
//! It is a thread with a runtime of its own, and not a task, for two reasons. A job's future is made and polled here
//! only, so it need not be `Send`, which stable Rust could not ask of an `AsyncFn`. And a runtime without I/O waits
//! on a futex instead of epoll, which is what most of a statement costs.

use std::thread;
use std::time::Duration;

use sea_orm::{
    DatabaseConnection, DatabaseTransaction, DbErr, SqliteTransactionMode, TransactionOptions,
    TransactionTrait as _,
};
use tokio::sync::{mpsc, oneshot};

use crate::error::Error;
use crate::platform::database::changes::Position;
use crate::platform::database::fault::Fault;
use crate::platform::database::job::{Job, Waiting};
use crate::platform::database::sqlite::{self, WritingConnection};
use crate::platform::database::{Informed, Tone};

/// How many jobs share a commit at most.
const LARGEST_BATCH: usize = 256;
/// How many jobs may wait in the queue; more wait for a place in it.
const QUEUE: usize = 1024;

/// The way to the writing thread.
pub(super) struct Writer {
    queue: mpsc::Sender<Message>,
}

enum Message {
    Job(Box<dyn Job>),
    Close(oneshot::Sender<()>),
}

impl Writer {
    /// Starts the thread, and answers once its connection is open.
    pub(super) async fn start(connection: WritingConnection, informed: Informed) -> Result<Self, Error> {
        let (queue, waiting) = mpsc::channel(QUEUE);
        let (ready, opened) = oneshot::channel();
        let work = move || {
            pin_to_one_core();
            let runtime = match tokio::runtime::Builder::new_current_thread().enable_time().build() {
                Ok(runtime) => runtime,
                Err(refused) => return drop(ready.send(Err(Fault::NoThread(refused)))),
            };
            runtime.block_on(async {
                match connection.open().await {
                    Ok(database) => {
                        let _ = ready.send(Ok(()));
                        let read_until = Position::default();
                        Thread { database, connection, informed, read_until }.serve(waiting).await;
                    }
                    Err(fault) => drop(ready.send(Err(fault))),
                }
            });
        };
        thread::Builder::new().name("database-writer".into()).spawn(work).map_err(Fault::NoThread)?;
        opened.await.map_err(|_| Fault::Closed)??;
        Ok(Self { queue })
    }

    /// Queues `job`, and answers after the commit that carried it.
    pub(super) async fn write<T, F>(&self, limit: Duration, tone: Tone, job: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: AsyncFn(&DatabaseTransaction) -> Result<T, Error> + Send + 'static,
    {
        let (job, answer) = Waiting::new(job, limit, tone);
        self.queue.send(Message::Job(Box::new(job))).await.map_err(|_| Fault::Closed)?;
        answer.await.map_err(|_| Fault::Closed)?
    }

    /// Refuses new jobs, finishes those that wait, and closes the connection.
    pub(super) async fn close(&self) {
        let (done, closed) = oneshot::channel();
        if self.queue.send(Message::Close(done)).await.is_ok() {
            // An error means that the thread is gone already, which is what was asked for.
            let _ = closed.await;
        }
    }
}

/// Keeps this thread, and those it starts, on one of the cores that the process may use.
///
/// sqlx runs SQLite on a thread that inherits this, so the two hand over without waking another core: 5 to 10 times
/// less per statement where waking is dear (virtual machines). Where it is refused, all is as it was.
fn pin_to_one_core() {
    #[cfg(target_os = "linux")]
    {
        use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

        let Ok(allowed) = sched_getaffinity(None) else { return };
        // The last, because interrupts tend to land on the first.
        let Some(core) = (0..CpuSet::MAX_CPU).rev().find(|core| allowed.is_set(*core)) else { return };
        let mut one = CpuSet::new();
        one.set(core);
        let _ = sched_setaffinity(None, &one);
    }
}

/// Why a batch did not go through as it was run.
enum Setback {
    /// A job failed and the batch is rolled back: only that job's effects had to go.
    JobFailed,
    /// A deferred constraint refused the commit: one of the jobs broke it, and nothing was committed.
    ConstraintAtCommit(DbErr),
    /// The state of the transaction is not known any more.
    Broken(Error),
}

impl Setback {
    fn broken(error: DbErr) -> Self {
        Self::Broken(error.into())
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Between {
    Nothing,
    Savepoints,
}

/// What the writing thread owns.
struct Thread {
    database: DatabaseConnection,
    connection: WritingConnection,
    informed: Informed,
    /// How far the log was read.
    read_until: Position,
}

impl Thread {
    async fn serve(mut self, mut waiting: mpsc::Receiver<Message>) {
        let mut messages = Vec::with_capacity(LARGEST_BATCH);
        let mut closers = Vec::new();
        while waiting.recv_many(&mut messages, LARGEST_BATCH).await > 0 {
            let mut jobs = Vec::with_capacity(messages.len());
            for message in messages.drain(..) {
                match message {
                    Message::Job(job) => jobs.push(job),
                    Message::Close(done) => {
                        // Those who wait in the queue are still served.
                        waiting.close();
                        closers.push(done);
                    }
                }
            }
            self.settle(jobs).await;
        }
        let _ = self.database.close_by_ref().await;
        for done in closers {
            let _ = done.send(());
        }
    }

    /// Runs a batch and answers everybody in it.
    ///
    /// It is run bare first, because savepoints double the trips to SQLite. If a job fails it is run again with
    /// them, so that the failure takes nothing of the others with it.
    async fn settle(&mut self, mut jobs: Vec<Box<dyn Job>>) {
        let mut result = self.attempt(&mut jobs, Between::Nothing).await;
        if jobs.len() > 1 && matches!(result, Err(Setback::JobFailed)) {
            result = self.attempt(&mut jobs, Between::Savepoints).await;
        }
        match result {
            // A lone job that failed keeps its own error.
            Ok(()) | Err(Setback::JobFailed) => answer(jobs, None),
            Err(Setback::Broken(error)) => answer(jobs, Some(&error)),
            Err(Setback::ConstraintAtCommit(error)) if jobs.len() == 1 => answer(jobs, Some(&error.into())),
            Err(Setback::ConstraintAtCommit(_)) => {
                for job in jobs {
                    Box::pin(self.settle(vec![job])).await;
                }
            }
        }
    }

    /// Runs the jobs in one transaction. Afterwards the connection is fit for the next one.
    async fn attempt(&mut self, jobs: &mut [Box<dyn Job>], between: Between) -> Result<(), Setback> {
        let result = self.in_one_transaction(jobs, between).await;
        if matches!(result, Err(Setback::Broken(_) | Setback::ConstraintAtCommit(_))) {
            self.reopen().await;
        }
        result
    }

    async fn in_one_transaction(
        &mut self,
        jobs: &mut [Box<dyn Job>],
        between: Between,
    ) -> Result<(), Setback> {
        // IMMEDIATE takes the write lock at once: a transaction that upgrades later can fail for good.
        let immediate = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let begun = self.database.begin_with_options(immediate).await;
        let tx = begun.map_err(|error| Setback::Broken(sqlite::overloaded_if_busy(error)))?;
        for job in jobs.iter_mut().filter(|job| !job.abandoned()) {
            match between {
                Between::Nothing if job.run(&tx).await => {}
                Between::Nothing => {
                    tx.rollback().await.map_err(Setback::broken)?;
                    return Err(Setback::JobFailed);
                }
                Between::Savepoints => {
                    let savepoint = tx.begin().await.map_err(Setback::broken)?;
                    let ended = match job.run(&savepoint).await {
                        true => savepoint.commit().await,
                        false => savepoint.rollback().await,
                    };
                    ended.map_err(Setback::broken)?;
                }
            }
        }
        let loud = jobs.iter().any(|job| job.tone() == Tone::Loud);
        let news = match self.informed.get() {
            Some(_) if loud => Some(self.read_until.read(&tx).await.map_err(Setback::broken)?),
            _ => None,
        };
        let committed = tx.commit().await;
        // Before anybody is answered, and also when the commit failed: what became of it is not known then.
        if let (Some((changes, read_until)), Some(cache)) = (news, self.informed.get()) {
            changes.apply(cache);
            if committed.is_ok() {
                self.read_until = read_until;
            }
        }
        committed.map_err(|error| match error.sql_err() {
            Some(_) => Setback::ConstraintAtCommit(error),
            None => Setback::broken(error),
        })
    }

    /// sqlx counts the depth of transactions itself and does not ask SQLite. After a failed COMMIT or ROLLBACK its
    /// count stays above zero, and the next BEGIN IMMEDIATE would silently be a SAVEPOINT that nobody commits.
    async fn reopen(&mut self) {
        let _ = self.database.close_by_ref().await;
        // Without a connection each batch fails, and tries this again.
        if let Ok(database) = self.connection.open().await {
            self.database = database;
        }
    }
}

fn answer(jobs: Vec<Box<dyn Job>>, failure: Option<&Error>) {
    for job in jobs {
        job.answer(failure.cloned());
    }
}
