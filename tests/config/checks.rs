//! What is refused although every value is well formed.

use rolegate::config::Introspection;

use crate::{Setup, set};

#[test]
fn plain_http_beyond_loopback_is_refused() {
    insta::assert_snapshot!(set("listen", "0.0.0.0:4000").refused(), @"`listen` (--set) is beyond this machine, where passwords would travel unencrypted: set `behind_proxy = true` if a proxy that terminates TLS stands in front, or listen on 127.0.0.1.");
    assert!(set("listen", "[::]:4000").refused().contains("beyond this machine"));
    let behind = set("listen", "0.0.0.0:4000").flag("--behind-proxy", "behind_proxy", "true");
    let loaded = behind.flag("--public-url", "public_url", "https://auth.example.com").load();
    assert!(!loaded.config.graphiql() && loaded.config.introspection() == Introspection::Off);
}

#[test]
fn the_public_url_is_an_origin_that_fits_the_rest() {
    let public_url = |url| set("public_url", url);
    for accepted in ["http://localhost:4000", "https://localhost", "http://127.0.0.1:9", "http://[::1]:4000/"]
    {
        public_url(accepted).load();
    }
    insta::assert_snapshot!(public_url("ftp://localhost").refused(), @"`public_url` (--set) must begin with `http://` or `https://` and name a host.");
    insta::assert_snapshot!(public_url("http://localhost/auth").refused(), @"`public_url` (--set) must be an origin alone: remove the path, the query and the fragment.");
    insta::assert_snapshot!(public_url("http://localhost/?a=b").refused(), @"`public_url` (--set) must be an origin alone: remove the path, the query and the fragment.");
    insta::assert_snapshot!(public_url("http://me:pw@localhost").refused(), @"`public_url` (--set) must not hold a user name or a password: remove what stands before the @.");
    insta::assert_snapshot!(public_url("https://auth.example.com").refused(), @"`public_url` (--set) is on another host, so something forwards to this server: set `behind_proxy = true`.");
    let behind = |setup: Setup| setup.flag("--behind-proxy", "behind_proxy", "true").refused();
    insta::assert_snapshot!(behind(public_url("http://auth.example.com")), @"`public_url` (--set) must begin with `https://` when `behind_proxy` is set.");
    insta::assert_snapshot!(behind(Setup::new()), @"`public_url` (default) is not set: with `behind_proxy` it must be the https URL at which clients reach the proxy.");
}

#[test]
fn trusted_proxies_need_a_proxy() {
    insta::assert_snapshot!(set("trusted_proxies", "10.0.0.7").refused(), @"`trusted_proxies` (--set) names proxies although none stands in front: set `behind_proxy = true`, or remove it.");
}

#[test]
fn nobody_can_trust_the_whole_internet() {
    for everybody in ["0.0.0.0/0", "::/0", "10.0.0.7,::/0"] {
        let behind = set("trusted_proxies", everybody).flag("--behind-proxy", "behind_proxy", "true");
        let setup = behind.flag("--public-url", "public_url", "https://auth.example.com");
        insta::allow_duplicates! {
            insta::assert_snapshot!(setup.refused(), @"`trusted_proxies` (--set) trusts every address, so clients could claim any: name the proxies' networks alone.");
        }
    }
}

#[test]
fn a_master_key_that_somebody_made_up_is_refused() {
    let made_up = [
        "c2VjcmV0",                                                         // `secret`
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",                      // 32 zeros
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",                      // 0, 1, 2 ..
        "Y2hhbmdlLW1lLWNoYW5nZS1tZS1jaGFuZ2UtbWUtISE", // `change-me-change-me-change-me-!!`
        "5f4dcc3b5aa765d61d8327deb882cf995f4dcc3b5aa765d61d8327deb882cf99", // hexadecimal
    ];
    for key in made_up {
        let sentence = set("master_key", key).refused();
        assert!(sentence.starts_with("`master_key` (--set)"), "{sentence}");
        assert!(sentence.ends_with("use what `rolegate secret` prints."), "{sentence}");
    }
}

#[test]
fn argon2_has_a_floor_and_a_ceiling() {
    let cost = |memory: &str, iterations: &str| {
        set("password.memory_kib", memory).flag("--set", "password.iterations", iterations)
    };
    for (memory, iterations) in [("19456", "2"), ("47104", "1"), ("7168", "5"), ("65536", "3")] {
        cost(memory, iterations).load();
    }
    insta::assert_snapshot!(cost("19455", "2").refused(), @"`password.memory_kib` (--set) is too little for `password.iterations = 2`: use at least 19456 with 2 iterations, or a pair that docs/configuration.md lists as equal.");
    insta::assert_snapshot!(cost("19456", "1").refused(), @"`password.memory_kib` (--set) is too little for `password.iterations = 1`: use at least 19456 with 2 iterations, or a pair that docs/configuration.md lists as equal.");
    insta::assert_snapshot!(cost("1048577", "2").refused(), @"`password.memory_kib` (--set) is 1048577 and must be from 7168 to 1048576.");
    insta::assert_snapshot!(cost("8", "64").refused(), @"`password.memory_kib` (--set) is 8 and must be from 7168 to 1048576.");
}

#[test]
fn lengths_and_lifetimes_have_bounds() {
    for (key, value) in [
        ("password.min_length", "7"),
        ("password.max_length", "63"),
        ("password.max_length", "1025"),
        ("password.min_length", "257"),
        ("password.parallelism", "17"),
        ("tokens.access_token_lifetime", "0s"),
        ("tokens.access_token_lifetime", "61m"),
        ("tokens.leeway", "61s"),
        ("tokens.issuer", ""),
        ("session.idle_lifetime", "31d"),
        ("session.absolute_lifetime", "366d"),
        ("session.refresh_grace_lifetime", "61s"),
        ("worker.purge_interval", "0s"),
        ("graphql.max_depth", "0"),
        ("http.max_body_bytes", "0"),
        ("http.max_concurrent_requests", "0"),
        ("database.connections", "0"),
        ("name", " "),
        ("log.filter", "rolegate=loud"),
    ] {
        let sentence = set(key, value).refused();
        assert!(sentence.starts_with(&format!("`{key}` (--set) ")), "{key} = {value}: {sentence}");
    }
    insta::assert_snapshot!(set("tokens.access_token_lifetime", "2h").refused(), @"`tokens.access_token_lifetime` (--set) is 2h and must be from 1s to 1h.");
}

#[test]
fn only_real_origins_and_domains_are_allowed() {
    for origin in
        ["*", "null", "https://app.example/", "https://app.example/x", "app.example", "https://App.example"]
    {
        let sentence = set("http.allowed_origins", origin).refused();
        assert!(sentence.contains("entry 1 is none"), "{origin}: {sentence}");
    }
    set("http.allowed_origins", "https://app.example,http://localhost:3000").load();
    for domain in ["*.example.com", "@example.com", "example", "exa mple.com", ".com", "example.com."] {
        let sentence = set("signup.email_domains", domain).refused();
        assert!(sentence.contains("entry 1 is none"), "{domain}: {sentence}");
    }
    set("signup.email_domains", "example.com,bücher.example").load();
}
