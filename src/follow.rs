//! The door by which changes come in that other processes made: what is kept in memory of them is forgotten.

use std::pin::pin;
use std::sync::Arc;

use crate::app::App;
use crate::error::Error;
use crate::platform::database::{Changes, Follower};
use crate::tokens::signing_key;

/// Follows the database's changes on behalf of one application.
pub struct Following {
    app: Arc<App>,
    follower: Follower,
    /// The signing keys were changed, and could not be loaded yet.
    keys_due: bool,
}

impl Following {
    /// Begins. Until the first tick nobody vouches for the cache, and every request reads the database.
    pub fn of(app: Arc<App>) -> Self {
        let follower = app.database.follower(Arc::clone(&app.cache), app.clock.clone());
        Self { app, follower, keys_due: false }
    }

    /// Hears all that was committed until now; see [`Follower::tick`]. Signing keys that were changed are loaded.
    ///
    /// # Errors
    /// [`Error::Internal`] or [`Error::Overloaded`] when nothing could be heard, or the keys not be loaded.
    pub async fn tick(&mut self) -> Result<(), Error> {
        let changes = self.follower.tick().await?;
        self.take_in(&changes).await
    }

    /// Follows until `stop` is there, and closes what it has opened. A failure is logged when it begins, and tried again.
    pub async fn run(mut self, stop: impl Future<Output = ()>) {
        let mut stop = pin!(stop);
        let mut succeeds = true;
        loop {
            tokio::select! {
                () = &mut stop => break,
                outcome = self.round() => match outcome {
                    Ok(()) if !succeeds => {
                        tracing::info!("changes of other processes are heard of again");
                        succeeds = true;
                    }
                    Err(error) if succeeds => {
                        tracing::warn!(?error, "changes of other processes cannot be heard of or taken in");
                        succeeds = false;
                    }
                    Ok(()) | Err(_) => {}
                },
            }
        }
        self.follower.close().await;
    }

    async fn round(&mut self) -> Result<(), Error> {
        let outcome = self.tick().await;
        let changes = self.follower.wait().await;
        outcome.and(self.take_in(&changes).await)
    }

    async fn take_in(&mut self, changes: &Changes) -> Result<(), Error> {
        self.keys_due |= changes.concern(signing_key::TABLE);
        if self.keys_due {
            signing_key::load(&self.app).await?;
            self.keys_due = false;
        }
        // Also while nothing is heard, and before a request would have to wait for it.
        signing_key::keep_current(&self.app).await
    }
}
