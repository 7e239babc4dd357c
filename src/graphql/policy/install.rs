//! Putting the policy into a schema.

use std::sync::{Arc, OnceLock};

use async_graphql::SchemaBuilder;

use super::compile::compile;
use super::engine::Engines;
use super::lint::PolicyErrors;
use super::registry::with_registry;
use crate::config::Introspection;

/// Reads the directives of the schema that is being built, and has every request judged by them. Introspection shows
/// each viewer what they may call.
///
/// Call it when all types are there; the [`PolicyTable`](super::PolicyTable) is then schema data:
/// `schema.data::<Arc<PolicyTable>>()`. A [`Clock`](crate::platform::clock::Clock) among the schema's data is what tells
/// that a subscriber's credential has expired; without one it is the machine's.
///
/// # Errors
/// Every fault of the policy: coordinates that nobody ruled on, and whatever else would not hold what it says.
pub fn install<Q, M, S>(builder: SchemaBuilder<Q, M, S>) -> Result<SchemaBuilder<Q, M, S>, PolicyErrors>
where
    Q: async_graphql::ObjectType + 'static,
    M: async_graphql::ObjectType + 'static,
    S: async_graphql::SubscriptionType + 'static,
{
    install_with(builder, Introspection::Filtered)
}

/// The same as [`install`], with introspection as it is said. [`Introspection::Off`] leaves what `permissions` shows as it
/// is: that is for frontends.
///
/// # Errors
/// The same as [`install`]'s.
pub fn install_with<Q, M, S>(
    builder: SchemaBuilder<Q, M, S>,
    introspection: Introspection,
) -> Result<SchemaBuilder<Q, M, S>, PolicyErrors>
where
    Q: async_graphql::ObjectType + 'static,
    M: async_graphql::ObjectType + 'static,
    S: async_graphql::SubscriptionType + 'static,
{
    let builder = match introspection {
        Introspection::Off => builder.disable_introspection().disable_suggestions(),
        // A suggestion would name what is hidden.
        Introspection::Filtered => builder.disable_suggestions(),
        Introspection::Full => builder,
    };
    let compiled = Arc::new(OnceLock::new());
    let result = Arc::clone(&compiled);
    let builder = with_registry(builder, "__policy", move |registry| {
        result.get_or_init(|| compile(registry, introspection).map(Arc::new));
    });
    let table = compiled.get().expect("`with_registry` hands the registry over before it returns").clone()?;
    Ok(builder.extension(Engines(table.clone())).data(table))
}
