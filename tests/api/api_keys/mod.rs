//! API keys: what they are, what they may do, and above all what they may not.

mod life;
mod rights;

use axum::http::StatusCode;
use rolegate::access::role::Role;
use rolegate::api_keys::api_key;
use sea_orm::EntityTrait as _;
use serde_json::{Value, json};

use crate::harness::{Answer, Persona, Service};

pub(crate) const CREATE: &str = "mutation($i: CreateApiKeyInput!) { createApiKey(input: $i) {
    secret apiKey { id name role createdAt expiresAt lastUsedAt } } }";
pub(crate) const REVOKE: &str = "mutation($id: ID!) { revokeApiKey(id: $id) { id } }";
pub(crate) const KEYS: &str = "{ me { apiKeys { totalCount nodes { id name role expiresAt lastUsedAt } } } }";

/// A key as its maker was told it.
pub(crate) struct Key {
    pub(crate) id: String,
    pub(crate) secret: String,
}

pub(crate) async fn try_create(persona: &Persona<'_>, input: Value) -> Answer {
    persona.run_with(CREATE, json!({ "i": input })).await
}

pub(crate) async fn create(persona: &Persona<'_>, role: Role) -> Key {
    let answer = try_create(persona, json!({ "name": "deploy", "role": role })).await;
    answer.data();
    let text = |path: &str| answer.text_at(&format!("/data/createApiKey/{path}"));
    Key { id: text("apiKey/id"), secret: text("secret") }
}

pub(crate) async fn kept(service: &Service) -> Vec<api_key::Model> {
    api_key::Entity::find().all(service.app.database.reader()).await.unwrap()
}

#[track_caller]
pub(crate) fn assert_unauthenticated(answer: &Answer, reason: &str) {
    answer.assert_refused("UNAUTHENTICATED");
    assert_eq!(answer.at("/errors/0/extensions/reason"), reason, "{}", answer.text);
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
}
