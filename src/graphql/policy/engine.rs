//! Every field of every request, judged.

use std::any::TypeId;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use async_graphql::extensions::{
    Extension, ExtensionContext, ExtensionFactory, NextExecute, NextParseQuery, NextPrepareRequest,
    NextResolve, NextValidation, ResolveInfo,
};
use async_graphql::parser::types::{ExecutableDocument, Field, OperationType};
use async_graphql::{
    PathSegment, Pos, QueryPathNode, QueryPathSegment, Request, Response, ServerError, ServerResult,
    ValidationResult, Value, Variables,
};
use chrono::{DateTime, Utc};

use super::operation::{self, Ids, Refusals};
use super::rule::Verdict;
use super::table::{PolicyTable, Row};
use super::viewers::Viewers;
use crate::access::viewer::Viewer;
use crate::error::{Error, Unauthenticated};
use crate::graphql::error::{describe, server_error};
use crate::platform::clock::Clock;

/// Makes one [`Engine`] a request.
pub(super) struct Engines(pub(super) Arc<PolicyTable>);

impl ExtensionFactory for Engines {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Engine {
            table: self.0.clone(),
            asked: OnceLock::new(),
            refusals: OnceLock::new(),
            errors: Mutex::default(),
        })
    }
}

/// Judges the fields of one request.
struct Engine {
    table: Arc<PolicyTable>,
    asked: OnceLock<Asked>,
    refusals: OnceLock<Refusals>,
    /// Of the fields that are null for them.
    errors: Mutex<Vec<ServerError>>,
}

/// What is known of a request before its document is judged.
struct Asked {
    viewers: Arc<Viewers>,
    operation_name: Option<String>,
    ids: Ids,
    /// Of a subscription, when its viewer's credential stops counting: its events outlive the request.
    expires_at: OnceLock<DateTime<Utc>>,
}

/// Stands in for an error that is in [`Engine::errors`] already, on its way up to the next field that can be null.
struct Told;

#[async_graphql::async_trait::async_trait]
impl Extension for Engine {
    async fn prepare_request(
        &self,
        ctx: &ExtensionContext<'_>,
        request: Request,
        next: NextPrepareRequest<'_>,
    ) -> ServerResult<Request> {
        let mut request = next.run(ctx, request).await?;
        fill_in_defaults(&mut request)?;
        let viewer = request.data.get(&TypeId::of::<Viewer>()).and_then(|viewer| viewer.downcast_ref());
        let viewer = viewer.or_else(|| ctx.data_opt()).cloned().unwrap_or(Viewer::Anonymous);
        let viewers = Arc::new(Viewers::new(viewer));
        let operation_name = request.operation_name.clone();
        let ids = Ids::of(&request.variables);
        request.data.insert(viewers.clone());
        self.asked.get_or_init(|| Asked { viewers, operation_name, ids, expires_at: OnceLock::new() });
        Ok(request)
    }

    /// Judges the document once it is parsed and its depth is known to be bounded.
    async fn parse_query(
        &self,
        ctx: &ExtensionContext<'_>,
        query: &str,
        variables: &Variables,
        next: NextParseQuery<'_>,
    ) -> ServerResult<ExecutableDocument> {
        let document = next.run(ctx, query, variables).await?;
        // Every request is prepared before it is parsed; if one ever were not, `resolve` would refuse all its fields.
        let Some(asked) = self.asked.get() else { return Ok(document) };
        if let Some(chosen) = operation::chosen(&document, asked.operation_name.as_deref()) {
            let viewer = asked.viewers.asking();
            let found = operation::judge(&self.table, &document, chosen, variables, &asked.ids, viewer);
            if let Some(key) = found.signs_in.filter(|_| chosen.ty == OperationType::Mutation) {
                asked.viewers.expect_sign_in(key);
            }
            if let (OperationType::Subscription, Some(expires_at)) = (chosen.ty, viewer.expires_at()) {
                asked.expires_at.get_or_init(|| expires_at);
            }
            self.refusals.get_or_init(|| found.refusals);
        }
        Ok(document)
    }

    /// Ends the request where it is refused whole. Should it be refused in part and not be valid, then what is refused is
    /// all that is told: what is wrong with it would name the types and arguments of what the viewer is not shown.
    async fn validation(
        &self,
        ctx: &ExtensionContext<'_>,
        next: NextValidation<'_>,
    ) -> Result<ValidationResult, Vec<ServerError>> {
        let valid = next.run(ctx).await;
        match self.refusals.get() {
            Some(refusals) if refusals.is_whole || (valid.is_err() && !refusals.errors.is_empty()) => {
                Err(refusals.errors.clone())
            }
            _ => valid,
        }
    }

    async fn execute(
        &self,
        ctx: &ExtensionContext<'_>,
        name: Option<&str>,
        next: NextExecute<'_>,
    ) -> Response {
        if let Some(response) = self.expired(ctx) {
            return response;
        }
        let mut response = next.run(ctx, name).await;
        response.errors.retain(|error| error.source::<Told>().is_none());
        response.errors.append(&mut self.lock());
        response.errors.iter_mut().for_each(describe);
        response
    }

