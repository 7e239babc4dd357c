//! A schema with one directive less than its source has.

use std::borrow::Cow;

use async_graphql::parser::types::Directive;
use async_graphql::registry::{MetaDirectiveInvocation, MetaType, Registry};
use async_graphql::{ContextDirective, CustomDirective, CustomDirectiveFactory, ServerError, ServerResult};

/// Takes one directive away from a type or a field, before the policy reads the registry.
pub(crate) struct Strip {
    /// `Type` or `Type.field`.
    pub(crate) at: String,
    /// Its name.
    pub(crate) directive: String,
}

impl CustomDirectiveFactory for Strip {
    fn name(&self) -> Cow<'static, str> {
        Cow::Borrowed("__strip")
    }

    fn register(&self, registry: &mut Registry) {
        let (name, field) =
            self.at.split_once('.').map_or((self.at.as_str(), None), |(name, field)| (name, Some(field)));
        let Some(MetaType::Object { fields, directive_invocations, .. }) = registry.types.get_mut(name)
        else {
            panic!("no object type {name}");
        };
        let carried = match field {
            Some(field) => &mut fields.get_mut(field).unwrap().directive_invocations,
            None => directive_invocations,
        };
        let before = carried.len();
        carried.retain(|directive: &MetaDirectiveInvocation| directive.name != self.directive);
        assert_eq!(carried.len() + 1, before, "{} has one @{}", self.at, self.directive);
    }

    fn create(
        &self,
        _: &ContextDirective<'_>,
        directive: &Directive,
    ) -> ServerResult<Box<dyn CustomDirective>> {
        Err(ServerError::new("This directive cannot be used.", Some(directive.name.pos)))
    }
}

/// Takes the product out of the articles, after the policy has read the registry: the resolvers still answer with it.
pub(crate) struct Disown;

impl CustomDirectiveFactory for Disown {
    fn name(&self) -> Cow<'static, str> {
        Cow::Borrowed("__disown")
    }

    fn register(&self, registry: &mut Registry) {
        assert!(registry.implements.get_mut("Product").unwrap().shift_remove("Article"));
    }

    fn create(
        &self,
        _: &ContextDirective<'_>,
        directive: &Directive,
    ) -> ServerResult<Box<dyn CustomDirective>> {
        Err(ServerError::new("This directive cannot be used.", Some(directive.name.pos)))
    }
}
