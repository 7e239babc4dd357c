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
pub mod api_keys;
pub mod bearer_tokens;
pub mod passwords;
pub mod federation;

use std::sync::Arc;

pub use async_graphql::Executor;
use async_graphql::{EmptySubscription, MergedObject, ObjectType, SchemaBuilder, SubscriptionType};
use chrono::{DateTime, Utc};

use crate::app::App;
use crate::config::Introspection;
use crate::graphql::policy::{Matrix, PolicyErrors, PolicyTable};

/// All that can be asked of Rolegate, to be merged into the query root of a schema: ours, or that of whoever embeds us.
#[derive(MergedObject, Default)]
pub struct RolegateQuery(access::AccessQuery, server::ServerQuery, users::UsersQuery);

/// All that can be changed in Rolegate, to be merged into the mutation root of a schema.
#[derive(MergedObject, Default)]
pub struct RolegateMutation(
    api_keys::ApiKeysMutation,
    bearer_tokens::BearerTokensMutation,
    passwords::PasswordsMutation,
    sessions::SessionsMutation,
    users::UsersMutation,
);

/// What can be asked.
#[derive(MergedObject, Default)]
pub struct Query(RolegateQuery);

/// What can be changed.
#[derive(MergedObject, Default)]
pub struct Mutation(RolegateMutation);

/// What can be asked of a subgraph: the same, and what the router of a federated graph asks for.
#[derive(MergedObject, Default)]
#[graphql(name = "Query")]
pub struct FederatedQuery(RolegateQuery, federation::FederationQuery);

/// The schema that is served to a router, where `graphql.federation` is on.
pub type FederatedSchema = async_graphql::Schema<FederatedQuery, Mutation, EmptySubscription>;

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
    Ok(builder(app, Query::default(), Mutation::default(), EmptySubscription)?.finish())
}

/// The same as a subgraph of a federated graph.
///
/// # Errors
/// The same as [`schema`]'s.
pub fn federated_schema(app: Arc<App>) -> Result<FederatedSchema, PolicyErrors> {
    let builder = builder(app, FederatedQuery::default(), Mutation::default(), EmptySubscription)?;
    Ok(builder.data(federation::FederatedSdl(federated_sdl()?)).finish())
}

/// Begins a schema on roots of your own, with all that ours has: the policy over every field, the limits and the
/// introspection that `app`'s configuration asks for, and `app` for the resolvers. `.data(..)` what yours need, then
/// `.finish()`. Merge [`RolegateQuery`] and [`RolegateMutation`] into the roots.
///
/// # Errors
/// Every coordinate that nobody ruled on, and every rule that could not hold.
pub fn builder<Q, M, S>(
    app: Arc<App>,
    query: Q,
    mutation: M,
    subscription: S,
) -> Result<SchemaBuilder<Q, M, S>, PolicyErrors>
where
    Q: ObjectType + 'static,
    M: ObjectType + 'static,
    S: SubscriptionType + 'static,
{
    let limits = &app.config.graphql;
    // The HTTP door has weighed the document before; depth and directives are limited for whoever comes by another.
    // Complexity here is what the door cannot know: how many values the pages and lists will come to.
    let builder = ruled(app.config.introspection(), query, mutation, subscription)?
        .limit_depth(limits.max_depth)
        .limit_complexity(limits.max_complexity.saturating_mul(VALUES_PER_FIELD))
        .limit_directives(limits.max_directives);
    Ok(builder.data(app.clock.clone()).data(app))
}

/// The schema as `schema.graphql` has it: types, descriptions and, on each field, its rule.
///
/// # Errors
/// The same as [`schema`]'s.
pub fn sdl() -> Result<String, PolicyErrors> {
    Ok(ours()?.finish().sdl())
}

/// The schema from which the router of a federated graph is composed, with those rules that it can enforce in its words.
///
/// # Errors
/// The same as [`schema`]'s.
pub fn federated_sdl() -> Result<String, PolicyErrors> {
    let subgraph =
        || ruled(Introspection::Full, FederatedQuery::default(), Mutation::default(), EmptySubscription);
    let schema = subgraph()?.finish();
    let table = schema.data::<Arc<PolicyTable>>().expect("`policy::install` puts the table there");
    Ok(policy::federated_sdl(subgraph()?, table, federation::KEYS))
}

/// Every coordinate and who may: written in Markdown, it is `permissions.md`.
///
/// # Errors
/// The same as [`schema`]'s.
pub fn permissions() -> Result<Matrix, PolicyErrors> {
    let schema = ours()?.finish();
    let table = schema.data::<Arc<PolicyTable>>().expect("`policy::install` puts the table there");
    Ok(table.matrix().collect())
}

/// Of the scalar.
const DATE_TIME: &str = "An instant as RFC 3339 writes it, in UTC: `2026-03-01T12:00:00+00:00`.";

fn ours() -> Result<SchemaBuilder<Query, Mutation, EmptySubscription>, PolicyErrors> {
    ruled(Introspection::Full, Query::default(), Mutation::default(), EmptySubscription)
}

fn ruled<Q, M, S>(
    introspection: Introspection,
    query: Q,
    mutation: M,
    subscription: S,
) -> Result<SchemaBuilder<Q, M, S>, PolicyErrors>
where
    Q: ObjectType + 'static,
    M: ObjectType + 'static,
    S: SubscriptionType + 'static,
{
    let builder = async_graphql::Schema::build(query, mutation, subscription);
    // The library's own sentence is about its source code.
    let builder = builder.override_output_type_description::<DateTime<Utc>>(DATE_TIME);
    policy::install_with(builder, introspection)
}
