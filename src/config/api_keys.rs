//! `api_keys.*`: what scripts sign in with.

use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::config::check::{Problem, within};
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

/// Keys that never end, and more of them than anybody can keep an eye on.
pub(super) fn problems(config: &Config) -> Vec<Problem> {
    let keys = &config.api_keys;
    let mut problems = Vec::new();
    let lifetimes = Lifetime::minutes(1)..=Lifetime::days(3_650);
    within(&mut problems, "api_keys.default_lifetime", keys.default_lifetime, lifetimes.clone());
    within(&mut problems, "api_keys.max_lifetime", keys.max_lifetime, lifetimes);
    if keys.default_lifetime > keys.max_lifetime {
        problems.push(("api_keys.default_lifetime", "must not be above `api_keys.max_lifetime`.".into()));
    }
    within(&mut problems, "api_keys.max_per_user", keys.max_per_user, 0..=100);
    problems
}
