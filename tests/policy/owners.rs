//! `@owner`, by argument and by object.

use serde_json::json;

use crate::ask::{ANN, BOB, admin, ask, ask_with, client, manager};

#[tokio::test]
async fn an_argument_names_the_owner() {
    let own = ask(client(), &format!("{{ user(id: \"{ANN}\") {{ email }} }}")).await;
    assert_eq!(own.data()["user"]["email"], "ann@example.test");
    let shouted = ANN.to_string().to_uppercase();
    let own = ask(client(), &format!("{{ user(id: \"{shouted}\") {{ id }} }}")).await;
    assert!(own.errors().is_empty(), "an id is compared as one, not as text");

    for id in [BOB.to_string(), "7".to_owned(), String::new()] {
        let others = ask(client(), &format!("{{ user(id: \"{id}\") {{ id }} }}")).await;
        assert_eq!(others.codes(), ["FORBIDDEN"]);
        assert_eq!(others.errors()[0]["extensions"]["requires"], "@owner(arg: \"id\", orAtLeast: MANAGER)");
        assert!(others.ran.is_empty());
    }
    let others = ask(manager(), &format!("{{ user(id: \"{BOB}\") {{ email }} }}")).await;
    assert!(others.errors().is_empty());
}

#[tokio::test]
async fn a_variable_names_the_owner_by_its_value_or_its_default() {
    let query = format!("query($id: ID! = \"{BOB}\") {{ user(id: $id) {{ id }} }}");
    let own = ask_with(client(), &query, None, json!({ "id": ANN })).await;
    assert!(own.errors().is_empty());
    let others = ask_with(client(), &query, None, json!({ "id": BOB })).await;
    assert_eq!(others.codes(), ["FORBIDDEN"]);
    let default = ask_with(client(), &query, None, json!({})).await;
    assert_eq!(default.codes(), ["FORBIDDEN"]);

    let query = format!("query($id: ID! = \"{ANN}\") {{ user(id: $id) {{ id }} }}");
    let default = ask_with(client(), &query, None, json!({})).await;
    assert!(default.errors().is_empty());
}

#[tokio::test]
async fn the_object_names_its_owner() {
    let answer = ask(client(), "{ devices { ownerId address place } }").await;
    assert_eq!(answer.data()["devices"][0]["address"], "10.0.0.1");
    assert_eq!(answer.data()["devices"][0]["place"], "at home");
    assert!(answer.data()["devices"][1]["address"].is_null());
    assert!(answer.data()["devices"][1]["place"].is_null());
    assert_eq!(answer.codes(), ["FORBIDDEN", "FORBIDDEN"]);
    assert_eq!(
        answer.errors()[0]["extensions"],
        json!({ "code": "FORBIDDEN", "coordinate": "Device.address", "requires": "@owner" })
    );
}

#[tokio::test]
async fn a_rule_without_a_role_is_for_the_owner_alone() {
    let answer = ask(admin(), "{ devices { address } }").await;
    assert_eq!(answer.codes(), ["FORBIDDEN", "FORBIDDEN"]);
}

#[tokio::test]
async fn a_guard_on_the_type_serves_its_owner_fields_and_lets_the_others_pass() {
    let answer = ask(client(), "{ letters { subject text } }").await;
    assert_eq!(answer.data()["letters"][0], json!({ "subject": "hello", "text": "dear you" }));
    assert_eq!(answer.data()["letters"][1], json!({ "subject": "hello", "text": null }));
    assert_eq!(answer.codes(), ["FORBIDDEN"]);
}

#[tokio::test]
async fn a_guard_that_replaced_the_owners_guard_opens_nothing() {
    let answer = ask(client(), "{ letters { subject postscript } }").await;
    assert!(answer.data()["letters"][0]["postscript"].is_null());
    assert_eq!(answer.codes(), ["INTERNAL", "INTERNAL"]);
}

#[tokio::test]
async fn a_forgotten_guard_refuses_even_the_owner() {
    let answer = ask(client(), "{ me { id phone } }").await;
    assert!(answer.data()["me"]["phone"].is_null());
    assert!(answer.data()["me"]["id"].is_string());
    assert_eq!(answer.codes(), ["INTERNAL"]);
    assert!(!answer.body.to_string().contains("+41"));
    // Those who need not own it never needed the guard.
    assert_eq!(ask(manager(), "{ me { phone } }").await.data()["me"]["phone"], "+41");
}
