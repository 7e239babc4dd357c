//! Introspection by viewer, where async-graphql by itself would give a name away.

use std::sync::Arc;

use async_graphql::{
    EmptyMutation, EmptySubscription, Interface, Object, Request, Schema, SimpleObject, Union,
};
use rolegate::access::viewer::Viewer;
use rolegate::config::Introspection;
use rolegate::graphql::access::Role as RoleName;
use rolegate::graphql::policy::directives::{authenticated, has_role, public};
use rolegate::graphql::policy::{PolicyTable, install, install_with};
use serde_json::{Value, json};

use crate::ask::{admin, client, manager};

/// No rule on the type, and none of its fields is for everybody.
#[derive(SimpleObject)]
struct Ledger {
    /// What is left.
    #[graphql(directive = has_role::apply(RoleName::Manager))]
    balance: Option<i32>,
    #[graphql(directive = has_role::apply(RoleName::Admin))]
    owner: Option<String>,
}

#[derive(SimpleObject)]
#[graphql(directive = public::apply())]
struct Shelf {
    id: i32,
    #[graphql(directive = authenticated::apply())]
    label: Option<String>,
}

#[derive(SimpleObject)]
#[graphql(directive = has_role::apply(RoleName::Admin))]
struct Vault {
    id: i32,
    label: String,
}

#[derive(Interface)]
#[graphql(field(name = "id", ty = "&i32"))]
enum Place {
    Shelf(Shelf),
    Vault(Vault),
}

#[derive(Union)]
enum Find {
    Ledger(Ledger),
}

/// An entity that nothing returns: a router would ask for it.
struct Crate;

#[Object(directive = public::apply())]
impl Crate {
    async fn id(&self) -> i32 {
        1
    }
}

struct Query;

#[Object]
impl Query {
    #[graphql(directive = public::apply())]
    async fn shelf(&self) -> Shelf {
        Shelf { id: 1, label: None }
    }
    #[graphql(directive = public::apply())]
    async fn ledger(&self) -> Option<Ledger> {
        None
    }
    #[graphql(directive = public::apply())]
    async fn find(&self) -> Option<Find> {
        Some(Find::Ledger(Ledger { balance: None, owner: None }))
    }
    #[graphql(directive = authenticated::apply())]
    async fn places(&self) -> Option<Vec<Place>> {
        Some(vec![
            Place::Shelf(Shelf { id: 1, label: None }),
            Place::Vault(Vault { id: 2, label: "v".into() }),
        ])
    }
    #[graphql(entity)]
    async fn find_crate_by_id(&self, id: i32) -> Crate {
        let _ = id;
        Crate
    }
}

type Demo = Schema<Query, EmptyMutation, EmptySubscription>;

fn schema(introspection: Introspection) -> Demo {
    let builder = Schema::build(Query, EmptyMutation, EmptySubscription).register_output_type::<Place>();
    install_with(builder, introspection).unwrap().finish()
}

async fn ask(schema: &Demo, viewer: Viewer, query: &str) -> Value {
    serde_json::to_value(schema.execute(Request::new(query).data(viewer)).await).unwrap()
}

/// The types of ours that are listed, each with its fields.
async fn shown(viewer: Viewer) -> Value {
    let query = "{ __schema { types { name fields { name } possibleTypes { name } } } }";
    let answer = ask(&schema(Introspection::Filtered), viewer, query).await;
    let types = answer["data"]["__schema"]["types"].as_array().unwrap().iter();
    let ours = ["Query", "Ledger", "Shelf", "Vault", "Place", "Find", "Crate"];
    let names = |list: &Value| -> Vec<String> {
        let items = list.as_array().map_or(&[][..], Vec::as_slice);
        let mut names: Vec<_> = items.iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect();
        // Federation's own two fields are not ours to hide: they have no rule, and so no answer.
        names.retain(|name| !name.starts_with('_'));
        names.sort();
        names
    };
    let listed = types.filter(|kind| ours.contains(&kind["name"].as_str().unwrap()));
    listed
        .map(|kind| {
            let all = [names(&kind["fields"]), names(&kind["possibleTypes"])].concat();
            (kind["name"].as_str().unwrap().to_owned(), json!(all.join(" ")))
        })
        .collect::<serde_json::Map<_, _>>()
        .into()
}

