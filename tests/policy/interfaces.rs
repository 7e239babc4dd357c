//! An interface's fields are judged as its own: what is behind one that it does not know of would be judged by nobody.

use async_graphql::{Interface, Object};
use rolegate::graphql::access::Role;
use rolegate::graphql::policy::directives::{has_role, owner, public};
use uuid::Uuid;

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

struct Shelf;
#[Object(directive = public::apply())]
impl Shelf {
    #[graphql(directive = owner::apply(Some("lender".into()), None))]
    async fn lent(&self, lender: Uuid, borrower: Uuid) -> Option<bool> {
        Some(lender == borrower)
    }
}

#[derive(Interface)]
#[graphql(field(
    name = "lent",
    ty = "Option<bool>",
    arg(name = "borrower", ty = "uuid::Uuid"),
    arg(name = "lender", ty = "Uuid")
))]
enum Lending {
    Shelf(Shelf),
}

struct Swapped;
#[Object]
impl Swapped {
    #[graphql(directive = public::apply())]
    async fn lending(&self) -> Option<Lending> {
        Some(Lending::Shelf(Shelf))
    }
}

#[test]
fn arguments_that_change_places_behind_an_interface_are_refused() {
    assert_one(&problems(Swapped), "Lending.lent", "are not those of Shelf.lent");
}