    async fn resolve(
        &self,
        ctx: &ExtensionContext<'_>,
        info: ResolveInfo<'_>,
        next: NextResolve<'_>,
    ) -> ServerResult<Option<Value>> {
        // The items of a list come by with the list's type as parent, after the list itself was judged.
        let is_item = info.parent_type.starts_with('[');
        let is_schema = matches!(info.name, "__schema" | "__type") && info.parent_type == self.table.query;
        if info.is_for_introspection || is_item || is_schema {
            return next.run(ctx, info).await;
        }
        let (field, path) = (info.field, info.path_node);
        let Some((row, asked)) = self.row(&info).zip(self.asked.get()) else {
            let cause = format!("the policy has no rule for {}.{}", info.parent_type, info.name);
            return self.raise(false, at(path, server_error(Error::internal(cause), None, field.name.pos)));
        };
        let viewer = asked.viewers.at(Some(path));
        let outcome = match row.judge(viewer, |argument| asked.ids.named(field, argument)) {
            Verdict::Allowed => next.run(ctx, info).await,
            Verdict::Denied(rule) => Err(refused(row, rule.refusal(viewer), field, path)),
            Verdict::IfOwner(rule) => {
                // Left by a field that was given up halfway, it would speak for this one.
                asked.viewers.take_owned(path);
                let outcome = next.run(ctx, info).await;
                match (asked.viewers.take_owned(path), outcome) {
                    (Some(false), Ok(_)) => Err(refused(row, rule.refusal(viewer), field, path)),
                    (None, Ok(_)) => {
                        let cause =
                            format!("no guard `owned_by` ran at {}: give the field one", row.coordinate);
                        Err(refused(row, Error::internal(cause), field, path))
                    }
                    (_, outcome) => outcome,
                }
            }
        };
        outcome.or_else(|error| self.raise(row.nullable, error))
    }
}

impl Engine {
    fn row(&self, info: &ResolveInfo<'_>) -> Option<&Row> {
        self.table.row(info.parent_type, info.name).or_else(|| {
            // A merged subscription reports the name of its part, which is no type of the schema.
            let subscription =
                self.table.subscription.as_deref().filter(|_| info.path_node.parent.is_none())?;
            self.table.row(subscription, info.name)
        })
    }

    /// Keeps the error with the path that it has here, which async-graphql shortens when it passes through a list; a field
    /// that can be null is null by it, and any other hands it on to its parent.
    fn raise(&self, nullable: bool, error: ServerError) -> ServerResult<Option<Value>> {
        if error.source::<Told>().is_none() {
            self.lock().push(error);
        }
        if nullable {
            return Ok(Some(Value::Null));
        }
        Err(ServerError { source: Some(Arc::new(Told)), ..ServerError::new(String::new(), None) })
    }

    /// The answer to an event that came after the credential of the one who subscribed had expired. The time is the
    /// schema's [`Clock`], or the machine's where it was given none.
    fn expired(&self, ctx: &ExtensionContext<'_>) -> Option<Response> {
        let expires_at = self.asked.get()?.expires_at.get()?;
        let clock = ctx.data_opt::<Clock>().unwrap_or(&Clock::System);
        let error = Error::Unauthenticated(Unauthenticated::TokenExpired);
        (clock.now() >= *expires_at)
            .then(|| Response::from_errors(vec![server_error(error, None, Pos::default())]))
    }

    fn lock(&self) -> MutexGuard<'_, Vec<ServerError>> {
        // A list of errors is whole whenever a panic may strike.
        self.errors.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Gives each variable that was left out the default of the chosen operation. async-graphql does so for arguments but
/// not for `@skip` and `@include`: there, what runs and what was judged would differ from what the document says.
fn fill_in_defaults(request: &mut Request) -> ServerResult<()> {
    let name = request.operation_name.clone();
    let document = request.parsed_query()?;
    let operation = operation::chosen(document, name.as_deref());
    let definitions = operation.map_or(&[][..], |operation| &operation.variable_definitions);
    let defaults = definitions.iter().filter_map(|definition| {
        let value = definition.node.default_value.as_ref()?;
        Some((definition.node.name.node.clone(), value.node.clone()))
    });
    let defaults: Vec<_> = defaults.collect();
    for (name, value) in defaults {
        request.variables.entry(name).or_insert(value);
    }
    Ok(())
}

fn refused(row: &Row, error: Error, field: &Field, path: &QueryPathNode<'_>) -> ServerError {
    at(path, server_error(error, Some(&row.coordinate), field.response_key().pos))
}

/// The error at this path.
fn at(path: &QueryPathNode<'_>, error: ServerError) -> ServerError {
    let mut segments: Vec<_> = std::iter::successors(Some(path), |node| node.parent)
        .map(|node| match node.segment {
            QueryPathSegment::Name(name) => PathSegment::Field(name.to_owned()),
            QueryPathSegment::Index(index) => PathSegment::Index(index),
        })
        .collect();
    segments.reverse();
    ServerError { path: segments, ..error }
}
