//! The issuer's public keys, fetched when they are needed and kept for a while.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use jsonwebtoken::jwk::JwkSet;
use rolegate::platform::key::VerifyingKey;
use tokio::sync::Mutex;
use url::Url;

/// How long fetched keys count. A key that the issuer has withdrawn is forgotten after this; Rolegate reckons with five minutes.
const KEPT: Duration = Duration::from_secs(5 * 60);

/// How long one fetch may take.
const FETCH_LIMIT: Duration = Duration::from_secs(5);

/// The keys at a JWKS address (RFC 7517 5).
#[derive(Debug)]
pub struct Keys {
    address: Url,
    http: reqwest::Client,
    /// Whoever sends tokens with made-up key names must not make us fetch for each.
    pause: Duration,
    known: RwLock<Known>,
    /// When somebody last fetched. Held while fetching: one fetch at a time.
    fetched_at: Mutex<Option<Instant>>,
}

/// What the last successful fetch brought.
#[derive(Debug, Default)]
struct Known {
    keys: HashMap<String, Arc<VerifyingKey>>,
    since: Option<Instant>,
}

impl Keys {
    /// The keys at `address`; between two fetches lies at least `pause`.
    ///
    /// # Errors
    /// When the system's certificates cannot be read.
    pub fn new(address: Url, pause: Duration) -> reqwest::Result<Self> {
        // A redirect could lead to anybody's keys.
        let http =
            reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).timeout(FETCH_LIMIT);
        let (known, fetched_at) = (RwLock::default(), Mutex::default());
        Ok(Self { address, http: http.build()?, pause, known, fetched_at })
    }

    /// The key of this name: among those known, or else among those that the issuer has now.
    pub async fn find(&self, kid: &str) -> Option<Arc<VerifyingKey>> {
        if let Some(key) = self.known(kid, Some(KEPT)) {
            return Some(key);
        }
        let mut fetched_at = self.fetched_at.lock().await;
        let may_fetch = fetched_at.is_none_or(|at| at.elapsed() >= self.pause);
        // Whoever waited for another's fetch finds here what it brought.
        if may_fetch && self.known(kid, Some(KEPT)).is_none() {
            *fetched_at = Some(Instant::now());
            match self.fetch().await {
                Ok(keys) => *self.known.write().unwrap_or_else(PoisonError::into_inner) = keys,
                // What was known before counts on: an issuer that is away for a moment must not lock everybody out.
                Err(error) => tracing::warn!(%error, "the issuer's keys could not be fetched"),
            }
        }
        self.known(kid, None)
    }

    fn known(&self, kid: &str, within: Option<Duration>) -> Option<Arc<VerifyingKey>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let is_fresh = known.since.is_some_and(|since| within.is_none_or(|within| since.elapsed() < within));
        known.keys.get(kid).filter(|_| is_fresh).cloned()
    }

    async fn fetch(&self) -> reqwest::Result<Known> {
        let answer = self.http.get(self.address.clone()).send().await?.error_for_status()?;
        let set: JwkSet = answer.json().await?;
        // Keys of other kinds may stand beside ours: they are none of ours.
        let keys = set.keys.iter().filter_map(VerifyingKey::published);
        let keys = keys.map(|(kid, key)| (kid, Arc::new(key))).collect();
        Ok(Known { keys, since: Some(Instant::now()) })
    }
}
