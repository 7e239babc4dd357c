//! From a result to an answer: the status, what a client may see of an error, the body.
//!
//! GraphQL over HTTP, "Status Codes": without `data` 4xx or 5xx, with it 200. Two things are decided here. A partial answer
//! is 200 and not the draft's 294, which few clients know; and an operation of which nothing came about because of load is answered
//! without `data`, 429 or 503, so that proxies and clients can act on it.

use std::collections::BTreeMap;
use std::time::Duration;

use async_graphql::{ServerError, Value};
use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use serde::Serialize;
use uuid::Uuid;

use crate::error::{Error, Unauthenticated, whole_seconds};
use crate::http::negotiate::MediaType;
use crate::http::refusal::{CHALLENGE, CHALLENGE_INVALID_TOKEN, Refusal};
use crate::http::shown_error::show;

/// How many errors of one refused document are listed. It may hold a thousand, and its sender knows it anyway.
const MAX_REQUEST_ERRORS: usize = 20;

/// The codes of the errors in an answer, for the request log. Rides in the answer's extensions.
#[derive(Clone)]
pub(super) struct Codes(pub(super) Vec<&'static str>);

#[derive(Serialize)]
struct Payload<'a> {
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [ServerError],
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a Value>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    extensions: &'a BTreeMap<String, Value>,
}

/// The answer to a request that was not run.
pub(super) fn refused(refusal: &Refusal, media_type: MediaType, request_id: Uuid) -> Response {
    let result = async_graphql::Response::from_errors(vec![refusal.to_server_error()]);
    let mut answer = executed(result, 1, media_type, request_id);
    if let Some(status) = refusal.status {
        *answer.status_mut() = status;
    }
    if let Some(hint) = refusal.hint {
        let (name, value) = hint.header();
        answer.headers_mut().insert(name, value);
    }
    answer
}

/// The answer that the result of an operation makes. `roots`: how many selections stand at the operation's root.
pub(super) fn executed(
    mut result: async_graphql::Response,
    roots: usize,
    media_type: MediaType,
    request_id: Uuid,
) -> Response {
    let was_run = result.data != Value::Null || result.errors.iter().any(|error| !error.path.is_empty());
    if !was_run {
        result.errors.truncate(MAX_REQUEST_ERRORS);
    }
    let mut verdict = Verdict::default();
    for error in &mut result.errors {
        verdict.note(show(error, request_id));
    }
    // A root field that came about may be gone from the data all the same, if another one had to have a value.
    let nothing_came = is_empty(&result.data) && result.errors.len() >= roots;
    let was_run = result.errors.is_empty() || (was_run && !(verdict.only_load && nothing_came));
    let payload = Payload {
        errors: &result.errors,
        data: was_run.then_some(&result.data),
        extensions: &result.extensions,
    };
    let body = serde_json::to_vec(&payload).expect("the values of GraphQL are those of JSON");
    let mut answer = Response::new(Body::from(body));
    let headers = answer.headers_mut();
    headers.extend(result.http_headers);
    headers.insert(CONTENT_TYPE, media_type.header());
    if !was_run {
        verdict.put_into(&mut answer);
    }
    answer.extensions_mut().insert(Codes(verdict.codes));
    answer
}

/// True when no root field has a value.
fn is_empty(data: &Value) -> bool {
    match data {
        Value::Null => true,
        Value::Object(fields) => fields.values().all(|value| *value == Value::Null),
        _ => false,
    }
}

/// What the errors of an answer come to.
struct Verdict {
    codes: Vec<&'static str>,
    /// Load is all that was wrong.
    only_load: bool,
    retry_after: Option<Duration>,
    is_internal: bool,
    unauthenticated: Option<Unauthenticated>,
    is_forbidden: bool,
}

impl Default for Verdict {
    fn default() -> Self {
        Self {
            codes: Vec::new(),
            only_load: true,
            retry_after: None,
            is_internal: false,
            unauthenticated: None,
            is_forbidden: false,
        }
    }
}

impl Verdict {
    fn note(&mut self, error: Error) {
        self.codes.push(error.code());
        self.only_load &= matches!(error, Error::Overloaded { .. });
        match error {
            Error::Overloaded { retry_after } => self.retry_after = self.retry_after.max(Some(retry_after)),
            Error::Internal(_) => self.is_internal = true,
            Error::Forbidden { .. } => self.is_forbidden = true,
            // No credential at all says least: the challenge for a bad one says more.
            Error::Unauthenticated(reason) if self.unauthenticated != Some(reason) => {
                let is_missing = reason == Unauthenticated::TokenMissing;
                self.unauthenticated = self.unauthenticated.filter(|_| is_missing).or(Some(reason));
            }
            _ => {}
        }
    }

    /// The status of an answer without `data`, worst first, and the headers that it asks for.
    fn put_into(&self, answer: &mut Response) {
        let status = if self.is_internal {
            StatusCode::INTERNAL_SERVER_ERROR
        } else if let Some(retry_after) = self.retry_after {
            answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(whole_seconds(retry_after)));
            StatusCode::SERVICE_UNAVAILABLE
        } else if let Some(reason) = self.unauthenticated {
            let is_missing = reason == Unauthenticated::TokenMissing;
            let challenge = if is_missing { CHALLENGE } else { CHALLENGE_INVALID_TOKEN };
            answer.headers_mut().insert(WWW_AUTHENTICATE, challenge);
            StatusCode::UNAUTHORIZED
        } else if self.is_forbidden {
            StatusCode::FORBIDDEN
        } else {
            StatusCode::BAD_REQUEST
        };
        *answer.status_mut() = status;
    }
}
