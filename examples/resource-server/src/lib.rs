//! A service that trusts Rolegate's tokens and shares nothing with it: no database, no secret, no process.
//!
//! It verifies each token by the issuer's public keys, makes the viewer of what the token says, and lets Rolegate's policy
//! engine judge its own schema by the same directives.

pub mod keys;
pub mod schema;
pub mod tokens;

use std::sync::Arc;

use async_graphql::{Request, Response, ServerError};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::HeaderMap;
use axum::routing::post;
use axum::{Json, Router};
use rolegate::config::GraphqlConfig;
use rolegate::error::Error;
use rolegate::graphql::budget;

use crate::schema::Schema;
use crate::tokens::Tokens;

/// The largest body, in bytes.
const MAX_BODY: usize = 64 * 1024;

struct Door {
    schema: Schema,
    tokens: Tokens,
    limits: GraphqlConfig,
}

/// `POST /graphql`, for whoever presents a token of the issuer's, or none.
pub fn router(schema: Schema, tokens: Tokens) -> Router {
    let door = Door { schema, tokens, limits: GraphqlConfig::default() };
    Router::new()
        .route("/graphql", post(graphql))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(Arc::new(door))
}

async fn graphql(
    State(door): State<Arc<Door>>,
    headers: HeaderMap,
    Json(request): Json<Request>,
) -> Json<Response> {
    let request = match weighed(request, &door.limits) {
        Ok(request) => request,
        Err(error) => return Json(Response::from_errors(vec![error])),
    };
    let viewer = door.tokens.viewer(&headers).await;
    // The engine takes the viewer from here, and whoever sends none is anonymous to it.
    Json(door.schema.execute(request.data(viewer)).await)
}

/// The request, if its document is within the budget: some small ones would cost seconds before any other limit sees them.
fn weighed(mut request: Request, limits: &GraphqlConfig) -> Result<Request, ServerError> {
    let too_much = |error: Error| ServerError::new(error.to_string(), None);
    budget::scan(&request.query, limits).map_err(too_much)?;
    // The parser's own message would repeat the text, and with it whatever secret is in there.
    let document =
        request.parsed_query().map_err(|_| ServerError::new("The document is not GraphQL.", None))?;
    budget::weigh(document, limits).map_err(too_much)?;
    Ok(request)
}
