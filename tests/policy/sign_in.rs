//! `@signsIn`: beneath it, the viewer is somebody else.

use rolegate::access::viewer::Viewer;
use serde_json::json;

use crate::ask::{ANN, BOB, ask, client};

fn login(id: uuid::Uuid, selection: &str) -> String {
    format!("login(id: \"{id}\") {{ {selection} }}")
}

#[tokio::test]
async fn what_is_beneath_a_sign_in_is_judged_as_the_new_user() {
    let query = format!("mutation {{ {} }}", login(ANN, "__typename accessToken user { email note }"));
    let answer = ask(Viewer::Anonymous, &query).await;
    assert_eq!(answer.data()["login"]["accessToken"], "token");
    assert_eq!(answer.data()["login"]["user"], json!({ "email": "ann@example.test", "note": null }));
    assert_eq!(answer.codes(), ["FORBIDDEN"]);
    assert_eq!(answer.errors()[0]["path"], json!(["login", "user", "note"]));
}

#[tokio::test]
async fn the_new_user_counts_even_for_somebody_who_was_signed_in() {
    let query = format!("mutation {{ {} }}", login(BOB, "user { email }"));
    let answer = ask(client(), &query).await;
    assert_eq!(answer.data()["login"]["user"]["email"], "bob@example.test");
}

#[tokio::test]
async fn signing_in_opens_nothing_beside_it() {
    let query =
        format!("mutation {{ login(id: \"{ANN}\", role: ADMIN) {{ user {{ note }} }} setRole {{ id }} }}");
    let answer = ask(Viewer::Anonymous, &query).await;
    assert_eq!(answer.codes(), ["UNAUTHENTICATED"]);
    assert!(answer.ran.is_empty());
}

#[tokio::test]
async fn a_field_beside_a_sign_in_is_still_judged_as_the_one_who_asks() {
    let query = format!("mutation {{ {} rename(id: \"{ANN}\") {{ email }} }}", login(BOB, "user { email }"));
    let answer = ask(client(), &query).await;
    assert!(answer.errors().is_empty(), "{:?}", answer.errors());
    assert_eq!(answer.data()["rename"]["email"], "ann@example.test");
}

#[tokio::test]
async fn two_sign_ins_in_one_operation_are_refused_before_anything_runs() {
    let one = login(ANN, "accessToken");
    for query in [
        format!("mutation {{ a: {one} b: {one} }}"),
        format!("mutation {{ {one} {one} }}"),
        format!("mutation {{ ...F ...F }} fragment F on Mutation {{ {one} }}"),
        format!("mutation {{ {one} ... {{ forgetfulLogin {{ accessToken }} }} }}"),
    ] {
        let answer = ask(Viewer::Anonymous, &query).await;
        assert_eq!(answer.codes(), ["BAD_REQUEST"], "{query}");
        assert!(answer.data().is_null() && answer.ran.is_empty(), "{query}");
    }
    let query = format!("mutation {{ a: {one} b: {} @skip(if: true) {{ accessToken }} }}", "forgetfulLogin");
    assert!(ask(Viewer::Anonymous, &query).await.errors().is_empty());
}

#[tokio::test]
async fn no_other_field_is_answered_under_the_name_of_the_sign_in() {
    let login = login(BOB, "accessToken");
    for query in [
        format!("mutation {{ a: {login} ... on Mutation {{ a: touch }} }}"),
        format!("mutation {{ ... on Mutation {{ a: touch }} a: {login} }}"),
        format!("mutation {{ a: {login} ...F }} fragment F on Mutation {{ a: touch }}"),
        format!("mutation {{ {login} ... on Mutation {{ login: rename(id: \"{ANN}\") {{ id }} }} }}"),
    ] {
        let answer = ask(client(), &query).await;
        assert_eq!(answer.codes(), ["BAD_REQUEST"], "{query}");
        assert!(answer.data().is_null() && answer.ran.is_empty(), "{query}");
    }
    let aside = format!("mutation {{ a: {login} ... on Mutation {{ a: touch @skip(if: true) b: touch }} }}");
    let answer = ask(client(), &aside).await;
    assert!(answer.errors().is_empty(), "{:?}", answer.errors());
    assert_eq!(answer.ran, ["login", "touch"]);
}

#[tokio::test]
async fn a_sign_in_that_signs_nobody_in_leaves_a_stranger_a_stranger() {
    let answer = ask(Viewer::Anonymous, "mutation { forgetfulLogin { accessToken } }").await;
    assert!(answer.data()["forgetfulLogin"].is_null());
    assert_eq!(answer.codes(), ["UNAUTHENTICATED"]);
}

#[tokio::test]
async fn only_a_field_that_says_so_can_sign_in() {
    let answer = ask(Viewer::Anonymous, "mutation { unruledLogin }").await;
    assert_eq!(answer.codes(), ["INTERNAL"]);
}
