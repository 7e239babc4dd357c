//! Access tokens with nothing to read in them: `tokens.format = opaque`.

use std::collections::HashSet;

use axum::http::StatusCode;
use chrono::TimeDelta;
use rolegate::config::{Config, TokenFormat};
use rolegate::platform::secret::{Digest, OpaqueToken};
use rolegate::platform::tagged;
use rolegate::sessions::purge::purge;
use rolegate::tokens::opaque;
use sea_orm::{EntityTrait as _, PaginatorTrait as _};
use serde_json::{Value, json};

use crate::harness::{Answer, Persona, Service};

fn opaque(config: &mut Config) {
    config.tokens.format = TokenFormat::Opaque;
    config.tokens.access_token_jitter = 0;
}

async fn kept(service: &Service) -> Vec<opaque::Model> {
    opaque::Entity::find().all(service.app.database.reader()).await.unwrap()
}

async fn ask(persona: &Persona<'_>) -> Answer {
    persona.run("{ me { id } }").await
}

#[track_caller]
fn assert_reason(answer: &Answer, reason: &str) {
    answer.assert_refused("UNAUTHENTICATED");
    assert_eq!(answer.at("/errors/0/extensions/reason"), reason, "{}", answer.text);
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn an_opaque_token_is_random_and_kept_as_a_digest() {
    let service = Service::with(opaque).await;
    let ada = service.client("ada").await;
    let mut secrets = HashSet::new();
    for _ in 0..20 {
        let ada = service.anonymous().log_in("ada@example.test").await;
        let secret = tagged::decode::<32>("rlat_", &ada.tokens.access).unwrap();
        let digest = Digest::of(secret.as_slice()).to_vec();
        let rows = kept(&service).await;
        let row = rows.iter().find(|row| row.hash == digest).unwrap();
        assert_eq!(
            (row.session_id.to_string(), row.user_id.to_string()),
            (ada.tokens.session.clone(), ada.id().into())
        );
        let ids = [row.id, row.session_id, row.user_id];
        assert!(
            ids.iter().all(|id| !secret.windows(16).any(|part| part == id.as_bytes())),
            "nothing to read in it"
        );
        secrets.insert(*secret);
    }
    assert_eq!(secrets.len(), 20);
    assert_eq!(ask(&ada).await.data()["me"]["id"], ada.id());
}

#[tokio::test]
async fn an_opaque_token_expires_as_a_jwt_does_and_says_so_after_it_was_purged() {
    let service = Service::with(opaque).await;
    let ada = service.client("ada").await;
    service.advance(TimeDelta::seconds(604));
    assert!(ada.is_signed_in().await, "within the leeway");
    service.advance(TimeDelta::seconds(1));
    assert_reason(&ask(&ada).await, "TOKEN_EXPIRED");
    purge(&service.app).await.unwrap();
    assert_eq!(kept(&service).await.len(), 0);
    assert_reason(&ask(&ada).await, "TOKEN_EXPIRED");
    let ada = ada.refresh().await;
    assert!(ada.is_signed_in().await);
    purge(&service.app).await.unwrap();
    assert!(ada.is_signed_in().await, "what counts is not purged");
}

#[tokio::test]
async fn an_opaque_token_dies_with_its_session_and_goes_with_it() {
    let service = Service::with(opaque).await;
    let ada = service.client("ada").await;
    let phone = service.anonymous().log_in("ada@example.test").await;
    ada.run("mutation { endOtherSessions { id } }").await.data();
    assert_reason(&ask(&phone).await, "SESSION_ENDED");
    assert!(ada.is_signed_in().await);
    purge(&service.app).await.unwrap();
    assert_eq!(kept(&service).await.len(), 1);
}

#[tokio::test]
async fn the_earlier_token_counts_until_it_expires_whether_or_not_the_session_was_refreshed() {
    let service = Service::with(opaque).await;
    let first = service.client("ada").await;
    service.advance(TimeDelta::minutes(5));
    let second = first.refresh().await;
    assert!(first.is_signed_in().await && second.is_signed_in().await);
    service.advance(TimeDelta::minutes(6));
    assert_reason(&ask(&first).await, "TOKEN_EXPIRED");
    assert!(second.is_signed_in().await);
}

#[tokio::test]
async fn a_lost_answer_is_repeated_with_an_access_token_that_counts() {
    let service = Service::with(opaque).await;
    let ada = service.client("ada").await;
    let (lost, repeated) = (ada.refresh().await, ada.refresh().await);
    assert_eq!(lost.tokens.refresh, repeated.tokens.refresh);
    assert!(lost.is_signed_in().await && repeated.is_signed_in().await);
}

#[tokio::test]
async fn junk_is_no_opaque_token_and_keeps_no_row() {
    let service = Service::with(opaque).await;
    let ada = service.client("ada").await;
    let never_was = tagged::encode("rlat_", OpaqueToken::new(uuid::Uuid::nil()).unwrap().secret());
    assert_reason(&ask(&service.anonymous().with_token(never_was)).await, "TOKEN_EXPIRED");
    for junk in ["rlat_", "rlat_x", "a.b.c", &ada.tokens.access[..52], &ada.tokens.access.to_lowercase()] {
        assert_reason(&ask(&service.anonymous().with_token(junk)).await, "TOKEN_INVALID");
    }
    let rows = opaque::Entity::find().count(service.app.database.reader()).await.unwrap();
    assert_eq!(rows, 1);
}

#[tokio::test]
async fn a_cookie_has_no_access_token_of_either_format() {
    let service = Service::with(opaque).await;
    service.client("ada").await;
    let document = "mutation($i: LoginInput!) { login(input: $i) { ... on SignedIn { accessToken } } }";
    let input = json!({ "identifier": "ada@example.test", "password": crate::harness::PASSWORD, "delivery": "COOKIE" });
    let answer = service.anonymous().run_with(document, json!({ "i": input })).await;
    assert_eq!(answer.data()["login"]["accessToken"], Value::Null);
    assert_eq!(kept(&service).await.len(), 1, "the one of signing up");
}

#[tokio::test]
async fn an_opaque_token_is_judged_from_memory_when_nothing_was_changed_and_never_from_another_ones() {
    let service = Service::with(opaque).await;
    let ada = service.client("ada").await;
    let unknown = service.anonymous().log_in("ada@example.test").await;
    assert!(ada.is_signed_in().await, "and remembered");
    service.app.database.close().await;
    assert!(ada.is_signed_in().await);
    assert_ne!(ask(&unknown).await.codes(), Vec::<&str>::new(), "one that was not seen yet is looked up");
}
