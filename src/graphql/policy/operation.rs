//! An operation judged whole, before anything of it runs.

use std::collections::{HashMap, HashSet};

use async_graphql::parser::types::{
    Directive, DocumentOperations, ExecutableDocument, Field, OperationDefinition, OperationType, Selection,
    SelectionSet,
};
use async_graphql::{Name, Positioned, ServerError, Value, Variables};
use async_graphql_value::Value as InputValue;
use uuid::Uuid;

use super::rule::{Named, Verdict};
use super::table::{PolicyTable, Row};
use crate::access::viewer::Viewer;
use crate::error::Error;
use crate::graphql::error::server_error;

/// The most refusals that are told at once: enough to mend a request, and no lever to make a short one answer at length.
const MOST_REFUSALS: usize = 32;

/// What of an operation is refused, as far as that is known before it runs.
#[derive(Default)]
pub(super) struct Refusals {
    pub(super) errors: Vec<ServerError>,
    /// It must not run; otherwise each is told where the operation comes to it.
    pub(super) is_whole: bool,
}

/// What was found.
#[derive(Default)]
pub(super) struct Findings<'d> {
    pub(super) refusals: Refusals,
    /// The response key of its `@signsIn` field.
    pub(super) signs_in: Option<&'d str>,
}

/// The operation that will run, chosen as async-graphql chooses it; none when it will refuse to.
pub(super) fn chosen<'d>(
    document: &'d ExecutableDocument,
    name: Option<&str>,
) -> Option<&'d OperationDefinition> {
    let operation = match (&document.operations, name) {
        (DocumentOperations::Single(operation), None) => operation,
        (DocumentOperations::Single(_), Some(_)) => return None,
        (DocumentOperations::Multiple(operations), Some(name)) => operations.get(name)?,
        (DocumentOperations::Multiple(operations), None) if operations.len() == 1 => {
            operations.values().next()?
        }
        (DocumentOperations::Multiple(_), None) => return None,
    };
    Some(&operation.node)
}

/// The variables that hold ids: all that judging an argument needs, without a copy of anything else that was sent.
#[derive(Debug, Default)]
pub(super) struct Ids(Vec<(Name, Uuid)>);

impl Ids {
    pub(super) fn of(variables: &Variables) -> Self {
        let ids = variables.iter().filter_map(|(name, value)| match value {
            Value::String(text) => Some((name.clone(), Uuid::try_parse(text).ok()?)),
            _ => None,
        });
        Self(ids.collect())
    }

    /// Whom the named argument of a selected field names.
    pub(super) fn named(&self, field: &Field, argument: &str) -> Named {
        let id = match field.get_argument(argument).map(|value| &value.node) {
            Some(InputValue::String(text)) => Uuid::try_parse(text).ok(),
            Some(InputValue::Variable(name)) => {
                self.0.iter().find(|(known, _)| known == name).map(|(_, id)| *id)
            }
            _ => None,
        };
        id.map_or(Named::Nobody, Named::User)
    }
}

/// Judges an operation by all that it selects. A mutation and a subscription are refused whole for any part of it, a
/// query only when every one of its root fields is refused.
pub(super) fn judge<'d>(
    table: &PolicyTable,
    document: &'d ExecutableDocument,
    operation: &'d OperationDefinition,
    variables: &Variables,
    ids: &Ids,
    viewer: &Viewer,
) -> Findings<'d> {
    let root = match operation.ty {
        OperationType::Query => Some(table.query.as_str()),
        OperationType::Mutation => table.mutation.as_deref(),
        OperationType::Subscription => table.subscription.as_deref(),
    };
    let Some(root) = root else { return Findings::default() };
    let mut walk = Walk {
        table,
        document,
        variables,
        ids,
        viewer,
        fragments: HashMap::new(),
        some_answer: false,
        some_introspection: false,
        findings: Findings::default(),
    };
    let set = &operation.selection_set.node;
    let alone = walk.selection_set(root, set);
    let takers = |key| walk.takers(key, set, &mut HashSet::new());
    let malformed = if walk.some_introspection && !table.introspects {
        // The library would answer null where the schema promises a value, and call it a success.
        Some("Introspection is off on this server.")
    } else if alone > 1 && operation.ty == OperationType::Subscription {
        Some("A subscription has one root field. Send the others by themselves.")
    } else if alone > 1 {
        Some("An operation can sign in once. Send the others by themselves.")
    } else if walk.findings.signs_in.is_some_and(|key| takers(key) > 1) {
        Some("Another field is answered under the name of the one that signs in. Give it a name of its own.")
    } else {
        None
    };
    let mut findings = walk.findings;
    let answers_in_part = operation.ty == OperationType::Query && walk.some_answer;
    findings.refusals.is_whole = !findings.refusals.errors.is_empty() && !answers_in_part;
    if let Some(malformed) = malformed {
        let error = Error::bad_request(malformed);
        let errors = vec![server_error(error, None, operation.selection_set.pos)];
        findings.refusals = Refusals { errors, is_whole: true };
    }
    findings
}

