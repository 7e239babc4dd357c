//! Every setting, its default and its reason.
//!
//! The same keys everywhere: `signup.mode` in `rolegate.toml` is `ROLEGATE_SIGNUP__MODE` in the environment and in
//! `.env`, and `--set signup.mode=closed` on the command line. What is said later wins, in this order.

pub mod lifetime;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

use crate::config::lifetime::Lifetime;

/// All that can be chosen about a running Rolegate.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The service's name, shown to people and refused as a password.
    pub name: String,
    /// Address and port to listen on. Loopback by default: nothing is served to others unasked.
    pub listen: SocketAddr,
    /// Where clients reach this server; the origin of links, and the issuer of tokens. Default: `http://<listen>`.
    pub public_url: Option<Url>,
    /// A proxy that terminates TLS stands in front. Without it, plain HTTP beyond loopback refuses to start.
    pub behind_proxy: bool,
    /// Peers whose `X-Forwarded-For` is believed, counted from the right. Nobody's by default.
    pub trusted_proxies: Vec<IpAddr>,
    /// Where the database and the master key live when nothing else is said.
    pub data_dir: PathBuf,
    /// `sqlite://path` or `postgres://..`. Default: `sqlite://<data_dir>/rolegate.db`. May hold a password, so it does not print.
    pub database_url: Option<SecretString>,
    /// 32 bytes in base64url that seal the signing keys. Default: a 0600 file in `data_dir`, made on the first start (SQLite only).
    pub master_key: Option<SecretString>,
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
    /// The GraphQL door.
    pub graphql: GraphqlConfig,
    /// The HTTP door.
    pub http: HttpConfig,
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
            database: DatabaseConfig::default(),
            signup: SignupConfig::default(),
            password: PasswordConfig::default(),
            tokens: TokensConfig::default(),
            session: SessionConfig::default(),
            graphql: GraphqlConfig::default(),
            http: HttpConfig::default(),
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

    /// Whether the schema may be asked for.
    pub fn introspection(&self) -> bool {
        self.graphql.introspection.unwrap_or_else(|| self.is_loopback_only())
    }

    /// The origin that clients see, without a slash at its end.
    pub fn public_origin(&self) -> String {
        match &self.public_url {
            Some(url) => url.as_str().trim_end_matches('/').to_owned(),
            None => format!("http://{}", self.listen),
        }
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

/// How the database is used.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DatabaseConfig {
    /// `full`: what was acknowledged survives a power cut. `normal`: it survives a crash of the process only. SQLite.
    pub synchronous: Synchronous,
    /// Connections that read (SQLite), or all of them (PostgreSQL).
    pub connections: u32,
    /// Run pending migrations at start. Without it, `rolegate migrate` does, and `serve` refuses to start until then.
    pub migrate: bool,
}

impl Default for DatabaseConfig {
    fn default() -> Self {
        Self { synchronous: Synchronous::Full, connections: 8, migrate: true }
    }
}

/// When SQLite waits for the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Synchronous {
    /// At each checkpoint.
    Normal,
    /// At each commit.
    Full,
}

/// Who may sign up, and with what.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SignupConfig {
    /// Whether anybody may.
    pub mode: SignupMode,
    /// What they sign up with.
    pub identifier: SignupIdentifier,
    /// Only addresses of these domains; empty: any. Compared after IDNA, in lower case; subdomains do not count.
    pub email_domains: Vec<String>,
}

/// Whether anybody may sign up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SignupMode {
    /// Anybody.
    #[default]
    Open,
    /// Nobody: users are created on the command line.
    Closed,
}

/// What a user signs up with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SignupIdentifier {
    /// An email address; a username may be added.
    #[default]
    Email,
    /// A username; an email address may be added.
    Username,
    /// At least one of them.
    Either,
}

/// What a password must be, and how it is hashed.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PasswordConfig {
    /// In code points after NFKC; never below 8 (NIST SP 800-63B-4 asks for 15 where the password is all there is).
    pub min_length: usize,
    /// In code points after NFKC; never below 64. Bounds the work of the hasher.
    pub max_length: usize,
    /// Argon2id's memory in KiB. 19456 is OWASP's floor, and ours.
    pub memory_kib: u32,
    /// Argon2id's passes. 2 is the floor.
    pub iterations: u32,
    /// Argon2id's lanes.
    pub parallelism: u32,
    /// Threads that hash, each with its own block of memory; 0: as many as cores.
    pub hash_threads: usize,
    /// Hashes that may wait for a thread. One more is refused with `OVERLOADED`.
    pub hash_queue: usize,
}

impl Default for PasswordConfig {
    fn default() -> Self {
        Self {
            min_length: 8,
            max_length: 256,
            memory_kib: 19_456,
            iterations: 2,
            parallelism: 1,
            hash_threads: 0,
            hash_queue: 256,
        }
    }
}

/// Access tokens.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TokensConfig {
    /// `iss`. Default: the public URL.
    pub issuer: Option<String>,
    /// `aud`. Default: the public URL.
    pub audience: Option<String>,
    /// How long an access token counts; at most an hour.
    pub access_token_lifetime: Lifetime,
    /// How far the clocks of two nodes may be apart; at most a minute.
    pub leeway: Lifetime,
}

impl Default for TokensConfig {
    fn default() -> Self {
        Self {
            issuer: None,
            audience: None,
            access_token_lifetime: Lifetime::minutes(10),
            leeway: Lifetime::seconds(5),
        }
    }
}

/// Sessions.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SessionConfig {
    /// A session that nobody used for so long is over.
    pub idle_lifetime: Lifetime,
    /// A session is over after this, however much it was used.
    pub absolute_lifetime: Lifetime,
    /// For so long a client that lost the answer to a refresh may repeat it and gets the same successor.
    pub refresh_grace_lifetime: Lifetime,
}

impl Default for SessionConfig {
    fn default() -> Self {
        Self {
            idle_lifetime: Lifetime::days(14),
            absolute_lifetime: Lifetime::days(30),
            refresh_grace_lifetime: Lifetime::seconds(10),
        }
    }
}

/// The GraphQL door.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GraphqlConfig {
    /// Serve GraphiQL. Default: only while nobody but this machine can reach the server.
    pub graphiql: Option<bool>,
    /// Answer introspection. Default: the same.
    pub introspection: Option<bool>,
    /// How deep a selection may nest. The standard introspection query needs 15.
    pub max_depth: usize,
    /// How many fields a document may ask for, each fragment counted where it is spread.
    pub max_complexity: usize,
    /// How many aliases a document may hold.
    pub max_aliases: usize,
    /// How many directives one field may carry.
    pub max_directives: usize,
}

impl Default for GraphqlConfig {
    fn default() -> Self {
        Self {
            graphiql: None,
            introspection: None,
            max_depth: 15,
            max_complexity: 1_000,
            max_aliases: 30,
            max_directives: 10,
        }
    }
}

/// The HTTP door.
#[derive(Clone, Debug, Deserialize)]
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

/// What is logged, and how.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogConfig {
    /// `text` for people, `json` for machines.
    pub format: LogFormat,
    /// In the language of `RUST_LOG`: `info`, `rolegate=debug`.
    pub filter: String,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { format: LogFormat::Text, filter: "info".into() }
    }
}

/// For whom the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// People.
    Text,
    /// Machines: one JSON object a line.
    Json,
}

/// The timer's door.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WorkerConfig {
    /// How often what is over is purged.
    pub purge_interval: Lifetime,
}

impl Default for WorkerConfig {
    fn default() -> Self {
        Self { purge_interval: Lifetime::minutes(10) }
    }
}
