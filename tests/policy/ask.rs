//! Who asks, how, and what they get.

use async_graphql::{Request, Variables};
use chrono::{DateTime, Utc};
use rolegate::access::role::Role;
use rolegate::access::viewer::Viewer;
use serde_json::Value;
use uuid::Uuid;

use crate::demo::{Ran, schema};

pub(crate) const ANN: Uuid = Uuid::from_u128(0xa);
pub(crate) const BOB: Uuid = Uuid::from_u128(0xb);

pub(crate) fn user(user_id: Uuid, role: Role) -> Viewer {
    Viewer::User { user_id, session_id: Uuid::from_u128(1), role, expires_at: DateTime::<Utc>::MAX_UTC }
}

pub(crate) fn client() -> Viewer {
    user(ANN, Role::Client)
}

pub(crate) fn manager() -> Viewer {
    user(Uuid::from_u128(0xc), Role::Manager)
}

pub(crate) fn admin() -> Viewer {
    user(Uuid::from_u128(0xd), Role::Admin)
}

/// What came back, and what ran.
pub(crate) struct Answer {
    pub(crate) body: Value,
    pub(crate) ran: Vec<&'static str>,
}

impl Answer {
    pub(crate) fn data(&self) -> &Value {
        &self.body["data"]
    }

    pub(crate) fn errors(&self) -> &[Value] {
        self.body["errors"].as_array().map_or(&[], Vec::as_slice)
    }

    pub(crate) fn codes(&self) -> Vec<&str> {
        self.errors().iter().map(|error| error["extensions"]["code"].as_str().unwrap_or("none")).collect()
    }
}

pub(crate) async fn ask(viewer: Viewer, query: &str) -> Answer {
    ask_with(viewer, query, None, serde_json::json!({})).await
}

pub(crate) async fn ask_with(
    viewer: Viewer,
    query: &str,
    operation: Option<&str>,
    variables: Value,
) -> Answer {
    let ran = Ran::default();
    let mut request =
        Request::new(query).variables(Variables::from_json(variables)).data(ran.clone()).data(viewer);
    request.operation_name = operation.map(str::to_owned);
    let response = schema().execute(request).await;
    Answer { body: serde_json::to_value(response).unwrap(), ran: ran.marks() }
}
