//! What is refused although every value is well formed.

use rolegate::config::Introspection;

use crate::{Setup, set};

#[test]
fn plain_http_beyond_loopback_is_refused() {
    insta::assert_snapshot!(set("listen", "0.0.0.0:4000").refused(), @"`listen` (--set) is beyond this machine, where passwords would travel unencrypted: set `tls.certificate` and `tls.private_key`, or `behind_proxy = true` if a proxy that terminates TLS stands in front, or listen on 127.0.0.1.");
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
        ("tokens.access_token_jitter", "51"),
        ("tokens.leeway", "61s"),
        ("tokens.issuer", ""),
        ("tokens.key_lifetime", "23h"),
        ("tokens.key_announcement", "5m"),
        ("tokens.key_announcement", "8d"),
        ("tokens.algorithm", "none"),
        ("tokens.algorithm", "HS512"),
        ("tokens.claims", "email"),
        ("tokens.claims", "name,password"),
        ("session.idle_lifetime", "31d"),
        ("session.absolute_lifetime", "366d"),
        ("session.refresh_grace_lifetime", "61s"),
        ("session.max_per_user", "0"),
        ("session.max_per_user", "10001"),
        ("worker.purge_interval", "0s"),
        ("tls.handshake_lifetime", "61s"),
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

/// A server that terminates TLS itself, with these settings besides.
fn with_tls(settings: &[(&str, &str)]) -> Setup {
    let files = [("tls.certificate", "certificate.pem"), ("tls.private_key", "key.pem")];
    let all = files.iter().chain(settings);
    all.fold(Setup::new(), |setup, (key, value)| setup.flag("--set", key, value))
}

#[test]
fn tls_stands_in_for_a_proxy() {
    let public = ("public_url", "https://auth.example.com");
    let loaded = with_tls(&[("listen", "0.0.0.0:443"), public]).load();
    assert!(!loaded.config.graphiql() && loaded.config.introspection() == Introspection::Off);
    let here = with_tls(&[]).load().config;
    assert_eq!(here.issuer(), "https://127.0.0.1:4000");
    assert!(here.graphiql() && here.introspection() != Introspection::Off);
    with_tls(&[("listen", "0.0.0.0:443"), public, ("behind_proxy", "true")]).load();
    insta::assert_snapshot!(with_tls(&[("listen", "0.0.0.0:443")]).refused(), @"`public_url` (default) is not set: beyond this machine it must be the https URL at which clients reach this server.");
    insta::assert_snapshot!(with_tls(&[("public_url", "http://localhost:4000")]).refused(), @"`public_url` (--set) must begin with `https://` when `tls.certificate` is set.");
    insta::assert_snapshot!(with_tls(&[public]).refused(), @"`public_url` (--set) is on another host, so something forwards to this server: set `behind_proxy = true`.");
    insta::assert_snapshot!(set("tls.certificate", "certificate.pem").refused(), @"`tls.certificate` (--set) is of no use alone: set `tls.private_key` too, or remove it.");
    insta::assert_snapshot!(set("tls.private_key", "key.pem").refused(), @"`tls.private_key` (--set) is of no use alone: set `tls.certificate` too, or remove it.");
    let alone = set("tls.certificate", "certificate.pem").flag("--listen", "listen", "0.0.0.0:443").refused();
    assert!(alone.contains("beyond this machine"), "{alone}");
}

#[test]
fn a_cookie_for_a_domain_needs_https_and_the_domain_of_this_host() {
    let domain = |domain: &str, public_url: &str| {
        with_tls(&[("listen", "0.0.0.0:443"), ("public_url", public_url), ("http.cookie_domain", domain)])
    };
    for (parent, url) in [
        ("example.com", "https://auth.example.com"),
        ("example.com", "https://example.com"),
        ("eu.example.com", "https://auth.eu.example.com:8443"),
        ("xn--bcher-kva.example", "https://auth.b\u{fc}cher.example"),
    ] {
        domain(parent, url).load();
    }
    for wrong in [
        "com",
        "localhost",
        ".example.com",
        "Example.com",
        "b\u{fc}cher.example",
        "example.com.",
        "a b.com",
        "*",
    ] {
        let sentence = domain(wrong, "https://auth.example.com").refused();
        assert!(
            sentence.starts_with("`http.cookie_domain` (--set) must be a domain of at least two"),
            "{sentence}"
        );
    }
    insta::assert_snapshot!(domain("example.org", "https://auth.example.com").refused(), @"`http.cookie_domain` (--set) must be the domain of `public_url`'s host, or one above it.");
    for unrelated in ["ample.com", "auth.example.com.evil.example", "app.auth.example.com"] {
        assert!(
            domain(unrelated, "https://auth.example.com").refused().contains("or one above it"),
            "{unrelated}"
        );
    }
    let plain = set("http.cookie_domain", "example.com");
    insta::assert_snapshot!(plain.refused(), @"`http.cookie_domain` (--set) needs a `public_url` that begins with `https://` and names a host of this domain.");
    assert!(domain("0.0.1", "https://127.0.0.1").refused().contains("needs a `public_url`"));
}

#[test]
fn a_carrier_is_a_place_that_nothing_else_uses() {
    let loaded = set("http.carriers", "scheme:JWT, header:X-Access-Token").load();
    let carriers: Vec<_> = loaded.config.http.carriers.iter().map(ToString::to_string).collect();
    assert_eq!(carriers, ["scheme:jwt", "header:x-access-token"]);
    Setup::new().toml("[http]\ncarriers = [\"scheme:JWT\"]\n").load();
    for taken in [
        "header:authorization",
        "header:Cookie",
        "header:host",
        "header:content-type",
        "header:x-forwarded-for",
        "header:x-rolegate-user-id",
        "header:origin",
        "scheme:Basic",
        "scheme:DPoP",
    ] {
        let sentence = set("http.carriers", &format!("scheme:JWT,{taken}")).refused();
        assert!(sentence.contains("entry 2 means something already"), "{taken}: {sentence}");
    }
    for none in ["query:access_token", "header:", "x-access-token", "header:x_access_token"] {
        insta::allow_duplicates! {
            insta::assert_snapshot!(set("http.carriers", none).refused(), @"`http.carriers` (--set) must be a list, as in `scheme:JWT` or `header:x-access-token`.");
        }
    }
}

#[test]
fn a_shared_secret_is_there_and_cannot_be_guessed() {
    insta::assert_snapshot!(set("tokens.algorithm", "HS256").refused(), @"`tokens.algorithm` (--set) needs `tokens.hs256_secret`: set it to what `rolegate secret` prints.");
    let with = |secret| set("tokens.algorithm", "HS256").flag("--set", "tokens.hs256_secret", secret);
    insta::assert_snapshot!(with("secret").refused(), @"`tokens.hs256_secret` (--set) must be at least 32 bytes long: use what `rolegate secret` prints.");
    insta::assert_snapshot!(with("your-256-bit-secret-your-256-bit-secret").refused(), @"`tokens.hs256_secret` (--set) is one that can be guessed: use what `rolegate secret` prints.");
    let secret = "Zb8wq0vD5n1YkJt3mXo9RfUe7LcAhGs2iPQyVxE4zNM";
    let shown = with(secret).load().effective().into_iter().find(|row| row.key == "tokens.hs256_secret");
    assert_eq!(shown.expect("a setting").value, "***");
}

#[test]
fn keys_are_announced_for_less_than_they_live() {
    let setup = set("tokens.key_lifetime", "1d").flag("--set", "tokens.key_announcement", "1d");
    insta::assert_snapshot!(setup.refused(), @"`tokens.key_announcement` (--set) must be below `tokens.key_lifetime`.");
}

#[test]
fn a_new_master_key_takes_the_place_of_one_and_is_as_good() {
    let new = "q8Jx2LwT0vKz5RnYb7HfUc3MdGe9PsA4iVoX1tCjWkE";
    insta::assert_snapshot!(set("new_master_key", new).refused(), @"`new_master_key` (--set) stands alone: it takes the place of `master_key`, and `rolegate keys reseal` makes a new key file by itself.");
    let both = set("master_key", "Zb8wq0vD5n1YkJt3mXo9RfUe7LcAhGs2iPQyVxE4zNM");
    both.flag("--set", "new_master_key", new).load();
    insta::assert_snapshot!(set("new_master_key", "c2VjcmV0").flag("--set", "master_key", new).refused(), @"`new_master_key` (--set) must be exactly 32 bytes in base64url: use what `rolegate secret` prints.");
}
