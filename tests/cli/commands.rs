//! Flags, settings, and the commands that print one thing.

use std::fs;

use crate::{Outcome, PASSWORD, Place};

#[test]
fn help_names_every_command_and_the_exit_codes() {
    let place = Place::new();
    let help = place.run(&["--help"]).printed();
    for command in ["serve", "migrate", "schema", "permissions", "secret", "user", "keys", "config", "doctor"]
    {
        assert!(help.contains(&format!("\n  {command} ")), "{command}");
    }
    assert!(help.contains("Exit codes:") && help.contains("--set <KEY=VALUE>"));
    let help = place.run(&["user", "--help"]).printed();
    for command in ["create", "list", "set-role", "suspend", "reactivate", "set-password"] {
        assert!(help.contains(&format!("\n  {command} ")), "{command}");
    }
}

#[test]
fn a_wrong_command_line_ends_with_2() {
    let place = Place::new();
    for arguments in [
        &["frobnicate"][..],
        &["user"],
        &["user", "set-role", "ada"],
        &["user", "set-role", "ada", "emperor"],
        &["user", "create", "--password-stdin"],
        &["user", "create", "--email", "a@example.test", "--password", PASSWORD],
        &["--set", "signup.mode"],
    ] {
        assert_eq!(place.run(arguments).code, 2, "{arguments:?}");
    }
    assert!(!place.path().join("data").exists());
}

#[test]
fn a_set_without_a_value_is_not_repeated() {
    let outcome = Place::new().run(&["config", "--set", "master_key:hunter2"]);
    assert_eq!(outcome.code, 2);
    assert!(!outcome.stderr.contains("hunter2"));
}

#[test]
fn settings_count_before_and_after_the_command() {
    let place = Place::new();
    let settings = place.run(&[
        "--set",
        "name=Early",
        "--data-dir",
        "a",
        "config",
        "--json",
        "--data-dir=b",
        "--set",
        "signup.mode=closed",
    ]);
    let settings = settings.json();
    assert_eq!(settings["name"]["value"], "Early");
    assert_eq!(settings["data_dir"]["value"], "b");
    assert_eq!(settings["signup.mode"]["value"], "closed");
    assert_eq!(settings["signup.mode"]["origin"], "--set");

    let bare = place.run(&["--behind-proxy", "config", "--json", "--public-url", "https://auth.example.com"]);
    assert_eq!(bare.json()["behind_proxy"]["value"], true);
}

#[test]
fn the_settings_in_force_name_their_origin_and_mask_secrets() {
    let place = Place::new();
    fs::write(place.path().join("rolegate.toml"), "name = 'Café'\n").expect("a file");
    let key = place.run(&["secret"]).printed();
    let output = place
        .command(&["config"])
        .env("ROLEGATE_MASTER_KEY", key.trim())
        .env("ROLEGATE_DATABASE_URL", "postgres://rolegate:hunter2@127.0.0.1/rolegate")
        .output();
    let printed = Outcome::of(output.expect("it runs")).printed();
    let line = |key: &str| printed.lines().find(|line| line.starts_with(key)).expect("a line").to_owned();
    assert!(line("name").ends_with("# rolegate.toml, line 1"), "{printed}");
    assert!(line("listen").ends_with("# default"), "{printed}");
    assert!(line("master_key = \"***\"").ends_with("# ROLEGATE_MASTER_KEY"), "{printed}");
    assert!(!printed.contains("hunter2") && !printed.contains(key.trim()));
}

#[test]
fn a_database_url_that_cannot_be_read_is_not_repeated() {
    let place = Place::new();
    let key = place.run(&["secret"]).printed();
    for url in ["postgres://me:hunter2@127.0.0.1:543345/x", "postgres://me@127.0.0.1/x?sslmode=hunter2"] {
        for command in [&["serve", "--listen", "127.0.0.1:0"][..], &["user", "list"], &["doctor"]] {
            let mut command = place.command(command);
            let output =
                command.env("ROLEGATE_DATABASE_URL", url).env("ROLEGATE_MASTER_KEY", key.trim()).output();
            let outcome = Outcome::of(output.expect("it runs"));
            let said = outcome.stdout + &outcome.stderr;
            assert!(said.contains("The PostgreSQL URL cannot be read"), "{said}");
            assert!(!said.contains("hunter2"), "{said}");
            assert_eq!(outcome.code, 1);
        }
    }
}

#[test]
fn a_refused_configuration_stops_every_command_that_needs_one() {
    let place = Place::new();
    for command in [&["serve"][..], &["config"], &["migrate"], &["user", "list"]] {
        let output = place.command(command).env("ROLEGATE_LISTEN", "0.0.0.0:4000").output().expect("it runs");
        let sentence = Outcome::of(output).refusal();
        assert!(sentence.starts_with("`listen` (ROLEGATE_LISTEN) is beyond this machine"), "{sentence}");
    }
    assert!(!place.path().join("data").exists());
}

#[test]
fn a_fresh_secret_is_a_master_key_and_never_the_same() {
    let place = Place::new();
    let (one, other) = (place.run(&["secret"]).printed(), place.run(&["secret"]).printed());
    assert_ne!(one, other);
    let set = format!("master_key={}", one.trim());
    assert_eq!(place.run(&["config", "--set", &set, "--json"]).json()["master_key"]["value"], "***");
}

#[test]
fn schema_and_permissions_need_no_configuration() {
    let place = Place::new();
    fs::write(place.path().join("rolegate.toml"), "this is no TOML").expect("a file");
    assert!(place.run(&["schema"]).printed().contains("type Query"));
    assert!(place.run(&["permissions"]).printed().contains('|'));
}

#[test]
fn migrating_says_where_the_database_stands() {
    let place = Place::new();
    let sentence = place.run(&["migrate", "--check"]).refusal();
    insta::assert_snapshot!(sentence, @"There is no database yet: run `rolegate migrate`.");
    assert!(!place.path().join("data").exists());
    let unmigrated = place.run(&["user", "list", "--set", "database.migrate=false"]).refusal();
    assert!(unmigrated.ends_with("run `rolegate migrate`."), "{unmigrated}");
    assert!(place.run(&["migrate", "--check"]).refusal().starts_with("The database is not up to date"));
    insta::assert_snapshot!(place.run(&["migrate"]).printed().trim_end(), @"The database is up to date.");
    place.run(&["migrate", "--check"]).printed();
    place.run(&["user", "list", "--set", "database.migrate=false"]).printed();
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let place = Place::new();
    let mut child = place.command(&["config"]).spawn().expect("it runs");
    drop(child.stdout.take());
    assert!(child.wait().expect("it ends").success());
}
