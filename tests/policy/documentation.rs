//! The tests that `docs/policy.md` calls upon are there.

use std::fs;

#[test]
fn every_test_that_the_guide_names_exists() {
    let guide = fs::read_to_string("docs/policy.md").unwrap();
    let names: Vec<_> = guide.split('`').filter_map(|word| word.split_once("::")).collect();
    let mut found = 0;
    for (module, test) in names {
        let is_test = |name: &str| name.chars().all(|c| c.is_ascii_lowercase() || c == '_');
        let Some(source) = fs::read_to_string(format!("tests/policy/{module}.rs")).ok() else { continue };
        assert!(is_test(test) && source.contains(&format!("fn {test}(")), "{module}::{test} is no test");
        found += 1;
    }
    assert!(found > 20, "only {found} names were read");
}
