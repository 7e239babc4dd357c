//! `http.*`: the HTTP door.

use serde::{Deserialize, Serialize};

use crate::config::carrier::Carrier;
use crate::config::lifetime::Lifetime;

/// The HTTP door.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct HttpConfig {
    /// Origins whose pages may call us (`https://app.example`). None by default; never `*`, never `null`.
    pub allowed_origins: Vec<String>,
    /// Where else than in `Authorization: Bearer` an access token may be presented: `scheme:JWT`, `header:x-access-token`.
    pub carriers: Vec<Carrier>,
    /// The domain whose hosts all get the session's cookie (`example.com`), which is `__Secure-rolegate` then. By default
    /// the cookie is `__Host-rolegate` and goes to this host alone. Changing it signs out everybody who has a cookie.
    pub cookie_domain: Option<String>,
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
            carriers: Vec::new(),
            cookie_domain: None,
            max_body_bytes: 64 * 1024,
            request_lifetime: Lifetime::seconds(30),
            shutdown_lifetime: Lifetime::seconds(30),
            max_concurrent_requests: 1_024,
        }
    }
}
