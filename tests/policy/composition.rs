//! The text from which a router's schema is composed.

use std::sync::Arc;

use async_graphql::{EmptyMutation, EmptySubscription, ID, Object, Schema};
use rolegate::graphql::access::Role;
use rolegate::graphql::policy::directives::{authenticated, has_role, owner, public};
use rolegate::graphql::policy::{PolicyTable, federated_sdl, install, owned_by};
use uuid::Uuid;

struct Parcel(Uuid);

#[Object(directive = public::apply(), guard = "owned_by::<Self>(self.0)")]
impl Parcel {
    async fn id(&self) -> ID {
        self.0.into()
    }
    #[graphql(directive = has_role::apply(Role::Manager))]
    async fn weight(&self) -> Option<i32> {
        Some(1)
    }
    #[graphql(directive = authenticated::apply())]
    async fn arrived(&self) -> Option<bool> {
        Some(true)
    }
    #[graphql(directive = has_role::apply(Role::Client), directive = owner::apply(None, Some(Role::Admin)))]
    async fn sender(&self) -> Option<&str> {
        Some("ann")
    }
    #[graphql(directive = has_role::apply(Role::Admin), directive = owner::apply(None, None))]
    async fn note(&self) -> Option<&str> {
        Some("handle with care")
    }
}

struct Query;

#[Object]
impl Query {
    #[graphql(directive = public::apply())]
    async fn parcel(&self) -> Parcel {
        Parcel(Uuid::nil())
    }
}

#[test]
fn it_says_what_a_router_can_enforce() {
    let builder = || install(Schema::build(Query, EmptyMutation, EmptySubscription)).unwrap();
    let schema = builder().finish();
    let table = schema.data::<Arc<PolicyTable>>().unwrap();
    let text = federated_sdl(builder(), table, &[("Parcel", "id")]);
    for line in [
        "type Parcel @key(fields: \"id\") {",
        "\tid: ID!\n",
        "\tweight: Int @requiresScopes(scopes: [[\"role:manager\"], [\"role:admin\"]])\n",
        "\tarrived: Boolean @authenticated\n",
        "\tsender: String @authenticated\n",
        "\tnote: String @requiresScopes(scopes: [[\"role:admin\"]])\n",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
}
