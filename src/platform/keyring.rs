//! The signing keys in force, in memory.

use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use chrono::{DateTime, Utc};
use jsonwebtoken::Algorithm;
use jsonwebtoken::jwk::Jwk;
use moka::sync::Cache;
use tokio::sync::{Mutex, MutexGuard};
use uuid::Uuid;

use crate::error::Error;
use crate::platform::key::Key;
use crate::platform::secret::Digest;

/// What a token that was verified says: who, in which session, until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bearer {
    /// `jti`.
    pub id: Uuid,
    /// `sub`.
    pub subject: Uuid,
    /// `sid`.
    pub session_id: Uuid,
    /// `iat`.
    pub issued_at: DateTime<Utc>,
    /// `exp`.
    pub expires_at: DateTime<Utc>,
}

/// A key that is neither retired nor revoked. It verifies; from an instant on, and until a newer one does, it signs.
#[derive(Clone, Debug)]
pub struct InForce {
    /// The key.
    pub key: Arc<Key>,
    /// From when on it signs. Until then it is announced.
    pub activates_at: DateTime<Utc>,
}

/// How many verified tokens are remembered: some 2 MiB. Only tokens of ours get in, so that no flood of forged ones
/// drives them out.
const REMEMBERED: u64 = 10_000;

/// The keys in force, newest first. Readers never wait.
///
/// A signature is verified once and then remembered by the digest of the whole token, which makes the cost of the
/// algorithm a matter of first sight. A key that is not in force any more takes with it what it has signed.
pub struct KeyRing {
    loaded: ArcSwap<Loaded>,
    /// Held from reading the database to [`KeyRing::replace`]: of two who load at once, the one who has read a key that
    /// was revoked meanwhile must not be the last to put it in force.
    loading: Mutex<()>,
    verified: Cache<[u8; 32], (Arc<Key>, Bearer)>,
}

#[derive(Default)]
struct Loaded {
    keys: Vec<InForce>,
    /// When the database began to be read for them.
    read_at: Option<Instant>,
}

impl Default for KeyRing {
    fn default() -> Self {
        Self { loaded: ArcSwap::default(), loading: Mutex::default(), verified: Cache::new(REMEMBERED) }
    }
}

impl KeyRing {
    /// Waits until nobody else loads keys, and keeps others from it.
    pub async fn loading(&self) -> MutexGuard<'_, ()> {
        self.loading.lock().await
    }

    /// Puts `keys` in force, newest first, that were read no earlier than `read_at`. A key that stays must be the same
    /// `Arc`, or what it has signed is forgotten.
    pub fn replace(&self, keys: Vec<InForce>, read_at: Instant) {
        self.loaded.store(Arc::new(Loaded { keys, read_at: Some(read_at) }));
    }

    /// Whether keys were loaded, and at `now` so long ago.
    pub fn is_as_old_as(&self, age: Duration, now: Instant) -> bool {
        self.loaded.load().read_at.is_some_and(|read_at| now.saturating_duration_since(read_at) >= age)
    }

    /// Whether no key is in force: before the keys were loaded.
    pub fn is_empty(&self) -> bool {
        self.loaded.load().keys.is_empty()
    }

    /// The key that signs at `now`.
    ///
    /// # Errors
    /// [`Error::Internal`] before the keys were loaded.
    pub fn signing(&self, now: DateTime<Utc>) -> Result<Arc<Key>, Error> {
        let loaded = self.loaded.load();
        let signing = signing(loaded.keys.iter(), |key| key.activates_at, now);
        signing.map(|key| Arc::clone(&key.key)).ok_or_else(|| Error::internal("no signing key is loaded"))
    }

    /// The key of this name. Looked up among what is in memory, and nowhere else: a `kid` is the client's to write.
    pub fn find(&self, kid: &str) -> Option<Arc<Key>> {
        self.loaded.load().keys.iter().find(|key| key.key.kid == kid).map(|found| Arc::clone(&found.key))
    }

    /// What the token of this digest was found to say, if it was verified before and its key is still in force. Whether
    /// it is over is not asked here.
    pub fn recall(&self, token: &Digest) -> Option<Bearer> {
        let (key, bearer) = self.verified.get(token.as_bytes())?;
        self.loaded.load().keys.iter().any(|in_force| Arc::ptr_eq(&in_force.key, &key)).then_some(bearer)
    }

    /// Remembers what a token says whose signature by `key` and whose claims were found right.
    pub fn remember(&self, token: Digest, key: Arc<Key>, bearer: Bearer) {
        self.verified.insert(*token.as_bytes(), (key, bearer));
    }

    /// The public halves, newest first. A shared secret has none.
    pub fn public(&self) -> Vec<Jwk> {
        self.loaded.load().keys.iter().filter_map(|key| key.key.jwk.clone()).collect()
    }

    /// The algorithms of the keys in force, each once, the newest key's first.
    pub fn algorithms(&self) -> Vec<Algorithm> {
        let mut algorithms: Vec<Algorithm> = Vec::new();
        for key in self.loaded.load().keys.iter() {
            if !algorithms.contains(&key.key.algorithm) {
                algorithms.push(key.key.algorithm);
            }
        }
        algorithms
    }
}

/// Of keys in force, newest first, the one that signs at `now`: the newest that is not announced only. To a clock that
/// is behind the one by which they were made all of them are; then it is the oldest, as nobody signed before it.
pub fn signing<K>(
    mut keys: impl DoubleEndedIterator<Item = K> + Clone,
    activates_at: impl Fn(&K) -> DateTime<Utc>,
    now: DateTime<Utc>,
) -> Option<K> {
    let oldest = keys.clone().next_back();
    keys.find(|key| activates_at(key) <= now).or(oldest)
}
