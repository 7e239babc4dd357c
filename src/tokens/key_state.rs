//! What has become of a signing key. It follows from the instants in the table alone, so that every node comes to the
//! same without being told.

use chrono::{DateTime, TimeDelta, Utc};

use crate::config::TokensConfig;
use crate::platform::keyring;
use crate::tokens::signing_key::Model;

/// How much longer than its tokens a superseded key is kept: for nodes that hear late of its successor and sign with
/// it meanwhile.
const MARGIN: TimeDelta = TimeDelta::minutes(1);

/// Where a key stands in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// Published, and does not sign yet.
    Announced,
    /// Signs what is signed now.
    Signing,
    /// A newer one signs; what this one has signed still counts.
    Superseded,
    /// Nothing that it has signed counts any more. Its private half is forgotten.
    Retired,
    /// Given up before its time, and with it all that it has signed. Its private half is forgotten.
    Revoked,
}

impl KeyState {
    /// The state at `now` of `key`, one of `keys`, which are all there are, newest first.
    pub fn of(key: &Model, keys: &[Model], now: DateTime<Utc>) -> Self {
        if key.revoked_at.is_some() {
            Self::Revoked
        } else if key.retired_at.is_some() {
            Self::Retired
        } else if signing(keys, now).is_some_and(|signing| signing.id == key.id) {
            Self::Signing
        } else if superseded_at(key, keys).is_some_and(|at| at <= now) {
            Self::Superseded
        } else {
            Self::Announced
        }
    }

    /// Its name for scripts.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Announced => "ANNOUNCED",
            Self::Signing => "SIGNING",
            Self::Superseded => "SUPERSEDED",
            Self::Retired => "RETIRED",
            Self::Revoked => "REVOKED",
        }
    }
}

/// The one of `keys`, newest first, that signs at `now`.
pub fn signing(keys: &[Model], now: DateTime<Utc>) -> Option<&Model> {
    keyring::signing(keys.iter().filter(|key| key.is_in_force()), |key| key.activates_at, now)
}

/// When nothing that `key` has signed counts any more; `None` while no newer one is to take over.
pub fn retires_at(key: &Model, keys: &[Model], tokens: &TokensConfig) -> Option<DateTime<Utc>> {
    let last = superseded_at(key, keys)?;
    Some(last + tokens.access_token_lifetime.delta() + tokens.leeway.delta() + MARGIN)
}

/// When the first newer key takes over. One that was revoked took nothing over that lasted.
fn superseded_at(key: &Model, keys: &[Model]) -> Option<DateTime<Utc>> {
    let newer = keys.iter().filter(|other| other.generation > key.generation && other.revoked_at.is_none());
    newer.map(|other| other.activates_at).min()
}
