//! From the text of a document to the operation that is to run.

use async_graphql::parser::types::{
    DocumentOperations, ExecutableDocument, OperationDefinition, OperationType, VariableDefinition,
};
use async_graphql::parser::{Error as ParseError, parse_query};
use async_graphql::{Name, Positioned, Value, Variables};

use crate::config::GraphqlConfig;
use crate::graphql::budget;
use crate::http::refusal::Refusal;

/// The longest name that is logged or repeated, in bytes.
const MAX_NAME: usize = 100;

/// The operation that is to run.
#[derive(Clone)]
pub(super) struct Operation {
    /// Its name, cut for the log.
    pub(super) name: Option<String>,
    pub(super) kind: OperationType,
    /// How many selections stand at its root.
    pub(super) roots: usize,
}

/// Parses a document within its budget and finds the operation.
///
/// # Errors
/// A refusal with 400. It never repeats the text: that may hold a password.
pub(super) fn read(
    text: &str,
    operation_name: Option<&str>,
    variables: &Variables,
    limits: &GraphqlConfig,
) -> Result<(ExecutableDocument, Operation), Refusal> {
    budget::scan(text, limits)?;
    let document = parse_query(text).map_err(|error| syntax_error(&error))?;
    budget::weigh(&document, limits)?;
    let (name, operation) = select(&document.operations, operation_name)?;
    judge_variables(&operation.node, variables)?;
    // Names are ASCII (spec 2.1.9).
    let name = name.map(|name| name[..name.len().min(MAX_NAME)].to_owned());
    let roots = operation.node.selection_set.node.items.len();
    let operation = Operation { name, kind: operation.node.ty, roots };
    Ok((document, operation))
}

/// GetOperation() of the specification, 6.1.
fn select<'d>(
    operations: &'d DocumentOperations,
    name: Option<&str>,
) -> Result<(Option<&'d Name>, &'d Positioned<OperationDefinition>), Refusal> {
    let mut candidates = operations.iter().filter(|(known, _)| match (name, known) {
        (Some(name), Some(known)) => known.as_str() == name,
        (Some(_), None) => false,
        (None, _) => true,
    });
    let found = candidates.next();
    if candidates.next().is_some() {
        return Err(Refusal::bad_request("The document has several operations: say which to run."));
    }
    found.ok_or_else(|| Refusal::bad_request("The document has no operation of this name."))
}

/// The part of CoerceVariableValues() (6.1.2) that the library leaves to the fields that use the variable: by then, others
/// have run.
fn judge_variables(operation: &OperationDefinition, variables: &Variables) -> Result<(), Refusal> {
    let needs_a_value = |definition: &&Positioned<VariableDefinition>| {
        let VariableDefinition { name, var_type, default_value, .. } = &definition.node;
        match variables.get(&name.node) {
            Some(value) => !var_type.node.nullable && *value == Value::Null,
            None => !var_type.node.nullable && default_value.is_none(),
        }
    };
    match operation.variable_definitions.iter().find(needs_a_value) {
        Some(definition) => {
            let name = definition.node.name.node.as_str();
            let name = &name[..name.len().min(MAX_NAME)];
            let message = format!("The variable `${name}` must have a value.");
            Err(Refusal::bad_request(message).at(Some(definition.pos)))
        }
        None => Ok(()),
    }
}

fn syntax_error(error: &ParseError) -> Refusal {
    let location = error.positions().next();
    let message = match error {
        ParseError::MultipleOperations { .. } => "An operation without a name is not the only one.",
        ParseError::OperationDuplicated { .. } => "Two operations have the same name.",
        ParseError::FragmentDuplicated { .. } => "Two fragments have the same name.",
        ParseError::MissingOperation => "The document has no operation.",
        ParseError::RecursionLimitExceeded => "The document nests too deep.",
        _ => {
            let place = location.map(|at| format!(" at line {}, column {}", at.line, at.column));
            let message = format!("The document is not GraphQL{}.", place.unwrap_or_default());
            return Refusal::bad_request(message).at(location);
        }
    };
    Refusal::bad_request(message).at(location)
}
