//! Every operation that the documentation and the examples show can be sent, and every type that they quote is there.

use std::sync::Arc;

use async_graphql::extensions::{Extension, ExtensionContext, ExtensionFactory, NextExecute};
use async_graphql::parser::types::{BaseType, ExecutableDocument, Type, TypeKind, TypeSystemDefinition};
use async_graphql::parser::{parse_query, parse_schema};
use async_graphql::{EmptySubscription, Request, Response, Schema, Value as ConstValue, Variables};
use rolegate::graphql::{self, Mutation, Query};

use crate::source::{File, repository};

/// Answers once a document was found to be valid: nothing runs, so that it matters neither who asks nor what is there.
struct ValidateOnly;

impl ExtensionFactory for ValidateOnly {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Self)
    }
}

#[async_graphql::async_trait::async_trait]
impl Extension for ValidateOnly {
    async fn execute(&self, _: &ExtensionContext<'_>, _: Option<&str>, _: NextExecute<'_>) -> Response {
        Response::new(ConstValue::Null)
    }
}

/// A document and where it stands.
#[derive(Debug, PartialEq)]
struct Written {
    place: String,
    document: String,
}

/// The documents in a file: its ```` ```graphql ```` blocks, and what begins like an operation within quotes, which is how
/// they stand in a curl command, in a script, and in a sentence. `..` in a sentence leaves something out: such a one is none.
fn documents(file: &File) -> Vec<Written> {
    let at = |line| format!("{}:{line}", file.path);
    if file.path.ends_with(".graphql") {
        return vec![Written { place: at(1), document: file.text.clone() }];
    }
    let mut found = Vec::new();
    let mut rest = String::new();
    let mut block: Option<Written> = None;
    for (line, text) in file.text.lines().enumerate() {
        match &mut block {
            Some(open) if text.starts_with("```") => {
                open.document.push('\n');
                found.extend(block.take());
            }
            Some(open) => open.document.extend(["\n", text]),
            None if text.starts_with("```graphql") => {
                block = Some(Written { place: at(line + 2), document: String::new() });
            }
            None => rest.push_str(text),
        }
        // Lines stay where they are, for the sake of their numbers.
        rest.push('\n');
    }
    found.extend(block);
    for quote in ['"', '`'] {
        for (start, _) in rest.match_indices(quote) {
            let Some(document) = operation(&rest[start + 1..], quote) else { continue };
            found.push(Written { place: at(rest[..start].lines().count().max(1)), document });
        }
    }
    found
}

/// The operation that `text` begins with, up to the quote that ends it.
fn operation(text: &str, quote: char) -> Option<String> {
    let begins = ["{ ", "query ", "query(", "query{", "mutation ", "mutation(", "mutation{"];
    if !begins.iter().any(|start| text.starts_with(start)) {
        return None;
    }
    let mut document = String::new();
    let mut characters = text.chars();
    loop {
        match characters.next()? {
            '\\' => document.extend(characters.next()),
            end if end == quote => break,
            other => document.push(other),
        }
    }
    // Else it is an object, or a sentence that begins with the word.
    let selects = document.contains('{') && document.trim_end().ends_with('}');
    let within = document.starts_with("{ ") && !document[1..].contains('{');
    let left_out = document.replace("...", "").contains("..") || document.contains("${");
    (selects && !within && !left_out).then_some(document)
}

/// The files that show people what to send.
fn files() -> Vec<File> {
    let shown = |path: &str| {
        let prose = path.ends_with(".md") && path != "permissions.md";
        let example = path.starts_with("examples/")
            && [".html", ".js", ".mjs", ".py"].iter().any(|end| path.ends_with(end));
        prose || example || path == "tests/clients/operations.graphql"
    };
    repository().into_iter().filter(|file| shown(&file.path)).collect()
}

/// What is wrong with an operation, or with a quotation from the schema.
async fn mistakes(document: &str) -> Vec<String> {
    let Ok(operations) = parse_query(document) else { return misquoted(document) };
    let schema = Schema::build(Query::default(), Mutation::default(), EmptySubscription);
    let schema = schema.extension(ValidateOnly).finish();
    let mut mistakes = Vec::new();
    for (name, _) in operations.operations.iter() {
        let mut request = Request::new(document);
        request.operation_name = name.map(ToString::to_string);
        request.variables = variables(&operations);
        mistakes.extend(schema.execute(request).await.errors.into_iter().map(|error| error.message));
    }
    mistakes
}

