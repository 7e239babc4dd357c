//! `rolegate keys`

use std::fs;

use serde_json::Value;

use crate::server::{Server, get};
use crate::{Outcome, Place};

/// The keys as JSON, newest first.
fn listed(place: &Place) -> Vec<Value> {
    let lines = place.run(&["keys", "list", "--json"]).printed();
    lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

fn states(place: &Place) -> Vec<String> {
    listed(place).iter().map(|key| key["state"].as_str().expect("a state").to_owned()).collect()
}

#[test]
fn keys_are_listed_rotated_and_revoked() {
    let place = Place::new();
    assert_eq!(states(&place), [""; 0]);
    let first = place.run(&["keys", "rotate", "--json"]).json();
    assert_eq!(
        (&first["algorithm"], &first["state"]),
        (&"ES256".into(), &"SIGNING".into()),
        "nothing signed before"
    );
    let next = place.run(&["keys", "rotate"]).printed();
    assert!(next.contains(" (ES256) signs from 20"), "{next}");
    assert_eq!(states(&place), ["ANNOUNCED", "SIGNING"]);
    assert_eq!(place.run(&["keys", "rotate"]).printed(), next, "it is announced already");
    assert_ne!(place.run(&["keys", "rotate", "--now"]).printed(), next, "earlier");

    let kid = first["kid"].as_str().expect("a kid");
    assert_eq!(place.run(&["keys", "revoke", kid]).printed(), format!("{kid} is revoked.\n"));
    assert_eq!(states(&place), ["SIGNING", "REVOKED"]);
    insta::assert_snapshot!(place.run(&["keys", "revoke", "nobody"]).refusal(), @"There is no such key: give a name that `rolegate keys list` shows.");
    // One in 64 begins like an option.
    let refusal = place.run(&["keys", "revoke", "-nobody"]).refusal();
    assert!(refusal.starts_with("There is no such key"), "{refusal}");
    let table = place.run(&["keys", "list"]).printed();
    assert!(table.starts_with("KID ") && table.contains(&format!("{kid}  ES256      REVOKED")), "{table}");
    assert!(!table.contains("SEALED"));
}

#[test]
fn another_process_s_rotation_and_revocation_reach_the_server_that_runs() {
    let place = Place::new();
    let mut server = Server::start(&place, &[]);
    let address = server.address();
    let jwks = |count: usize, without: &str| {
        // Within a second, by the worker's timer; more on a busy machine.
        for _ in 0..200 {
            let keys = get(&address, "/.well-known/jwks.json");
            if keys.matches("\"kid\"").count() == count && (without.is_empty() || !keys.contains(without)) {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        panic!("the server does not follow: {}", get(&address, "/.well-known/jwks.json"));
    };
    jwks(1, "");
    place.run(&["keys", "rotate"]).printed();
    jwks(2, "");
    let signs = listed(&place).into_iter().find(|key| key["state"] == "SIGNING").expect("one signs");
    let kid = signs["kid"].as_str().expect("a kid");
    place.run(&["keys", "revoke", kid]).printed();
    jwks(1, kid);
}

#[test]
fn the_master_key_in_a_file_is_replaced_and_the_server_that_runs_goes_on() {
    let place = Place::new();
    let mut server = Server::start(&place, &[]);
    let address = server.address();
    let file = place.path().join("data/rolegate.key");
    let old = fs::read_to_string(&file).expect("a key");
    assert_eq!(place.run(&["keys", "reseal"]).printed(), "Sealed under the new master key: 1.\n");
    assert_ne!(fs::read_to_string(&file).expect("a key"), old);
    assert!(!place.path().join("data/rolegate.key.new").exists());
    place.run(&["doctor"]).printed();
    place.run(&["keys", "rotate"]).printed();
    for attempt in 0.. {
        if get(&address, "/.well-known/jwks.json").matches("\"kid\"").count() == 2 {
            break;
        }
        assert!(attempt < 200, "the server does not read the new file");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    fs::write(&file, old).expect("ours");
    let outcome = place.run(&["doctor"]);
    assert!(outcome.code == 1 && outcome.stdout.contains("the master key does not open signing key"));
}

#[test]
fn a_replacement_that_was_broken_off_is_told_and_finished() {
    let place = Place::new();
    place.run(&["keys", "rotate"]).printed();
    let (file, new) = (place.path().join("data/rolegate.key"), place.path().join("data/rolegate.key.new"));
    let (old, secret) = (fs::read_to_string(&file).expect("a key"), place.run(&["secret"]).printed());
    // Killed before the write: the new key lies beside the old one, and nothing is sealed under it.
    fs::write(&new, secret.trim()).expect("ours");
    fs::set_permissions(&new, std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("ours");
    let told = |outcome: Outcome| {
        assert_eq!(outcome.code, 1);
        assert!(outcome.stdout.contains("run `rolegate keys reseal`"), "{}", outcome.stdout);
    };
    told(place.run(&["doctor"]));
    assert_eq!(states(&place), ["SIGNING"], "whatever runs meanwhile opens what is there");
    // Killed after the write: everything is sealed under the new one.
    place.run(&["keys", "reseal"]).printed();
    assert_eq!(fs::read_to_string(&file).expect("a key"), secret.trim());
    fs::rename(&file, &new).expect("ours");
    fs::write(&file, old).expect("ours");
    fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("ours");
    told(place.run(&["doctor"]));
    get(&Server::start(&place, &[]).address(), "/health/ready");
    place.run(&["keys", "reseal"]).printed();
    place.run(&["doctor"]).printed();
    assert_eq!(fs::read_to_string(&file).expect("a key"), secret.trim());
}

#[test]
fn a_configured_master_key_is_replaced_by_a_configured_one() {
    let place = Place::new();
    let secret = || place.run(&["secret"]).printed().trim().to_owned();
    let (old, new) = (format!("master_key={}", secret()), secret());
    let (beside, alone) = (format!("new_master_key={new}"), format!("master_key={new}"));
    place.run(&["keys", "rotate", "--set", &old]).printed();
    insta::assert_snapshot!(place.run(&["keys", "reseal", "--set", &old]).refusal(), @"there is no new master key: set ROLEGATE_NEW_MASTER_KEY to what `rolegate secret` prints, beside ROLEGATE_MASTER_KEY");
    let resealed = place.run(&["keys", "reseal", "--set", &old, "--set", &beside]).printed();
    insta::assert_snapshot!(resealed, @"
    Sealed under the new master key: 1.
    Set ROLEGATE_MASTER_KEY to it everywhere, and remove ROLEGATE_NEW_MASTER_KEY.
    ");
    place.run(&["doctor", "--set", &alone]).printed();
    assert_eq!(place.run(&["doctor", "--set", &old]).code, 1);
    assert!(!place.path().join("data/rolegate.key").exists());
}

#[test]
fn a_key_that_nothing_opens_any_more_can_be_given_up() {
    let place = Place::new();
    place.run(&["keys", "rotate"]).printed();
    fs::write(place.path().join("data/rolegate.key"), place.run(&["secret"]).printed()).expect("ours");
    let sentence = place.run(&["serve", "--listen", "127.0.0.1:0"]);
    assert!(sentence.code == 1 && sentence.stderr.contains("give the key up"), "{}", sentence.stderr);
    let kid = listed(&place)[0]["kid"].as_str().expect("a kid").to_owned();
    place.run(&["keys", "revoke", &kid]).printed();
    get(&Server::start(&place, &[]).address(), "/health/ready");
}

#[test]
fn hs256_needs_a_secret_that_nobody_can_guess() {
    let place = Place::new();
    let refused = |secret: &str| {
        place.run(&[
            "serve",
            "--set",
            "tokens.algorithm=HS256",
            "--set",
            &format!("tokens.hs256_secret={secret}"),
        ])
    };
    let sentence = refused("secret").refusal();
    assert!(sentence.starts_with("`tokens.hs256_secret` (--set) must be at least 32 bytes"), "{sentence}");
    let sentence = refused("a-string-secret-at-least-256-bits-long").refusal();
    assert!(sentence.contains("can be guessed") && !sentence.contains("a-string"), "{sentence}");
    let sentence = place.run(&["serve", "--set", "tokens.algorithm=HS256"]).refusal();
    assert!(sentence.contains("needs `tokens.hs256_secret`"), "{sentence}");
}
