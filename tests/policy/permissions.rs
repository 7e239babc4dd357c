//! The table for frontends and for people.

use std::sync::Arc;

use rolegate::access::viewer::Viewer;
use rolegate::error::Unauthenticated;
use rolegate::graphql::policy::{Cell, Format, Matrix, PolicyTable};
use serde_json::json;
use uuid::Uuid;

use crate::ask::{ANN, BOB, admin, ask, ask_with, client};
use crate::demo::schema;

const ASK: &str =
    "query($c: [String!]) { permissions(coordinates: $c) { coordinate verdict code requires } }";

#[tokio::test]
async fn a_frontend_learns_what_its_viewer_may_do() {
    let coordinates = json!({ "c": ["Query.users", "User.email", "Query.version"] });
    let answer = ask_with(client(), ASK, None, coordinates.clone()).await;
    assert_eq!(
        answer.data()["permissions"],
        json!([
            { "coordinate": "Query.users", "verdict": "DENIED", "code": "FORBIDDEN", "requires": "@hasRole(atLeast: MANAGER)" },
            { "coordinate": "User.email", "verdict": "IF_OWNER", "code": null, "requires": "@owner(orAtLeast: MANAGER)" },
            { "coordinate": "Query.version", "verdict": "ALLOWED", "code": null, "requires": null },
        ])
    );
    let answer = ask_with(Viewer::Anonymous, ASK, None, coordinates).await;
    assert_eq!(answer.data()["permissions"][0]["code"], "UNAUTHENTICATED");
}

#[tokio::test]
async fn a_stranger_is_told_the_reason_that_a_refusal_would_carry() {
    for reason in [
        Unauthenticated::TokenMissing,
        Unauthenticated::TokenExpired,
        Unauthenticated::TokenInvalid,
        Unauthenticated::SessionEnded,
    ] {
        let viewer = Viewer::Unrecognized { reason };
        let query = "{ version can(coordinate: \"Query.me\") { reason } me { id } }";
        let answer = ask(viewer, query).await;
        assert_eq!(answer.data()["can"]["reason"], reason.as_str());
        assert_eq!(answer.errors()[0]["extensions"]["reason"], reason.as_str());
    }
    let answer = ask(client(), "{ can(coordinate: \"Query.users\") { code reason } }").await;
    assert_eq!(answer.data()["can"], json!({ "code": "FORBIDDEN", "reason": null }));
}

#[tokio::test]
async fn an_argument_decides_who_owns_what_a_mutation_would_change() {
    let ask = async |id: Uuid| {
        let query =
            "query($a: JSON) { can(coordinate: \"Mutation.rename\", arguments: $a) { verdict requires } }";
        ask_with(client(), query, None, json!({ "a": { "id": id } })).await.data()["can"].clone()
    };
    let rule = "@owner(arg: \"id\", orAtLeast: ADMIN)";
    assert_eq!(ask(ANN).await, json!({ "verdict": "ALLOWED", "requires": null }));
    assert_eq!(ask(BOB).await, json!({ "verdict": "DENIED", "requires": rule }));
}

#[tokio::test]
async fn without_coordinates_it_is_all_that_the_viewer_can_see() {
    let listed = async |viewer| {
        let answer = ask(viewer, "{ permissions { coordinate } }").await;
        answer.data()["permissions"].as_array().unwrap().len()
    };
    let all = schema().data::<Arc<PolicyTable>>().unwrap().coordinates().count();
    let (anonymous, client, admin) =
        (listed(Viewer::Anonymous).await, listed(client()).await, listed(admin()).await);
    assert!(anonymous < client && client < admin && admin == all, "{anonymous} {client} {admin} {all}");
}

#[tokio::test]
async fn an_unknown_coordinate_and_too_many_are_refused_without_an_echo() {
    let answer = ask_with(client(), ASK, None, json!({ "c": ["Query.version", "Query.hunter2"] })).await;
    assert_eq!(answer.codes(), ["INVALID_INPUT"]);
    assert_eq!(answer.errors()[0]["extensions"]["field"], "coordinates");
    assert!(!answer.body.to_string().contains("hunter2"));
    let answer = ask_with(client(), ASK, None, json!({ "c": vec!["Query.version"; 501] })).await;
    assert_eq!(answer.codes(), ["INVALID_INPUT"]);
}

#[test]
fn the_matrix_has_every_coordinate_and_every_kind_of_viewer() {
    let schema = schema();
    let table = schema.data::<Arc<PolicyTable>>().unwrap();
    let row = |coordinate: &str| table.matrix().find(|row| row.coordinate == coordinate).unwrap();
    let cells = |coordinate: &str| {
        let row = row(coordinate);
        [row.anonymous, row.client, row.manager, row.admin]
    };
    assert_eq!(cells("Query.version"), [Cell::Yes; 4]);
    assert_eq!(cells("User.email"), [Cell::No, Cell::Own, Cell::Yes, Cell::Yes]);
    assert_eq!(cells("AuditEntry.line"), [Cell::No, Cell::No, Cell::No, Cell::Yes]);
    assert_eq!(cells("Pet.name"), [Cell::No, Cell::No, Cell::No, Cell::Yes]);
    let page = table.matrix().collect::<Matrix>().write(Format::Markdown);
    assert!(
        page.contains("| User.email | `@owner(orAtLeast: MANAGER) @authenticated` | no | own | yes | yes |")
    );
    assert!(page.contains("| Mutation.login | `@public @signsIn` | yes | yes | yes | yes |"), "{page}");
    assert_eq!(page.lines().count(), table.coordinates().count() + 2);
}
