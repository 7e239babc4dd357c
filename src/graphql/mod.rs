//! The GraphQL door: translates, and never decides. One file per domain, with the name of its rules folder.

pub mod policy;
pub mod error;
pub mod context;
pub mod page;
pub mod cookie;
pub mod access;
pub mod server;
pub mod users;
pub mod sessions;
pub mod passwords;

use std::sync::Arc;

use async_graphql::{EmptySubscription, MergedObject, SchemaBuilder};

use crate::app::App;
use crate::graphql::policy::PolicyErrors;

/// What can be asked.
#[derive(MergedObject, Default)]
pub struct Query(access::AccessQuery, server::ServerQuery, users::UsersQuery);

/// What can be changed.
#[derive(MergedObject, Default)]
pub struct Mutation(passwords::PasswordsMutation, sessions::SessionsMutation, users::UsersMutation);

/// The schema that is served.
pub type Schema = async_graphql::Schema<Query, Mutation, EmptySubscription>;

fn builder() -> SchemaBuilder<Query, Mutation, EmptySubscription> {
    Schema::build(Query::default(), Mutation::default(), EmptySubscription)
}

/// The schema, ready to run.
pub fn schema(app: Arc<App>) -> Result<Schema, PolicyErrors> {
    Ok(builder().data(app).finish())
}
