//! What a refusal looks like.

use rolegate::access::viewer::Viewer;
use rolegate::error::{Error, Unauthenticated};
use serde_json::json;

use crate::ask::{admin, ask, client, manager};
use crate::demo::schema;

#[tokio::test]
async fn a_refused_nullable_field_is_null_and_keeps_its_siblings() {
    let answer = ask(client(), "{ version me { id note } }").await;
    assert_eq!(answer.data()["version"], "1");
    assert!(answer.data()["me"]["id"].is_string());
    assert!(answer.data()["me"]["note"].is_null());
    assert_eq!(
        answer.errors(),
        [json!({
            "message": "You are not allowed to do this.",
            "locations": [{ "line": 1, "column": 19 }],
            "path": ["me", "note"],
            "extensions": {
                "code": "FORBIDDEN",
                "coordinate": "User.note",
                "requires": "@hasRole(atLeast: MANAGER)",
            },
        })]
    );
}

#[tokio::test]
async fn a_stranger_is_told_why_they_are_one() {
    let answer = ask(Viewer::Anonymous, "{ version me { id } }").await;
    assert_eq!(
        answer.errors()[0]["extensions"],
        json!({ "code": "UNAUTHENTICATED", "coordinate": "Query.me", "reason": "TOKEN_MISSING" })
    );
    let expired = Viewer::Unrecognized { reason: Unauthenticated::TokenExpired };
    let answer = ask(expired, "{ version me { id } }").await;
    assert_eq!(answer.errors()[0]["extensions"]["reason"], "TOKEN_EXPIRED");
    assert_eq!(answer.data()["version"], "1", "a bad token never blocks a public field");
}

#[tokio::test]
async fn a_request_without_a_viewer_is_anonymous() {
    let response = schema().execute("{ version me { id } }").await;
    let error = &response.errors[0];
    assert!(matches!(error.source::<Error>(), Some(Error::Unauthenticated(Unauthenticated::TokenMissing))));
}

#[tokio::test]
async fn a_refused_resolver_never_runs() {
    let answer = ask(client(), "{ version users { id } }").await;
    assert_eq!(answer.codes(), ["FORBIDDEN"]);
    assert!(answer.ran.is_empty());
    let answer = ask(manager(), "{ version users { id } }").await;
    assert!(answer.codes().is_empty());
    assert_eq!(answer.ran, ["users"]);
}

#[tokio::test]
async fn a_query_of_which_every_root_field_is_refused_is_not_run_at_all() {
    let answer = ask(
        client(),
        "{ a: users { id } ... on Query { audit { line } } ...F } fragment F on Query { total }",
    )
    .await;
    assert!(answer.data().is_null());
    assert_eq!(answer.codes(), ["FORBIDDEN"; 3]);
    assert!(answer.errors().iter().all(|error| error.get("path").is_none()));
    assert!(answer.ran.is_empty());

    let answer = ask(client(), "{ __typename users { id } }").await;
    assert_eq!(answer.data(), &json!({ "__typename": "Query", "users": null }));
    assert_eq!(answer.errors()[0]["path"], json!(["users"]));
}

#[tokio::test]
async fn a_document_that_is_not_valid_tells_nothing_of_what_is_refused() {
    let nested = "{ version me { id note(nope: 1) } }";
    for (query, coordinate) in [
        ("mutation { setRole { id nonsense } }", "Mutation.setRole"),
        ("mutation { touch setRole(nope: 1) { id } }", "Mutation.setRole"),
        ("{ users { nonsense } }", "Query.users"),
        ("{ version users(nope: 1) { id } }", "Query.users"),
        ("{ version nonsense ...F } fragment F on Query { users }", "Query.users"),
        (nested, "User.note"),
    ] {
        let answer = ask(client(), query).await;
        assert_eq!(answer.codes(), ["FORBIDDEN"], "{query}");
        assert_eq!(answer.errors()[0]["extensions"]["coordinate"], coordinate, "{query}");
        assert!(answer.data().is_null() && answer.ran.is_empty(), "{query}");
    }
    let told = ask(manager(), nested).await;
    assert_eq!(told.codes(), ["none"], "who may select it is told what is wrong with it");
    assert_eq!(ask(client(), "{ version me { nonsense } }").await.codes(), ["none"]);
}

#[tokio::test]
async fn an_error_of_a_nullable_field_costs_that_field_only_and_has_its_code() {
    let answer = ask(client(), "{ broken { id } me { id } }").await;
    assert_eq!(answer.codes(), ["NOT_FOUND"]);
    assert_eq!(answer.errors()[0]["path"], json!(["broken"]));
    assert!(answer.data()["me"]["id"].is_string());
}

#[tokio::test]
async fn an_error_within_a_list_has_its_whole_path_and_is_told_once() {
    let answer = ask(Viewer::Anonymous, "{ numbers { half } version }").await;
    assert_eq!(answer.data(), &json!({ "numbers": null, "version": "1" }));
    assert_eq!(answer.errors().len(), 1);
    assert_eq!(answer.errors()[0]["path"], json!(["numbers", 0, "half"]));
    assert_eq!(answer.codes(), ["NOT_FOUND"]);
}

#[tokio::test]
async fn whoever_may_do_all_is_refused_nothing() {
    let query = "{ version me { id email note } users { id email } audit { line } total pet { name } trace { __typename } }";
    let answer = ask(admin(), query).await;
    assert!(answer.errors().is_empty(), "{:?}", answer.errors());
}
