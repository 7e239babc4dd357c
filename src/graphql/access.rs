//! Roles in the schema, and what a viewer may do: for frontends that show each role what it can use.

use std::sync::Arc;

use async_graphql::{Context, Enum, Json, Object, SimpleObject};

use crate::access::viewer::Viewer;
use crate::error::Error;
use crate::graphql::error::ErrorCode;
use crate::graphql::page::list_cost;
use crate::graphql::policy::directives::public;
use crate::graphql::policy::{self, Named, PolicyTable};

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

/// Why the viewer counts as nobody: `extensions.reason` of an error whose code is `UNAUTHENTICATED`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::error::Unauthenticated")]
pub enum UnauthenticatedReason {
    /// No credential came with the request.
    TokenMissing,
    /// It was good, and its time is over: refresh.
    TokenExpired,
    /// It is malformed, forged, or meant for somebody else.
    TokenInvalid,
    /// Its session was ended, or its user may not sign in any more.
    SessionEnded,
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
    /// The reason that the error would give, where the viewer counts as nobody.
    pub reason: Option<UnauthenticatedReason>,
    /// The rule that is not met, or that must prove met: `@hasRole(atLeast: MANAGER)`.
    pub requires: Option<String>,
}

/// The most coordinates that one call may ask about.
const MOST_COORDINATES: usize = 500;

/// The most bytes that the arguments of one question may take as JSON.
const MOST_ARGUMENT_BYTES: usize = 4_096;

/// About how many coordinates the schema has: what asking for all of them is counted as.
const COORDINATES: usize = 100;

/// What the caller may do.
#[derive(Clone, Copy, Debug, Default)]
pub struct AccessQuery;

#[Object]
impl AccessQuery {
    /// What the viewer may do with the given fields (`Type.field`, at most 500), in their order; without
    /// `coordinates`, with every field that the viewer can see, introspection or not. What the server enforces is this
    /// same table. It answers for whoever asks: about what a sign-in returns, ask again as the user who is signed in.
    #[graphql(
        directive = public::apply(),
        complexity = "list_cost(coordinates.map_or(COORDINATES, |asked| asked.len()), child_complexity)"
    )]
    async fn permissions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The fields to ask about, each as `Type.field`.")] coordinates: Option<Vec<String>>,
    ) -> async_graphql::Result<Vec<Permission>> {
        let (table, viewer) = (policy_table(ctx)?, policy::viewer(ctx));
        let Some(coordinates) = coordinates else {
            let visible = table.coordinates().filter(|coordinate| table.is_visible(coordinate, &viewer));
            let answers = visible.filter_map(|coordinate| permission(table, coordinate, &viewer, not_yet));
            return Ok(answers.collect());
        };
        if coordinates.len() > MOST_COORDINATES {
            let message = format!("Ask about at most {MOST_COORDINATES} coordinates at a time.");
            return Err(Error::invalid_input("coordinates", message).into());
        }
        let answers = coordinates.iter().enumerate().map(|(index, coordinate)| {
            permission(table, coordinate, &viewer, not_yet).ok_or_else(|| unknown(index).into())
        });
        answers.collect()
    }

    /// What the viewer may do with one field, called with these arguments. Where an argument names the owner, that decides;
    /// an object that the server would have to load first leaves it at `IF_OWNER`. Nothing is looked up.
    #[graphql(directive = public::apply())]
    async fn can(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The field: `Type.field`.")] coordinate: String,
        #[graphql(
            desc = "The field's arguments by their names, as an object of at most 4096 bytes: `{ id: \"..\" }`. Those about \
                    which the rule does not ask are not looked at. Without it, the answer is the same as `permissions`'."
        )]
        arguments: Option<Json<serde_json::Value>>,
    ) -> async_graphql::Result<Permission> {
        let (table, viewer) = (policy_table(ctx)?, policy::viewer(ctx));
        let answer = match arguments {
            None => permission(table, &coordinate, &viewer, not_yet),
            Some(Json(arguments)) => {
                let arguments = by_name(&arguments)?;
                let named = |argument: &str| Named::by(arguments.get(argument).and_then(|id| id.as_str()));
                permission(table, &coordinate, &viewer, named)
            }
        };
        let message = "The coordinate is not in the schema. Write it as `Type.field`.";
        answer.ok_or_else(|| Error::invalid_input("coordinate", message).into())
    }
}

fn policy_table<'a>(ctx: &Context<'a>) -> Result<&'a PolicyTable, Error> {
    let table = ctx.data_opt::<Arc<PolicyTable>>();
    Ok(table.ok_or_else(|| Error::internal("the schema was built without its policy"))?)
}

/// Whom an argument names of which nothing was said.
fn not_yet(_: &str) -> Named {
    Named::NotYetKnown
}

/// The arguments by their names, where they are that and not too many.
fn by_name(arguments: &serde_json::Value) -> Result<&serde_json::Map<String, serde_json::Value>, Error> {
    let Some(object) = arguments.as_object() else {
        let message = "Write the arguments as an object: `{ id: \"..\" }`.";
        return Err(Error::invalid_input("arguments", message));
    };
    if arguments.to_string().len() > MOST_ARGUMENT_BYTES {
        let message = format!("The arguments may take at most {MOST_ARGUMENT_BYTES} bytes.");
        return Err(Error::invalid_input("arguments", message));
    }
    Ok(object)
}

fn permission(
    table: &PolicyTable,
    coordinate: &str,
    viewer: &Viewer,
    named: impl Fn(&str) -> Named,
) -> Option<Permission> {
    let verdict = table.verdict_with(coordinate, viewer, named)?;
    let (name, rule) = match verdict {
        policy::Verdict::Allowed => (Verdict::Allowed, None),
        policy::Verdict::IfOwner(rule) => (Verdict::IfOwner, Some(rule)),
        policy::Verdict::Denied(rule) => (Verdict::Denied, Some(rule)),
    };
    let refusal = rule.filter(|_| name == Verdict::Denied).map(|rule| rule.refusal(viewer));
    let (code, reason) = match refusal {
        None => (None, None),
        Some(Error::Unauthenticated(reason)) => (Some(ErrorCode::Unauthenticated), Some(reason.into())),
        Some(_) => (Some(ErrorCode::Forbidden), None),
    };
    let requires = rule.map(ToString::to_string);
    Some(Permission { coordinate: coordinate.to_owned(), verdict: name, code, reason, requires })
}

/// Says which by number and not by name: what a client sent is not ours to repeat.
fn unknown(index: usize) -> Error {
    let message =
        format!("Coordinate number {} is not in the schema. Write them as `Type.field`.", index + 1);
    Error::invalid_input("coordinates", message)
}
