//! The HTTP door: who asks, what is asked, and how the answer is written down.

mod answer;
mod authenticate;
mod carriers;
mod client;
mod document;
mod envelope;
mod forward_auth;
mod frame;
mod graphiql;
mod graphql;
mod health;
mod introspect;
mod landing;
mod left_out;
mod negotiate;
mod origins;
mod refusal;
pub mod serve;
mod shown_error;
pub mod tls;
mod well_known;

use std::sync::Arc;

use async_graphql::Executor;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{any, get, post};
use axum::{Router, middleware};
use tokio::sync::Semaphore;

use crate::app::App;
use crate::http::carriers::Carriers;
use crate::http::document::Documents;
use crate::http::origins::Origins;

const LANDING: &str = "/";
const GRAPHQL: &str = "/graphql";
const FORWARD_AUTH: &str = "/forward-auth";
const JWKS: &str = "/.well-known/jwks.json";
const METADATA: &str = "/.well-known/oauth-authorization-server";
const INTROSPECT: &str = "/introspect";
const LIVE: &str = "/health/live";
const READY: &str = "/health/ready";

/// The routes that the request log names.
const ROUTES: [&str; 8] = [LANDING, GRAPHQL, FORWARD_AUTH, JWKS, METADATA, INTROSPECT, LIVE, READY];

/// What the routes share.
struct Door<E> {
    app: Arc<App>,
    schema: E,
    origins: Origins,
    carriers: Carriers,
    documents: Documents,
    /// Whether browsers are told to come back by HTTPS alone.
    is_strict: bool,
    /// As many requests are worked on at once; more wait for their turn.
    turns: Semaphore,
}

/// All routes. `schema` is whatever executes GraphQL requests; it finds the `Viewer` and the `Client` among a request's values.
pub fn router<E: Executor>(app: Arc<App>, schema: E) -> Router {
    let (origins, carriers) = (Origins::new(&app.config), Carriers::new(&app.config));
    // Not on this machine: `localhost` belongs to every other server on it, too.
    let is_strict = app.config.tls.files().is_some() && !app.config.is_loopback_only();
    let documents = Documents::within(app.config.graphql.clone());
    let turns = Semaphore::new(app.config.http.max_concurrent_requests);
    let graphiql_is_on = app.config.graphiql();
    let introspection_is_on = app.config.introspection.is_on();
    let door = Arc::new(Door { app, schema, origins, carriers, documents, is_strict, turns });
    let mut router = Router::new()
        .route(LANDING, get(landing::landing::<E>))
        .route(GRAPHQL, get(graphql::get::<E>).post(graphql::post::<E>).fallback(graphql::other))
        .route(FORWARD_AUTH, any(forward_auth::forward_auth::<E>))
        .route("/forward-auth/{*rest}", any(forward_auth::forward_auth::<E>))
        .route(JWKS, get(well_known::jwks::<E>))
        .route(METADATA, get(well_known::metadata::<E>))
        .route(LIVE, get(health::live))
        .route(READY, get(health::ready::<E>));
    if introspection_is_on {
        router = router.route(INTROSPECT, post(introspect::introspect::<E>));
    }
    if graphiql_is_on {
        router = router.route("/graphiql/{*path}", get(graphiql_asset));
    }
    router.layer(middleware::from_fn_with_state(Arc::clone(&door), frame::frame::<E>)).with_state(door)
}

async fn graphiql_asset(Path(path): Path<String>) -> Response {
    graphiql::asset(&path).unwrap_or_else(|| StatusCode::NOT_FOUND.into_response())
}
