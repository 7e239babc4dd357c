//! The shop from outside: who may see and do what, and that a forgotten rule keeps it shut.
#![expect(clippy::unwrap_used, reason = "a test may say that something cannot fail")]

#[path = "../../../../tests/support/database.rs"]
mod database;
#[path = "../../../../tests/support/people.rs"]
mod people;
mod proof;
mod shop;

use std::sync::Arc;

use async_graphql::{EmptySubscription, MergedObject, Object};
use rolegate::graphql::policy::{Format, Matrix, PolicyTable};
use rolegate::graphql::{self, RolegateQuery};
use serde_json::json;
use storefront::orders::OrdersQuery;
use storefront::products::ProductsQuery;

use crate::shop::Shop;

#[tokio::test]
async fn anybody_may_look_at_products_and_only_managers_add_them() {
    let shop = Shop::open().await;
    let (tea, mia) = (shop.product("tea").await, shop.manager("mia").await);
    assert_eq!(
        shop.anonymous().data("{ products { name priceCents } }").await,
        json!({ "products": [{ "name": "tea", "priceCents": 350 }] })
    );
    let one = format!("{{ product(id: \"{tea}\") {{ name }} }}");
    assert_eq!(shop.anonymous().data(&one).await, json!({ "product": { "name": "tea" } }));

    let add = "mutation { addProduct(input: { name: \"milk\", priceCents: 120 }) { id } }";
    assert_eq!(shop.anonymous().codes(add).await, ["UNAUTHENTICATED"]);
    assert_eq!(shop.client("ann").await.codes(add).await, ["FORBIDDEN"]);
    let count =
        async || shop.anonymous().data("{ products { id } }").await["products"].as_array().map(Vec::len);
    assert_eq!(count().await, Some(1), "a refused mutation has no effect");
    mia.data(add).await;
    assert_eq!(count().await, Some(2));
    let free = "mutation { addProduct(input: { name: \"air\", priceCents: -1 }) { id } }";
    assert_eq!(mia.codes(free).await, ["INVALID_INPUT"]);
}

#[tokio::test]
async fn an_order_is_for_its_buyer_and_for_managers() {
    let shop = Shop::open().await;
    let tea = shop.product("tea").await;
    let (ann, bob, mia) = (shop.client("ann").await, shop.client("bob").await, shop.manager("mia").await);
    let place = format!(
        "mutation {{ placeOrder(input: {{ productId: \"{tea}\", quantity: 2 }}) {{ id buyer {{ email }} }} }}"
    );
    assert_eq!(shop.anonymous().codes(&place).await, ["UNAUTHENTICATED"]);
    let placed = ann.data(&place).await;
    assert_eq!(placed["placeOrder"]["buyer"]["email"], "ann@example.test");

    let id = placed["placeOrder"]["id"].as_str().unwrap();
    let order = format!("{{ order(id: \"{id}\") {{ quantity product {{ name }} buyer {{ name }} }} }}");
    let whole =
        json!({ "order": { "quantity": 2, "product": { "name": "tea" }, "buyer": { "name": "ann" } } });
    assert_eq!(ann.data(&order).await, whole);
    assert_eq!(mia.data(&order).await, whole);
    assert_eq!(shop.anonymous().codes(&order).await, ["UNAUTHENTICATED"]);
    let (data, codes) = bob.run(&order).await;
    assert_eq!(data, json!({ "order": { "quantity": null, "product": null, "buyer": null } }));
    assert_eq!(codes, ["FORBIDDEN"; 3]);
}

#[tokio::test]
async fn a_list_of_orders_is_for_the_one_whom_its_argument_names_and_for_managers() {
    let shop = Shop::open().await;
    let tea = shop.product("tea").await;
    let (ann, bob, mia) = (shop.client("ann").await, shop.client("bob").await, shop.manager("mia").await);
    let place = format!("mutation {{ placeOrder(input: {{ productId: \"{tea}\", quantity: 1 }}) {{ id }} }}");
    ann.data(&place).await;
    ann.data(&place).await;
    let orders = format!("{{ orders(buyerId: \"{}\") {{ quantity }} }}", ann.id);
    let both = json!({ "orders": [{ "quantity": 1 }, { "quantity": 1 }] });
    assert_eq!(ann.data(&orders).await, both);
    assert_eq!(mia.data(&orders).await, both);
    assert_eq!(bob.codes(&orders).await, ["FORBIDDEN"]);
    assert_eq!(shop.anonymous().codes(&orders).await, ["UNAUTHENTICATED"]);
}

#[tokio::test]
async fn an_order_of_nothing_changes_nothing() {
    let shop = Shop::open().await;
    let ann = shop.client("ann").await;
    let place = |id: &str, quantity: i32| {
        format!("mutation {{ placeOrder(input: {{ productId: \"{id}\", quantity: {quantity} }}) {{ id }} }}")
    };
    let tea = shop.product("tea").await;
    assert_eq!(ann.codes(&place(&tea, 0)).await, ["INVALID_INPUT"]);
    assert_eq!(ann.codes(&place(&ann.id, 1)).await, ["NOT_FOUND"]);
    assert_eq!(ann.codes(&place("tea", 1)).await, ["NOT_FOUND"]);
    let orders = format!("{{ orders(buyerId: \"{}\") {{ id }} }}", ann.id);
    assert_eq!(ann.data(&orders).await, json!({ "orders": [] }));
}

#[tokio::test]
async fn what_rolegate_has_is_there_too_and_ruled_as_ever() {
    let shop = Shop::open().await;
    let ann = shop.client("ann").await;
    assert_eq!(ann.data("{ me { name role } }").await, json!({ "me": { "name": "ann", "role": "CLIENT" } }));
    assert_eq!(ann.codes("{ users { totalCount } }").await, ["FORBIDDEN"]);
    let asked = "{ permissions(coordinates: [\"Query.users\", \"Order.quantity\", \"Mutation.addProduct\"]) { verdict } }";
    assert_eq!(
        ann.data(asked).await,
        json!({ "permissions": [{ "verdict": "DENIED" }, { "verdict": "IF_OWNER" }, { "verdict": "DENIED" }] })
    );
}

#[tokio::test]
async fn the_matrix_has_the_shop_in_it() {
    let shop = Shop::open().await;
    let schema = storefront::schema(shop.app.clone()).unwrap();
    let matrix: Matrix = schema.data::<Arc<PolicyTable>>().unwrap().matrix().collect();
    let matrix = matrix.write(Format::Markdown);
    let row = "| Order.quantity | `@owner(orAtLeast: MANAGER) @authenticated` | no | own | yes | yes |";
    assert!(matrix.contains(row), "{matrix}");
}

/// Nobody said who may ask for a coupon.
#[derive(Default)]
struct CouponsQuery;

#[Object]
impl CouponsQuery {
    async fn coupon(&self) -> &str {
        "everything for nothing"
    }
}

#[derive(MergedObject, Default)]
#[graphql(name = "Query")]
struct Forgetful(RolegateQuery, ProductsQuery, OrdersQuery, CouponsQuery);

#[tokio::test]
async fn a_forgotten_rule_keeps_the_shop_shut() {
    let shop = Shop::open().await;
    let mutation = storefront::Mutation::default();
    let built = graphql::builder(shop.app.clone(), Forgetful::default(), mutation, EmptySubscription);
    let Err(refused) = built else { panic!("nobody ruled on coupon") };
    assert!(refused.to_string().starts_with("Query.coupon: nobody said who may call it."), "{refused}");
    assert_eq!(refused.iter().count(), 1);
}
