//! The policy in the words of a federated graph's router.
//!
//! Composition drops the directives that it does not know, ours among them, without a word. So in the text that it
//! reads, each guarded field and type carries Federation's own: `@requiresScopes` with the `scope` of our tokens, or
//! `@authenticated`. Whose an object is, the router cannot know: to it `@owner` is `@authenticated`, and the engine judges
//! the rest here.

use std::collections::HashSet;
use std::sync::Arc;

use async_graphql::registry::{MetaDirectiveInvocation, MetaType, Registry};
use async_graphql::{ObjectType, SDLExportOptions, SchemaBuilder, SubscriptionType};

use super::compile::own_rules;
use super::reach::Reach;
use super::registry::with_registry;
use super::rule::Rule;
use super::table::PolicyTable;
use crate::access::role::Role;

/// The names of our directives, which mean nothing to a router.
const OURS: [&str; 6] = ["public", "authenticated", "session", "hasRole", "owner", "signsIn"];

/// At the end of the text, where the library says which of Federation's directives it may have used: `@authenticated` is not among them.
const LIBRARY_LINK: &str = "extend schema @link(";

/// What we use. Federation 2.5 is the first that has the last two.
const LINK: &str = r#"extend schema @link(
	url: "https://specs.apollo.dev/federation/v2.5",
	import: ["@key", "@shareable", "@authenticated", "@requiresScopes"]
)"#;

/// The text from which a router's schema is composed. `builder` and `table` are of the same schema; `keys` are the types
/// that other subgraphs may refer to, each with the fields by which they do.
///
/// A type that is reached only beneath a `@signsIn` field carries nothing: the router would judge what `login` returns
/// as the stranger who asked for it, and nobody could sign in by way of it. Here it is judged as ever.
pub fn federated_sdl<Q, M, S>(
    builder: SchemaBuilder<Q, M, S>,
    table: &Arc<PolicyTable>,
    keys: &'static [(&'static str, &'static str)],
) -> String
where
    Q: ObjectType + 'static,
    M: ObjectType + 'static,
    S: SubscriptionType + 'static,
{
    let table = Arc::clone(table);
    let builder = with_registry(builder, "__federation", move |registry| {
        translate(registry, &table);
        for (name, fields) in keys {
            registry.add_keys(name, *fields);
        }
    });
    let schema = builder.finish();
    let text = schema.sdl_with_options(SDLExportOptions::new().federation());
    let end = text.rfind(LIBRARY_LINK).unwrap_or(text.len());
    format!("{}{LINK}\n", &text[..end])
}

/// Takes our directives out of the registry and writes Federation's in their place.
fn translate(registry: &mut Registry, table: &PolicyTable) {
    let left_open = left_open(registry, table);
    registry.directives.retain(|name, _| !OURS.contains(&name.as_str()));
    for ty in registry.types.values_mut() {
        // Interfaces cannot rule, here or there: the types behind them carry what holds.
        let MetaType::Object { name, fields, directive_invocations, requires_scopes, .. } = ty else {
            continue;
        };
        let is_guarded = !left_open.contains(name.as_str());
        let rules = own_rules(directive_invocations).unwrap_or_default();
        put(directive_invocations, requires_scopes, if is_guarded { &rules } else { &[] });
        for field in fields.values_mut() {
            let row = table.row(name, &field.name).filter(|_| is_guarded);
            let rules = row.map_or(&[][..], |row| &row.rules);
            put(&mut field.directive_invocations, &mut field.requires_scopes, rules);
        }
    }
}

/// The types that are reached beneath a `@signsIn` field and in no other way.
fn left_open(registry: &Registry, table: &PolicyTable) -> HashSet<String> {
    let reach = Reach::new(registry, table);
    let (beneath, otherwise) = (reach.beneath_sign_in(), reach.without_signing_in());
    beneath.difference(&otherwise).map(|name| (*name).to_owned()).collect()
}

/// What the router can enforce of `rules`, in place of them.
fn put(invocations: &mut Vec<MetaDirectiveInvocation>, scopes: &mut Vec<String>, rules: &[Rule]) {
    invocations.retain(|invocation| !OURS.contains(&invocation.name.as_str()));
    let least = rules.iter().filter_map(|rule| match rule {
        Rule::Public => None,
        Rule::AtLeast(role) => Some(*role),
        Rule::Authenticated | Rule::Session | Rule::Owner { .. } => Some(Role::default()),
    });
    match least.max() {
        None => {}
        // Whoever has a session has the least of the roles.
        Some(Role::Client) => invocations
            .push(MetaDirectiveInvocation { name: "authenticated".into(), args: Default::default() }),
        Some(least) => {
            let enough = Role::ALL.into_iter().filter(|role| *role >= least);
            scopes.extend(enough.map(Role::scope));
        }
    }
}
