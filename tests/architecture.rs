//! The walls of the house, as tests: who may use whom, what may appear where, how long a file is, what things are called.
//!
//! Each rule is a function from one file to what is wrong with it, tried on the whole repository and on a snippet that
//! breaks it. The rules read tokens rather than the syntax tree, because a tree does not look inside macro calls and
//! attributes, and `#[graphql(directive = crate::..)]` is as much a use as a `use` is.

#[path = "architecture/order.rs"]
mod order;
#[path = "architecture/places.rs"]
mod places;
#[path = "architecture/secrets.rs"]
mod secrets;
#[path = "architecture/source.rs"]
mod source;
#[path = "architecture/text.rs"]
mod text;

use source::{File, repository};

/// Fails with everything that `rule` finds in the files whose path begins with one of `folders`.
fn holds(folders: &[&str], rule: impl Fn(&File) -> Vec<String>) {
    let files = repository();
    let files: Vec<_> =
        files.iter().filter(|file| folders.iter().any(|it| file.path.starts_with(it))).collect();
    assert!(!files.is_empty(), "no file under {folders:?}: the rule would hold of nothing");
    let findings: Vec<_> = files.into_iter().flat_map(rule).collect();
    assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
}

#[test]
fn a_module_uses_only_what_stands_above_it() {
    let lib = repository().into_iter().find(|file| file.path == "src/lib.rs").expect("src/lib.rs is there");
    let map = order::map(&lib);
    assert!(map.len() > 3, "the map was not read: {map:?}");
    holds(&["src/"], |file| order::violations(file, &map));
}

#[test]
fn what_has_a_place_stays_there() {
    holds(&["src/"], places::violations);
}

#[test]
fn types_and_files_are_named_by_the_trade() {
    holds(&["src/"], places::banned_names);
}

#[test]
fn no_file_hides_a_second_noun() {
    holds(&["src/", "migration/", "tests/", "examples/", "benches/"], text::too_long);
}

#[test]
fn every_source_file_says_what_it_is() {
    holds(&["src/"], text::without_module_doc);
}

#[test]
fn nothing_names_this_machine() {
    holds(&[""], |file| text::machine_paths(file, &text::own_folders()));
}

#[test]
fn no_secret_is_in_the_repository() {
    holds(&[""], secrets::found);
    let files = repository();
    for (path, before) in secrets::ALLOWED {
        let is_there = |file: &File| file.path == *path && file.text.contains(before);
        assert!(files.iter().any(is_there), "{path} holds no {before} any more: take it from the list");
    }
}
