//! Where settings are read from, and what wins.

use rolegate::config::{Introspection, LogFormat, SignupMode};

use crate::{Setup, origin};

#[test]
fn without_any_configuration_the_defaults_hold() {
    let loaded = Setup::new().load();
    assert_eq!(loaded.config.listen.to_string(), "127.0.0.1:4000");
    assert_eq!(origin(&loaded, "listen"), "default");
    assert!(loaded.config.graphiql() && loaded.config.introspection() == Introspection::Filtered);
}

#[test]
fn what_is_said_later_wins_and_every_value_knows_its_origin() {
    let all = || {
        Setup::new()
            .toml("name = 'file'\n\n[signup]\nmode = 'closed'\n")
            .file(".env", "ROLEGATE_NAME=dotenv\nROLEGATE_DATA_DIR=from-dotenv\nOTHER=1\n")
            .env("ROLEGATE_NAME", "environment")
    };
    let loaded = all().load();
    assert_eq!(loaded.config.name, "environment");
    assert_eq!(origin(&loaded, "name"), "ROLEGATE_NAME");
    assert_eq!(loaded.config.signup.mode, SignupMode::Closed);
    assert_eq!(origin(&loaded, "signup.mode"), "rolegate.toml, line 4");
    assert_eq!(origin(&loaded, "data_dir"), "ROLEGATE_DATA_DIR in .env");

    let loaded = all().flag("--set", "name", "flag").flag("--data-dir", "data_dir", "d").load();
    assert_eq!(loaded.config.name, "flag");
    assert_eq!(origin(&loaded, "name"), "--set");
    assert_eq!(origin(&loaded, "data_dir"), "--data-dir");
}

#[test]
fn introspection_is_off_filtered_or_full_and_nothing_between() {
    for (word, introspection) in
        [("off", Introspection::Off), ("filtered", Introspection::Filtered), ("full", Introspection::Full)]
    {
        let loaded = Setup::new().env("ROLEGATE_GRAPHQL__INTROSPECTION", word).load();
        assert_eq!(loaded.config.introspection(), introspection);
    }
    let refused = Setup::new().toml("[graphql]\nintrospection = true\n").refused();
    insta::assert_snapshot!(refused, @"`graphql.introspection` (rolegate.toml, line 2) must be `off`, `filtered` or `full`.");
}

#[test]
fn text_from_the_environment_becomes_what_its_setting_takes() {
    let loaded = Setup::new()
        .env("ROLEGATE_NAME", "42")
        .env("ROLEGATE_PASSWORD__MIN_LENGTH", "15")
        .env("ROLEGATE_SIGNUP__EMAIL_DOMAINS", "example.com, example.org")
        .env("ROLEGATE_HTTP__ALLOWED_ORIGINS", "https://app.example.com")
        .env("ROLEGATE_GRAPHQL__GRAPHIQL", "false")
        .env("ROLEGATE_SESSION__IDLE_LIFETIME", "2h")
        .load();
    assert_eq!(loaded.config.name, "42");
    assert_eq!(loaded.config.password.min_length, 15);
    assert_eq!(loaded.config.signup.email_domains, ["example.com", "example.org"]);
    assert_eq!(loaded.config.http.allowed_origins, ["https://app.example.com"]);
    assert_eq!(loaded.config.graphql.graphiql, Some(false));
    assert_eq!(loaded.config.session.idle_lifetime.to_string(), "2h");
}

#[test]
fn an_empty_variable_is_an_empty_list_and_otherwise_no_value() {
    let loaded = Setup::new()
        .toml("signup.email_domains = ['example.com']")
        .env("ROLEGATE_SIGNUP__EMAIL_DOMAINS", "")
        .load();
    assert!(loaded.config.signup.email_domains.is_empty());
    insta::assert_snapshot!(Setup::new().env("ROLEGATE_PUBLIC_URL", "").refused(), @"`public_url` (ROLEGATE_PUBLIC_URL) must be a URL, as in `https://auth.example.com`.");
}

