//! What a request leaves out of its document: the operations that are not to run, and the variables that it gives no
//! value.
//!
//! The library reckons what pages will cost from their arguments before anything runs, of all operations, and takes a
//! variable without a value for an error there. For it to have none is no error: the argument counts as not given
//! (CoerceArgumentValues() of the specification, 6.4.1). So whatever is not there is taken out before.
//!
//! What is taken out is not validated: a variable of a wrong type is told to whoever sends it, and not to whoever does not.
//! What is judged and what is executed is the same document.

use std::collections::{HashMap, HashSet};

use async_graphql::parser::types::{
    Directive, DocumentOperations, ExecutableDocument, FragmentDefinition, Selection, SelectionSet,
};
use async_graphql::{Name, Positioned, Variables};
use async_graphql_value::Value as InputValue;

/// Leaves in `document` the operation of this name, or the only one, and of its variables those that have a value. Those
/// that must have one have been looked for before.
pub(super) fn take_out(document: &mut ExecutableDocument, chosen: Option<&str>, variables: &Variables) {
    if let (DocumentOperations::Multiple(operations), Some(chosen)) = (&mut document.operations, chosen)
        && operations.len() > 1
    {
        operations.retain(|name, _| name == chosen);
        let mut spread = HashSet::new();
        for operation in operations.values() {
            follow(&operation.node.selection_set.node, &document.fragments, &mut spread);
        }
        document.fragments.retain(|name, _| spread.contains(name));
    }
    let operation = match &mut document.operations {
        DocumentOperations::Single(operation) => Some(operation),
        DocumentOperations::Multiple(operations) => operations.values_mut().next(),
    };
    let Some(operation) = operation.map(|operation| &mut operation.node) else { return };
    let mut missing = HashSet::new();
    operation.variable_definitions.retain(|definition| {
        let name = &definition.node.name.node;
        let is_there = variables.contains_key(name) || definition.node.default_value.is_some();
        is_there || !missing.insert(name.clone())
    });
    if missing.is_empty() {
        return;
    }
    of_directives(&mut operation.directives, &missing);
    of_selections(&mut operation.selection_set.node, &missing);
    for fragment in document.fragments.values_mut() {
        of_directives(&mut fragment.node.directives, &missing);
        of_selections(&mut fragment.node.selection_set.node, &missing);
    }
}

/// Notes in `spread` every fragment that `selections` lead to.
fn follow(
    selections: &SelectionSet,
    fragments: &HashMap<Name, Positioned<FragmentDefinition>>,
    spread: &mut HashSet<Name>,
) {
    for selection in &selections.items {
        match &selection.node {
            Selection::Field(field) => follow(&field.node.selection_set.node, fragments, spread),
            Selection::InlineFragment(inline) => follow(&inline.node.selection_set.node, fragments, spread),
            Selection::FragmentSpread(found) => {
                let name = &found.node.fragment_name.node;
                if spread.insert(name.clone())
                    && let Some(fragment) = fragments.get(name)
                {
                    follow(&fragment.node.selection_set.node, fragments, spread);
                }
            }
        }
    }
}

fn of_selections(selections: &mut SelectionSet, missing: &HashSet<Name>) {
    for selection in &mut selections.items {
        match &mut selection.node {
            Selection::Field(field) => {
                of_arguments(&mut field.node.arguments, missing);
                of_directives(&mut field.node.directives, missing);
                of_selections(&mut field.node.selection_set.node, missing);
            }
            Selection::InlineFragment(inline) => {
                of_directives(&mut inline.node.directives, missing);
                of_selections(&mut inline.node.selection_set.node, missing);
            }
            Selection::FragmentSpread(spread) => of_directives(&mut spread.node.directives, missing),
        }
    }
}

fn of_directives(directives: &mut [Positioned<Directive>], missing: &HashSet<Name>) {
    directives.iter_mut().for_each(|directive| of_arguments(&mut directive.node.arguments, missing));
}

fn of_arguments(arguments: &mut Vec<(Positioned<Name>, Positioned<InputValue>)>, missing: &HashSet<Name>) {
    arguments.retain_mut(|(_, value)| is_there(&mut value.node, missing));
}

/// False for a variable without a value. Within an object its field counts as not given (3.10), within a list it is null
/// (3.11).
fn is_there(value: &mut InputValue, missing: &HashSet<Name>) -> bool {
    match value {
        InputValue::Variable(name) => return !missing.contains(name),
        InputValue::Object(fields) => fields.retain(|_, field| is_there(field, missing)),
        InputValue::List(items) => {
            for item in items {
                if !is_there(item, missing) {
                    *item = InputValue::Null;
                }
            }
        }
        _ => {}
    }
    true
}
