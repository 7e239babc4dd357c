//! `http.*`: the HTTP door.

use serde::{Deserialize, Serialize};

use crate::config::lifetime::Lifetime;

/// The HTTP door.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct HttpConfig {
    /// Origins whose pages may call us (`https://app.example`). None by default; never `*`, never `null`.
    pub allowed_origins: Vec<String>,
    /// The largest request body, in bytes.
    pub max_body_bytes: usize,
    /// How long one request may take before it is given up.
    pub request_lifetime: Lifetime,
    /// How long a shutdown waits for what runs.
    pub shutdown_lifetime: Lifetime,
    /// How many requests are worked on at once; more wait.
    pub max_concurrent_requests: usize,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            allowed_origins: Vec::new(),
            max_body_bytes: 64 * 1024,
            request_lifetime: Lifetime::seconds(30),
            shutdown_lifetime: Lifetime::seconds(30),
            max_concurrent_requests: 1_024,
        }
    }
}
