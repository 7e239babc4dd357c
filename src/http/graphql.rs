//! GraphQL over HTTP. The library's own responder runs mutations over GET, takes bodies that need no preflight, and
//! answers every error with 200.

use std::sync::Arc;

use async_graphql::{Executor, Request as GraphqlRequest};
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_LENGTH, HeaderMap};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use futures_util::StreamExt as _;

use crate::access::viewer::Viewer;
use crate::http::answer;
use crate::http::authenticate::{self, Credential};
use crate::http::document::Operation;
use crate::http::envelope::Envelope;
use crate::http::frame::Asked;
use crate::http::negotiate::{self, MediaType};
use crate::http::refusal::Refusal;
use crate::http::{Door, graphiql};

/// What the request log says about an operation. Rides in the answer's extensions.
#[derive(Clone)]
pub(super) struct Ran {
    pub(super) operation: Operation,
    pub(super) viewer: Viewer,
}

/// `POST /graphql`.
pub(super) async fn post<E: Executor>(State(door): State<Arc<Door<E>>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Some(media_type) = Asked::of(&parts).accepted else {
        return not_acceptable(&parts);
    };
    let read = async {
        if !negotiate::is_json(&parts.headers) {
            let message = "Send application/json in UTF-8.";
            return Err(Refusal::with_status(StatusCode::UNSUPPORTED_MEDIA_TYPE, message));
        }
        let body = read_body(&parts.headers, body, door.app.config.http.max_body_bytes).await?;
        Envelope::from_json(&body)
    };
    match read.await {
        Ok(envelope) => answer(&door, &parts, envelope, media_type).await,
        Err(refusal) => refused(&parts, &refusal, media_type),
    }
}

/// `GET /graphql`: a query, or GraphiQL for a browser.
pub(super) async fn get<E: Executor>(State(door): State<Arc<Door<E>>>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    if door.app.config.graphiql() && negotiate::prefers_page(&parts.headers) {
        return graphiql::page();
    }
    let Some(media_type) = Asked::of(&parts).accepted else {
        return not_acceptable(&parts);
    };
    match Envelope::from_query_string(parts.uri.query().unwrap_or_default()) {
        Ok(envelope) => answer(&door, &parts, envelope, media_type).await,
        Err(refusal) => refused(&parts, &refusal, media_type),
    }
}

/// Every other method. axum adds `Allow`.
pub(super) async fn other(request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let refusal = Refusal::with_status(StatusCode::METHOD_NOT_ALLOWED, "Use POST, or GET for queries.");
    refused(&parts, &refusal, Asked::of(&parts).accepted.unwrap_or_default())
}

async fn answer<E: Executor>(
    door: &Door<E>,
    parts: &Parts,
    envelope: Envelope,
    media_type: MediaType,
) -> Response {
    let mut ran = None;
    let mut answer = match run(door, parts, envelope, &mut ran).await {
        Ok(result) => {
            let roots = ran.as_ref().map_or(1, |ran: &Ran| ran.operation.roots);
            answer::executed(result, roots, media_type, Asked::of(parts).request_id)
        }
        Err(refusal) => refused(parts, &refusal, media_type),
    };
    if let Some(ran) = ran {
        answer.extensions_mut().insert(ran);
    }
    answer
}

/// Nothing is done for a request before it is known to be cheap: first the document, then who sent it, then the work.
async fn run<E: Executor>(
    door: &Door<E>,
    parts: &Parts,
    envelope: Envelope,
    ran: &mut Option<Ran>,
) -> Result<async_graphql::Response, Refusal> {
    let may_use_cookie = || door.origins.judge_cookie(&parts.method, &parts.headers);
    let credential = Credential::presented(parts, &door.carriers, may_use_cookie)?;
    let name = envelope.operation_name.as_deref();
    let (document, operation) = door.documents.read(&envelope.query, name, &envelope.variables)?;
    let ran = ran.insert(Ran { operation, viewer: Viewer::Anonymous });
    ran.operation.judge_method(&parts.method)?;
    // The semaphore is never closed.
    let _turn = door.turns.acquire().await.ok();
    ran.viewer = authenticate::viewer(&door.app, credential).await?;
    let mut request = GraphqlRequest::new(String::new())
        .variables(envelope.variables)
        .data(ran.viewer.clone())
        .data(Asked::of(parts).client.clone());
    request.operation_name = envelope.operation_name;
    request.extensions = envelope.extensions;
    // The text is not passed on: nobody behind this door can log it.
    request.set_parsed_query(document);
    Ok(door.schema.execute(request).await)
}

fn refused(parts: &Parts, refusal: &Refusal, media_type: MediaType) -> Response {
    answer::refused(refusal, media_type, Asked::of(parts).request_id)
}

fn not_acceptable(parts: &Parts) -> Response {
    let message = "Accept application/graphql-response+json or application/json.";
    refused(parts, &Refusal::with_status(StatusCode::NOT_ACCEPTABLE, message), MediaType::default())
}

/// The whole body, if it is no longer than `limit` bytes. What is announced to be longer is not read at all.
pub(super) async fn read_body(headers: &HeaderMap, body: Body, limit: usize) -> Result<Vec<u8>, Refusal> {
    let too_large = || Refusal::with_status(StatusCode::PAYLOAD_TOO_LARGE, "The body is too large.");
    let announced = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > limit as u64) {
        return Err(too_large());
    }
    let mut chunks = body.into_data_stream();
    let mut read = Vec::new();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| Refusal::bad_request("The body broke off."))?;
        if read.len() + chunk.len() > limit {
            return Err(too_large());
        }
        read.extend_from_slice(&chunk);
    }
    Ok(read)
}

impl Operation {
    /// Mutations are for POST alone: a link or an image must never change anything.
    fn judge_method(&self, method: &Method) -> Result<(), Refusal> {
        use async_graphql::parser::types::OperationType;
        match self.kind {
            OperationType::Subscription => Err(Refusal::bad_request("Subscriptions are not served here.")),
            OperationType::Mutation if *method != Method::POST => {
                Err(Refusal::method_not_allowed("POST", "Send mutations with POST."))
            }
            _ => Ok(()),
        }
    }
}
