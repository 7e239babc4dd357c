//! Putting the policy into a schema.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use async_graphql::parser::types::Directive;
use async_graphql::registry::Registry;
use async_graphql::{
    ContextDirective, CustomDirective, CustomDirectiveFactory, SchemaBuilder, ServerError, ServerResult,
};

use super::compile::compile;
use super::engine::Engines;
use super::lint::PolicyErrors;
use super::table::PolicyTable;
use crate::config::Introspection;

/// Reads the directives of the schema that is being built, and has every request judged by them. Introspection shows
/// each viewer what they may call.
///
/// Call it when all types are there; the [`PolicyTable`] is then schema data: `schema.data::<Arc<PolicyTable>>()`.
/// A [`Clock`](crate::platform::clock::Clock) among the schema's data is what tells that a subscriber's credential has
/// expired; without one it is the machine's.
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
    let reader = Reader { introspection, compiled: Arc::default() };
    let builder = builder.directive(reader.clone());
    let compiled = &reader.compiled;
    let table =
        compiled.get().expect("`SchemaBuilder::directive` hands the registry to `register`").clone()?;
    Ok(builder.extension(Engines(table.clone())).data(table))
}

/// A custom directive in name only: registering one is the only way to see a schema's registry before it is finished.
#[derive(Clone)]
struct Reader {
    introspection: Introspection,
    compiled: Arc<OnceLock<Result<Arc<PolicyTable>, PolicyErrors>>>,
}

impl CustomDirectiveFactory for Reader {
    fn name(&self) -> Cow<'static, str> {
        // Never written into the registry, so that validation refuses it in any document.
        Cow::Borrowed("__policy")
    }

    fn register(&self, registry: &mut Registry) {
        self.compiled.get_or_init(|| compile(registry, self.introspection).map(Arc::new));
    }

    fn create(
        &self,
        _: &ContextDirective<'_>,
        directive: &Directive,
    ) -> ServerResult<Box<dyn CustomDirective>> {
        Err(ServerError::new("This directive cannot be used.", Some(directive.name.pos)))
    }
}
