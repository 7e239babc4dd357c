//! `worker.*`: the timer's door.

use serde::{Deserialize, Serialize};

use crate::config::lifetime::Lifetime;

/// The timer's door.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct WorkerConfig {
    /// How often what is over is purged.
    pub purge_interval: Lifetime,
}

impl Default for WorkerConfig {
    fn default() -> Self {
        Self { purge_interval: Lifetime::minutes(10) }
    }
}
