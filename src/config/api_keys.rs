//! `api_keys.*`: what scripts sign in with.

use serde::{Deserialize, Serialize};

use crate::config::lifetime::Lifetime;

/// API keys.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct ApiKeysConfig {
    /// How long a key counts whose maker does not say.
    pub default_lifetime: Lifetime,
    /// How long a key may count at most; never above 3650 days.
    pub max_lifetime: Lifetime,
    /// How many keys a user may have, expired ones included; 0: none can be made.
    pub max_per_user: u64,
}

impl Default for ApiKeysConfig {
    fn default() -> Self {
        Self { default_lifetime: Lifetime::days(90), max_lifetime: Lifetime::days(365), max_per_user: 20 }
    }
}