#[test]
fn a_plain_port_keeps_the_host_and_yields_to_rolegate_listen() {
    let loaded = Setup::new().env("PORT", "8080").load();
    assert_eq!(loaded.config.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(origin(&loaded, "listen"), "PORT");

    let loaded = Setup::new().toml("listen = '[::1]:4000'").env("PORT", "8080").load();
    assert_eq!(loaded.config.listen.to_string(), "[::1]:8080");

    let loaded = Setup::new().file(".env", "ROLEGATE_LISTEN=127.0.0.1:5000").env("PORT", "8080").load();
    assert_eq!(loaded.config.listen.to_string(), "127.0.0.1:5000");
    insta::assert_snapshot!(Setup::new().env("PORT", "http").refused(), @"`listen` (PORT) must be a port: set PORT to a number from 0 to 65535.");
}

#[test]
fn rust_log_outranks_the_configured_filter() {
    let setup = || Setup::new().env("RUST_LOG", "debug").env("ROLEGATE_LOG__FILTER", "warn");
    assert_eq!(setup().load().config.log.filter, "debug");
    let loaded = setup().flag("--set", "log.filter", "error").flag("--set", "log.format", "json").load();
    assert_eq!(loaded.config.log.filter, "error");
    assert_eq!(loaded.config.log.format, LogFormat::Json);
}

#[test]
fn a_named_file_replaces_the_usual_one_and_must_exist() {
    let mut setup = Setup::new().toml("name = 'usual'").file("other.toml", "data_dir = 'other'");
    setup.sources.config_file = Some("other.toml".into());
    let loaded = setup.load();
    assert_eq!(loaded.config.name, "Rolegate");
    assert_eq!(origin(&loaded, "data_dir"), "other.toml, line 1");

    let mut setup = Setup::new();
    setup.sources.config_file = Some("missing.toml".into());
    insta::assert_snapshot!(setup.refused(), @"missing.toml cannot be read: No such file or directory (os error 2).");
}

#[test]
fn unknown_keys_are_refused_with_their_origin_and_the_nearest_right_one() {
    let setup = Setup::new()
        .toml("lisen = '127.0.0.1:4000'\n[signup]\nmoode = 'open'\n[sesion]\nidle_lifetime = '1d'\n[empty]\n")
        .file(".env", "ROLEGATE_MASTERKEY=hunter2\n")
        .env("ROLEGATE_SIGNUP_MODE", "open")
        .env("ROLEGATE_XYZZY", "1")
        .env("ROLEGATE_TEST_POSTGRES", "exempt")
        .flag("--set", "password.minimum", "8");
    insta::assert_snapshot!(setup.refused(), @r#"
    `empty` (rolegate.toml, line 6) is no setting: `rolegate config` lists them all.
    `lisen` (rolegate.toml, line 1) is no setting: did you mean `listen`?
    `sesion.idle_lifetime` (rolegate.toml, line 5) is no setting: did you mean `session.idle_lifetime`?
    `signup.moode` (rolegate.toml, line 3) is no setting: did you mean `signup.mode`?
    `masterkey` (ROLEGATE_MASTERKEY in .env) is no setting: did you mean `ROLEGATE_MASTER_KEY`?
    `signup_mode` (ROLEGATE_SIGNUP_MODE) is no setting: did you mean `ROLEGATE_SIGNUP__MODE`?
    `xyzzy` (ROLEGATE_XYZZY) is no setting: `rolegate config` lists them all.
    `password.minimum` (--set) is no setting: did you mean `password.min_length`?
    "#);
}

#[test]
fn wrong_types_name_key_origin_and_what_is_expected() {
    let setup = Setup::new()
        .toml("name = 42\nbehind_proxy = 'yes'\ntrusted_proxies = '10.0.0.7'\nsession = 3\n[tokens]\nleeway = 5\n")
        .env("ROLEGATE_LISTEN", "localhost")
        .env("ROLEGATE_SIGNUP__MODE", "half")
        .env("ROLEGATE_PASSWORD__MIN_LENGTH", "-1")
        .flag("--public-url", "public_url", "auth.example.com");
    insta::assert_snapshot!(setup.refused(), @r#"
    `behind_proxy` (rolegate.toml, line 2) must be `true` or `false`.
    `name` (rolegate.toml, line 1) must be a text.
    `session` (rolegate.toml, line 4) is no setting: did you mean `session.cache`?
    `tokens.leeway` (rolegate.toml, line 6) must be a whole number and s, m, h or d, as in `10m`.
    `trusted_proxies` (rolegate.toml, line 3) must be a list of IP addresses and networks, as in `10.0.0.7` or `10.0.0.0/8`.
    `listen` (ROLEGATE_LISTEN) must be an address and a port, as in `127.0.0.1:4000`.
    `password.min_length` (ROLEGATE_PASSWORD__MIN_LENGTH) must be a whole number.
    `signup.mode` (ROLEGATE_SIGNUP__MODE) must be `open` or `closed`.
    `public_url` (--public-url) must be a URL, as in `https://auth.example.com`.
    "#);
}

#[test]
fn a_file_that_cannot_be_parsed_names_the_line() {
    insta::assert_snapshot!(Setup::new().toml("name = 'a'\n\nlisten = \n").refused(), @"rolegate.toml, line 3, is not valid TOML: mend the line.");
    insta::assert_snapshot!(Setup::new().file(".env", "A=1\nROLEGATE_NAME='open\n").refused(), @".env, line 2, is no `NAME=value`: quote the value or mend the line.");
}

const SECRET: &str = "hunter2hunter2";

#[test]
fn no_refusal_quotes_a_secret() {
    let setups = [
        Setup::new().toml(&format!("master_key = \"{SECRET}")),
        Setup::new().toml(&format!("master_key = {SECRET}")),
        Setup::new().toml(&format!("master_key = 1\nmaster_key = '{SECRET}'")),
        Setup::new().toml(&format!("master_key = ['{SECRET}']")),
        Setup::new().toml(&format!("master_key = '{SECRET}'\ndatabase_url = '{SECRET}'")),
        Setup::new().file(".env", &format!("ROLEGATE_MASTER_KEY='{SECRET}")),
        Setup::new().file(".env", &format!("ROLEGATE_MASTER_KEY={SECRET} {SECRET}")),
        Setup::new().file(".env", SECRET),
        Setup::new().env("ROLEGATE_MASTER_KEY", SECRET).env("ROLEGATE_DATABASE_URL", SECRET),
        Setup::new().env("ROLEGATE_MASTERKEY", SECRET),
        Setup::new().env("ROLEGATE_PUBLIC_URL", &format!("http://user:{SECRET}@localhost")),
        Setup::new().env("ROLEGATE_PUBLIC_URL", &format!("postgres://user:{SECRET}@localhost/x")),
        Setup::new().env("ROLEGATE_LISTEN", SECRET).env("PORT", SECRET),
        Setup::new().env("ROLEGATE_SIGNUP__MODE", SECRET),
        Setup::new().env("ROLEGATE_SIGNUP__EMAIL_DOMAINS", SECRET),
        Setup::new().env("ROLEGATE_HTTP__ALLOWED_ORIGINS", &format!("https://user:{SECRET}@app.example")),
    ];
    for (index, setup) in setups.into_iter().enumerate() {
        let sentence = setup.refused();
        assert!(!sentence.contains("hunter2"), "setup {index}: {sentence}");
    }
}

#[test]
fn what_is_in_force_masks_secrets_and_names_origins() {
    let key = "Zq3T0m9yJ4kX8sVbL1wPfR6uHcN2aDgEoi5x7tCvKzY";
    let loaded = Setup::new()
        .env("ROLEGATE_MASTER_KEY", key)
        .env("ROLEGATE_DATABASE_URL", "postgres://rolegate:hunter2@db/rolegate")
        .load();
    let rows: Vec<_> = loaded
        .effective()
        .into_iter()
        .map(|row| format!("{} = {} ({})", row.key, row.value, row.origin))
        .collect();
    insta::assert_snapshot!(rows.join("\n"), @r#"
    name = "Rolegate" (default)
    listen = "127.0.0.1:4000" (default)
    public_url = "http://127.0.0.1:4000" (default)
    behind_proxy = false (default)
    trusted_proxies = [] (default)
    data_dir = "data" (default)
    database_url = "***" (ROLEGATE_DATABASE_URL)
    master_key = "***" (ROLEGATE_MASTER_KEY)
    new_master_key = null (default)
    database.synchronous = "full" (default)
    database.connections = 8 (default)
    database.migrate = true (default)
    signup.mode = "open" (default)
    signup.identifier = "email" (default)
    signup.email_domains = [] (default)
    password.min_length = 8 (default)
    password.max_length = 256 (default)
    password.memory_kib = 19456 (default)
    password.iterations = 2 (default)
    password.parallelism = 1 (default)
    password.hash_threads = 0 (default)
    password.hash_queue = 256 (default)
    tokens.format = "jwt" (default)
    tokens.issuer = "http://127.0.0.1:4000" (default)
    tokens.audience = "http://127.0.0.1:4000" (default)
    tokens.access_token_lifetime = "10m" (default)
    tokens.access_token_jitter = 10 (default)
    tokens.leeway = "5s" (default)
    tokens.algorithm = "ES256" (default)
    tokens.hs256_secret = null (default)
    tokens.key_lifetime = "90d" (default)
    tokens.key_announcement = "1h" (default)
    tokens.claims = [] (default)
    session.idle_lifetime = "14d" (default)
    session.absolute_lifetime = "30d" (default)
    session.refresh_grace_lifetime = "10s" (default)
    session.cache = true (default)
    session.cache_bytes = 33554432 (default)
    session.max_per_user = 100 (default)
    api_keys.default_lifetime = "90d" (default)
    api_keys.max_lifetime = "365d" (default)
    api_keys.max_per_user = 20 (default)
    introspection.clients = [] (default)
    introspection.networks = [] (default)
    graphql.graphiql = true (default)
    graphql.introspection = "filtered" (default)
    graphql.federation = false (default)
    graphql.max_depth = 15 (default)
    graphql.max_complexity = 1000 (default)
    graphql.max_aliases = 30 (default)
    graphql.max_directives = 10 (default)
    http.allowed_origins = [] (default)
    http.carriers = [] (default)
    http.cookie_domain = null (default)
    http.max_body_bytes = 65536 (default)
    http.request_lifetime = "30s" (default)
    http.shutdown_lifetime = "30s" (default)
    http.max_concurrent_requests = 1024 (default)
    tls.certificate = null (default)
    tls.private_key = null (default)
    tls.handshake_lifetime = "10s" (default)
    log.format = "text" (default)
    log.filter = "info" (default)
    worker.purge_interval = "10m" (default)
    "#);
    assert!(!format!("{:?}", loaded.config).contains("hunter2"));
}
