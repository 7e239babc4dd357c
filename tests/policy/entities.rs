//! The two fields that a federated schema has though nobody wrote them.

use async_graphql::{EmptyMutation, EmptySubscription, Object, Request, Schema, Variables};
use rolegate::access::viewer::Viewer;
use rolegate::graphql::policy::directives::public;
use rolegate::graphql::policy::install;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::ask::{BOB, client};
use crate::demo::{Ran, User};

struct Subgraph;

#[Object]
impl Subgraph {
    #[graphql(directive = public::apply())]
    async fn version(&self) -> &str {
        "1"
    }
    #[graphql(entity)]
    async fn user_by_id(&self, id: Uuid) -> User {
        User(id)
    }
}

async fn ask(viewer: Viewer, query: &str) -> Value {
    let schema = Schema::build(Subgraph, EmptyMutation, EmptySubscription).enable_federation();
    let schema = install(schema).unwrap().finish();
    let representations = json!({ "of": [{ "__typename": "User", "id": BOB }] });
    let request = Request::new(query).variables(Variables::from_json(representations));
    serde_json::to_value(schema.execute(request.data(viewer).data(Ran::default())).await).unwrap()
}

#[tokio::test]
async fn an_entity_is_no_road_around_the_rules_of_its_type() {
    let query =
        "query($of: [_Any!]!) { version _entities(representations: $of) { ... on User { id email note } } }";
    let strangers = ask(Viewer::Anonymous, query).await;
    assert!(!strangers.to_string().contains(&BOB.to_string()), "{strangers}");
    for viewer in [Viewer::Anonymous, client()] {
        let answer = ask(viewer, query).await;
        assert!(!answer.to_string().contains("bob@example.test"), "{answer}");
        assert!(!answer.to_string().contains("a note"), "{answer}");
        assert!(answer["errors"].is_array(), "{answer}");
    }
}

#[tokio::test]
async fn the_schema_is_not_read_out_to_strangers_by_way_of_service() {
    for query in
        ["{ _service { sdl } }", "{ version s: _service { t: sdl } }", "{ ... { _service { sdl } } }"]
    {
        let answer = ask(Viewer::Anonymous, query).await;
        assert!(!answer.to_string().contains("type User"), "{answer}");
        assert!(answer["errors"].is_array(), "{answer}");
    }
}
