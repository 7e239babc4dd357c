//! `rolegate user ..`

use serde_json::Value;

use crate::Place;

#[test]
fn users_are_created_listed_and_changed() {
    let place = Place::new();
    place.create(&["--email", "Ada@Example.test", "--role", "Admin"]).printed();
    let grace = place.create(&["--username", "Grace", "--name", "Grace H.", "--json"]).json();
    assert_eq!(grace["role"], "CLIENT");
    assert_eq!(grace["username"], "Grace");
    let id = grace["id"].as_str().expect("an id");

    assert_eq!(place.run(&["user", "set-role", "grace", "MANAGER", "--json"]).json()["role"], "MANAGER");
    assert_eq!(place.run(&["user", "--json", "suspend", id]).json()["status"], "SUSPENDED");
    assert!(place.run(&["user", "list"]).printed().contains("SUSPENDED"));
    assert_eq!(place.run(&["user", "reactivate", id, "--json"]).json()["status"], "ACTIVE");

    let all = place.run(&["user", "list", "--json"]).printed();
    let emails: Vec<Value> =
        all.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON")["email"].clone()).collect();
    assert_eq!(emails, [Value::Null, Value::from("ada@example.test")]);
    let admins =
        place.run(&["user", "list", "--role", "admin", "--status", "active", "--text", "ada", "--json"]);
    assert_eq!(admins.json()["email"], "ada@example.test");
    assert!(!all.contains("argon2"));
}

#[test]
fn a_user_command_that_is_refused_says_what_to_do() {
    let place = Place::new();
    place.create(&["--email", "ada@example.test", "--role", "admin"]).printed();
    insta::assert_snapshot!(place.create(&["--email", "ADA@example.test"]).refusal(), @"This email address is taken. `rolegate user list` shows who has it.");
    insta::assert_snapshot!(place.run(&["user", "set-role", "ada@example.test", "client"]).refusal(), @"The last active admin cannot be changed. Make somebody else an admin first.");
    insta::assert_snapshot!(place.run(&["user", "suspend", "nobody"]).refusal(), @"There is no user `nobody`: give an email address, a username or an id of `rolegate user list`.");
    assert!(place.create(&["--email", "no address"]).refusal().contains("email"));
}

#[test]
fn sessions_are_ended_for_a_user_who_exists() {
    let place = Place::new();
    place.create(&["--email", "ada@example.test"]).printed();
    let printed = place.run(&["user", "end-sessions", "ada@example.test"]).printed();
    assert_eq!(printed.trim_end(), "0 sessions of ada@example.test ended.");
    assert_eq!(place.run(&["user", "end-sessions", "ada@example.test", "--json"]).json()["status"], "ACTIVE");
    assert!(
        place.run(&["user", "end-sessions", "nobody"]).refusal().starts_with("There is no user `nobody`")
    );
}

#[test]
fn passwords_come_from_standard_input_whole_and_are_never_shown() {
    let place = Place::new();
    place.create(&["--email", "ada@example.test"]).printed();
    let set = &["user", "set-password", "ada@example.test", "--password-stdin"];
    place.run_with_input(set, b"  another plum orbit  \r\nsecond line\n").printed();
    insta::assert_snapshot!(place.run(&["user", "set-password", "ada@example.test"]).refusal(), @"There is no terminal to ask for the password: pipe it in and add --password-stdin.");
    insta::assert_snapshot!(place.run_with_input(set, b"").refusal(), @"Standard input holds no password: send it as the first line.");
    insta::assert_snapshot!(place.run_with_input(set, b"\n").refusal(), @"Standard input holds no password: send it as the first line.");
    assert!(place.run_with_input(set, b"\xff\xff\xff\xff\xff\xff\xff\xff\n").refusal().contains("UTF-8"));
    let refusal = place.run_with_input(set, b"hunter2\n").refusal();
    assert!(!refusal.contains("hunter2"), "{refusal}");
}

#[test]
fn an_operator_cannot_give_a_password_that_everybody_tries_first() {
    let place = Place::new();
    let create = &["user", "create", "--password-stdin", "--email", "ada@example.test"];
    let set = &["user", "set-password", "ada@example.test", "--password-stdin"];
    let common = "Password1";
    let refusal = place.run_with_input(create, format!("{common}\n").as_bytes()).refusal();
    assert!(refusal.contains("tried first") && !refusal.contains(common), "{refusal}");
    assert_eq!(place.run(&["user", "list", "--json"]).printed(), "", "and nobody was created");

    place.create(&["--email", "ada@example.test"]).printed();
    let refusal = place.run_with_input(set, format!("{common}\n").as_bytes()).refusal();
    assert!(refusal.contains("tried first") && !refusal.contains(common), "{refusal}");
    place.run_with_input(set, b"another plum orbit\n").printed();
}

#[test]
fn a_username_may_begin_like_an_option() {
    let place = Place::new();
    place.create(&["--username=-grace"]).printed();
    for command in [
        &["user", "set-role", "-grace", "manager", "--json"][..],
        &["user", "set-role", "--json", "-grace", "manager"],
        &["user", "suspend", "-grace", "--json"],
        &["user", "end-sessions", "-grace", "--json"],
        &["user", "reactivate", "--json", "-grace"],
    ] {
        assert_eq!(place.run(command).json()["username"], "-grace", "{command:?}");
    }
}
