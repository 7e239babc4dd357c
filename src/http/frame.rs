//! What every request goes through and every answer has. One layer, because each costs more than all of this.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use async_graphql::Executor;
use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, HeaderName, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::Response;
use futures_util::FutureExt as _;
use tokio::time::Instant;
use uuid::Uuid;

use crate::access::client::Client;
use crate::access::viewer::Viewer;
use crate::error::Error;
use crate::http::answer::{self, Codes};
use crate::http::client;
use crate::http::forward_auth;
use crate::http::graphql::Ran;
use crate::http::negotiate::{self, MediaType};
use crate::http::refusal::Refusal;
use crate::http::serve::MAX_HEAD;
use crate::http::{Door, FORWARD_AUTH, ROUTES};
use crate::platform::secret;

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What is known about a request before anything is done for it. Rides in its extensions.
#[derive(Clone)]
pub(super) struct Asked {
    /// Ours; what a client sends under this name is not read.
    pub(super) request_id: Uuid,
    pub(super) client: Client,
    /// The media type for a GraphQL answer; `None` when the client accepts neither.
    pub(super) accepted: Option<MediaType>,
}

impl Asked {
    pub(super) fn of(parts: &Parts) -> &Self {
        parts.extensions.get().expect("the frame puts it into every request")
    }
}

/// Gives the request its id, bounds its time, survives its panic, and dresses and logs the answer.
pub(super) async fn frame<E: Executor>(
    State(door): State<Arc<Door<E>>>,
    mut request: Request,
    next: Next,
) -> Response {
    let started = Instant::now();
    let headers = request.headers();
    let asked = Asked {
        request_id: secret::new_id(),
        client: client::client(request.extensions().get(), headers, &door.app.config.trusted_proxies),
        accepted: negotiate::accepted(headers),
    };
    let method = request.method().clone();
    let route = route(request.uri());
    let cors = door.origins.headers_for(headers);
    // What a proxy asks about is the client's: a preflight of it is none of ours, and an answer to it would let it through.
    let is_forwarded = forward_auth::is_at(request.uri().path());
    let preflight = (!is_forwarded).then(|| door.origins.preflight(&method, headers)).flatten();
    let too_long = (head_bytes(&request) > MAX_HEAD)
        .then(|| answer::refused(&head_too_long(), asked.accepted.unwrap_or_default(), asked.request_id));
    let mut answer = match too_long.or(preflight) {
        Some(answer) => answer,
        None => {
            request.extensions_mut().insert(asked.clone());
            guarded(&door, request, next, &asked).await
        }
    };
    dress(&mut answer, &asked, door.is_strict);
    if let Some(cors) = cors {
        answer.headers_mut().extend(cors);
    }
    log(&answer, &asked, method.as_str(), route, started);
    answer
}

/// Runs the request; takes its running out of time or panicking for what it is, and never drops the connection.
async fn guarded<E: Executor>(door: &Door<E>, request: Request, next: Next, asked: &Asked) -> Response {
    let running = AssertUnwindSafe(next.run(request)).catch_unwind();
    let error = match tokio::time::timeout(door.app.config.http.request_lifetime.duration(), running).await {
        Ok(Ok(answer)) => return answer,
        // The message of a panic may hold a value, so it is not for the log.
        Ok(Err(_)) => Error::internal("a panic"),
        Err(_) => Error::Overloaded { retry_after: RETRY_AFTER_TIMEOUT },
    };
    answer::refused(&error.into(), asked.accepted.unwrap_or_default(), asked.request_id)
}

/// When to try again after a request that took too long: nobody knows, so soon.
const RETRY_AFTER_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(1);

/// How long the head of `request` is, in bytes, as it is usually written: with one space after each colon (RFC 9112 3
/// and 5). More of them are gone by now, and a target's fragment; only the connection's buffer bounds those.
fn head_bytes(request: &Request) -> usize {
    let uri = request.uri();
    let target = uri.path_and_query().map_or(0, |path| path.as_str().len());
    let authority = uri.authority().map_or(0, |authority| authority.as_str().len());
    let scheme = uri.scheme_str().map_or(0, |scheme| scheme.len() + "://".len());
    let line = request.method().as_str().len() + scheme + authority + target + "  HTTP/1.1\r\n".len();
    let headers = request.headers().iter();
    let headers = headers.map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len());
    line + headers.sum::<usize>() + "\r\n".len()
}

/// 431 (RFC 6585 5).
fn head_too_long() -> Refusal {
    Refusal::with_status(
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
        format!("The request line and the headers may have {MAX_HEAD} bytes together."),
    )
}

/// The headers of every answer. Only what we ship unchanged, as GraphiQL's files, may say that it can be kept.
fn dress(answer: &mut Response, asked: &Asked, is_strict: bool) {
    let mut id = Uuid::encode_buffer();
    let id: &str = asked.request_id.hyphenated().encode_lower(&mut id);
    let headers = answer.headers_mut();
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if is_strict {
        headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    headers.insert(X_REQUEST_ID, HeaderValue::from_str(id).expect("a UUID is ASCII"));
}

/// The route for the log. A path of somebody's choosing might hold a secret, so it is not logged.
fn route(uri: &Uri) -> &'static str {
    if forward_auth::is_at(uri.path()) {
        return FORWARD_AUTH;
    }
    ROUTES.into_iter().find(|route| *route == uri.path()).unwrap_or("other")
}

fn log(answer: &Response, asked: &Asked, method: &str, route: &str, started: Instant) {
    let ran = answer.extensions().get::<Ran>();
    let codes = answer.extensions().get::<Codes>().map(|Codes(codes)| codes.join(","));
    let viewer = ran.map(|ran| &ran.viewer).or_else(|| answer.extensions().get::<Viewer>());
    tracing::info!(
        target: "rolegate::request",
        request_id = %asked.request_id,
        method,
        route,
        status = answer.status().as_u16(),
        operation = ran.and_then(|ran| ran.operation.name.as_deref()),
        kind = ran.map(|ran| tracing::field::display(ran.operation.kind)),
        codes = codes.as_deref().filter(|codes| !codes.is_empty()),
        duration_us = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX),
        user_id = viewer.and_then(|viewer| viewer.user_id().ok()).map(tracing::field::display),
        session_id = viewer.and_then(|viewer| viewer.session_id().ok()).map(tracing::field::display),
        api_key_id = viewer.and_then(Viewer::key_id).map(tracing::field::display),
        client = asked.client.ip.map(tracing::field::display),
        "request"
    );
}
