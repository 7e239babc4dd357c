//! A shop that has Rolegate inside: one schema, one policy, one database, one process.
//!
//! Rolegate brings the people, their sessions and their roles; the shop brings its tables and its types, and rules on them
//! with the same directives. A field of the shop that nobody ruled on keeps the server from starting, as one of Rolegate's
//! would.

pub mod migration;
pub mod orders;
pub mod products;

use std::sync::Arc;

use async_graphql::{EmptySubscription, MergedObject};
use rolegate::app::App;
use rolegate::graphql::policy::PolicyErrors;
use rolegate::graphql::{self, RolegateMutation, RolegateQuery};

pub use migration::Migrator;

/// What can be asked: of Rolegate, and of the shop.
#[derive(MergedObject, Default)]
pub struct Query(RolegateQuery, products::ProductsQuery, orders::OrdersQuery);

/// What can be changed.
#[derive(MergedObject, Default)]
pub struct Mutation(RolegateMutation, products::ProductsMutation, orders::OrdersMutation);

/// The schema that is served.
pub type Schema = async_graphql::Schema<Query, Mutation, EmptySubscription>;

/// The schema, ready to answer for `app`.
///
/// # Errors
/// Every coordinate that nobody ruled on, and every rule that could not hold.
pub fn schema(app: Arc<App>) -> Result<Schema, PolicyErrors> {
    Ok(graphql::builder(app, Query::default(), Mutation::default(), EmptySubscription)?.finish())
}
