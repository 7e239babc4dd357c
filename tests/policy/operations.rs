//! Mutations, judged whole; and which operation it is that is judged.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::ask::{ANN, BOB, admin, ask, ask_with, client};

#[tokio::test]
async fn a_partly_forbidden_mutation_runs_nothing() {
    let answer = ask(client(), "mutation { touch setRole { id } again: touch }").await;
    assert!(answer.data().is_null());
    assert_eq!(answer.codes(), ["FORBIDDEN"]);
    assert!(answer.errors()[0].get("path").is_none());
    assert!(answer.ran.is_empty());
}

#[tokio::test]
async fn a_mutation_is_refused_for_what_it_selects_deep_inside() {
    let query = format!("mutation {{ rename(id: \"{ANN}\") {{ id ...F }} }} fragment F on User {{ note }}");
    let answer = ask(client(), &query).await;
    assert_eq!(answer.codes(), ["FORBIDDEN"]);
    assert_eq!(answer.errors()[0]["extensions"]["coordinate"], "User.note");
    assert!(answer.ran.is_empty());
}

#[tokio::test]
async fn an_object_not_yet_loaded_is_judged_when_it_is_there() {
    let query = format!("mutation {{ rename(id: \"{ANN}\") {{ email }} }}");
    let answer = ask(client(), &query).await;
    assert_eq!(answer.data()["rename"]["email"], "ann@example.test");
    assert_eq!(answer.ran, ["rename", "email"]);
}

#[tokio::test]
async fn a_mutation_of_ones_own_by_variable_runs_and_of_anothers_does_not() {
    let query = "mutation($id: UUID!) { touch rename(id: $id) { id } }";
    let own = ask_with(client(), query, None, json!({ "id": ANN })).await;
    assert_eq!(own.ran, ["touch", "rename"]);
    let others = ask_with(client(), query, None, json!({ "id": BOB })).await;
    assert_eq!(others.codes(), ["FORBIDDEN"]);
    assert!(others.ran.is_empty());
}

#[tokio::test]
async fn the_operation_that_is_named_is_the_one_that_is_judged() {
    let query = "mutation Mild { touch } mutation Wild { touch setRole { id } }";
    let mild = ask_with(client(), query, Some("Mild"), json!({})).await;
    assert!(mild.errors().is_empty());
    assert_eq!(mild.ran, ["touch"]);
    let wild = ask_with(client(), query, Some("Wild"), json!({})).await;
    assert_eq!(wild.codes(), ["FORBIDDEN"]);
    assert!(wild.ran.is_empty());
    for name in [None, Some("Other")] {
        let answer = ask_with(client(), query, name, json!({})).await;
        assert!(answer.data().is_null() && answer.ran.is_empty());
    }
}

#[tokio::test]
async fn what_is_skipped_or_not_included_is_not_judged() {
    for query in [
        "mutation { touch setRole @skip(if: true) { id } }",
        "mutation { touch setRole @include(if: false) { id } }",
        "mutation { touch ... @include(if: false) { setRole { id } } }",
        "mutation { touch ...F @skip(if: true) } fragment F on Mutation { setRole { id } }",
    ] {
        let answer = ask(client(), query).await;
        assert!(answer.errors().is_empty(), "{query}");
        assert_eq!(answer.ran, ["touch"], "{query}");
    }
    for query in [
        "mutation { touch setRole @skip(if: false) { id } }",
        "mutation { touch setRole @include(if: true) { id } }",
        "mutation { touch setRole @include(if: true) @skip(if: false) { id } }",
    ] {
        let answer = ask(client(), query).await;
        assert_eq!(answer.codes(), ["FORBIDDEN"], "{query}");
        assert!(answer.ran.is_empty(), "{query}");
    }
}

#[tokio::test]
async fn a_variable_skips_by_its_value_or_its_default() {
    let query = "mutation($off: Boolean = true) { touch setRole @skip(if: $off) { id } }";
    let default = ask_with(client(), query, None, json!({})).await;
    assert_eq!(default.ran, ["touch"]);
    assert_eq!(default.data(), &json!({ "touch": true }));
    let off = ask_with(client(), query, None, json!({ "off": false })).await;
    assert_eq!(off.codes(), ["FORBIDDEN"]);
    assert!(off.ran.is_empty());

    let query = "mutation($on: Boolean = true) { touch setRole @include(if: $on) { id } }";
    let default = ask_with(client(), query, None, json!({})).await;
    assert_eq!(default.codes(), ["FORBIDDEN"]);
    assert!(default.ran.is_empty());
    let default = ask_with(admin(), query, None, json!({})).await;
    assert_eq!(default.ran, ["touch", "setRole"]);
}

#[tokio::test]
async fn fragments_that_double_cost_the_judgement_nothing() {
    // Few enough for async-graphql, which walks every road of them by itself.
    let mut query = String::from("mutation { ...F0 }");
    for level in 0..14 {
        write!(query, " fragment F{level} on Mutation {{ ...F{0} ...F{0} }}", level + 1).unwrap();
    }
    query.push_str(" fragment F14 on Mutation { setRole { id } }");
    let start = Instant::now();
    let answer = ask(client(), &query).await;
    assert_eq!(answer.codes(), ["FORBIDDEN"]);
    assert!(answer.ran.is_empty());
    assert!(start.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn a_request_is_told_a_bounded_number_of_refusals() {
    let aliases: String = (0..100).map(|n| format!("a{n}: setRole {{ id }} ")).collect();
    let answer = ask(client(), &format!("mutation {{ {aliases} }}")).await;
    assert_eq!(answer.errors().len(), 32);
    assert!(answer.ran.is_empty());
}
