//! `introspection.*`: services that ask what a token stands for (RFC 7662).

use std::str::FromStr;

use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::config::check::Problem;
use crate::config::{Config, Network, made_up};

/// `POST /introspect`. It is not there unless one of these says who may ask.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct IntrospectionConfig {
    /// Services that may ask, as `name:secret`, which they send by HTTP Basic. Secrets of at least 32 characters:
    /// `rolegate secret` prints one.
    pub clients: Vec<IntrospectionClient>,
    /// Addresses and networks from which anybody may ask without a secret.
    pub networks: Vec<Network>,
}

/// A service that may ask. Its secret does not print.
#[derive(Clone, Debug)]
pub struct IntrospectionClient {
    /// What it calls itself.
    pub name: String,
    /// What proves it.
    pub secret: SecretString,
}

/// The shortest secret, in characters: those of 24 random bytes in base64url.
const SHORTEST: usize = 32;

/// What is no `name:secret` of ours. Quotes nothing: it may hold a secret.
#[derive(Debug, thiserror::Error)]
#[error("write `name:secret`, the secret as `rolegate secret` prints it")]
pub struct NoClient;

impl FromStr for IntrospectionClient {
    type Err = NoClient;

    /// Both of letters, digits, `-`, `.` and `_`: the encoding that RFC 6749 2.3.1 asks for leaves these as they are, and
    /// many clients leave the encoding out.
    fn from_str(text: &str) -> Result<Self, NoClient> {
        let (name, secret) = text.split_once(':').ok_or(NoClient)?;
        let is_plain = |text: &str| {
            text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'))
        };
        let fits = !name.is_empty() && secret.len() >= SHORTEST && is_plain(name) && is_plain(secret);
        if fits { Ok(Self { name: name.into(), secret: secret.into() }) } else { Err(NoClient) }
    }
}

impl<'de> Deserialize<'de> for IntrospectionClient {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl Serialize for IntrospectionClient {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{}:***", self.name))
    }
}

impl IntrospectionConfig {
    /// Whether there is anybody who may ask.
    pub fn is_on(&self) -> bool {
        !self.clients.is_empty() || !self.networks.is_empty()
    }
}

/// Services that could not be told apart, from each other or from everybody.
pub(super) fn problems(config: &Config) -> Vec<Problem> {
    let (clients, networks) = (&config.introspection.clients, &config.introspection.networks);
    let mut problems = Vec::new();
    let mut names: Vec<_> = clients.iter().map(|client| &client.name).collect();
    names.sort_unstable();
    if names.windows(2).any(|pair| pair[0] == pair[1]) {
        problems.push(("introspection.clients", "has a name twice: give each service its own.".into()));
    }
    let made_up = |client: &IntrospectionClient| made_up::shared_secret(client.secret.expose_secret());
    if let Some(problem) = clients.iter().find_map(made_up) {
        problems.push(("introspection.clients", format!("names a service whose secret {problem}")));
    }
    if networks.iter().any(Network::is_everywhere) {
        problems.push((
            "introspection.networks",
            "lets everybody ask about everybody's tokens: name your services' networks alone.".into(),
        ));
    }
    if !networks.is_empty() && config.behind_proxy && config.trusted_proxies.is_empty() {
        problems.push((
            "introspection.networks",
            "cannot be told apart behind a proxy, whose address all requests have: name it in `trusted_proxies`, or \
             use `introspection.clients`."
                .into(),
        ));
    }
    problems
}
