//! From the text of a document to the operation that is to run.

use std::sync::Arc;
use std::time::Duration;

use async_graphql::parser::types::{
    DocumentOperations, ExecutableDocument, OperationDefinition, OperationType, VariableDefinition,
};
use async_graphql::parser::{Error as ParseError, parse_query};
use async_graphql::{Name, Positioned, Value, Variables};
use moka::sync::Cache;

use crate::config::GraphqlConfig;
use crate::graphql::budget;
use crate::http::left_out;
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

/// How much text of documents is remembered, in bytes. What is made of it takes up to 150 times that, 5 MiB, if somebody
/// sends nothing but names of one letter.
const REMEMBERED: u64 = 32 * 1024;

/// The longest text that is, in bytes. The cache takes in some dozens before it counts, so that a flood of long ones would
/// take a multiple of its room for a moment.
const LONGEST_REMEMBERED: usize = 2 * 1024;

/// For how long a text is remembered that nobody sends.
const REMEMBERED_UNUSED: Duration = Duration::from_mins(10);

/// Reads documents within their budget, and remembers them: clients send the same few again and again, and to parse one is
/// a good part of the work of a small request.
pub(super) struct Documents {
    limits: GraphqlConfig,
    remembered: Cache<Box<str>, Arc<ExecutableDocument>>,
}

impl Documents {
    pub(super) fn within(limits: GraphqlConfig) -> Self {
        let remembered = Cache::<Box<str>, Arc<ExecutableDocument>>::builder()
            .max_capacity(REMEMBERED)
            .weigher(|text, _| u32::try_from(text.len()).unwrap_or(u32::MAX))
            .time_to_idle(REMEMBERED_UNUSED)
            .build();
        Self { limits, remembered }
    }

    /// What of the document concerns the operation that is to run, and that operation.
    ///
    /// # Errors
    /// A refusal with 400. It never repeats the text: that may hold a password.
    pub(super) fn read(
        &self,
        text: &str,
        operation_name: Option<&str>,
        variables: &Variables,
    ) -> Result<(ExecutableDocument, Operation), Refusal> {
        let mut document = self.parse(text)?;
        let (name, operation) = select(&document.operations, operation_name)?;
        judge_variables(&operation.node, variables)?;
        // Names are ASCII (spec 2.1.9).
        let name = name.map(|name| name[..name.len().min(MAX_NAME)].to_owned());
        let roots = operation.node.selection_set.node.items.len();
        let operation = Operation { name, kind: operation.node.ty, roots };
        left_out::take_out(&mut document, operation_name, variables);
        Ok((document, operation))
    }

    fn parse(&self, text: &str) -> Result<ExecutableDocument, Refusal> {
        if let Some(known) = self.remembered.get(text) {
            return Ok(ExecutableDocument::clone(&known));
        }
        budget::scan(text, &self.limits)?;
        let document = parse_query(text).map_err(|error| syntax_error(&error))?;
        budget::weigh(&document, &self.limits)?;
        // A string may be a password, which must not outlive its request: clients send theirs as variables. (One without
        // quotes is a mistake, is refused when it is validated, and is forgotten when it was not repeated for a while.)
        if text.len() <= LONGEST_REMEMBERED && !text.contains('"') {
            self.remembered.insert(text.into(), Arc::new(document.clone()));
        }
        Ok(document)
    }
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

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that fails here has said enough")]
mod tests {
    use super::*;

    fn documents() -> Documents {
        Documents::within(GraphqlConfig::default())
    }

    #[test]
    fn a_document_is_remembered_as_it_was_read() {
        let documents = documents();
        let text = "query Page($first: Int) { users(first: $first) { nodes { id } } }";
        let first = documents.parse(text).unwrap();
        assert!(documents.remembered.contains_key(text));
        let second = documents.parse(text).unwrap();
        assert_eq!(format!("{first:?}"), format!("{second:?}"));
    }

    #[test]
    fn a_text_in_which_a_password_may_stand_is_not_kept() {
        let documents = documents();
        let inline = r#"mutation { login(input: { identifier: "a", password: "p" }) { __typename } }"#;
        let block = r#"mutation { login(input: { identifier: "a", password: """p""" }) { __typename } }"#;
        for text in [inline, block] {
            documents.parse(text).unwrap();
            assert!(!documents.remembered.contains_key(text), "{text}");
        }
    }

    #[test]
    fn a_long_text_is_not_kept() {
        let documents = documents();
        for (length, is_kept) in [(LONGEST_REMEMBERED, true), (LONGEST_REMEMBERED + 1, false)] {
            let text = format!("{:length$}", "{ me { id } }");
            documents.parse(&text).unwrap();
            assert_eq!(documents.remembered.contains_key(text.as_str()), is_kept, "{length}");
        }
    }

    #[test]
    fn what_was_refused_is_refused_again() {
        let documents = documents();
        let broken = "{ me { id }";
        let cycle = "query { ...a } fragment a on Query { ...a }";
        let deep = format!("{}{}", "{a".repeat(30), "}".repeat(30));
        for text in [broken, cycle, &deep] {
            assert!(documents.parse(text).is_err(), "{text}");
            assert!(!documents.remembered.contains_key(text), "{text}");
            assert!(documents.parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn ten_thousand_different_documents_take_no_more_room_than_was_set_aside() {
        let documents = documents();
        for number in 0..10_000 {
            documents.parse(&format!("{{ a{number}: __typename }}")).unwrap();
        }
        documents.remembered.run_pending_tasks();
        let kept = documents.remembered.weighted_size();
        assert!(0 < kept && kept <= REMEMBERED, "{kept}");
    }
}
