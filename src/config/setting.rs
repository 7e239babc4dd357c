//! The list of all keys, and what each of them takes.

use crate::config::Config;

/// One key, and what its value must be, as the end of a sentence. A test compares the keys with [`Config`].
pub(super) struct Setting {
    pub(super) key: &'static str,
    pub(super) expects: &'static str,
}

const YES_OR_NO: &str = "`true` or `false`";
const COUNT: &str = "a whole number";
const LIFETIME: &str = "a whole number and s, m, h or d, as in `10m`";
const TEXT: &str = "a text";
const MASTER_KEY: &str = "32 bytes in base64url, as `rolegate secret` prints them";

pub(super) const SETTINGS: &[Setting] = &[
    setting("name", TEXT),
    setting("listen", "an address and a port, as in `127.0.0.1:4000`"),
    setting("public_url", "a URL, as in `https://auth.example.com`"),
    setting("behind_proxy", YES_OR_NO),
    setting("trusted_proxies", "a list of IP addresses and networks, as in `10.0.0.7` or `10.0.0.0/8`"),
    setting("data_dir", "the path of a directory"),
    setting("database_url", "`sqlite://path` or `postgres://user:password@host/name`"),
    setting("master_key", MASTER_KEY),
    setting("new_master_key", MASTER_KEY),
    setting("database.synchronous", "`full` or `normal`"),
    setting("database.connections", COUNT),
    setting("database.migrate", YES_OR_NO),
    setting("signup.mode", "`open` or `closed`"),
    setting("signup.identifier", "`email`, `username` or `either`"),
    setting("signup.email_domains", "a list of domains, as in `example.com`"),
    setting("password.min_length", COUNT),
    setting("password.max_length", COUNT),
    setting("password.memory_kib", COUNT),
    setting("password.iterations", COUNT),
    setting("password.parallelism", COUNT),
    setting("password.hash_threads", COUNT),
    setting("password.hash_queue", COUNT),
    setting("tokens.format", "`jwt` or `opaque`"),
    setting("tokens.issuer", TEXT),
    setting("tokens.audience", TEXT),
    setting("tokens.access_token_lifetime", LIFETIME),
    setting("tokens.access_token_jitter", COUNT),
    setting("tokens.leeway", LIFETIME),
    setting("tokens.algorithm", "`ES256`, `EdDSA`, `RS256` or `HS256`"),
    setting("tokens.hs256_secret", TEXT),
    setting("tokens.key_lifetime", LIFETIME),
    setting("tokens.key_announcement", LIFETIME),
    setting("tokens.claims", "a list of `name`, `username`, `email_verified`"),
    setting("session.idle_lifetime", LIFETIME),
    setting("session.absolute_lifetime", LIFETIME),
    setting("session.refresh_grace_lifetime", LIFETIME),
    setting("session.cache", YES_OR_NO),
    setting("session.cache_bytes", COUNT),
    setting("session.max_per_user", COUNT),
    setting("api_keys.default_lifetime", LIFETIME),
    setting("api_keys.max_lifetime", LIFETIME),
    setting("api_keys.max_per_user", COUNT),
    setting("introspection.clients", "a list of `name:secret`, each secret as `rolegate secret` prints it"),
    setting(
        "introspection.networks",
        "a list of IP addresses and networks, as in `10.0.0.7` or `10.0.0.0/8`",
    ),
    setting("graphql.graphiql", YES_OR_NO),
    setting("graphql.introspection", "`off`, `filtered` or `full`"),
    setting("graphql.federation", YES_OR_NO),
    setting("graphql.max_depth", COUNT),
    setting("graphql.max_complexity", COUNT),
    setting("graphql.max_aliases", COUNT),
    setting("graphql.max_directives", COUNT),
    setting("http.allowed_origins", "a list of origins, as in `https://app.example.com`"),
    setting("http.carriers", "a list, as in `scheme:JWT` or `header:x-access-token`"),
    setting("http.cookie_domain", "a domain, as in `example.com`"),
    setting("http.max_body_bytes", COUNT),
    setting("http.request_lifetime", LIFETIME),
    setting("http.shutdown_lifetime", LIFETIME),
    setting("http.max_concurrent_requests", COUNT),
    setting("tls.certificate", "the path of a file"),
    setting("tls.private_key", "the path of a file"),
    setting("tls.handshake_lifetime", LIFETIME),
    setting("log.format", "`text` or `json`"),
    setting("log.filter", "a filter, as in `info` or `info,rolegate=debug`"),
    setting("worker.purge_interval", LIFETIME),
];

const fn setting(key: &'static str, expects: &'static str) -> Setting {
    Setting { key, expects }
}

/// The setting of this key.
pub(super) fn find(key: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.key == key)
}

/// True for the name of a section, such as `signup`.
pub(super) fn is_section(name: &str) -> bool {
    SETTINGS.iter().any(|setting| setting.key.split_once('.').is_some_and(|(section, _)| section == name))
}

/// The key that was probably meant. A right name in the wrong section counts as near.
pub(super) fn nearest(unknown: &str) -> Option<&'static str> {
    let last = |key: &str| key.rsplit_once('.').map_or(key.to_owned(), |(_, last)| last.to_owned());
    let likeness = |key: &str| {
        strsim::jaro_winkler(key, unknown).max(strsim::jaro_winkler(&last(key), &last(unknown)) - 0.01)
    };
    let best = SETTINGS.iter().map(|setting| setting.key).max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    best.filter(|key| likeness(key) > 0.8)
}

/// The value of `key` in `config` as JSON; a secret is masked, and what was left open is filled in with what holds.
pub(super) fn effective(config: &Config, key: &str) -> serde_json::Value {
    match key {
        "public_url" => config.public_origin().into(),
        "tokens.issuer" => config.issuer().into(),
        "tokens.audience" => config.audience().into(),
        "graphql.graphiql" => config.graphiql().into(),
        "graphql.introspection" => serde_json::json!(config.introspection()),
        _ => as_json(config).pointer(&format!("/{}", key.replace('.', "/"))).cloned().unwrap_or_default(),
    }
}

fn as_json(config: &Config) -> serde_json::Value {
    serde_json::to_value(config)
        .expect("a Config holds only texts, numbers, lists and sections with fixed names")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_names_every_field_of_the_configuration_and_nothing_else() {
        let mut fields = Vec::new();
        for (name, value) in as_json(&Config::default()).as_object().expect("an object") {
            match value.as_object() {
                Some(section) => fields.extend(section.keys().map(|key| format!("{name}.{key}"))),
                None => fields.push(name.clone()),
            }
        }
        let mut listed: Vec<_> = SETTINGS.iter().map(|setting| setting.key.to_owned()).collect();
        fields.sort();
        listed.sort();
        assert_eq!(listed, fields);
    }

    #[test]
    fn the_nearest_key_is_found_and_a_far_one_is_not_offered() {
        assert_eq!(nearest("lisen"), Some("listen"));
        assert_eq!(nearest("signup_mode"), Some("signup.mode"));
        assert_eq!(nearest("idle_lifetime"), Some("session.idle_lifetime"));
        assert_eq!(nearest("masterkey"), Some("master_key"));
        assert_eq!(nearest("zzz"), None);
    }
}
