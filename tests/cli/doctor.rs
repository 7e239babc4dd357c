//! `rolegate doctor`

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::Place;

#[test]
fn the_doctor_finds_a_fresh_and_a_used_directory_sound_and_changes_neither() {
    let place = Place::new();
    place.run(&["doctor"]).printed();
    assert_eq!(fs::read_dir(place.path()).expect("a directory").count(), 0);
    place.create(&["--email", "ada@example.test"]).printed();
    let findings = place.run(&["doctor", "--json"]).json();
    assert_eq!(findings["ok"], true);
    for part in ["configuration", "proxy", "clock", "database", "keys", "files"] {
        let found =
            findings["findings"].as_array().expect("a list").iter().any(|finding| finding["part"] == part);
        assert!(found, "{part}");
    }
}

#[test]
fn the_doctor_says_what_is_wrong_and_ends_with_1() {
    let wrong = |place: &Place, arguments: &[&str]| {
        let outcome = place.run(arguments);
        assert_eq!((outcome.code, outcome.stderr.as_str()), (1, ""), "{}", outcome.stdout);
        outcome.stdout.lines().filter(|line| line.starts_with("WRONG")).collect::<Vec<_>>().join("\n")
    };
    let place = Place::new();
    insta::assert_snapshot!(wrong(&place, &["doctor", "--set", "listn=1"]), @"WRONG  configuration  `listn` (--set) is no setting: did you mean `listen`?");
    let proxied = ["doctor", "--behind-proxy", "--public-url", "https://auth.example.com"];
    insta::assert_snapshot!(wrong(&place, &proxied), @"WRONG  proxy          `trusted_proxies` is empty, so all clients seem to have the proxy's address: name the proxy's address or network, if it sets X-Forwarded-For.");
    let trusted = [&proxied[..], &["--set", "trusted_proxies=10.0.0.0/8"]].concat();
    place.run(&trusted).printed();
    let server = ["doctor", "--database-url", "postgres://rolegate:hunter2@127.0.0.1:1/rolegate"];
    let found = wrong(&place, &server);
    assert!(found.contains("database") && found.contains("keys") && !found.contains("hunter2"), "{found}");

    place.create(&["--email", "ada@example.test"]).printed();
    let (data, key) = (place.path().join("data/rolegate.db"), place.path().join("data/rolegate.key"));
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).expect("ours");
    insta::assert_snapshot!(wrong(&place, &["doctor"]), @"WRONG  files          data/rolegate.key can be read or changed by other users of this machine: run `chmod 600 data/rolegate.key`.");
    fs::write(&key, "not a key").expect("ours");
    assert!(wrong(&place, &["doctor"]).contains("does not hold a master key"));
    fs::write(&data, "not a database").expect("ours");
    assert!(wrong(&place, &["doctor"]).contains("database"));
}
