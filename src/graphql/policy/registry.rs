//! The registry of a schema that is being built.

use std::borrow::Cow;

use async_graphql::parser::types::Directive;
use async_graphql::registry::Registry;
use async_graphql::{
    ContextDirective, CustomDirective, CustomDirectiveFactory, ObjectType, SchemaBuilder, ServerError,
    ServerResult, SubscriptionType,
};

/// Hands the registry to `work`, once. Registering a custom directive is the only way to see a schema's registry before
/// it is finished, so `name` is that of one, which two of them must not share.
pub(super) fn with_registry<Q, M, S>(
    builder: SchemaBuilder<Q, M, S>,
    name: &'static str,
    work: impl Fn(&mut Registry) + Send + Sync + 'static,
) -> SchemaBuilder<Q, M, S>
where
    Q: ObjectType + 'static,
    M: ObjectType + 'static,
    S: SubscriptionType + 'static,
{
    builder.directive(Work { name, work })
}

/// A custom directive in name only.
struct Work<F> {
    name: &'static str,
    work: F,
}

impl<F: Fn(&mut Registry) + Send + Sync + 'static> CustomDirectiveFactory for Work<F> {
    fn name(&self) -> Cow<'static, str> {
        // Never written into the registry, so that validation refuses it in any document.
        Cow::Borrowed(self.name)
    }

    fn register(&self, registry: &mut Registry) {
        (self.work)(registry);
    }

    fn create(
        &self,
        _: &ContextDirective<'_>,
        directive: &Directive,
    ) -> ServerResult<Box<dyn CustomDirective>> {
        Err(ServerError::new("This directive cannot be used.", Some(directive.name.pos)))
    }
}