#[tokio::test]
async fn a_type_of_which_nothing_may_be_asked_is_hidden_with_the_ways_to_it() {
    assert_eq!(shown(Viewer::Anonymous).await, json!({ "Query": "shelf", "Shelf": "id" }));
    assert_eq!(shown(client()).await, json!({ "Query": "shelf", "Shelf": "id label" }));
    assert_eq!(
        shown(manager()).await,
        json!({ "Query": "find ledger shelf", "Shelf": "id label", "Ledger": "balance", "Find": "Ledger" })
    );
    assert_eq!(
        shown(admin()).await,
        json!({ "Query": "find ledger places shelf", "Shelf": "id label", "Ledger": "balance owner",
            "Find": "Ledger", "Place": "id Shelf Vault", "Vault": "id label" })
    );
}

#[tokio::test]
async fn neither_an_interface_nor_an_entity_gives_a_hidden_type_away() {
    let schema = schema(Introspection::Filtered);
    for (viewer, hidden) in [
        (Viewer::Anonymous, &["Place", "Vault", "Crate", "Ledger", "Find"][..]),
        (client(), &["Place", "Vault", "Crate", "Ledger", "Find"]),
        (manager(), &["Place", "Vault", "Crate"]),
        // Nothing that anybody may call returns it.
        (admin(), &["Crate"]),
    ] {
        for name in hidden {
            let query = format!(
                "{{ __type(name: \"{name}\") {{ name }} shelf {{ __typename }}
                    shelfType: __type(name: \"Shelf\") {{ interfaces {{ name }} }} }}"
            );
            let answer = ask(&schema, viewer.clone(), &query).await;
            assert!(answer["data"]["__type"].is_null(), "{name}: {answer}");
            let is_named = answer["data"]["shelfType"].to_string().contains(name);
            assert!(!is_named, "{name}: {answer}");
        }
    }
}

#[test]
fn what_introspection_hides_is_not_listed_as_a_permission_either() {
    let schema = schema(Introspection::Filtered);
    let table = schema.data::<Arc<PolicyTable>>().unwrap();
    let listed = |viewer: Viewer| -> Vec<&str> {
        table.coordinates().filter(|coordinate| table.is_visible(coordinate, &viewer)).collect()
    };
    assert_eq!(listed(Viewer::Anonymous), ["Query.shelf", "Shelf.id"]);
    assert!(!listed(admin()).contains(&"Crate.id"));
    assert_eq!(listed(admin()).len(), table.coordinates().count() - 1);
}

#[tokio::test]
async fn a_suggestion_names_nothing_that_is_hidden() {
    for introspection in [Introspection::Filtered, Introspection::Off] {
        let answer = ask(&schema(introspection), Viewer::Anonymous, "{ ledgers { balance } }").await;
        assert!(!answer.to_string().contains("Did you mean"), "{answer}");
    }
}

#[tokio::test]
async fn full_shows_a_library_users_own_schema_whole() {
    let query = "{ __type(name: \"Ledger\") { fields { name description } } }";
    let answer = ask(&schema(Introspection::Full), Viewer::Anonymous, query).await;
    let fields = json!([{ "name": "balance", "description": "What is left.\nRequires: MANAGER." },
        { "name": "owner", "description": "Requires: ADMIN." }]);
    assert_eq!(answer["data"]["__type"]["fields"], fields);
    let answer = ask(&schema(Introspection::Off), admin(), query).await;
    assert!(answer["data"]["__type"].is_null(), "{answer}");
}

#[test]
fn install_alone_filters() {
    let builder = Schema::build(Query, EmptyMutation, EmptySubscription);
    let sdl = install(builder).unwrap().finish().sdl();
    assert!(sdl.contains("What is left.\n\tRequires: MANAGER.\n"), "{sdl}");
}
