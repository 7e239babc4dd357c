//! What is refused before anything is served or changed.

use std::fs;

use crate::Place;

#[test]
fn a_server_that_may_not_migrate_refuses_a_database_that_is_not_up_to_date() {
    let place = Place::new();
    let start = ["serve", "--listen", "127.0.0.1:0", "--set", "database.migrate=false"];
    let outcome = place.run(&start);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (1, ""), "{}", outcome.stderr);
    let sentence = outcome.stderr.lines().last().expect("a sentence");
    assert!(sentence.starts_with("The database is not up to date ("), "{sentence}");
    assert!(sentence.contains(" to go: m0001_users, "), "{sentence}");
    assert!(sentence.ends_with("): run `rolegate migrate`."), "{sentence}");
    assert_eq!(sentence, place.run(&["migrate", "--check"]).refusal(), "one sentence for both");
}

#[test]
fn without_its_master_key_a_start_leaves_the_database_as_it_was() {
    let place = Place::new();
    fs::create_dir(place.path().join("data")).expect("ours");
    fs::write(place.path().join("data/rolegate.key"), "not a key").expect("ours");
    let sentence = place.run(&["user", "list"]).refusal();
    assert!(sentence.ends_with("does not hold a master key"), "{sentence}");
    assert!(place.run(&["migrate", "--check"]).refusal().starts_with("The database is not up to date"));
}
