//! The settings and the platform's handles in one place. State, no rules.

use std::sync::Arc;

use crate::config::Config;
use crate::error::Error;
use crate::platform::cache::Cache;
use crate::platform::clock::Clock;
use crate::platform::database::{Database, Fault};
use crate::platform::hash_threads::HashThreads;
use crate::platform::keyring::KeyRing;
use crate::platform::master_key;

/// All that an operation needs besides its arguments. Shared behind an `Arc`.
pub struct App {
    /// The settings.
    pub config: Config,
    /// What time it is.
    pub clock: Clock,
    /// Reads, and the one door for writes.
    pub database: Database,
    /// Rows that need not be read again. Believed only while [`crate::platform::database::Follower`] vouches for it.
    pub cache: Arc<Cache>,
    /// The signing keys in force. Empty until `tokens::signing_key::load` has run.
    pub keyring: KeyRing,
    /// Where passwords are hashed.
    pub hash_threads: HashThreads,
}

impl App {
    /// Opens the database, brings it up to date or, where that is left to `rolegate migrate`, holds that it is, and
    /// starts the hash threads.
    ///
    /// # Errors
    /// [`Error::Internal`] with a sentence for the operator; [`Fault::Pending`] or [`Fault::Newer`] when the database
    /// does not fit.
    pub async fn start(config: Config, clock: Clock) -> Result<Self, Error> {
        let database = Database::open(&config).await?;
        // Before the database is changed: without the key the start would fail all the same. It is not kept: a server
        // that runs while the key is replaced must not seal under the old one.
        master_key::sealer(&config)?;
        if config.database.migrate {
            database.migrate().await?;
        } else if let Some(fault) = Fault::of(database.migrations().await?) {
            return Err(fault.into());
        }
        let bytes = if config.session.cache { config.session.cache_bytes } else { 0 };
        let cache = Arc::new(Cache::new(bytes, clock.clone()));
        database.inform(Arc::clone(&cache));
        let hash_threads = HashThreads::start(config.password.hash_threads, config.password.hash_queue)?;
        Ok(Self { config, clock, database, cache, keyring: KeyRing::default(), hash_threads })
    }

    /// Lets waiting writes finish and closes the database.
    pub async fn stop(&self) {
        self.database.close().await;
    }
}
