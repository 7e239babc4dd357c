//! What the caller may do, as the policy table says it and as the server then does it.

use axum::http::StatusCode;
use serde_json::json;

use crate::harness::{PASSWORD, Persona, Service};

const ASK: &str =
    "query($c: [String!]) { permissions(coordinates: $c) { coordinate verdict code requires } }";

async fn verdicts(persona: &Persona<'_>, coordinates: &[&str]) -> Vec<String> {
    let answer = persona.run_with(ASK, json!({ "c": coordinates })).await;
    let found = answer.data()["permissions"].as_array().unwrap().clone();
    found.iter().map(|permission| permission["verdict"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn permissions_say_what_the_caller_may_do() {
    let service = Service::start().await;
    let coordinates =
        ["Query.server", "Query.me", "Query.user", "Query.users", "Mutation.setUserRole", "User.email"];
    let (ada, max, eve) =
        (service.client("ada").await, service.manager("max").await, service.admin("eve").await);
    let (yes, no, own) = ("ALLOWED", "DENIED", "IF_OWNER");
    for (persona, expected) in [
        (&service.anonymous(), [yes, no, no, no, no, no]),
        (&ada, [yes, yes, own, no, no, own]),
        (&max, [yes, yes, yes, yes, no, yes]),
        (&eve, [yes, yes, yes, yes, yes, yes]),
    ] {
        assert_eq!(verdicts(persona, &coordinates).await, expected);
    }
}

#[tokio::test]
async fn a_denial_names_its_code_and_what_it_requires() {
    let service = Service::start().await;
    let ask = json!({ "c": ["Query.users"] });
    let answer = service.anonymous().run_with(ASK, ask.clone()).await;
    assert_eq!(answer.data()["permissions"][0]["code"], "UNAUTHENTICATED");
    let answer = service.client("ada").await.run_with(ASK, ask).await;
    let expected = json!({ "coordinate": "Query.users", "verdict": "DENIED", "code": "FORBIDDEN",
        "requires": "@hasRole(atLeast: MANAGER)" });
    assert_eq!(answer.data()["permissions"][0], expected);
}

#[tokio::test]
async fn an_unknown_coordinate_is_refused() {
    let service = Service::start().await;
    for unknown in ["Query.nothing", "Nothing", "", "Query.", "User.passwordHash"] {
        service.anonymous().run_with(ASK, json!({ "c": [unknown] })).await.assert_refused("INVALID_INPUT");
    }
}

#[tokio::test]
async fn a_refusal_costs_one_field_and_leaves_its_neighbours() {
    let service = Service::start().await;
    let ada = service.client("ada").await;
    let answer = ada.run("{ server { name version } me { email } users { totalCount } }").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.codes(), ["FORBIDDEN", "FORBIDDEN"]);
    let expected = json!({ "server": { "name": "Rolegate", "version": null },
        "me": { "email": "ada@example.test" }, "users": null });
    assert_eq!(answer.at("/data"), &expected);
}

#[tokio::test]
async fn rules_hold_behind_aliases_fragments_and_other_operations() {
    let service = Service::start().await;
    let ada = service.client("ada").await;
    for document in [
        "{ a: users { totalCount } }",
        "{ ... { users { totalCount } } }",
        "query { ...F } fragment F on Query { users { totalCount } }",
        "{ ... on Query @include(if: true) { users @skip(if: false) { totalCount } } }",
        "query($yes: Boolean = true) { users @include(if: $yes) { totalCount } }",
    ] {
        ada.run(document).await.assert_refused("FORBIDDEN");
    }
    let two =
        json!({ "query": "query A { me { id } } query B { users { totalCount } }", "operationName": "B" });
    ada.post(two).await.assert_refused("FORBIDDEN");
    let two =
        json!({ "query": "query A { me { id } } query B { users { totalCount } }", "operationName": "A" });
    ada.post(two).await.data();
    ada.run("{ users @include(if: false) { totalCount } me { id } }").await.data();
}

#[tokio::test]
async fn what_is_selected_beneath_a_sign_in_is_judged_as_the_new_user() {
    let service = Service::start().await;
    let admin = service.admin("eve").await;
    let document = "mutation($i: LoginInput!) { login(input: $i) { ... on SignedIn {
        user { email lastLoginAt sessions { totalCount } } session { current } } } }";
    let input = json!({ "i": { "identifier": "eve@example.test", "password": PASSWORD } });
    let answer = service.anonymous().run_with(document, input.clone()).await;
    assert_eq!(answer.data()["login"]["user"]["email"], "eve@example.test");
    assert_eq!(answer.data()["login"]["session"]["current"], true);
    service.client("ada").await;
    let as_ada = json!({ "i": { "identifier": "ada@example.test", "password": PASSWORD } });
    let answer = admin.run_with(document, as_ada).await;
    assert_eq!(answer.data()["login"]["user"]["email"], "ada@example.test", "whoever held the token before");
}

#[tokio::test]
async fn one_operation_signs_in_once() {
    let service = Service::start().await;
    service.client("ada").await;
    let guess = |number: usize, password: &str| {
        format!(
            "g{number}: login(input: {{ identifier: \"ada@example.test\", password: \"{password}\" }}) {{ __typename }}"
        )
    };
    for count in [2, 20] {
        let mut guesses: Vec<String> = (0..count - 1).map(|number| guess(number, "wrong guess")).collect();
        guesses.push(guess(count, PASSWORD));
        let answer = service.anonymous().run(&format!("mutation {{ {} }}", guesses.join(" "))).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.text);
        assert!(answer.json.get("data").is_none());
    }
    let spread = format!(
        "mutation {{ ...A ...B }} fragment A on Mutation {{ {} }} fragment B on Mutation {{ {} }}",
        guess(1, "wrong guess"),
        guess(2, PASSWORD)
    );
    assert_eq!(service.anonymous().run(&spread).await.status, StatusCode::BAD_REQUEST);
    let batch = json!([{ "query": format!("mutation {{ {} }}", guess(1, PASSWORD)) }]);
    assert_eq!(service.anonymous().post(batch).await.status, StatusCode::BAD_REQUEST);
}
