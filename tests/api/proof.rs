//! The whole schema, proved: every coordinate, by every way into it, asked by everybody, on a database.

#[path = "../support/people.rs"]
mod people;

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::{ObjectType, Schema, SubscriptionType, Value, value};
use rolegate::access::role::Role;
use rolegate::access::viewer::Viewer;
use rolegate::graphql::policy::proof::{Report, Scene, Stage, prove};
use rolegate::graphql::policy::{Matrix, PolicyTable};

use crate::harness::{PASSWORD, Persona, Service};
use people::People;

/// A service with people in it.
struct World {
    service: Service,
    people: People,
}

impl World {
    async fn new() -> Self {
        // More than any proof will ask for.
        let service = Service::with(|config| config.api_keys.max_per_user = 1_000_000).await;
        let id = |persona: Persona<'_>| persona.id().parse().unwrap();
        let users = HashMap::from([
            (Role::Client, id(service.client("client").await)),
            (Role::Manager, id(service.manager("manager").await)),
            (Role::Admin, id(service.admin("admin").await)),
        ]);
        let other = id(service.client("other").await);
        let people = People::new(service.app.clone(), PASSWORD, users, other).await;
        Self { service, people }
    }
}

impl Stage for World {
    async fn viewer(&self, role: Role) -> Viewer {
        self.people.viewer(role).await
    }

    async fn argument(&self, coordinate: &str, scene: &Scene<'_>) -> Option<Value> {
        if coordinate == "Query._entities(representations:)" {
            // Each representation is judged by itself, as `Query.user` is: of a client's, only their own comes through.
            let own = scene.viewer.user_id().ok().filter(|_| scene.viewer.role() == Some(Role::Client));
            let id = own.unwrap_or(self.people.whose(scene)).to_string();
            return Some(value!([{ "__typename": "User", "id": id }]));
        }
        self.people.argument(coordinate, scene).await
    }

    fn owner(&self, type_name: &str) -> Option<&str> {
        People::owner(type_name)
    }

    fn is_empty(&self, coordinate: &str) -> bool {
        People::is_empty(coordinate)
    }
}

#[track_caller]
fn assert_proved<Q, M, S>(schema: &Schema<Q, M, S>, report: &Report)
where
    Q: ObjectType + 'static,
    M: ObjectType + 'static,
    S: SubscriptionType + 'static,
{
    #[expect(
        clippy::print_stdout,
        reason = "the count is what the proof is for: `cargo test proof -- --nocapture`"
    )]
    {
        println!("{report}");
    }
    assert!(report.holds(), "{report}");
    let coordinates = schema.data::<Arc<PolicyTable>>().unwrap().coordinates().count();
    assert_eq!((report.coordinates, report.reached), (coordinates, coordinates));
    assert!(report.cells > coordinates * 4, "four kinds of viewer, and owners besides: {report}");
    assert!(report.executions > report.roads * 4, "{report}");
    assert!(report.answered > 0 && report.refused > 0 && report.stopped_above > 0, "{report}");
}

#[tokio::test]
async fn every_coordinate_answers_everybody_by_every_road_as_the_matrix_says() {
    let world = World::new().await;
    let schema = rolegate::graphql::schema(Arc::clone(&world.service.app)).unwrap();
    let report = prove(&schema, &world).await;
    assert_proved(&schema, &report);
    let written = Matrix::read(&std::fs::read_to_string("permissions.md").unwrap()).unwrap();
    assert_eq!(report.differences(&written), [""; 0], "what is checked in is what was seen");
}

#[tokio::test]
async fn the_subgraph_of_a_router_is_proved_with_the_entities_that_it_asks_for() {
    let world = World::new().await;
    let schema = rolegate::graphql::federated_schema(Arc::clone(&world.service.app)).unwrap();
    let report = prove(&schema, &world).await;
    assert_proved(&schema, &report);
    let table = schema.data::<Arc<PolicyTable>>().unwrap();
    assert!(table.coordinates().any(|coordinate| coordinate == "Query._entities"));
}
