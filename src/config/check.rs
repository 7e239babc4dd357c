//! What a running server must not be: each check refuses to start and says what to do.

use std::ops::RangeInclusive;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::ExposeSecret as _;
use tracing_subscriber::EnvFilter;
use url::Url;
use zeroize::Zeroizing;

use crate::config::lifetime::Lifetime;
use crate::config::load::Loaded;
use crate::config::password::ARGON2_FLOORS;
use crate::config::{Carrier, Config, reach};

/// One refused key and the rest of its sentence.
pub(super) type Problem = (&'static str, String);

/// Everything that is wrong, one sentence each, with the key and where its value comes from.
pub(super) fn problems(loaded: &Loaded) -> Vec<String> {
    let config = &loaded.config;
    let groups = [reach::problems, secrets, passwords, tokens_and_sessions, signup, doors];
    let found = groups.into_iter().flat_map(|group| group(config));
    found.map(|(key, sentence)| format!("`{key}` ({}) {sentence}", loaded.origin(key))).collect()
}

fn secrets(config: &Config) -> Vec<Problem> {
    let mut problems = Vec::new();
    if let Some(key) = &config.master_key {
        let mut bytes = Zeroizing::new([0; 33]);
        let length = URL_SAFE_NO_PAD.decode_slice(key.expose_secret().trim(), &mut *bytes);
        if length != Ok(32) {
            problems.push((
                "master_key",
                "must be exactly 32 bytes in base64url: use what `rolegate secret` prints.".into(),
            ));
        } else if !looks_random(&bytes[..32]) {
            problems.push(("master_key", "is not random: use what `rolegate secret` prints.".into()));
        }
    }
    if let Some(url) = &config.database_url {
        let known = ["sqlite:", "postgres://", "postgresql://"];
        if !known.iter().any(|scheme| url.expose_secret().starts_with(scheme)) {
            problems.push(("database_url", "must begin with `sqlite://` or `postgres://`.".into()));
        }
    }
    problems
}

/// Refuses keys that people make up: one byte over and over, counted-up bytes, an encoded phrase. Of truly random
/// keys it refuses less than one in 10^12.
fn looks_random(key: &[u8]) -> bool {
    let mut distinct = key.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    let counts_up = key.windows(2).filter(|pair| pair[1] == pair[0].wrapping_add(1)).count() > 12;
    let is_phrase = key.iter().all(|byte| byte.is_ascii_graphic() || *byte == b' ');
    distinct.len() >= 16 && !counts_up && !is_phrase
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

fn within<T: PartialOrd + std::fmt::Display>(
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
