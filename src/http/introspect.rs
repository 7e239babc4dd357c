//! `POST /introspect`: what a token stands for, for other services (RFC 7662).

use std::sync::Arc;

use async_graphql::Executor;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, WWW_AUTHENTICATE};
use axum::http::{StatusCode, header};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use url::form_urlencoded;
use zeroize::Zeroizing;

use crate::app::App;
use crate::bearer_tokens::introspect::{self, Kind, LiveToken};
use crate::bearer_tokens::introspector::may_introspect;
use crate::error::{Error, whole_seconds};
use crate::http::Door;
use crate::http::frame::Asked;
use crate::http::graphql::read_body;
use crate::users::recall::recall;

const CHALLENGE: HeaderValue = HeaderValue::from_static(r#"Basic realm="rolegate", charset="UTF-8""#);

/// Why there is no answer, in the words of RFC 6749 5.2.
enum Refusal {
    InvalidClient,
    InvalidRequest(StatusCode),
    /// Not the asker's fault: an answer of "inactive" would sign somebody out because the database hiccuped.
    Failed(Error),
}

/// Answers with what RFC 7662 2.2 says; for every token that does not count with `{"active": false}` and nothing else.
pub(super) async fn introspect<E: Executor>(State(door): State<Arc<Door<E>>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let asked = Asked::of(&parts);
    match answer(&door, &parts.headers, asked, body).await {
        Ok(body) => json_answer(StatusCode::OK, &body),
        Err(Refusal::InvalidClient) => {
            let mut answer = json_answer(StatusCode::UNAUTHORIZED, &json!({ "error": "invalid_client" }));
            answer.headers_mut().insert(WWW_AUTHENTICATE, CHALLENGE);
            answer
        }
        Err(Refusal::InvalidRequest(status)) => json_answer(status, &json!({ "error": "invalid_request" })),
        Err(Refusal::Failed(Error::Overloaded { retry_after })) => {
            let status = StatusCode::SERVICE_UNAVAILABLE;
            let mut answer = json_answer(status, &json!({ "error": "temporarily_unavailable" }));
            let seconds = HeaderValue::from(whole_seconds(retry_after));
            answer.headers_mut().insert(header::RETRY_AFTER, seconds);
            answer
        }
        Err(Refusal::Failed(error)) => {
            tracing::error!(request_id = %asked.request_id, ?error, "a token could not be introspected");
            json_answer(StatusCode::INTERNAL_SERVER_ERROR, &json!({ "error": "server_error" }))
        }
    }
}

/// First who asks, then what: nobody else's body is read.
async fn answer<E: Executor>(
    door: &Door<E>,
    headers: &HeaderMap,
    asked: &Asked,
    body: Body,
) -> Result<Value, Refusal> {
    let presented = basic(headers)?;
    let presented = presented.as_ref().map(|text| text.split_once(':').unwrap_or_default());
    if !may_introspect(&door.app, &asked.client, presented) {
        return Err(Refusal::InvalidClient);
    }
    if !is_form(headers) {
        return Err(Refusal::InvalidRequest(StatusCode::UNSUPPORTED_MEDIA_TYPE));
    }
    let body = read_body(headers, body, door.app.config.http.max_body_bytes).await;
    let body =
        body.map_err(|error| Refusal::InvalidRequest(error.status.unwrap_or(StatusCode::BAD_REQUEST)))?;
    let token = token(&body).ok_or(Refusal::InvalidRequest(StatusCode::BAD_REQUEST))?;
    // The semaphore is never closed.
    let _turn = door.turns.acquire().await.ok();
    match introspect::introspect(&door.app, &token).await.map_err(Refusal::Failed)? {
        Some(live) => told(&door.app, &live).await.map_err(Refusal::Failed),
        None => Ok(json!({ "active": false })),
    }
}

/// The members of RFC 7662 2.2; `sid` and `role` besides, as access tokens have them. The role is the one that holds now.
async fn told(app: &App, live: &LiveToken) -> Result<Value, Error> {
    let mut told = json!({
        "active": true,
        "token_type": "Bearer",
        "iss": app.config.issuer(),
        "aud": app.config.audience(),
        "sub": live.user_id,
        "jti": live.id,
        "iat": live.issued_at.timestamp(),
        "exp": live.expires_at.timestamp(),
        "scope": live.role.scope(),
        "role": live.role,
    });
    if let Kind::AccessToken { session_id } = live.kind {
        told["sid"] = json!(session_id);
    }
    let user = recall(app, live.user_id).await?;
    if let Some(username) = user.as_ref().and_then(|user| user.username.as_deref()) {
        told["username"] = username.into();
    }
    Ok(told)
}

/// `name:secret` as RFC 7617 2 sends it; `None` when no credentials came.
fn basic(headers: &HeaderMap) -> Result<Option<Zeroizing<String>>, Refusal> {
    let mut presented = headers.get_all(AUTHORIZATION).iter();
    let Some(one) = presented.next() else { return Ok(None) };
    let read = || {
        let (scheme, encoded) = one.to_str().ok()?.split_once(' ')?;
        let decoded = Zeroizing::new(STANDARD.decode(encoded.trim_start_matches(' ')).ok()?);
        let text = std::str::from_utf8(&decoded).ok()?;
        scheme.eq_ignore_ascii_case("Basic").then(|| Zeroizing::new(text.to_owned()))
    };
    match read() {
        Some(text) if presented.next().is_none() => Ok(Some(text)),
        _ => Err(Refusal::InvalidClient),
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = value.split(';').next().unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

/// The one `token` of the form. What `token_type_hint` says is not needed: a token says itself what it is.
fn token(body: &[u8]) -> Option<Zeroizing<String>> {
    let mut tokens = form_urlencoded::parse(body).filter(|(name, _)| name == "token");
    let token = tokens.next()?.1.into_owned();
    tokens.next().is_none().then_some(Zeroizing::new(token))
}

fn json_answer(status: StatusCode, body: &Value) -> Response {
    let mut answer = Response::new(Body::from(body.to_string()));
    *answer.status_mut() = status;
    let json = HeaderValue::from_static("application/json; charset=utf-8");
    answer.headers_mut().insert(CONTENT_TYPE, json);
    answer
}
