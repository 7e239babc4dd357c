//! One caller's write, and how it is run so that it hurts nobody else.

use std::cell::Cell;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;
use sea_orm::{DatabaseConnection, DatabaseTransaction};
use tokio::sync::oneshot;

use crate::error::Error;
use crate::platform::database::Tone;
use crate::platform::database::fault::Fault;

tokio::task_local! {
    /// There while a job runs: whether one of its statements has failed.
    static STATEMENT_FAILED: Cell<bool>;
}

/// True inside a job: a write started here would wait for the one that waits for it.
pub(super) fn is_nested() -> bool {
    STATEMENT_FAILED.try_with(|_| ()).is_ok()
}

/// Lets the jobs on `connection` be judged by what became of their statements.
///
/// After a failed statement PostgreSQL answers COMMIT by rolling back, without an error, and SQLite may have rolled
/// back by itself: a job that went on regardless would be told that what is lost was kept.
pub(super) fn watched(mut connection: DatabaseConnection) -> DatabaseConnection {
    connection.set_metric_callback(|statement| {
        if statement.failed {
            // Outside of a job there is nobody to tell.
            let _ = STATEMENT_FAILED.try_with(|failed| failed.set(true));
        }
    });
    connection
}

/// Runs a job so that neither a panic, nor a hang, nor a write of its own gets out.
pub(super) async fn guarded<T, F>(job: &F, limit: Duration, tx: &DatabaseTransaction) -> Result<T, Error>
where
    F: AsyncFn(&DatabaseTransaction) -> Result<T, Error>,
{
    let running = STATEMENT_FAILED.scope(Cell::new(false), async {
        let value = job(tx).await?;
        match STATEMENT_FAILED.with(Cell::get) {
            true => Err(Fault::Hidden.into()),
            false => Ok(value),
        }
    });
    match tokio::time::timeout(limit, AssertUnwindSafe(running).catch_unwind()).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(_panic)) => Err(Fault::Panicked.into()),
        Err(_elapsed) => {
            tracing::warn!(seconds = limit.as_secs(), "a database write took too long and was rolled back");
            Err(Error::Overloaded { retry_after: Duration::from_secs(1) })
        }
    }
}

/// A job in SQLite's queue, its types forgotten.
pub(super) trait Job: Send {
    /// True when nobody waits for the answer any more.
    fn abandoned(&self) -> bool;
    /// Whether it may change what is noted in the log.
    fn tone(&self) -> Tone;
    /// Runs (again), and keeps the outcome for `answer`; true if it succeeded.
    fn run<'a>(&'a mut self, tx: &'a DatabaseTransaction) -> LocalBoxFuture<'a, bool>;
    /// Tells the caller. `failure` says why a success did not last; a job's own error stays what it is.
    fn answer(self: Box<Self>, failure: Option<Error>);
}

/// The job, its limit, and who waits for it.
pub(super) struct Waiting<T, F> {
    job: F,
    limit: Duration,
    tone: Tone,
    outcome: Option<Result<T, Error>>,
    caller: oneshot::Sender<Result<T, Error>>,
}

impl<T, F> Waiting<T, F> {
    /// A job that did not run yet, and where its answer will arrive.
    pub(super) fn new(job: F, limit: Duration, tone: Tone) -> (Self, oneshot::Receiver<Result<T, Error>>) {
        let (caller, answer) = oneshot::channel();
        (Self { job, limit, tone, outcome: None, caller }, answer)
    }
}

impl<T, F> Job for Waiting<T, F>
where
    T: Send,
    F: AsyncFn(&DatabaseTransaction) -> Result<T, Error> + Send,
{
    fn abandoned(&self) -> bool {
        self.caller.is_closed()
    }

    fn tone(&self) -> Tone {
        self.tone
    }

    fn run<'a>(&'a mut self, tx: &'a DatabaseTransaction) -> LocalBoxFuture<'a, bool> {
        Box::pin(async move {
            let outcome = guarded(&self.job, self.limit, tx).await;
            let succeeded = outcome.is_ok();
            self.outcome = Some(outcome);
            succeeded
        })
    }

    fn answer(self: Box<Self>, failure: Option<Error>) {
        let answer = match (self.outcome, failure) {
            (Some(Ok(_)) | None, Some(failure)) => Err(failure),
            (Some(outcome), _) => outcome,
            // It never ran, because nobody waits.
            (None, None) => return,
        };
        // The caller may have left meanwhile: what was committed stays committed.
        let _ = self.caller.send(answer);
    }
}
