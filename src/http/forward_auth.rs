//! `/forward-auth`: a proxy asks, of each request that it holds in its hand, whether it may pass it on, and as whose.
//!
//! It is a matter of the head alone: no GraphQL, and nothing of the body is read. What a proxy takes for leave is a status of
//! 2xx, so whatever cannot be judged has another.

use std::sync::Arc;

use async_graphql::Executor;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, Method};
use axum::response::Response;
use url::form_urlencoded;

use crate::access::role::Role;
use crate::access::viewer::Viewer;
use crate::error::Error;
use crate::http::authenticate::{self, Credential};
use crate::http::frame::Asked;
use crate::http::refusal::Refusal;
use crate::http::{Door, FORWARD_AUTH, answer};

/// Whose request it is: on every answer that lets one through, so that a proxy that copies them leaves nothing of what
/// the client sent under these names.
const USER_ID: HeaderName = HeaderName::from_static("x-rolegate-user-id");
const ROLE: HeaderName = HeaderName::from_static("x-rolegate-role");
const SESSION_ID: HeaderName = HeaderName::from_static("x-rolegate-session-id");

/// Where proxies write the method of the request that they hold, when they ask with one of their own.
const FORWARDED_METHODS: [HeaderName; 2] =
    [HeaderName::from_static("x-forwarded-method"), HeaderName::from_static("x-original-method")];

/// Every method but TRACE and CONNECT, which are about the connection and not about what lies behind it.
const METHODS: &str = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

/// Whether a path belongs to this door, which answers for others: it must not take their requests for its own.
pub(super) fn is_at(path: &str) -> bool {
    path.strip_prefix(FORWARD_AUTH).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// 200 with the identity in headers, 401 or 403; 400 for a question that makes no sense.
pub(super) async fn forward_auth<E: Executor>(
    State(door): State<Arc<Door<E>>>,
    request: Request,
) -> Response {
    let (parts, _) = request.into_parts();
    match judge(&door, &parts).await {
        Ok(answer) => answer,
        Err(refusal) => {
            let asked = Asked::of(&parts);
            answer::refused(&refusal, asked.accepted.unwrap_or_default(), asked.request_id)
        }
    }
}

async fn judge<E: Executor>(door: &Door<E>, parts: &Parts) -> Result<Response, Refusal> {
    if matches!(parts.method, Method::TRACE | Method::CONNECT) {
        return Err(Refusal::method_not_allowed(METHODS, "Ask with the method of the request, or with GET."));
    }
    let at_least = at_least(parts)?;
    let may_use_cookie = || door.origins.judge_forwarded_cookie(only_reads(parts), &parts.headers);
    let credential = Credential::presented(parts, &door.carriers, may_use_cookie)?;
    // The semaphore is never closed.
    let _turn = door.turns.acquire().await.ok();
    let viewer = authenticate::viewer(&door.app, credential).await?;
    let (user_id, session_id, role) = match &viewer {
        Viewer::User { user_id, session_id, role, .. } => (user_id, Some(session_id), role),
        Viewer::ApiKey { user_id, role, .. } => (user_id, None, role),
        Viewer::Anonymous | Viewer::Unrecognized { .. } => {
            return Err(Error::Unauthenticated(viewer.refusal()).into());
        }
    };
    if let Some(least) = at_least.filter(|least| role < least) {
        return Err(Error::Forbidden { requires: format!("@hasRole(atLeast: {least})") }.into());
    }
    let mut answer = Response::new(Body::empty());
    let text = |id: &uuid::Uuid| HeaderValue::from_str(&id.to_string()).expect("a UUID is ASCII");
    let headers = answer.headers_mut();
    headers.insert(USER_ID, text(user_id));
    // An API key is in no session, and says so: left out, what the client sent might pass for one.
    headers.insert(SESSION_ID, session_id.map_or(HeaderValue::from_static(""), text));
    headers.insert(ROLE, HeaderValue::from_static(role.as_str()));
    answer.extensions_mut().insert(viewer);
    Ok(answer)
}

/// The role that is asked for: `?atLeast=MANAGER`, or `/at-least/MANAGER/..` for a proxy that puts the path and the query of
/// the request that it holds behind. There nothing of what follows is read: it is the client's.
///
/// # Errors
/// A refusal with 400 for whatever else stands there. A slip in the name must not open the route to every session.
fn at_least(parts: &Parts) -> Result<Option<Role>, Refusal> {
    let wrong = || {
        Refusal::bad_request("Ask with ?atLeast= and one of CLIENT, MANAGER and ADMIN, or without a query.")
    };
    let role = |name: &str| name.parse::<Role>().map_err(|_| wrong());
    if let Some(beneath) = parts.uri.path().strip_prefix(FORWARD_AUTH).filter(|rest| !rest.is_empty()) {
        let named = beneath.strip_prefix("/at-least/").ok_or_else(wrong)?;
        return role(named.split('/').next().unwrap_or_default()).map(Some);
    }
    let query = parts.uri.query().unwrap_or_default();
    let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
    match pairs.as_slice() {
        [] => Ok(None),
        [(name, value)] if name == "atLeast" => role(value).map(Some),
        _ => Err(wrong()),
    }
}

/// Whether the request that the proxy holds changes nothing (RFC 9110 9.2.1), as far as anybody says.
fn only_reads(parts: &Parts) -> bool {
    let is_safe = |method: &[u8]| matches!(method, b"GET" | b"HEAD" | b"OPTIONS");
    let mut forwarded = FORWARDED_METHODS.into_iter().flat_map(|name| parts.headers.get_all(name));
    is_safe(parts.method.as_str().as_bytes()) && forwarded.all(|method| is_safe(method.as_bytes()))
}
