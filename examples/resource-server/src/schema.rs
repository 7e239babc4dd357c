//! The service's own schema, under Rolegate's directives.

use async_graphql::{Context, EmptyMutation, EmptySubscription, ID, Object, Result};
use rolegate::graphql::access::Role;
use rolegate::graphql::policy::directives::{authenticated, has_role, owner, public};
use rolegate::graphql::policy::{self, PolicyErrors};

/// The schema that is served.
pub type Schema = async_graphql::Schema<Query, EmptyMutation, EmptySubscription>;

/// The schema, judged by its directives.
///
/// # Errors
/// Every coordinate that nobody ruled on, and every rule that could not hold.
pub fn schema() -> Result<Schema, PolicyErrors> {
    let builder = Schema::build(Query, EmptyMutation, EmptySubscription);
    Ok(policy::install(builder.limit_depth(15).limit_complexity(1_000).disable_suggestions())?.finish())
}

/// What can be asked.
pub struct Query;

#[Object]
impl Query {
    /// For anybody.
    #[graphql(directive = public::apply())]
    async fn greeting(&self) -> &str {
        "Good day."
    }

    /// The id of the one who asks: `sub` of their token.
    #[graphql(directive = authenticated::apply())]
    async fn my_id(&self, ctx: &Context<'_>) -> Result<Option<ID>> {
        Ok(Some(policy::viewer(ctx).user_id()?.into()))
    }

    /// What is in somebody's drawer: for its owner, and for managers.
    #[graphql(directive = owner::apply(Some("ownerId".into()), Some(Role::Manager)))]
    async fn drawer(&self, owner_id: ID) -> Option<String> {
        Some(format!("The letters of {}.", owner_id.as_str()))
    }

    /// For managers.
    #[graphql(directive = has_role::apply(Role::Manager))]
    async fn report(&self) -> Option<&str> {
        Some("All is well.")
    }
}
