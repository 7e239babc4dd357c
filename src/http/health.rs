//! For whoever watches over the process. The status is the whole answer.

use std::sync::Arc;
use std::time::Duration;

use async_graphql::Executor;
use axum::extract::State;
use axum::http::StatusCode;

use crate::app::App;
use crate::error::Error;
use crate::http::Door;
use crate::platform::database::MigrationState;

/// How long the database has to answer before the server counts as not ready.
const PATIENCE: Duration = Duration::from_secs(3);

/// `GET /health/live`: 200 while the process answers at all.
pub(super) async fn live() -> StatusCode {
    StatusCode::OK
}

/// `GET /health/ready`: 200 when requests can be served, else 503.
pub(super) async fn ready<E: Executor>(State(door): State<Arc<Door<E>>>) -> StatusCode {
    match tokio::time::timeout(PATIENCE, is_ready(&door.app)).await {
        Ok(Ok(true)) => StatusCode::OK,
        Ok(Err(error)) => {
            tracing::warn!(?error, "not ready");
            StatusCode::SERVICE_UNAVAILABLE
        }
        Ok(Ok(false)) | Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

async fn is_ready(app: &App) -> Result<bool, Error> {
    app.database.ping().await?;
    Ok(matches!(app.database.migrations().await?, MigrationState::Current))
}
