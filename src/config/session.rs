//! `session.*`: sessions.

use serde::{Deserialize, Serialize};

use crate::config::lifetime::Lifetime;

/// Sessions.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct SessionConfig {
    /// A session that nobody used for so long is over.
    pub idle_lifetime: Lifetime,
    /// A session is over after this, however much it was used.
    pub absolute_lifetime: Lifetime,
    /// For so long a client that lost the answer to a refresh may repeat it and gets the same successor.
    pub refresh_grace_lifetime: Lifetime,
    /// Keep sessions and users in memory, so that a request need not read the database. What ends a session holds at
    /// once all the same: see docs/revocation.md.
    pub cache: bool,
    /// The most that is kept in memory of sessions and users, in bytes. A live session and its user take about 1.1 KB.
    pub cache_bytes: u64,
    /// How many sessions a user has at most. Whoever opens one more loses the one that was unused for longest.
    pub max_per_user: u32,
}

impl Default for SessionConfig {
    fn default() -> Self {
        Self {
            idle_lifetime: Lifetime::days(14),
            absolute_lifetime: Lifetime::days(30),
            refresh_grace_lifetime: Lifetime::seconds(10),
            cache: true,
            cache_bytes: 32 * 1024 * 1024,
            max_per_user: 100,
        }
    }
}
