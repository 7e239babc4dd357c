//! The roads around async-graphql's own guards: none of them leads around the policy.

use std::sync::Arc;

use rolegate::access::viewer::Viewer;
use rolegate::graphql::policy::{Named, PolicyTable, Verdict};
use serde_json::json;

use crate::ask::{admin, ask, client, manager};
use crate::demo::schema;

#[tokio::test]
async fn a_field_read_through_an_interface_is_ruled_by_the_type_behind_it() {
    for query in [
        "{ pet { name legs } }",
        "{ pet { ... on Cat { name } legs } }",
        "{ pet { ... on Pet { name } legs } }",
    ] {
        let answer = ask(client(), query).await;
        assert_eq!(answer.data(), &json!({ "pet": { "name": null, "legs": 4 } }), "{query}");
        assert_eq!(answer.codes(), ["FORBIDDEN"], "{query}");
    }
    let answer = ask(admin(), "{ pet { name } }").await;
    assert_eq!(answer.data()["pet"]["name"], "secret name");
}

#[tokio::test]
async fn a_member_of_a_union_is_ruled_like_anywhere_else() {
    let answer = ask(client(), "{ hits { ... on User { id note } ... on Cat { name legs } } }").await;
    assert_eq!(answer.codes(), ["FORBIDDEN", "FORBIDDEN"]);
    assert!(answer.data()["hits"][0]["note"].is_null() && answer.data()["hits"][0]["id"].is_string());
    assert_eq!(answer.data()["hits"][1], json!({ "name": null, "legs": 4 }));
}

#[tokio::test]
async fn a_union_is_as_closed_as_its_most_closed_member() {
    let answer = ask(manager(), "{ version trace { __typename } }").await;
    assert_eq!(answer.data()["trace"], json!(null));
    assert_eq!(answer.errors()[0]["extensions"]["requires"], "@hasRole(atLeast: ADMIN)");
}

#[tokio::test]
async fn a_flattened_field_is_ruled_where_it_ends_up() {
    let answer = ask(client(), "{ version total }").await;
    assert_eq!(answer.data(), &json!({ "version": "1", "total": null }));
    assert_eq!(answer.errors()[0]["extensions"]["coordinate"], "Query.total");
    assert_eq!(ask(admin(), "{ total }").await.data()["total"], 7);
}

#[tokio::test]
async fn a_fields_own_rule_adds_to_its_types_and_never_replaces_it() {
    let viewer = client();
    let schema = schema();
    let table = schema.data::<Arc<PolicyTable>>().unwrap();
    let verdict = table.verdict_with("AuditEntry.line", &viewer, |_| Named::NotYetKnown).unwrap();
    assert!(matches!(verdict, Verdict::Denied(_)));
}

#[tokio::test]
async fn a_type_name_is_judged_by_the_field_that_returns_it() {
    let answer = ask(client(), "{ version audit { __typename } }").await;
    assert!(answer.data()["audit"].is_null());
    assert_eq!(answer.codes(), ["FORBIDDEN"]);
    assert!(answer.ran.is_empty());
}

#[tokio::test]
async fn an_alias_changes_nothing_but_the_path() {
    let answer = ask(client(), "{ version version2: version x: me { y: note } }").await;
    assert_eq!(answer.errors()[0]["path"], json!(["x", "y"]));
    assert_eq!(answer.errors()[0]["extensions"]["coordinate"], "User.note");
}

#[tokio::test]
async fn fragments_are_judged_like_what_they_stand_for() {
    let query = "{ version ...A } fragment A on Query { ...B } fragment B on Query { users { id } ... { audit { line } } }";
    let answer = ask(client(), query).await;
    assert_eq!(answer.codes(), ["FORBIDDEN", "FORBIDDEN"]);
    assert!(answer.ran.is_empty());
}

#[tokio::test]
async fn each_item_of_a_list_is_judged_by_itself() {
    let answer = ask(client(), "{ directory { id email } }").await;
    assert_eq!(answer.data()["directory"][0]["email"], "ann@example.test");
    assert!(
        answer.data()["directory"][1]["email"].is_null() && answer.data()["directory"][1]["id"].is_string()
    );
    assert_eq!(answer.codes(), ["FORBIDDEN"]);
    assert_eq!(answer.errors()[0]["path"], json!(["directory", 1, "email"]));
    assert_eq!(answer.ran, ["email"]);
}

#[tokio::test]
async fn introspection_shows_each_viewer_what_they_may_call() {
    let fields = async |viewer: Viewer, name: &str| -> Vec<String> {
        let answer = ask(viewer, &format!("{{ __type(name: \"{name}\") {{ fields {{ name }} }} }}")).await;
        let fields = answer.data()["__type"]["fields"].as_array().cloned().unwrap_or_default();
        fields.iter().map(|field| field["name"].as_str().unwrap().to_owned()).collect()
    };
    let sees =
        async |viewer, name: &str, field: &str| fields(viewer, name).await.iter().any(|name| name == field);
    assert!(sees(Viewer::Anonymous, "Query", "version").await);
    assert!(!sees(Viewer::Anonymous, "Query", "me").await);
    assert!(sees(client(), "Query", "me").await);
    assert!(!sees(client(), "Query", "users").await);
    assert!(sees(manager(), "Query", "users").await);
    assert!(fields(manager(), "AuditEntry").await.is_empty());
    assert!(sees(admin(), "AuditEntry", "line").await);
    // What `login` returns must be there for those who are not signed in yet.
    assert!(sees(Viewer::Anonymous, "SignedIn", "accessToken").await);
    assert!(sees(Viewer::Anonymous, "User", "email").await);
    assert!(!sees(Viewer::Anonymous, "User", "note").await);
}

#[tokio::test]
async fn the_schema_says_its_rules() {
    let sdl = schema().sdl();
    for line in [
        "user(id: ID!): User @owner(arg: \"id\", orAtLeast: MANAGER)",
        "type AuditEntry @hasRole(atLeast: ADMIN)",
        "@public @signsIn",
        "directive @owner(",
        "directive @hasRole(",
    ] {
        assert!(sdl.contains(line), "{line} is missing from\n{sdl}");
    }
    assert!(sdl.contains("The viewer must be signed in: have a live session, or an API key."));
}
