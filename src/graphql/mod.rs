//! The GraphQL door: translates, and never decides. One file per domain, with the name of its rules folder.

pub mod error;
pub mod policy;
pub mod context;
pub mod page;
pub mod budget;
pub mod cookie;
pub mod access;
pub mod server;
pub mod users;
pub mod sessions;
pub mod passwords;

use std::sync::Arc;

use async_graphql::{EmptySubscription, MergedObject, SchemaBuilder};
use chrono::{DateTime, Utc};

use crate::app::App;
use crate::config::Introspection;
use crate::graphql::policy::{Matrix, PolicyErrors, PolicyTable};

/// What can be asked.
#[derive(MergedObject, Default)]
pub struct Query(access::AccessQuery, server::ServerQuery, users::UsersQuery);

/// What can be changed.
#[derive(MergedObject, Default)]
pub struct Mutation(passwords::PasswordsMutation, sessions::SessionsMutation, users::UsersMutation);

/// The schema that is served.
pub type Schema = async_graphql::Schema<Query, Mutation, EmptySubscription>;

/// How many values each field that a document may ask for may stand for, on average: as many as a page has rows where
/// nothing is said. A whole page of users, each with a page of sessions, is within it; whole pages of both are not.
const VALUES_PER_FIELD: usize = page::DEFAULT as usize;

/// The schema, ready to answer for `app`.
///
/// # Errors
/// Every coordinate that nobody ruled on, and every rule that could not hold.
pub fn schema(app: Arc<App>) -> Result<Schema, PolicyErrors> {
    let limits = &app.config.graphql;
    // The HTTP door has weighed the document before; depth and directives are limited for whoever comes by another.
    // Complexity here is what the door cannot know: how many values the pages and lists will come to.
    let builder = builder(app.config.introspection())?
        .limit_depth(limits.max_depth)
        .limit_complexity(limits.max_complexity.saturating_mul(VALUES_PER_FIELD))
        .limit_directives(limits.max_directives);
    Ok(builder.data(app.clock.clone()).data(app).finish())
}

/// The schema as `schema.graphql` has it: types, descriptions and, on each field, its rule.
///
/// # Errors
/// The same as [`schema`]'s.
pub fn sdl() -> Result<String, PolicyErrors> {
    Ok(builder(Introspection::Full)?.finish().sdl())
}

/// Every coordinate and who may: written in Markdown, it is `permissions.md`.
///
/// # Errors
/// The same as [`schema`]'s.
pub fn permissions() -> Result<Matrix, PolicyErrors> {
    let schema = builder(Introspection::Full)?.finish();
    let table = schema.data::<Arc<PolicyTable>>().expect("`policy::install` puts the table there");
    Ok(table.matrix().collect())
}

/// Of the scalar.
const DATE_TIME: &str = "An instant as RFC 3339 writes it, in UTC: `2026-03-01T12:00:00+00:00`.";

fn builder(
    introspection: Introspection,
) -> Result<SchemaBuilder<Query, Mutation, EmptySubscription>, PolicyErrors> {
    let builder = Schema::build(Query::default(), Mutation::default(), EmptySubscription);
    // The library's own sentence is about its source code.
    let builder = builder.override_output_type_description::<DateTime<Utc>>(DATE_TIME);
    policy::install_with(builder, introspection)
}
