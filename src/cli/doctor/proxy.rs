//! Does the server learn where its clients are.

use crate::cli::doctor::Finding;
use crate::config::Config;

const PART: &str = "proxy";

/// Behind a proxy that is not trusted, every session and every audit event has the proxy's address.
pub(super) fn examine(config: &Config) -> Finding {
    match (config.behind_proxy, config.trusted_proxies.is_empty()) {
        (true, true) => Finding::bad(
            PART,
            "`trusted_proxies` is empty, so all clients seem to have the proxy's address: name the proxy's address or \
             network, if it sets X-Forwarded-For.",
        ),
        (true, false) => Finding::good(PART, "X-Forwarded-For is believed when a trusted proxy sends it."),
        (false, _) => Finding::good(PART, "None stands in front."),
    }
}
