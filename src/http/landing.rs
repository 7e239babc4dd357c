//! `GET /`: what runs here, for whoever just started it.

use std::sync::Arc;

use async_graphql::Executor;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_SECURITY_POLICY;
use axum::response::{Html, IntoResponse as _, Response};

use crate::config::Config;
use crate::http::Door;

/// The page has no script, no style and nothing to frame.
const POLICY: &str = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The page; 404 as soon as others than this machine can reach the server.
pub(super) async fn landing<E: Executor>(State(door): State<Arc<Door<E>>>) -> Response {
    let config = &door.app.config;
    if !config.is_loopback_only() {
        return StatusCode::NOT_FOUND.into_response();
    }
    ([(CONTENT_SECURITY_POLICY, POLICY)], Html(page(config))).into_response()
}

fn page(config: &Config) -> String {
    let name = escaped(&config.name);
    let graphiql = if config.graphiql() {
        "<li><a href=\"/graphql\">GraphiQL</a>: try queries in the browser</li>"
    } else {
        ""
    };
    format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{name}</title>\
         <h1>{name}</h1><p>Rolegate {version} is running. Its API is GraphQL: POST to <code>/graphql</code>.</p>\
         <ul>{graphiql}<li><a href=\"/health/ready\">Health</a></li>\
         <li><a href=\"/.well-known/jwks.json\">Public keys</a></li></ul></html>",
        version = env!("CARGO_PKG_VERSION"),
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
