//! Owner's guards that were written wrongly: beside another that lets more people pass, and copied from another type.

use async_graphql::{Context, EmptyMutation, EmptySubscription, Guard, Object, Request, Result, Schema};
use rolegate::graphql::policy::directives::{authenticated, owner};
use rolegate::graphql::policy::{install, owned_by};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::ask::{ANN, BOB, client};

/// Lets everybody pass.
struct Friend;

impl Guard for Friend {
    async fn check(&self, _: &Context<'_>) -> Result<()> {
        Ok(())
    }
}

struct Diary(Uuid);

#[Object(directive = authenticated::apply())]
impl Diary {
    #[graphql(directive = owner::apply(None, None), guard = "owned_by::<Self>(self.0).or(Friend)")]
    async fn page(&self) -> Option<i32> {
        Some(1)
    }
    #[graphql(directive = owner::apply(None, None), guard = "owned_by::<Self>(BOB).or(owned_by::<Self>(self.0))")]
    async fn cover(&self) -> Option<i32> {
        Some(2)
    }
}

struct Order;

#[Object(directive = authenticated::apply())]
impl Order {
    /// The guard was forgotten.
    #[graphql(directive = owner::apply(None, None))]
    async fn address(&self) -> Option<&str> {
        Some("1 Main Street")
    }
}

struct Parcel(Uuid);

#[Object(directive = authenticated::apply())]
impl Parcel {
    #[graphql(directive = owner::apply(None, None), guard = "owned_by::<Order>(self.0)")]
    async fn address(&self) -> Option<&str> {
        Some("2 Main Street")
    }
}

struct Query;

#[Object(directive = authenticated::apply())]
impl Query {
    async fn diaries(&self) -> Option<Vec<Diary>> {
        Some([ANN, BOB].map(Diary).into())
    }
    async fn parcels(&self) -> Option<Vec<Parcel>> {
        Some([ANN, BOB].map(Parcel).into())
    }
    async fn order(&self) -> Option<Order> {
        Some(Order)
    }
}

/// The answers to ANN, one after the other, of one schema.
async fn ask_all<const N: usize>(queries: [&str; N]) -> [Value; N] {
    let schema = install(Schema::build(Query, EmptyMutation, EmptySubscription)).unwrap().finish();
    let mut answers = [const { Value::Null }; N];
    for (answer, query) in answers.iter_mut().zip(queries) {
        *answer = serde_json::to_value(schema.execute(Request::new(query).data(client())).await).unwrap();
    }
    answers
}

#[tokio::test]
async fn a_guard_that_lets_others_pass_beside_the_owners_opens_nothing() {
    let [pages, covers] = ask_all(["{ diaries { page } }", "{ diaries { cover } }"]).await;
    assert_eq!(pages["data"]["diaries"], json!([{ "page": 1 }, { "page": null }]));
    assert_eq!(pages["errors"][0]["extensions"]["code"], "FORBIDDEN");
    assert_eq!(pages["errors"][0]["extensions"]["requires"], "@owner");
    assert_eq!(covers["data"]["diaries"], json!([{ "cover": null }, { "cover": null }]), "all must own it");
}

#[tokio::test]
async fn a_guard_that_ran_elsewhere_does_not_stand_for_a_forgotten_one() {
    let together = "{ parcels { address } order { address } }";
    let [parcels, order, both] =
        ask_all(["{ parcels { address } }", "{ order { address } }", together]).await;
    assert_eq!(parcels["data"]["parcels"], json!([{ "address": "2 Main Street" }, { "address": null }]));
    for answer in [order, both] {
        assert_eq!(answer["data"]["order"], json!({ "address": null }), "{answer}");
        let errors = answer["errors"].as_array().unwrap();
        assert_eq!(errors.last().unwrap()["extensions"]["code"], "INTERNAL", "{answer}");
    }
}
