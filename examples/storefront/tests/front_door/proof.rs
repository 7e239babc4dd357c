//! The shop's schema, proved with Rolegate's in it: every coordinate, by every way into it, asked by everybody.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::{Value, value};
use rolegate::access::role::Role;
use rolegate::access::viewer::Viewer;
use rolegate::graphql::policy::PolicyTable;
use rolegate::graphql::policy::proof::{Scene, Stage, prove};
use sea_orm::{EntityTrait as _, QueryFilter as _};
use storefront::orders;

use crate::people::People;
use crate::shop::{PASSWORD, Person, Shop};

/// A shop in which everybody has bought something.
struct World {
    shop: Shop,
    people: People,
    product: String,
}

impl World {
    async fn new() -> Self {
        let shop = Shop::open().await;
        let product = shop.product("tea").await;
        let id = |person: &Person<'_>| person.id.parse().unwrap();
        let (client, other) = (shop.client("client").await, shop.client("other").await);
        let (manager, admin) =
            (shop.manager("manager").await, shop.client("admin").await.with(Role::Admin).await);
        for person in [&client, &manager, &admin, &other] {
            let place = format!(
                "mutation {{ placeOrder(input: {{ productId: \"{product}\", quantity: 1 }}) {{ id }} }}"
            );
            person.data(&place).await;
        }
        let users = HashMap::from([
            (Role::Client, id(&client)),
            (Role::Manager, id(&manager)),
            (Role::Admin, id(&admin)),
        ]);
        let people = People::new(shop.app.clone(), PASSWORD, users, id(&other)).await;
        Self { shop, people, product }
    }

    /// An order of the viewer's, or of somebody else's.
    async fn order(&self, scene: &Scene<'_>) -> String {
        let reader = self.shop.app.database.reader();
        let theirs = orders::Entity::find().filter(orders::COLUMN.buyer_id.eq(self.people.whose(scene)));
        theirs.one(reader).await.unwrap().unwrap().id.to_string()
    }
}

impl Stage for World {
    async fn viewer(&self, role: Role) -> Viewer {
        self.people.viewer(role).await
    }

    async fn argument(&self, coordinate: &str, scene: &Scene<'_>) -> Option<Value> {
        Some(match coordinate {
            "Query.product(id:)" => value!(self.product.clone()),
            "Query.order(id:)" => value!(self.order(scene).await),
            "Query.orders(buyerId:)" => value!(self.people.whose(scene).to_string()),
            "Mutation.placeOrder(input:)" => value!({ "productId": self.product.clone(), "quantity": 1 }),
            _ => return self.people.argument(coordinate, scene).await,
        })
    }

    /// Whose an order is, it tells only those who may know: to others it is somebody else's.
    fn owner(&self, type_name: &str) -> Option<&str> {
        if type_name == "Order" { Some("buyer { id }") } else { People::owner(type_name) }
    }

    fn is_empty(&self, coordinate: &str) -> bool {
        People::is_empty(coordinate)
    }
}

#[tokio::test]
async fn every_coordinate_of_the_shop_answers_everybody_by_every_road_as_the_matrix_says() {
    let world = World::new().await;
    let schema = storefront::schema(world.shop.app.clone()).unwrap();
    let report = prove(&schema, &world).await;
    #[expect(
        clippy::print_stdout,
        reason = "the count is what the proof is for: `cargo test -p storefront proof -- --nocapture`"
    )]
    {
        println!("{report}");
    }
    assert!(report.holds(), "{report}");
    let table = schema.data::<Arc<PolicyTable>>().unwrap();
    let coordinates = table.coordinates().count();
    assert_eq!((report.coordinates, report.reached), (coordinates, coordinates));
    assert!(table.coordinates().any(|coordinate| coordinate == "Order.buyer"));
    assert!(report.cells > coordinates * 4, "four kinds of viewer, and owners besides: {report}");
    assert!(report.executions > report.roads * 4, "{report}");
    assert!(report.answered > 0 && report.refused > 0 && report.stopped_above > 0, "{report}");
}
