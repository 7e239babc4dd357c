//! An interface's fields are judged as its own: what is behind one that it does not know of would be judged by nobody.

use async_graphql::{Interface, Object};
use rolegate::graphql::access::Role;
use rolegate::graphql::policy::directives::{has_role, public};

use crate::lints::{assert_one, problems};

struct Product;
#[Object(directive = public::apply())]
impl Product {
    #[graphql(directive = has_role::apply(Role::Admin))]
    async fn cost(&self) -> Option<i32> {
        Some(3)
    }
}

struct Gift;
#[Object(directive = public::apply())]
impl Gift {
    #[graphql(name = "price")]
    async fn cost(&self) -> Option<i32> {
        Some(0)
    }
}

#[derive(Interface)]
#[graphql(field(name = "cost", ty = "Option<i32>"))]
enum Article {
    Product(Product),
}

#[derive(Interface)]
#[graphql(field(name = "cost", ty = "Option<i32>"))]
enum Bundle {
    Article(Article),
}

struct Nested;
#[Object]
impl Nested {
    #[graphql(directive = public::apply())]
    async fn bundle(&self) -> Option<Bundle> {
        Some(Bundle::Article(Article::Product(Product)))
    }
}

#[test]
fn an_interface_within_an_interface_is_refused() {
    assert_one(&problems(Nested), "Bundle", "its member Article is no object");
}

#[derive(Interface)]
#[graphql(field(name = "price", ty = "Option<i32>", method = "cost"))]
enum Priced {
    Product(Product),
    Gift(Gift),
}

struct Renamed;
#[Object]
impl Renamed {
    #[graphql(directive = public::apply())]
    async fn priced(&self, gift: bool) -> Option<Priced> {
        Some(if gift { Priced::Gift(Gift) } else { Priced::Product(Product) })
    }
}

#[test]
fn a_field_that_goes_by_another_name_behind_an_interface_is_refused() {
    assert_one(&problems(Renamed), "Priced.price", "Product has no field `price`");
}
