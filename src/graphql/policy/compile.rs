//! From the directives in the registry to the table.

use std::collections::BTreeMap;

use async_graphql::registry::{MetaDirectiveInvocation, MetaField, MetaType, Registry};

use super::description;
use super::lint::{self, PolicyErrors};
use super::rule::Rule;
use super::table::{PolicyTable, Row, bare};
use super::visibility;
use crate::config::Introspection;

/// Makes the table, and writes into the registry who sees what, and each field's rule in words.
///
/// # Errors
/// Every fault of the schema's policy at once: see [`lint`].
pub(super) fn compile(
    registry: &mut Registry,
    introspection: Introspection,
) -> Result<PolicyTable, PolicyErrors> {
    let mut problems = Vec::new();
    let mut table = PolicyTable {
        types: objects(registry, &mut problems),
        query: registry.query_type.clone(),
        mutation: registry.mutation_type.clone(),
        subscription: registry.subscription_type.clone(),
        introspects: introspection != Introspection::Off,
    };
    let interfaces = interfaces(registry, &table);
    table.types.extend(interfaces);
    lint::check(registry, &table, &mut problems);
    if !problems.is_empty() {
        return Err(PolicyErrors::new(problems));
    }
    if introspection != Introspection::Full {
        visibility::fill(&mut table, registry);
    }
    description::fill(&table, registry);
    Ok(table)
}

/// The rules that a type or a field states itself.
pub(super) fn own_rules(directives: &[MetaDirectiveInvocation]) -> Result<Vec<Rule>, String> {
    directives.iter().filter_map(|directive| Rule::read(directive).transpose()).collect()
}

pub(super) fn signs_in(field: &MetaField) -> bool {
    field.directive_invocations.iter().any(|directive| directive.name == "signsIn")
}

/// The object types that are ours: not those that introspection is made of.
pub(super) fn ours(registry: &Registry) -> impl Iterator<Item = &MetaType> {
    registry.types.values().filter(|ty| !ty.name().starts_with("__"))
}

/// A type's own rules, or all those of the types that make up an interface or a union: whoever may
/// select `__typename` learns which of them is there.
pub(super) fn type_rules(registry: &Registry, name: &str) -> Result<Vec<Rule>, String> {
    match registry.types.get(name) {
        Some(MetaType::Object { directive_invocations, .. }) => own_rules(directive_invocations),
        Some(MetaType::Interface { possible_types, .. } | MetaType::Union { possible_types, .. }) => {
            let rules = possible_types.iter().map(|member| type_rules(registry, member));
            Ok(rules.collect::<Result<Vec<_>, _>>()?.concat())
        }
        _ => Ok(Vec::new()),
    }
}

type Rows = BTreeMap<String, BTreeMap<String, Row>>;

fn objects(registry: &Registry, problems: &mut Vec<String>) -> Rows {
    let mut types = Rows::new();
    for ty in ours(registry) {
        let MetaType::Object { name, fields, .. } = ty else { continue };
        let mut rows = BTreeMap::new();
        // These two are the specification's, and open to whoever may introspect at all.
        let is_schema = |field: &MetaField| matches!(field.name.as_str(), "__schema" | "__type");
        let is_query = *name == registry.query_type;
        for field in fields.values().filter(|field| !(is_query && is_schema(field))) {
            let coordinate = format!("{name}.{}", field.name);
            match conjunction(registry, name, field) {
                Ok(rules) if rules.is_empty() => problems.push(format!(
                    "{coordinate}: nobody said who may call it. Give it a directive \
                     (@public, @authenticated, @session, @hasRole or @owner), or give one to the type {name}."
                )),
                Ok(rules) => {
                    let row = Row::new(coordinate, rules, &field.ty, signs_in(field));
                    rows.insert(field.name.clone(), row);
                }
                Err(problem) => problems.push(format!("{coordinate}: {problem}.")),
            }
        }
        types.insert(name.clone(), rows);
    }
    types
}

/// The field's own rules, its parent type's and those of the type that it returns; empty when neither of the
/// first two says anything, for what a type demands of its readers does not yet say who may fetch one.
fn conjunction(registry: &Registry, parent: &str, field: &MetaField) -> Result<Vec<Rule>, String> {
    let mut rules = own_rules(&field.directive_invocations)?;
    rules.extend(type_rules(registry, parent)?);
    if !rules.is_empty() && !signs_in(field) {
        // What a @signsIn field returns is for the one whom it signs in, who is not there yet.
        rules.extend(type_rules(registry, bare(&field.ty))?);
    }
    Ok(reduced(rules))
}

/// An interface's field is read past the rules of the type behind it, so it is ruled by those of all types together.
fn interfaces(registry: &Registry, objects: &PolicyTable) -> Rows {
    let mut types = Rows::new();
    for ty in ours(registry) {
        let MetaType::Interface { name, fields, possible_types, .. } = ty else { continue };
        let mut rows = BTreeMap::new();
        for field in fields.values() {
            let behind = possible_types.iter().filter_map(|member| objects.row(member, &field.name));
            let rules = reduced(behind.flat_map(|row| row.rules.clone()).collect());
            // Nothing behind it, or something that is at fault itself: without a row, it is refused.
            if !rules.is_empty() {
                let coordinate = format!("{name}.{}", field.name);
                rows.insert(field.name.clone(), Row::new(coordinate, rules, &field.ty, false));
            }
        }
        types.insert(name.clone(), rows);
    }
    types
}

/// Each rule once, and `@public` only where it is all there is.
fn reduced(rules: Vec<Rule>) -> Vec<Rule> {
    let mut once = Vec::new();
    for rule in rules {
        if !once.contains(&rule) {
            once.push(rule);
        }
    }
    if once.len() > 1 {
        once.retain(|rule| *rule != Rule::Public);
    }
    once
}
