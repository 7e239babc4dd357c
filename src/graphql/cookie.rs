//! The one cookie: a session that travels by itself.

use chrono::TimeDelta;

use crate::config::Config;
use crate::platform::secret::OpaqueToken;

/// The prefix has browsers insist on `Secure`, on `Path=/` and on there being no `Domain`, so that no other host can
/// plant it (RFC 6265bis 4.1.3.2).
const OF_THIS_HOST: &str = "__Host-rolegate";
/// For several hosts of one domain. The prefix has browsers insist on `Secure`; each of the hosts can plant it.
const OF_THE_DOMAIN: &str = "__Secure-rolegate";

/// Its name. Under the other name it counts for nothing.
pub const fn name(config: &Config) -> &'static str {
    if config.http.cookie_domain.is_some() { OF_THE_DOMAIN } else { OF_THIS_HOST }
}

/// Sets it, out of reach of scripts and of other sites' forms, until the session's absolute end: the browser keeps it when
/// it is started again. The server ends an unused session sooner whatever the browser keeps.
pub fn set(config: &Config, token: &OpaqueToken, lifetime: TimeDelta) -> String {
    written(config, &token.reveal(), lifetime)
}

/// Takes it away. Only with the attributes with which it was set does a browser take it for the same.
pub fn clear(config: &Config) -> String {
    written(config, "", TimeDelta::zero())
}

fn written(config: &Config, value: &str, lifetime: TimeDelta) -> String {
    let domain = config.http.cookie_domain.as_ref().map(|domain| format!("; Domain={domain}"));
    format!(
        "{}={value}; Path=/{}; Max-Age={}; Secure; HttpOnly; SameSite=Lax",
        name(config),
        domain.unwrap_or_default(),
        lifetime.num_seconds()
    )
}
