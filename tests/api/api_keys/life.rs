//! From a key's making to its end.

use chrono::{DateTime, TimeDelta, Utc};
use rolegate::access::client::Client;
use rolegate::access::role::Role;
use rolegate::api_keys::secret;
use rolegate::audit::event;
use rolegate::passwords::set_password::set_password;
use rolegate::platform::secret::OpaqueToken;
use rolegate::users::reactivate::reactivate;
use rolegate::users::suspend::suspend;
use sea_orm::EntityTrait as _;
use serde_json::json;
use uuid::Uuid;

use super::{CREATE, KEYS, Key, REVOKE, assert_unauthenticated, create, kept, try_create};
use crate::harness::watch::logged;
use crate::harness::{Answer, Service};

/// A key with the id of another one and a secret of its own.
fn forged(key: &str) -> String {
    let id = secret::parse(key).unwrap().id();
    secret::reveal(&OpaqueToken::new(id).unwrap())
}

#[tokio::test]
async fn a_key_is_shown_once_kept_as_a_digest_and_stands_for_its_owner() {
    let service = Service::start().await;
    let ada = service.client("ada").await;
    let key = create(&ada, Role::Client).await;
    let secret = secret::parse(&key.secret).unwrap();
    let rows = kept(&service).await;
    assert_eq!((rows.len(), rows[0].id.to_string()), (1, key.id.clone()));
    assert_eq!(rows[0].secret_hash, secret.digest().to_vec());
    let script = service.anonymous().with_token(&key.secret);
    let answer = script.run("{ me { id email role } }").await;
    assert_eq!(answer.data()["me"], json!({ "id": ada.id(), "email": "ada@example.test", "role": "CLIENT" }));
    let listed = ada.run(KEYS).await;
    assert_eq!(listed.data()["me"]["apiKeys"]["nodes"][0]["id"], key.id);
    assert!(!listed.text.contains(&key.secret));
    let id = answer.header("x-request-id").unwrap();
    let line = logged(id).pop().unwrap();
    assert!(line.contains(&format!("api_key_id={}", key.id)) && !line.contains("session_id"), "{line}");
}

#[tokio::test]
async fn a_key_can_be_found_by_the_documented_expression_and_its_checksum() {
    let service = Service::start().await;
    let ada = service.client("ada").await;
    let key = create(&ada, Role::Client).await.secret;
    let encoded = key.strip_prefix("rlg_").unwrap();
    let is_listed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    assert!(encoded.len() == 70 && encoded.chars().all(is_listed), "rlg_[A-Za-z0-9_-]{{70}}");
    // A key with a typo is refused though there is no database to ask.
    let typo = format!("rlg_{}", if encoded.starts_with('A') { 'B' } else { 'A' }) + &encoded[1..];
    service.app.stop().await;
    for wrong in [&typo, &key[..73], "rlg_", &key.to_uppercase(), &key.replace("rlg_", "rlh_")] {
        let answer = service.anonymous().with_token(wrong).run("{ me { id } }").await;
        assert_unauthenticated(&answer, "TOKEN_INVALID");
    }
}

#[tokio::test]
async fn a_revoked_key_is_refused_at_the_next_request_and_others_are_not() {
    let service = Service::start().await;
    let (ada, bob, max, eve) = (
        service.client("ada").await,
        service.client("bob").await,
        service.manager("max").await,
        service.admin("eve").await,
    );
    let (first, second) = (create(&ada, Role::Client).await, create(&ada, Role::Client).await);
    for stranger in [&bob, &max] {
        stranger.run_with(REVOKE, json!({ "id": first.id })).await.assert_refused("NOT_FOUND");
    }
    service.anonymous().run_with(REVOKE, json!({ "id": first.id })).await.assert_refused("UNAUTHENTICATED");
    let script = |key: &Key| service.anonymous().with_token(&key.secret);
    script(&first).run("{ me { id } }").await.data();
    assert_eq!(ada.run_with(REVOKE, json!({ "id": first.id })).await.data()["revokeApiKey"]["id"], first.id);
    assert_unauthenticated(&script(&first).run("{ me { id } }").await, "TOKEN_INVALID");
    script(&second).run("{ me { id } }").await.data();
    ada.run_with(REVOKE, json!({ "id": first.id })).await.assert_refused("NOT_FOUND");
    ada.run_with(REVOKE, json!({ "id": "no id" })).await.assert_refused("NOT_FOUND");
    eve.run_with(REVOKE, json!({ "id": second.id })).await.data();
    assert_unauthenticated(&script(&second).run("{ me { id } }").await, "TOKEN_INVALID");
    let events = event::Entity::find().all(service.app.database.reader()).await.unwrap();
    let told = |kind: &str, id: &str| {
        let found = events
            .iter()
            .find(|event| event.kind == kind && event.detail.as_ref().is_some_and(|it| it.contains(id)));
        let found = found.unwrap_or_else(|| panic!("no {kind} of {id}"));
        (found.actor_id.unwrap().to_string(), found.subject_id.unwrap().to_string())
    };
    assert_eq!(told("API_KEY_CREATED", &first.id), (ada.id().into(), ada.id().into()));
    assert_eq!(told("API_KEY_REVOKED", &first.id), (ada.id().into(), ada.id().into()));
    assert_eq!(told("API_KEY_REVOKED", &second.id), (eve.id().into(), ada.id().into()));
}

