//! Who may ask about other people's tokens.

use secrecy::ExposeSecret as _;

use crate::access::client::Client;
use crate::app::App;
use crate::platform::secret::Digest;

/// Whether a service may introspect: by its name and secret if it presents any, or else by where it comes from. A wrong
/// secret is refused wherever it comes from, or nobody would notice.
pub fn may_introspect(app: &App, client: &Client, presented: Option<(&str, &str)>) -> bool {
    let config = &app.config.introspection;
    let Some((name, secret)) = presented else {
        return client.ip.is_some_and(|ip| config.networks.iter().any(|network| network.contains(ip)));
    };
    let presented = Digest::of(secret.as_bytes());
    let secret_of = |known: &str| Digest::of(known.as_bytes());
    // Each is compared, as digests and in constant time, so that the answer takes as long whichever it is.
    config.clients.iter().fold(false, |found, known| {
        let is_right = presented.matches(secret_of(known.secret.expose_secret()).as_bytes());
        found | (is_right & (known.name == name))
    })
}
