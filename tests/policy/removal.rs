//! Every directive of the real schema, taken away by itself: none can go unnoticed, and what fails names the coordinate.

use std::sync::Arc;

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{ConstDirective, TypeKind, TypeSystemDefinition};
use async_graphql::{EmptySubscription, Positioned, Schema};
use rolegate::graphql::policy::{Format, Matrix, PolicyTable, install};
use rolegate::graphql::{Mutation, Query};

use crate::strip::Strip;

/// All places of the schema that carry a directive of the policy, with its name.
fn applied() -> Vec<(String, String)> {
    let sdl = rolegate::graphql::sdl().unwrap();
    let mut found = Vec::new();
    let mut note = |at: &str, directives: &[Positioned<ConstDirective>]| {
        let names = directives.iter().map(|directive| directive.node.name.node.to_string());
        let ours = names.filter(|name| {
            ["public", "authenticated", "hasRole", "owner", "signsIn"].contains(&name.as_str())
        });
        found.extend(ours.map(|name| (at.to_owned(), name)));
    };
    for definition in parse_schema(sdl).unwrap().definitions {
        let TypeSystemDefinition::Type(definition) = definition else { continue };
        let (definition, name) = (&definition.node, definition.node.name.node.as_str());
        let TypeKind::Object(object) = &definition.kind else { continue };
        note(name, &definition.directives);
        for field in &object.fields {
            note(&format!("{name}.{}", field.node.name.node), &field.node.directives);
        }
    }
    found
}

/// What tells that the directive is missing: the problem that stops the server, or the lines of `permissions.md` that no
/// longer hold, which is what `tests/schema.rs` fails with.
fn told_without(at: &str, directive: &str, kept: &str) -> Vec<String> {
    let strip = Strip { at: at.to_owned(), directive: directive.to_owned() };
    let builder = Schema::build(Query::default(), Mutation::default(), EmptySubscription).directive(strip);
    match install(builder) {
        Err(problems) => problems.iter().map(str::to_owned).collect(),
        Ok(builder) => {
            let schema = builder.finish();
            let table = schema.data::<Arc<PolicyTable>>().unwrap();
            let page = table.matrix().collect::<Matrix>().write(Format::Markdown);
            kept.lines().filter(|line| !page.lines().any(|other| other == *line)).map(str::to_owned).collect()
        }
    }
}

#[test]
fn with_all_its_directives_no_line_is_missing() {
    let kept = std::fs::read_to_string("permissions.md").unwrap();
    let page = rolegate::graphql::permissions().unwrap().write(Format::Markdown);
    let missing: Vec<_> = kept.lines().filter(|line| !page.lines().any(|other| other == *line)).collect();
    assert_eq!(missing, [""; 0], "a line that no directive made would name its coordinate for each of them");
}

#[test]
fn no_directive_can_be_removed_without_a_failure_that_names_its_coordinate() {
    let kept = std::fs::read_to_string("permissions.md").unwrap();
    let applied = applied();
    assert!(applied.len() > 30, "{} directives were found", applied.len());
    for (at, directive) in applied {
        let told = told_without(&at, &directive, &kept);
        // What stands on a type is about its fields.
        let coordinate = if at.contains('.') { at.clone() } else { format!("{at}.") };
        let names = told.iter().any(|line| line.trim_start_matches("| ").starts_with(&coordinate));
        assert!(names, "without @{directive} at {at}: {told:#?}");
    }
}
