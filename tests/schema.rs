//! The files that are generated from the schema are what the schema says, and what is written about it holds.

#[expect(dead_code, reason = "the files are wanted, and their Rust tokens are not")]
#[path = "architecture/source.rs"]
mod source;
#[path = "schema/written.rs"]
mod written;

use std::sync::Arc;

use rolegate::app::App;
use rolegate::config::Config;
use rolegate::graphql;
use rolegate::graphql::policy::Format;
use rolegate::platform::clock::Clock;

#[track_caller]
fn assert_current(path: &str, current: &str, command: &str) {
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        kept == current,
        "{path} is not what the code says: run `{command} > {path}` and look at the difference"
    );
}

#[test]
fn schema_graphql_is_the_schema_that_is_served() {
    let sdl = graphql::sdl().expect("every coordinate has its rule");
    assert_current("schema.graphql", &sdl, "cargo run -- schema");
}

#[tokio::test]
async fn a_server_answers_by_the_same_schema() {
    let folder = tempfile::tempdir().expect("a directory");
    let config = Config { data_dir: folder.path().to_owned(), ..Config::default() };
    let app = Arc::new(App::start(config, Clock::System).await.expect("the app starts"));
    let served = graphql::schema(app).expect("every coordinate has its rule").sdl();
    assert_eq!(served, graphql::sdl().expect("every coordinate has its rule"));
}

#[test]
fn permissions_md_is_the_policy_that_is_enforced() {
    let matrix = graphql::permissions().expect("every coordinate has its rule");
    assert_current("permissions.md", &matrix.write(Format::Markdown), "cargo run -- permissions");
}

#[test]
fn a_router_is_told_nothing_in_words_that_are_ours_alone() {
    use async_graphql::parser::types::TypeSystemDefinition;
    let sdl = graphql::sdl().expect("every coordinate has its rule");
    let document = async_graphql::parser::parse_schema(&sdl).expect("the SDL is well-formed");
    let names = document.definitions.into_iter().filter_map(|definition| match definition {
        TypeSystemDefinition::Directive(directive) => Some(directive.node.name.node.to_string()),
        _ => None,
    });
    // One is Federation's as well. What the specification defines is no rule.
    let others = ["authenticated", "deprecated", "include", "oneOf", "skip", "specifiedBy"];
    let ours: Vec<_> = names.filter(|name| !others.contains(&name.as_str())).collect();
    assert_eq!(ours, ["hasRole", "owner", "public", "session", "signsIn"]);
    let told = graphql::federated_sdl().expect("every coordinate has its rule");
    // Descriptions may name them; what is applied or defined stands outside of their quotes.
    let applied = told.split("\"\"\"").step_by(2).collect::<String>();
    for name in ours {
        assert!(!applied.contains(&format!("@{name}")), "@{name}");
    }
}

#[test]
fn everything_in_the_schema_has_a_description() {
    use async_graphql::parser::types::{TypeKind, TypeSystemDefinition};
    let sdl = graphql::sdl().expect("every coordinate has its rule");
    let document = async_graphql::parser::parse_schema(&sdl).expect("the SDL is well-formed");
    let mut bare = Vec::new();
    for definition in document.definitions {
        let TypeSystemDefinition::Type(definition) = definition else { continue };
        let (name, kind) = (definition.node.name.node.to_string(), definition.node.kind);
        let root = ["Query", "Mutation"].contains(&name.as_str());
        if definition.node.description.is_none() && !root {
            bare.push(name.clone());
        }
        match kind {
            TypeKind::Object(object) => {
                for field in &object.fields {
                    // The rule ends every description, so it takes more than that to be described.
                    let description = field.node.description.as_ref();
                    let described = description.is_some_and(|text| text.node.trim().contains('\n'));
                    let arguments =
                        field.node.arguments.iter().all(|argument| argument.node.description.is_some());
                    if !(described && arguments) {
                        bare.push(format!("{name}.{}", field.node.name.node));
                    }
                }
            }
            TypeKind::Enum(values) => {
                for value in &values.values {
                    if value.node.description.is_none() {
                        bare.push(format!("{name}.{}", value.node.value.node));
                    }
                }
            }
            TypeKind::InputObject(input) => {
                for field in &input.fields {
                    if field.node.description.is_none() {
                        bare.push(format!("{name}.{}", field.node.name.node));
                    }
                }
            }
            TypeKind::Scalar | TypeKind::Interface(_) | TypeKind::Union(_) => {}
        }
    }
    assert!(bare.is_empty(), "say what these are for: {bare:?}");
}
