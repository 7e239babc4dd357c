//! Every setting, its default and its reason.
//!
//! The same keys everywhere: `signup.mode` in `rolegate.toml` is `ROLEGATE_SIGNUP__MODE` in the environment and in
//! `.env`, and `--set signup.mode=closed` on the command line. What is said later wins, in this order.
//!
//! [`Config::load`] reads all of them and refuses what would be unsafe. A `Config` that is built by hand, as tests
//! do, is not checked: cheap hash parameters can be had in no other way.

mod api_keys;
mod carrier;
mod check;
mod database;
mod environment;
mod file;
mod graphql;
mod http;
mod introspection;
pub mod lifetime;
pub mod load;
mod log;
mod made_up;
mod network;
mod password;
mod reach;
mod session;
mod setting;
mod signup;
mod tls;
mod tokens;
mod worker;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use secrecy::SecretString;
use serde::{Deserialize, Serialize, Serializer};
use url::Url;

pub use crate::config::api_keys::ApiKeysConfig;
pub use crate::config::carrier::{Carrier, NoCarrier};
pub use crate::config::database::{DatabaseConfig, Synchronous};
pub use crate::config::graphql::{GraphqlConfig, Introspection};
pub use crate::config::http::HttpConfig;
pub use crate::config::introspection::{IntrospectionClient, IntrospectionConfig, NoClient};
pub use crate::config::log::{LogConfig, LogFormat};
pub use crate::config::network::{Network, NoNetwork};
pub use crate::config::password::PasswordConfig;
pub use crate::config::session::SessionConfig;
pub use crate::config::signup::{SignupConfig, SignupIdentifier, SignupMode};
pub use crate::config::tls::TlsConfig;
pub use crate::config::tokens::{
    ExtraClaim, PUBLIC_KEYS_LIFETIME, SigningAlgorithm, TokenFormat, TokensConfig,
};
pub use crate::config::worker::WorkerConfig;

/// All that can be chosen about a running Rolegate.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The service's name, shown to people and refused as a password.
    pub name: String,
    /// Address and port to listen on. Loopback by default: nothing is served to others unasked.
    pub listen: SocketAddr,
    /// Where clients reach this server: scheme, host and port, no path. The origin of links, and the issuer of tokens.
    /// Default: `http://<listen>`. `https`, and not to be left out, behind a proxy and beyond this machine.
    pub public_url: Option<Url>,
    /// A proxy that terminates TLS stands in front. Without it, or `tls.certificate`, listening beyond loopback refuses to
    /// start.
    pub behind_proxy: bool,
    /// Addresses and networks (`10.0.0.7`, `10.0.0.0/8`) whose `X-Forwarded-For` is believed, counted from the right.
    /// Nobody's by default.
    pub trusted_proxies: Vec<Network>,
    /// Where the database and the master key live when nothing else is said. Counted from the working directory.
    pub data_dir: PathBuf,
    /// `sqlite://path` or `postgres://..`. Default: `sqlite://<data_dir>/rolegate.db`. May hold a password, so it does
    /// not print.
    #[serde(serialize_with = "masked")]
    pub database_url: Option<SecretString>,
    /// 32 bytes in base64url that seal the signing keys. Default: a 0600 file beside the SQLite database, made
    /// on the first start; a server database needs the setting.
    #[serde(serialize_with = "masked")]
    pub master_key: Option<SecretString>,
    /// The key that takes the place of `master_key`, while it does: `rolegate keys reseal`, docs/tokens.md.
    #[serde(serialize_with = "masked")]
    pub new_master_key: Option<SecretString>,
    /// How the database is used.
    pub database: DatabaseConfig,
    /// Who may sign up, and with what.
    pub signup: SignupConfig,
    /// What a password must be, and how it is hashed.
    pub password: PasswordConfig,
    /// Access tokens.
    pub tokens: TokensConfig,
    /// Sessions.
    pub session: SessionConfig,
    /// API keys.
    pub api_keys: ApiKeysConfig,
    /// Introspection by other services.
    pub introspection: IntrospectionConfig,
    /// The GraphQL door.
    pub graphql: GraphqlConfig,
    /// The HTTP door.
    pub http: HttpConfig,
    /// Terminating TLS here.
    pub tls: TlsConfig,
    /// What is logged, and how.
    pub log: LogConfig,
    /// The timer's door.
    pub worker: WorkerConfig,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            name: "Rolegate".into(),
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 4000)),
            public_url: None,
            behind_proxy: false,
            trusted_proxies: Vec::new(),
            data_dir: "data".into(),
            database_url: None,
            master_key: None,
            new_master_key: None,
            database: DatabaseConfig::default(),
            signup: SignupConfig::default(),
            password: PasswordConfig::default(),
            tokens: TokensConfig::default(),
            session: SessionConfig::default(),
            api_keys: ApiKeysConfig::default(),
            introspection: IntrospectionConfig::default(),
            graphql: GraphqlConfig::default(),
            http: HttpConfig::default(),
            tls: TlsConfig::default(),
            log: LogConfig::default(),
            worker: WorkerConfig::default(),
        }
    }
}

impl Config {
    /// True while nobody but this machine can reach the server: the condition for showing GraphiQL and introspection unasked.
    pub fn is_loopback_only(&self) -> bool {
        self.listen.ip().is_loopback() && !self.behind_proxy
    }

    /// Whether `GET /graphql` serves GraphiQL.
    pub fn graphiql(&self) -> bool {
        self.graphql.graphiql.unwrap_or_else(|| self.is_loopback_only())
    }

    /// What may be asked of the schema itself.
    pub fn introspection(&self) -> Introspection {
        let unasked = if self.is_loopback_only() { Introspection::Filtered } else { Introspection::Off };
        self.graphql.introspection.unwrap_or(unasked)
    }

    /// The origin that clients see, without a slash at its end.
    pub fn public_origin(&self) -> String {
        match &self.public_url {
            Some(url) => url.as_str().trim_end_matches('/').to_owned(),
            None => format!("{}://{}", self.scheme(), self.listen),
        }
    }

    /// What is spoken at `listen`: `http` or `https`.
    pub fn scheme(&self) -> &'static str {
        if self.tls.files().is_some() { "https" } else { "http" }
    }

    /// The `iss` of our tokens (RFC 7519 4.1.1).
    pub fn issuer(&self) -> String {
        self.tokens.issuer.clone().unwrap_or_else(|| self.public_origin())
    }

    /// The `aud` of our tokens (RFC 7519 4.1.3).
    pub fn audience(&self) -> String {
        self.tokens.audience.clone().unwrap_or_else(|| self.public_origin())
    }
}

/// Shows that a secret is set, and nothing of it.
fn masked<S: Serializer>(secret: &Option<SecretString>, serializer: S) -> Result<S::Ok, S::Error> {
    secret.as_ref().map(|_| "***").serialize(serializer)
}
