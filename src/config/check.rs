//! What a running server must not be: each check refuses to start and says what to do.

use std::ops::RangeInclusive;

use secrecy::ExposeSecret as _;
use tracing_subscriber::EnvFilter;
use url::Url;

use crate::config::lifetime::Lifetime;
use crate::config::load::Loaded;
use crate::config::password::ARGON2_FLOORS;
use crate::config::tokens::LEAST_ANNOUNCEMENT;
use crate::config::{Carrier, Config, SigningAlgorithm, api_keys, introspection, made_up, reach};

/// One refused key and the rest of its sentence.
pub(super) type Problem = (&'static str, String);

/// Everything that is wrong, one sentence each, with the key and where its value comes from.
pub(super) fn problems(loaded: &Loaded) -> Vec<String> {
    let config = &loaded.config;
    let groups = [
        reach::problems,
        secrets,
        passwords,
        tokens_and_sessions,
        api_keys::problems,
        introspection::problems,
        signup,
        doors,
    ];
    let found = groups.into_iter().flat_map(|group| group(config));
    found.map(|(key, sentence)| format!("`{key}` ({}) {sentence}", loaded.origin(key))).collect()
}

fn secrets(config: &Config) -> Vec<Problem> {
    let mut problems = Vec::new();
    let master_keys = [("master_key", &config.master_key), ("new_master_key", &config.new_master_key)];
    for (key, set) in master_keys {
        let problem = set.as_ref().and_then(|secret| made_up::master_key(secret.expose_secret()));
        problems.extend(problem.map(|sentence| (key, sentence.to_owned())));
    }
    if config.new_master_key.is_some() && config.master_key.is_none() {
        problems.push((
            "new_master_key",
            "stands alone: it takes the place of `master_key`, and `rolegate keys reseal` makes a new key file by \
             itself."
                .into(),
        ));
    }
    if let Some(secret) = &config.tokens.hs256_secret {
        let problem = made_up::shared_secret(secret.expose_secret());
        problems.extend(problem.map(|sentence| ("tokens.hs256_secret", sentence.to_owned())));
    } else if config.tokens.algorithm == SigningAlgorithm::Hs256 {
        let sentence = "needs `tokens.hs256_secret`: set it to what `rolegate secret` prints.";
        problems.push(("tokens.algorithm", sentence.into()));
    }
    if let Some(url) = &config.database_url {
        let known = ["sqlite:", "postgres://", "postgresql://"];
        if !known.iter().any(|scheme| url.expose_secret().starts_with(scheme)) {
            problems.push(("database_url", "must begin with `sqlite://` or `postgres://`.".into()));
        }
    }
    problems
}

fn passwords(config: &Config) -> Vec<Problem> {
    let password = &config.password;
    let mut problems = Vec::new();
    within(&mut problems, "password.min_length", password.min_length, 8..=1_024);
    within(&mut problems, "password.max_length", password.max_length, 64..=1_024);
    if password.min_length > password.max_length {
        problems.push(("password.min_length", "must not be above `password.max_length`.".into()));
    }
    within(&mut problems, "password.memory_kib", password.memory_kib, 7_168..=1_048_576);
    within(&mut problems, "password.iterations", password.iterations, 1..=64);
    within(&mut problems, "password.parallelism", password.parallelism, 1..=16);
    within(&mut problems, "password.hash_threads", password.hash_threads, 0..=1_024);
    within(&mut problems, "password.hash_queue", password.hash_queue, 1..=1_000_000);
    let reaches =
        |&(memory, passes): &(u32, u32)| password.memory_kib >= memory && password.iterations >= passes;
    let in_range = password.memory_kib >= 7_168;
    if in_range && !ARGON2_FLOORS.iter().any(reaches) {
        problems.push((
            "password.memory_kib",
            format!(
                "is too little for `password.iterations = {}`: use at least 19456 with 2 iterations, or a pair that \
                 docs/configuration.md lists as equal.",
                password.iterations
            ),
        ));
    }
    problems
}

fn tokens_and_sessions(config: &Config) -> Vec<Problem> {
    let (second, year) = (Lifetime::seconds(1), Lifetime::days(365));
    let (tokens, session) = (&config.tokens, &config.session);
    let mut problems = Vec::new();
    within(
        &mut problems,
        "tokens.access_token_lifetime",
        tokens.access_token_lifetime,
        second..=Lifetime::minutes(60),
    );
    within(&mut problems, "tokens.access_token_jitter", tokens.access_token_jitter, 0..=50);
    within(&mut problems, "tokens.leeway", tokens.leeway, Lifetime::seconds(0)..=Lifetime::seconds(60));
    within(&mut problems, "session.absolute_lifetime", session.absolute_lifetime, second..=year);
    within(&mut problems, "session.idle_lifetime", session.idle_lifetime, second..=year);
    if session.idle_lifetime > session.absolute_lifetime {
        problems.push(("session.idle_lifetime", "must not be above `session.absolute_lifetime`.".into()));
    }
    within(&mut problems, "tokens.key_lifetime", tokens.key_lifetime, Lifetime::days(1)..=year);
    let announcement = LEAST_ANNOUNCEMENT..=Lifetime::days(7);
    within(&mut problems, "tokens.key_announcement", tokens.key_announcement, announcement);
    if tokens.key_announcement >= tokens.key_lifetime {
        problems.push(("tokens.key_announcement", "must be below `tokens.key_lifetime`.".into()));
    }
    let grace = Lifetime::seconds(0)..=Lifetime::seconds(60);
    within(&mut problems, "session.refresh_grace_lifetime", session.refresh_grace_lifetime, grace);
    within(&mut problems, "session.cache_bytes", session.cache_bytes, 65_536..=1 << 40);
    within(&mut problems, "session.max_per_user", session.max_per_user, 1..=10_000);
    for (key, value) in [("tokens.issuer", &tokens.issuer), ("tokens.audience", &tokens.audience)] {
        if value.as_ref().is_some_and(|text| text.trim().is_empty()) {
            problems.push((key, "must not be empty: remove it to use the public URL.".into()));
        }
    }
    problems
}

fn signup(config: &Config) -> Vec<Problem> {
    let mut problems = Vec::new();
    if config.name.trim().is_empty() {
        problems.push(("name", "must not be empty.".into()));
    }
    let domains = &config.signup.email_domains;
    if let Some(index) = domains.iter().position(|domain| !is_domain(domain)) {
        let sentence = format!("must list domains such as `example.com`, and entry {} is none.", index + 1);
        problems.push(("signup.email_domains", sentence));
    }
    problems
}

/// True for a name of at least two labels.
pub(super) fn is_domain(text: &str) -> bool {
    idna::domain_to_ascii_strict(text).is_ok_and(|domain| domain.contains('.') && !domain.ends_with('.'))
}

/// The GraphQL and HTTP doors, the log, the worker and the database: limits that limit, and origins that are some.
fn doors(config: &Config) -> Vec<Problem> {
    let (graphql, http) = (&config.graphql, &config.http);
    let mut problems = Vec::new();
    within(&mut problems, "graphql.max_depth", graphql.max_depth, 1..=100);
    within(&mut problems, "graphql.max_complexity", graphql.max_complexity, 1..=100_000);
    within(&mut problems, "graphql.max_aliases", graphql.max_aliases, 0..=10_000);
    within(&mut problems, "graphql.max_directives", graphql.max_directives, 1..=100);
    within(&mut problems, "http.max_body_bytes", http.max_body_bytes, 1_024..=16 * 1024 * 1024);
    within(&mut problems, "http.max_concurrent_requests", http.max_concurrent_requests, 1..=1_000_000);
    let (second, hour) = (Lifetime::seconds(1), Lifetime::minutes(60));
    within(&mut problems, "http.request_lifetime", http.request_lifetime, second..=hour);
    let minute = Lifetime::minutes(1);
    within(&mut problems, "tls.handshake_lifetime", config.tls.handshake_lifetime, second..=minute);
    within(&mut problems, "http.shutdown_lifetime", http.shutdown_lifetime, Lifetime::seconds(0)..=hour);
    within(&mut problems, "worker.purge_interval", config.worker.purge_interval, second..=Lifetime::days(1));
    within(&mut problems, "database.connections", config.database.connections, 1..=1_000);
    if let Some(index) = http.allowed_origins.iter().position(|origin| !is_origin(origin)) {
        let sentence = format!(
            "must list origins such as `https://app.example.com`, in lower case and without a path or a slash at the \
             end, never `*` or `null`; entry {} is none.",
            index + 1
        );
        problems.push(("http.allowed_origins", sentence));
    }
    if let Some(index) = http.carriers.iter().position(Carrier::is_taken) {
        let sentence = format!(
            "must list schemes and headers that nothing else uses, such as `scheme:JWT` or `header:x-access-token`; \
             entry {} means something already.",
            index + 1
        );
        problems.push(("http.carriers", sentence));
    }
    if EnvFilter::builder().parse(&config.log.filter).is_err() {
        problems.push(("log.filter", "is no filter: write `info`, or `info,rolegate=debug`.".into()));
    }
    problems
}

/// True for an origin exactly as browsers send it (RFC 6454 6.2), because it is compared as text.
fn is_origin(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https") && url.origin().ascii_serialization() == text
    })
}

pub(super) fn within<T: PartialOrd + std::fmt::Display>(
    problems: &mut Vec<Problem>,
    key: &'static str,
    value: T,
    range: RangeInclusive<T>,
) {
    if !range.contains(&value) {
        let sentence = format!("is {value} and must be from {} to {}.", range.start(), range.end());
        problems.push((key, sentence));
    }
}
