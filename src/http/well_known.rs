//! What other services read to verify our tokens: the public keys, and where they are.

use std::sync::Arc;

use async_graphql::Executor;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderMap, IF_NONE_MATCH};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::app::App;
use crate::config::{PUBLIC_KEYS_LIFETIME, TokenFormat};
use crate::http::{Door, INTROSPECT, JWKS};
use crate::platform::secret::Digest;
use crate::tokens::signing_key;

/// The public keys (RFC 7517 5).
pub(super) async fn jwks<E: Executor>(State(door): State<Arc<Door<E>>>, headers: HeaderMap) -> Response {
    cached(&signing_key::jwks(&door.app), &headers)
}

/// Who signs, and where the public keys are (RFC 8414).
pub(super) async fn metadata<E: Executor>(State(door): State<Arc<Door<E>>>, headers: HeaderMap) -> Response {
    cached(&document(&door.app), &headers)
}

/// Only what is true. Nobody gets a token here by OAuth, and the two lists say so: left out, they would mean the
/// authorization code and implicit grants (RFC 8414 2), against which an empty list is the lesser sin (3.2 would have it
/// left out). The algorithms have no registered name, because RFC 8414 leaves access tokens to whoever issues them.
fn document(app: &App) -> Value {
    let algorithms = match app.config.tokens.format {
        TokenFormat::Jwt => app.keyring.algorithms(),
        TokenFormat::Opaque => Vec::new(),
    };
    let mut document = json!({
        "issuer": app.config.issuer(),
        "jwks_uri": format!("{}{JWKS}", app.config.public_origin()),
        "response_types_supported": [],
        "grant_types_supported": [],
        "access_token_signing_alg_values_supported": algorithms,
    });
    let introspection = &app.config.introspection;
    if introspection.is_on() {
        let endpoint = format!("{}{INTROSPECT}", app.config.public_origin());
        document["introspection_endpoint"] = endpoint.into();
    }
    if !introspection.clients.is_empty() {
        document["introspection_endpoint_auth_methods_supported"] = json!(["client_secret_basic"]);
    }
    document
}

/// An answer that anybody may keep for a while, and then ask whether it still holds (RFC 9110 13.1.2).
fn cached(document: &Value, headers: &HeaderMap) -> Response {
    let body = document.to_string();
    let tag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(&Digest::of(body.as_bytes()).as_bytes()[..16]));
    let keep = format!("public, max-age={}", PUBLIC_KEYS_LIFETIME.duration().as_secs());
    let validators = [(ETAG, tag.clone()), (CACHE_CONTROL, keep)];
    if is_known(headers, &tag) {
        return (StatusCode::NOT_MODIFIED, validators).into_response();
    }
    (validators, [(CONTENT_TYPE, "application/json; charset=utf-8")], body).into_response()
}

/// Whether the client says that it has what bears this tag. Tags are compared weakly, as for every read.
fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let said = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let mut tags = said.flat_map(|value| value.split(',')).map(str::trim);
    tags.any(|said| said == "*" || said.strip_prefix("W/").unwrap_or(said) == tag)
}
