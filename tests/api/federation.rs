//! As a subgraph: what a router may ask for, and that entities are no way around the rules.

use axum::http::StatusCode;
use rolegate::graphql;
use serde_json::{Value, json};

use crate::harness::{Answer, Persona, Service};

const ENTITIES: &str = "query($representations: [_Any!]!) {
    _entities(representations: $representations) { __typename ... on User { id email } } }";

/// No user has it.
const NOBODY: &str = "00000000-0000-7000-8000-000000000000";

async fn subgraph() -> Service {
    let service = Service::start().await;
    let schema = graphql::federated_schema(service.app.clone()).expect("every coordinate has its rule");
    service.serving(schema)
}

fn user(id: &str) -> Value {
    json!({ "__typename": "User", "id": id })
}

async fn entities(asking: &Persona<'_>, representations: &[Value]) -> Answer {
    asking.run_with(ENTITIES, json!({ "representations": representations })).await
}

#[tokio::test]
async fn nothing_of_it_is_there_unless_asked_for() {
    let service = Service::start().await;
    let admin = service.admin("eve").await;
    for query in ["{ _service { sdl } }", "{ _entities(representations: []) { __typename } }"] {
        admin.run(query).await.assert_refused("BAD_REQUEST");
    }
    assert!(!graphql::sdl().unwrap().contains("_Entity"));
}

#[tokio::test]
async fn users_answer_for_themselves_and_in_the_order_asked() {
    let service = subgraph().await;
    let (ann, mia) = (service.client("ann").await, service.manager("mia").await);
    let entity = |id: &str, name: &str| json!({ "__typename": "User", "id": id, "email": format!("{name}@example.test") });
    let own = entities(&ann, &[user(ann.id())]).await;
    assert_eq!(own.data()["_entities"], json!([entity(ann.id(), "ann")]));

    let asked = [user(mia.id()), user(NOBODY), user(ann.id()), user("no id"), user(mia.id())];
    let (mine, hers) = (entity(mia.id(), "mia"), entity(ann.id(), "ann"));
    let answer = entities(&mia, &asked).await;
    assert_eq!(answer.data()["_entities"], json!([mine, null, hers, null, mine]));
}

#[tokio::test]
async fn somebody_elses_id_is_refused_whether_it_is_there_or_not() {
    let service = subgraph().await;
    let (ann, bob) = (service.client("ann").await, service.client("bob").await);
    let mut refusals = Vec::new();
    for other in [bob.id(), NOBODY, "no id"] {
        let answer = entities(&ann, &[user(ann.id()), user(other)]).await;
        assert_eq!(answer.at("/data/_entities/0/id"), ann.id(), "one refusal must not take the others");
        assert_eq!(answer.at("/data/_entities/1"), &Value::Null);
        assert_eq!(answer.codes(), ["FORBIDDEN"]);
        assert_eq!(answer.at("/errors/0/path"), &json!(["_entities", 1]));
        assert_eq!(answer.at("/errors/0/extensions/coordinate"), "Query.user");
        refusals.push(answer.at("/errors").clone());
    }
    refusals.dedup();
    assert_eq!(refusals.len(), 1, "{refusals:?}");
}

#[tokio::test]
async fn strangers_get_no_entities_at_all() {
    let service = subgraph().await;
    let ann = service.client("ann").await;
    let answer = entities(&service.anonymous(), &[user(ann.id())]).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    answer.assert_refused("UNAUTHENTICATED");
    let suspended = ann.clone();
    suspended.run("mutation { logout { id } }").await.data();
    entities(&suspended, &[user(ann.id())]).await.assert_refused("UNAUTHENTICATED");
}

#[tokio::test]
async fn the_fields_of_an_entity_have_their_rules_still() {
    let service = subgraph().await;
    let (ann, mia) = (service.client("ann").await, service.manager("mia").await);
    let query = "query($representations: [_Any!]!) { _entities(representations: $representations) {
        ... on User { role lastLoginAt } } }";
    let variables = json!({ "representations": [user(ann.id()), user(mia.id())] });
    let answer = mia.run_with(query, variables).await;
    assert_eq!(answer.at("/data/_entities/0"), &json!({ "role": "CLIENT", "lastLoginAt": null }));
    assert!(answer.at("/data/_entities/1/lastLoginAt").is_string(), "{}", answer.text);
    assert_eq!(answer.codes(), ["FORBIDDEN"]);
}

#[tokio::test]
async fn a_representation_of_something_else_is_told_so_without_its_value() {
    let service = subgraph().await;
    let mia = service.manager("mia").await;
    for odd in [
        json!({ "__typename": "Session", "id": mia.tokens.session }),
        json!({ "__typename": "User" }),
        json!({ "__typename": "User", "id": ["a", "list"] }),
        json!({ "id": mia.id() }),
        json!("hunter2"),
    ] {
        let answer = entities(&mia, &[odd, user(mia.id())]).await;
        assert_eq!(answer.codes(), ["INVALID_INPUT"], "{}", answer.text);
        assert_eq!(answer.at("/data/_entities/1/id"), mia.id());
        assert!(!answer.text.contains("hunter2"));
    }
    let many: Vec<_> = (0..501).map(|_| user(NOBODY)).collect();
    entities(&mia, &many).await.assert_refused("INVALID_INPUT");
}

#[tokio::test]
async fn the_whole_schema_is_for_admins_alone() {
    let service = subgraph().await;
    let query = "{ _service { sdl } }";
    service.anonymous().run(query).await.assert_refused("UNAUTHENTICATED");
    service.client("ann").await.run(query).await.assert_refused("FORBIDDEN");
    service.manager("mia").await.run(query).await.assert_refused("FORBIDDEN");
    let answer = service.admin("eve").await.run(query).await;
    assert_eq!(answer.data()["_service"]["sdl"], graphql::federated_sdl().unwrap());
}

#[test]
fn the_text_for_composition_has_the_routers_directives_and_none_of_ours() {
    let sdl = graphql::federated_sdl().unwrap();
    for line in [
        "type User @authenticated @key(fields: \"id\") {",
        "\tme: User @authenticated\n",
        "\temail: String @authenticated\n",
        "\t): UserConnection @requiresScopes(scopes: [[\"role:manager\"], [\"role:admin\"]])\n",
        "\t): User @requiresScopes(scopes: [[\"role:admin\"]])\n",
        "type PageInfo @shareable {",
        "\taccessToken: String\n",
        "import: [\"@key\", \"@shareable\", \"@authenticated\", \"@requiresScopes\"]",
    ] {
        assert!(sdl.contains(line), "{line}\n{sdl}");
    }
    for ours in
        ["@public", "@hasRole", "@owner", "@signsIn", "directive @authenticated", "_entities", "_service"]
    {
        let stated = sdl.lines().filter(|line| !line.contains('`'));
        assert!(!stated.into_iter().any(|line| line.contains(ours)), "{ours}");
    }
}
