//! The timer's door: what has to be done though nobody asks.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt as _;
use tokio::time::{MissedTickBehavior, interval};

use crate::app::App;
use crate::error::Error;
use crate::sessions::purge;
use crate::tokens::{retire, rotate, signing_key};

/// Does what is due, now and then again, until the task is dropped. A failure is logged and tried again next time.
pub async fn run(app: Arc<App>) {
    let mut timer = interval(app.config.worker.purge_interval.duration());
    timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        timer.tick().await;
        purge(&app).await;
        keep_keys(&app).await;
    }
}

/// Removes what is over.
async fn purge(app: &App) {
    if let Some(sessions @ 1..) = outcome("purging sessions", purge::purge(app)).await {
        tracing::info!(sessions, "sessions that were over are purged");
    }
    outcome("purging changes", app.database.purge_changes()).await;
    tracing::debug!(bytes = app.cache.bytes(), "the cache of sessions and users");
}

/// Has the next signing key take over when its time has come, and forgets the old ones.
async fn keep_keys(app: &App) {
    if outcome("rotating the signing key", rotate::rotate_when_due(app)).await == Some(true) {
        tracing::info!("the next signing key is announced");
    }
    if let Some(keys @ 1..) = outcome("retiring signing keys", retire::retire(app)).await {
        tracing::info!(keys, "signing keys of which nothing counts any more are forgotten");
    }
    outcome("loading the signing keys", signing_key::load(app)).await;
}

/// What came of one round; `None`, and a line of log, when it failed. A panic is one round's, too: it must not be the last.
async fn outcome<T>(doing: &'static str, round: impl Future<Output = Result<T, Error>>) -> Option<T> {
    match AssertUnwindSafe(round).catch_unwind().await {
        Ok(Ok(done)) => Some(done),
        Ok(Err(error)) => {
            tracing::warn!(?error, "{doing} failed");
            None
        }
        // Where it was, the panic's own line says.
        Err(_panic) => {
            tracing::error!("{doing} panicked");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_round_that_panics_is_not_the_last() {
        let panicked = outcome::<u64>("a round", async { panic!("in a round") }).await;
        assert_eq!(panicked, None);
        assert_eq!(outcome("a round", async { Ok(1) }).await, Some(1));
    }
}
