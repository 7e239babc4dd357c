//! A mutation of which any part is forbidden leaves no trace: every table holds afterwards what it held before.

use axum::http::StatusCode;
use serde_json::json;

use crate::harness::{PASSWORD, Persona, Service};

/// Sends it, and holds that it is refused whole and that nothing happened.
async fn assert_no_effect(service: &Service, by: &Persona<'_>, document: &str, code: &str) {
    let before = service.tables().await;
    let answer = by.run(document).await;
    answer.assert_refused(code);
    let status = if code == "FORBIDDEN" { StatusCode::FORBIDDEN } else { StatusCode::UNAUTHORIZED };
    assert_eq!(answer.status, status, "{document}");
    assert!(answer.json.get("data").is_none(), "{document}");
    assert_eq!(service.tables().await, before, "{document}");
}

#[tokio::test]
async fn a_mutation_that_is_partly_forbidden_leaves_every_table_as_it_was() {
    let service = Service::start().await;
    let ada = service.client("ada").await;
    let phone = service.anonymous().log_in("ada@example.test").await;
    let promote = format!("setUserRole(input: {{ userId: \"{}\", role: ADMIN }}) {{ id }}", ada.id());
    let end = format!("endSession(id: \"{}\") {{ id }}", phone.tokens.session);
    for document in [
        format!("mutation {{ {promote} }}"),
        format!("mutation {{ {end} {promote} }}"),
        format!("mutation {{ {promote} {end} }}"),
        format!("mutation {{ endOtherSessions {{ id }} ...F }} fragment F on Mutation {{ a: {promote} }}"),
        format!("mutation {{ logout {{ id }} ... on Mutation @include(if: true) {{ {promote} }} }}"),
        format!(
            "mutation($off: Boolean = false) {{ {end} {} }}",
            promote.replace(") {", ") @skip(if: $off) {")
        ),
    ] {
        assert_no_effect(&service, &ada, &document, "FORBIDDEN").await;
    }
    assert!(phone.is_signed_in().await && ada.is_signed_in().await);
}

#[tokio::test]
async fn a_sign_in_beside_something_forbidden_signs_nobody_in() {
    let service = Service::start().await;
    let ada = service.client("ada").await;
    let log_in = format!(
        "login(input: {{ identifier: \"ada@example.test\", password: \"{PASSWORD}\" }}) {{ __typename }}"
    );
    let sign_up = format!(
        "signup(input: {{ email: \"new@example.test\", password: \"{PASSWORD}\" }}) {{ __typename }}"
    );
    let refresh = format!("refresh(input: {{ refreshToken: \"{}\" }}) {{ accessToken }}", ada.tokens.refresh);
    for signs_in in [log_in, sign_up, refresh] {
        let stranger = service.anonymous();
        let beside = format!("mutation {{ {signs_in} logout {{ id }} }}");
        assert_no_effect(&service, &stranger, &beside, "UNAUTHENTICATED").await;
        let beside = format!(
            "mutation {{ {signs_in} setUserRole(input: {{ userId: \"{}\", role: ADMIN }}) {{ id }} }}",
            ada.id()
        );
        assert_no_effect(&service, &ada, &beside, "FORBIDDEN").await;
    }
}

#[tokio::test]
async fn the_same_mutation_without_its_forbidden_part_does_have_an_effect() {
    let service = Service::start().await;
    let ada = service.client("ada").await;
    let phone = service.anonymous().log_in("ada@example.test").await;
    let before = service.tables().await;
    let end = "mutation($id: ID!) { endSession(id: $id) { id } }";
    ada.run_with(end, json!({ "id": phone.tokens.session })).await.data();
    let after = service.tables().await;
    let changed: Vec<&str> =
        before.keys().map(String::as_str).filter(|name| before[*name] != after[*name]).collect();
    assert!(
        changed.contains(&"sessions") && changed.contains(&"audit_events"),
        "the tables tell: {changed:?}"
    );
}
