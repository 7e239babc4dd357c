//! The timer's door: what has to be done though nobody asks.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt as _;
use tokio::time::{MissedTickBehavior, interval};

use crate::app::App;
use crate::error::Error;
use crate::sessions::purge;

/// Purges what is over, now and then again, until the task is dropped. A failure is logged and tried again next time.
pub async fn run(app: Arc<App>) {
    let mut timer = interval(app.config.worker.purge_interval.duration());
    timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        timer.tick().await;
        note(purge(&app)).await;
    }
}

/// One round; answers how many sessions it removed.
async fn purge(app: &App) -> Result<u64, Error> {
    let sessions = purge::purge(app).await?;
    app.database.purge_changes().await?;
    tracing::debug!(bytes = app.cache.bytes(), "the cache of sessions and users");
    Ok(sessions)
}

/// Logs what came of one round. A panic is one round's, too: it must not be the last.
async fn note(round: impl Future<Output = Result<u64, Error>>) {
    match AssertUnwindSafe(round).catch_unwind().await {
        Ok(Ok(0)) => {}
        Ok(Ok(sessions)) => tracing::info!(sessions, "sessions that were over are purged"),
        Ok(Err(error)) => tracing::warn!(?error, "what is over could not be purged"),
        // Where it was, the panic's own line says.
        Err(_panic) => tracing::error!("purging panicked"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_round_that_panics_is_not_the_last() {
        note(async { panic!("in a round") }).await;
        note(async { Ok(1) }).await;
    }
}
