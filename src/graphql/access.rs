//! Roles in the schema, and what a viewer may do: for frontends that show each role what it can use.

use std::sync::Arc;

use async_graphql::{Context, Enum, Object, SimpleObject};

use crate::access::viewer::Viewer;
use crate::error::Error;
use crate::graphql::error::ErrorCode;
use crate::graphql::page::list_cost;
use crate::graphql::policy::directives::public;
use crate::graphql::policy::{self, PolicyTable};

/// What a user may do. Each role may all that the ones before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::access::role::Role")]
pub enum Role {
    /// Everybody who signs up.
    Client,
    /// Sees other users.
    Manager,
    /// Changes them.
    Admin,
}

/// Whether a field would answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum Verdict {
    /// It would.
    Allowed,
    /// It would where the object, or what the argument names, is the viewer's own.
    IfOwner,
    /// It would not.
    Denied,
}

/// What the viewer may do with one field.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(directive = public::apply())]
pub struct Permission {
    /// The field: `Type.field`.
    pub coordinate: String,
    /// Whether it would answer.
    pub verdict: Verdict,
    /// The code of the error that the field would answer with, where it is denied.
    pub code: Option<ErrorCode>,
    /// The rule that is not met, or that must prove met: `@hasRole(atLeast: MANAGER)`.
    pub requires: Option<String>,
}

/// The most coordinates that one call may ask about.
const MOST_COORDINATES: usize = 500;

/// About how many coordinates the schema has: what asking for all of them is counted as.
const COORDINATES: usize = 100;

/// What the caller may do.
#[derive(Clone, Copy, Debug, Default)]
pub struct AccessQuery;

#[Object]
impl AccessQuery {
    /// What the viewer may do with the given fields (`Type.field`, at most 500), in their order; without
    /// `coordinates`, with every field that the viewer can see. What the server enforces is this same table.
    #[graphql(
        directive = public::apply(),
        complexity = "list_cost(coordinates.map_or(COORDINATES, |asked| asked.len()), child_complexity)"
    )]
    async fn permissions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The fields to ask about, each as `Type.field`.")] coordinates: Option<Vec<String>>,
    ) -> async_graphql::Result<Vec<Permission>> {
        let table = ctx.data_opt::<Arc<PolicyTable>>();
        let table = table.ok_or_else(|| Error::internal("the schema was built without its policy"))?;
        let viewer = policy::viewer(ctx);
        let Some(coordinates) = coordinates else {
            let visible = table.coordinates().filter(|coordinate| table.is_visible(coordinate, &viewer));
            return Ok(visible.filter_map(|coordinate| permission(table, coordinate, &viewer)).collect());
        };
        if coordinates.len() > MOST_COORDINATES {
            let message = format!("Ask about at most {MOST_COORDINATES} coordinates at a time.");
            return Err(Error::invalid_input("coordinates", message).into());
        }
        let answers = coordinates.iter().enumerate().map(|(index, coordinate)| {
            permission(table, coordinate, &viewer).ok_or_else(|| unknown(index).into())
        });
        answers.collect()
    }
}

fn permission(table: &PolicyTable, coordinate: &str, viewer: &Viewer) -> Option<Permission> {
    let (verdict, code, rule) = match table.verdict(coordinate, viewer)? {
        policy::Verdict::Allowed => (Verdict::Allowed, None, None),
        policy::Verdict::IfOwner(rule) => (Verdict::IfOwner, None, Some(rule)),
        policy::Verdict::Denied(rule) => (Verdict::Denied, Some(code_for(viewer)), Some(rule)),
    };
    Some(Permission {
        coordinate: coordinate.to_owned(),
        verdict,
        code,
        requires: rule.map(ToString::to_string),
    })
}

fn code_for(viewer: &Viewer) -> ErrorCode {
    if viewer.role().is_some() { ErrorCode::Forbidden } else { ErrorCode::Unauthenticated }
}

/// Says which by number and not by name: what a client sent is not ours to repeat.
fn unknown(index: usize) -> Error {
    let message =
        format!("Coordinate number {} is not in the schema. Write them as `Type.field`.", index + 1);
    Error::invalid_input("coordinates", message)
}