struct Walk<'a, 'd> {
    table: &'a PolicyTable,
    document: &'d ExecutableDocument,
    variables: &'a Variables,
    ids: &'a Ids,
    viewer: &'a Viewer,
    /// The fragments met so far, with what [`Self::selection_set`] returned for each. A fragment is judged once: spread
    /// twice by each other, they would cost two to the power of their number.
    fragments: HashMap<&'d str, usize>,
    /// Some root field is not refused: nothing is looked at beneath one that is.
    some_answer: bool,
    /// The schema is asked for.
    some_introspection: bool,
    findings: Findings<'d>,
}

impl<'d> Walk<'_, 'd> {
    /// Judges what is selected on `parent`; returns how many fields that runs of those that must stand alone: `@signsIn`
    /// fields, and the root fields of a subscription (GraphQL, 5.2.3.1), whose streams would share one list of errors.
    fn selection_set(&mut self, parent: &str, set: &'d SelectionSet) -> usize {
        let mut alone: usize = 0;
        for selection in &set.items {
            if self.is_skipped(selection.node.directives()) {
                continue;
            }
            let more = match &selection.node {
                Selection::Field(field) => self.field(parent, field),
                Selection::InlineFragment(fragment) => {
                    let on =
                        fragment.node.type_condition.as_ref().map_or(parent, |on| on.node.on.node.as_str());
                    self.selection_set(on, &fragment.node.selection_set.node)
                }
                Selection::FragmentSpread(spread) => self.fragment(spread.node.fragment_name.node.as_str()),
            };
            alone = alone.saturating_add(more);
        }
        alone
    }

    fn fragment(&mut self, name: &str) -> usize {
        if let Some(known) = self.fragments.get(name) {
            return *known;
        }
        let Some((name, fragment)) = self.document.fragments.get_key_value(name) else { return 0 };
        // Written down before it is walked, so that a circle of fragments ends here; validation refuses it later.
        self.fragments.insert(name.as_str(), 0);
        let on = fragment.node.type_condition.node.on.node.as_str();
        let alone = self.selection_set(on, &fragment.node.selection_set.node);
        self.fragments.insert(name.as_str(), alone);
        alone
    }

    fn field(&mut self, parent: &str, field: &'d Positioned<Field>) -> usize {
        let alone = usize::from(self.table.subscription.as_deref() == Some(parent));
        let Some(row) = self.table.row(parent, &field.node.name.node) else {
            // `__typename` and introspection are answered to all; what does not exist, validation refuses.
            self.some_answer = true;
            self.some_introspection |= matches!(field.node.name.node.as_str(), "__schema" | "__type");
            return alone;
        };
        let denied = self.is_denied(row, field);
        if row.signs_in {
            // What is beneath it is judged when it is known as whom.
            self.findings.signs_in.get_or_insert(&field.node.response_key().node);
            return 1;
        }
        // Beneath a denied field there is nothing that a client could mend by itself.
        if denied {
            return alone;
        }
        alone.saturating_add(self.selection_set(&row.returns, &field.node.selection_set.node))
    }

    /// How many root fields are answered under the name `key`. What a `@signsIn` field opens is told by that name, and
    /// validation lets two different fields share one as long as they stand in different fragments.
    fn takers(&self, key: &str, set: &'d SelectionSet, seen: &mut HashSet<&'d str>) -> usize {
        let mut takers = 0;
        for selection in &set.items {
            if self.is_skipped(selection.node.directives()) {
                continue;
            }
            takers += match &selection.node {
                Selection::Field(field) => usize::from(field.node.response_key().node == key),
                Selection::InlineFragment(fragment) => {
                    self.takers(key, &fragment.node.selection_set.node, seen)
                }
                Selection::FragmentSpread(spread) => {
                    let known = self.document.fragments.get_key_value(&spread.node.fragment_name.node);
                    match known.filter(|(name, _)| seen.insert(name.as_str())) {
                        Some((_, fragment)) => self.takers(key, &fragment.node.selection_set.node, seen),
                        None => 0,
                    }
                }
            };
        }
        takers
    }

    fn is_denied(&mut self, row: &Row, field: &Positioned<Field>) -> bool {
        let verdict = row.judge(self.viewer, |argument| self.ids.named(&field.node, argument));
        let Verdict::Denied(rule) = verdict else {
            self.some_answer = true;
            return false;
        };
        if self.findings.refusals.errors.len() < MOST_REFUSALS {
            let error = rule.refusal(self.viewer);
            self.findings.refusals.errors.push(server_error(error, Some(&row.coordinate), field.pos));
        }
        true
    }

    /// Whether async-graphql will leave it out.
    fn is_skipped(&self, directives: &[Positioned<Directive>]) -> bool {
        directives.iter().any(|directive| {
            let include = match directive.node.name.node.as_str() {
                "skip" => false,
                "include" => true,
                _ => return false,
            };
            let Some(condition) = directive.node.get_argument("if") else { return false };
            let holds = match &condition.node {
                InputValue::Boolean(holds) => *holds,
                InputValue::Variable(name) => self.variables.get(name) == Some(&Value::Boolean(true)),
                _ => false,
            };
            holds != include
        })
    }
}
