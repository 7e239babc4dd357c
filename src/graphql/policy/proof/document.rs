//! The operation that walks a road, with its arguments.

use std::collections::HashMap;
use std::fmt::Write as _;

use async_graphql::indexmap::IndexMap;
use async_graphql::parser::types::{BaseType, Type};
use async_graphql::{Name, Request, Value, Variables};

use super::road::{Road, Step};
use super::shape::{Argument, Kind, Shape, named};
use super::stage::{Scene, Stage};
use crate::graphql::policy::rule::{Named, Verdict};
use crate::graphql::policy::table::PolicyTable;

/// The response key of the selection that tells whose an object is.
pub(super) const OWNER: &str = "proofOwner";

/// How deep inputs may nest in values that are made up: an input that needs itself has no value.
const DEEPEST_INPUT: usize = 8;

/// A road made into an operation.
pub(super) struct Document {
    pub(super) text: String,
    pub(super) variables: Variables,
    /// Whom an argument names: by the place of its step on the road, and its own name.
    named: HashMap<(usize, String), Named>,
}

impl Document {
    /// Writes the operation that `scene` is about.
    ///
    /// # Errors
    /// Which argument lacks a value.
    pub(super) async fn write(
        shape: &Shape,
        table: &PolicyTable,
        road: &Road,
        scene: &Scene<'_>,
        stage: &impl Stage,
    ) -> Result<Self, String> {
        let mut document =
            Self { text: String::new(), variables: Variables::default(), named: HashMap::new() };
        let mut definitions = Vec::new();
        let mut calls = Vec::new();
        for (place, step) in road.steps.iter().enumerate() {
            let mut call = Vec::new();
            for argument in shape.field(&step.on, &step.field).into_iter().flat_map(|field| &field.arguments)
            {
                let coordinate = format!("{}.{}({}:)", step.on, step.field, argument.name);
                let Some(value) = value(shape, argument, &coordinate, scene, stage).await? else { continue };
                document.named.insert((place, argument.name.clone()), whom(&value));
                let variable = format!("v{}", definitions.len());
                definitions.push(format!("${variable}: {}", argument.ty));
                call.push(format!("{}: ${variable}", argument.name));
                document.variables.insert(Name::new(variable), value);
            }
            calls.push(if call.is_empty() { String::new() } else { format!("({})", call.join(", ")) });
        }
        let definitions =
            if definitions.is_empty() { String::new() } else { format!("({})", definitions.join(", ")) };
        document.text = format!("{}{definitions} {{ ", road.start.keyword());
        let mut closing = String::from(" }");
        for (place, (step, call)) in road.steps.iter().zip(&calls).enumerate() {
            let next = road.steps.get(place + 1);
            let (opened, closed) = selection(shape, step, next);
            let owner = next.and_then(|next| owner_of(table, next, scene, stage)).unwrap_or_default();
            write!(document.text, "{}{call}{opened}{owner}", step.field)
                .expect("writing to a string cannot fail");
            closing.insert_str(0, closed);
        }
        document.text.push_str(&closing);
        Ok(document)
    }

    pub(super) fn request(&self) -> Request {
        Request::new(&self.text).variables(self.variables.clone())
    }

    /// Whom the named argument of a step names.
    pub(super) fn named(&self, place: usize, argument: &str) -> Named {
        self.named.get(&(place, argument.to_owned())).copied().unwrap_or(Named::Nobody)
    }
}

/// What opens the selection beneath a step, and what closes it.
fn selection(shape: &Shape, step: &Step, next: Option<&Step>) -> (String, &'static str) {
    let returns = shape.field(&step.on, &step.field).map_or("", |field| field.returns.as_str());
    match next {
        Some(next) if next.on == returns => (" { __typename ".to_owned(), " }"),
        Some(next) => (format!(" {{ __typename ... on {} {{ ", next.on), " } }"),
        None if shape.is_composite(returns) => (" { __typename".to_owned(), " }"),
        None => (String::new(), ""),
    }
}

/// Asks whose the object is, where that decides about its field.
fn owner_of(table: &PolicyTable, next: &Step, scene: &Scene<'_>, stage: &impl Stage) -> Option<String> {
    let row = next.row(table)?;
    let decides = row.rules.iter().any(|rule| {
        rule.is_about_the_object()
            && matches!(rule.judge(scene.viewer, |_| Named::NotYetKnown), Verdict::IfOwner(_))
    });
    let selection = stage.owner(&next.on).filter(|_| decides)?;
    Some(format!("{OWNER}: {selection} "))
}

fn whom(value: &Value) -> Named {
    match value {
        Value::String(text) => text.parse().map_or(Named::Nobody, Named::User),
        _ => Named::Nobody,
    }
}

/// The stage's value; else one that is made up, for an argument that must have one.
async fn value(
    shape: &Shape,
    argument: &Argument,
    coordinate: &str,
    scene: &Scene<'_>,
    stage: &impl Stage,
) -> Result<Option<Value>, String> {
    if let Some(value) = stage.argument(coordinate, scene).await {
        return Ok(Some(value));
    }
    if !argument.required {
        return Ok(None);
    }
    made_up(shape, &argument.ty, DEEPEST_INPUT)
        .map(Some)
        .ok_or_else(|| format!("{coordinate} needs a value of {}: the stage has none", argument.ty))
}

/// A value of the type, where its name alone says what one looks like. Not of `ID`: an id is of something.
fn made_up(shape: &Shape, ty: &Type, depth: usize) -> Option<Value> {
    if let BaseType::List(of) = &ty.base {
        return Some(Value::List(vec![made_up(shape, of, depth)?]));
    }
    Some(match (named(ty), shape.kind(named(ty))) {
        (_, Some(Kind::Enum(values))) => Value::Enum(Name::new(values.first()?)),
        (_, Some(Kind::Input(fields))) => {
            let depth = depth.checked_sub(1)?;
            let mut object = IndexMap::new();
            for field in fields.iter().filter(|field| field.required) {
                object.insert(Name::new(&field.name), made_up(shape, &field.ty, depth)?);
            }
            Value::Object(object)
        }
        ("String", _) => Value::from("text"),
        ("Int", _) => Value::from(1),
        ("Float", _) => Value::from(1.5),
        ("Boolean", _) => Value::from(true),
        _ => return None,
    })
}
