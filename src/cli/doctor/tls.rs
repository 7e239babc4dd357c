//! Can the certificate be used, before a start or a renewal depends on it.

use crate::cli::doctor::Finding;
use crate::cli::failure::told;
use crate::config::Config;
use crate::http::tls::Tls;

const PART: &str = "tls";

/// Nothing to say where TLS is not terminated here.
pub(super) fn examine(config: &Config) -> Option<Finding> {
    match Tls::load(config) {
        Ok(None) => None,
        Ok(Some(_)) => Some(Finding::good(PART, "The certificate and its key belong together.")),
        Err(error) => Some(Finding::bad(PART, told(&error))),
    }
}