#[tokio::test]
async fn a_key_dies_with_its_owner_suspended_and_a_set_password_takes_all_keys_along() {
    let service = Service::start().await;
    let ada = service.client("ada").await;
    let script = service.anonymous().with_token(create(&ada, Role::Client).await.secret);
    let id: Uuid = ada.id().parse().unwrap();
    suspend(&service.app, &Client::default(), None, id).await.unwrap();
    assert_unauthenticated(&script.run("{ me { id } }").await, "TOKEN_INVALID");
    reactivate(&service.app, &Client::default(), None, id).await.unwrap();
    script.run("{ me { id } }").await.data();
    set_password(&service.app, id, "another umbrella in the gravel").await.unwrap();
    assert_unauthenticated(&script.run("{ me { id } }").await, "TOKEN_INVALID");
    assert!(kept(&service).await.is_empty());
    assert_eq!(crate::sessions::audited(&service, "API_KEY_REVOKED").await, 1);
}

#[tokio::test]
async fn a_key_expires_when_its_maker_or_the_configuration_says() {
    let service = Service::start().await;
    let ada = service.client("ada").await;
    let now = service.app.clock.now();
    let at = |answer: &Answer| -> DateTime<Utc> {
        answer.text_at("/data/createApiKey/apiKey/expiresAt").parse().unwrap()
    };
    let in_ =
        |delta: TimeDelta| json!({ "name": "k", "role": "CLIENT", "expiresAt": (now + delta).to_rfc3339() });
    let default = try_create(&ada, json!({ "name": "k", "role": "CLIENT", "expiresAt": null })).await;
    assert_eq!(at(&default), now + TimeDelta::days(90));
    let hour = try_create(&ada, in_(TimeDelta::hours(1))).await;
    assert_eq!(at(&hour), now + TimeDelta::hours(1));
    assert_eq!(at(&try_create(&ada, in_(TimeDelta::days(365))).await), now + TimeDelta::days(365));
    for wrong in [TimeDelta::zero(), TimeDelta::hours(-1), TimeDelta::days(365) + TimeDelta::seconds(1)] {
        let refused = try_create(&ada, in_(wrong)).await;
        refused.assert_refused("INVALID_INPUT");
        assert_eq!(refused.at("/errors/0/extensions/field"), "input.expiresAt");
    }
    let script = service.anonymous().with_token(hour.text_at("/data/createApiKey/secret"));
    service.advance(TimeDelta::minutes(60) - TimeDelta::microseconds(1));
    script.run("{ me { id } }").await.data();
    service.advance(TimeDelta::microseconds(1));
    assert_unauthenticated(&script.run("{ me { id } }").await, "TOKEN_EXPIRED");
    let answer = service.anonymous().with_token(forged(&script.tokens.access)).run("{ me { id } }").await;
    assert_unauthenticated(&answer, "TOKEN_INVALID");
}

#[tokio::test]
async fn nobody_has_more_keys_than_the_configuration_allows_even_if_they_ask_at_once() {
    let service = Service::with(|config| config.api_keys.max_per_user = 2).await;
    let ada = service.client("ada").await;
    let phone = service.anonymous().log_in("ada@example.test").await;
    let input = || json!({ "name": "k", "role": "CLIENT" });
    let answers = futures_util::future::join_all(
        (0..8).map(|n| try_create(if n % 2 == 0 { &ada } else { &phone }, input())),
    );
    let made = answers.await.iter().filter(|answer| answer.codes().is_empty()).count();
    assert_eq!((made, kept(&service).await.len()), (2, 2));
    try_create(&ada, input()).await.assert_refused("INVALID_INPUT");
    let id = kept(&service).await[0].id;
    ada.run_with(REVOKE, json!({ "id": id })).await.data();
    try_create(&ada, input()).await.data();
    service.client("bob").await.run_with(CREATE, json!({ "i": input() })).await.data();
}

#[tokio::test]
async fn when_a_key_was_last_used_is_written_at_most_once_a_minute() {
    let service = Service::start().await;
    let ada = service.client("ada").await;
    let script = service.anonymous().with_token(create(&ada, Role::Client).await.secret);
    let used = || async { kept(&service).await[0].last_used_at };
    assert_eq!(used().await, None);
    script.run("{ me { id } }").await;
    let begun = service.app.clock.now();
    assert_eq!(used().await, Some(begun));
    service.advance(TimeDelta::seconds(59));
    script.run("{ me { id } }").await;
    assert_eq!(used().await, Some(begun));
    service.advance(TimeDelta::seconds(1));
    script.run("{ me { id } }").await;
    assert_eq!(used().await, Some(begun + TimeDelta::seconds(60)));
}

#[tokio::test]
async fn a_session_that_was_ended_makes_no_key_and_a_name_must_be_one() {
    let service = Service::start().await;
    let ada = service.client("ada").await;
    for name in ["", " ", "a\u{202e}b", &"x".repeat(101)] {
        let refused = try_create(&ada, json!({ "name": name, "role": "CLIENT" })).await;
        refused.assert_refused("INVALID_INPUT");
        assert_eq!(refused.at("/errors/0/extensions/field"), "input.name");
    }
    ada.run("mutation { logout { id } }").await.data();
    let refused = try_create(&ada, json!({ "name": "late", "role": "CLIENT" })).await;
    assert_unauthenticated(&refused, "SESSION_ENDED");
    assert!(kept(&service).await.is_empty());
}
