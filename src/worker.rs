//! The timer's door: what has to be done though nobody asks.

use std::sync::Arc;

use tokio::time::{MissedTickBehavior, interval};

use crate::app::App;
use crate::sessions::purge;

/// Purges what is over, now and then again, until the task is dropped. A failure is logged and tried again next time.
pub async fn run(app: Arc<App>) {
    let mut timer = interval(app.config.worker.purge_interval.duration());
    timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        timer.tick().await;
        match purge::purge(&app).await {
            Ok(0) => {}
            Ok(sessions) => tracing::info!(sessions, "sessions that were over are purged"),
            Err(error) => tracing::warn!(?error, "sessions that are over could not be purged"),
        }
    }
}