/// Values for what may be empty, of all operations: what a page costs is reckoned before anything runs.
fn variables(document: &ExecutableDocument) -> Variables {
    let definitions =
        document.operations.iter().flat_map(|(_, operation)| &operation.node.variable_definitions);
    let values = definitions.map(|definition| &definition.node).filter_map(|definition| {
        let empty = match &definition.var_type.node {
            Type { base: BaseType::List(_), .. } => ConstValue::List(Vec::new()),
            Type { nullable: true, .. } => ConstValue::Null,
            Type { .. } => return None,
        };
        Some((definition.name.node.clone(), empty))
    });
    Variables::from_value(ConstValue::Object(values.collect()))
}

/// The fields of the roots that are quoted otherwise than they are. Arguments may be left out. Other types may be a
/// reader's own, or another subgraph's part of ours.
fn misquoted(document: &str) -> Vec<String> {
    let quoted = match root_fields(document) {
        Ok(quoted) => quoted,
        Err(error) => return vec![error],
    };
    let ours =
        root_fields(&graphql::sdl().expect("every coordinate has its rule")).expect("the SDL is well-formed");
    let is_ours = |(field, arguments): &(String, Vec<String>)| {
        ours.iter()
            .any(|(name, all)| name == field && arguments.iter().all(|argument| all.contains(argument)))
    };
    quoted.iter().filter(|it| !is_ours(it)).map(|it| format!("not so in the schema: {it:?}")).collect()
}

/// The fields of `Query` and `Mutation` with their types and rules, and the arguments of each with theirs.
fn root_fields(sdl: &str) -> Result<Vec<(String, Vec<String>)>, String> {
    let document = parse_schema(sdl).map_err(|error| error.to_string())?;
    let mut found = Vec::new();
    for definition in document.definitions {
        let TypeSystemDefinition::Type(definition) = definition else { continue };
        let TypeKind::Object(object) = definition.node.kind else { continue };
        let root = definition.node.name.node;
        if !["Query", "Mutation"].contains(&root.as_str()) {
            continue;
        }
        for field in object.fields.into_iter().map(|field| field.node) {
            let arguments = field.arguments.iter().map(|it| format!("{}: {}", it.node.name, it.node.ty));
            let rules = field.directives.iter().map(|it| {
                let arguments = it.node.arguments.iter().map(|(name, value)| format!("{name}: {value}"));
                format!("@{}({})", it.node.name, arguments.collect::<Vec<_>>().join(", "))
            });
            let rules = rules.collect::<Vec<_>>().join(" ");
            found.push((format!("{root}.{}: {} {rules}", field.name, field.ty), arguments.collect()));
        }
    }
    Ok(found)
}

#[tokio::test]
async fn every_operation_that_is_shown_can_be_sent() {
    let written: Vec<_> = files().iter().flat_map(documents).collect();
    // The README's curl commands, a guide, the page and the module of an example, and the clients'.
    for path in [
        "README.md",
        "docs/permissions.md",
        "examples/frontend/index.html",
        "examples/frontend/permissions.js",
    ] {
        assert!(written.iter().any(|it| it.place.starts_with(path)), "nothing was found in {path}");
    }
    let mut wrong = Vec::new();
    for Written { place, document } in &written {
        wrong.extend(mistakes(document).await.into_iter().map(|mistake| format!("{place}: {mistake}")));
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn an_operation_is_found_wherever_it_is_written() {
    let document = |text: &str| Written { place: "a.md:2".into(), document: text.into() };
    for (text, expected) in [
        ("```graphql\n{ me { id } }\n```", "\n{ me { id } }\n"),
        ("\ncurl --data '{\"query\": \"{ user(id: \\\"1\\\") { id } }\"}'", "{ user(id: \"1\") { id } }"),
        ("\nSend `mutation {\nlogout { id } }` once.", "mutation {\nlogout { id } }"),
        (
            "\nsend(\"query ($id: ID!) { user(id: $id) { id } }\")",
            "query ($id: ID!) { user(id: $id) { id } }",
        ),
    ] {
        assert_eq!(documents(&File::snippet("a.md", text)), [document(expected)], "{text}");
    }
    for text in
        ["`{ user(id: ..) { .. } }`", "`{ verdict, code }`", "\"query\": {}", "```json\n{ \"a\": {} }\n```"]
    {
        assert_eq!(documents(&File::snippet("a.md", text)), [], "{text}");
    }
}

#[tokio::test]
async fn what_does_not_fit_the_schema_is_found() {
    for document in [
        "{ me { nickname } }",
        "query Q($id: Number!) { user(id: $id) { id } }",
        "query A { me { id } } query B { nobody { id } }",
        "mutation { login(input: { identifier: \"ada\" }) { ... on SignedIn { accessToken } } }",
        "{ me { id }",
        "type Query { me: User @public }",
        "type Query { me: User! @authenticated }",
        "type Query { user(name: String): User @owner(arg: \"id\", orAtLeast: MANAGER) }",
    ] {
        assert!(!mistakes(document).await.is_empty(), "{document}");
    }
}
