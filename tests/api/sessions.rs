//! Sessions: refreshed, listed, ended.

use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use rolegate::audit::event;
use rolegate::sessions::session;
use rolegate::sessions::{purge::purge, spent_refresh_token};
use sea_orm::{EntityTrait as _, PaginatorTrait as _, QueryFilter as _};
use serde_json::json;

use crate::harness::{Answer, PASSWORD, Service};

pub(crate) async fn audited(service: &Service, kind: &str) -> u64 {
    let query = event::Entity::find().filter(event::COLUMN.kind.eq(kind));
    query.count(service.app.database.reader()).await.unwrap()
}

#[track_caller]
pub(crate) fn assert_reason(answer: &Answer, reason: &str) {
    answer.assert_refused("UNAUTHENTICATED");
    assert_eq!(answer.at("/errors/0/extensions/reason"), reason, "{}", answer.text);
}

#[tokio::test]
async fn a_refresh_gives_new_tokens_for_the_same_session() {
    let service = Service::start().await;
    let ada = service.client("ada").await;
    service.advance(TimeDelta::minutes(5));
    let later = ada.refresh().await;
    assert_ne!(later.tokens.access, ada.tokens.access);
    assert_ne!(later.tokens.refresh, ada.tokens.refresh);
    assert_eq!(later.tokens.session, ada.tokens.session);
    assert!(later.is_signed_in().await);
    assert!(ada.is_signed_in().await, "the earlier access token counts until it expires");
}

#[tokio::test]
async fn clients_are_told_the_very_instant_at_which_the_token_expires() {
    let service = Service::start().await;
    service.client("ada").await;
    service.advance(TimeDelta::milliseconds(700));
    let login = format!(
        "mutation {{ login(input: {{ identifier: \"ada@example.test\", password: \"{PASSWORD}\" }}) {{
            ... on SignedIn {{ accessToken accessTokenExpiresAt }} }} }}"
    );
    let answer = service.anonymous().run(&login).await;
    let token = answer.text_at("/data/login/accessToken");
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    let claims: serde_json::Value = serde_json::from_slice(&claims).unwrap();
    let told: DateTime<Utc> = answer.text_at("/data/login/accessTokenExpiresAt").parse().unwrap();
    assert_eq!(Some(told), DateTime::from_timestamp(claims["exp"].as_i64().unwrap(), 0));
}

#[tokio::test]
async fn an_expired_access_token_says_so_and_does_not_stand_in_the_way_of_a_refresh() {
    let service = Service::start().await;
    let ada = service.client("ada").await;
    service.advance(TimeDelta::minutes(11));
    let answer = ada.run("{ me { id } }").await;
    assert_reason(&answer, "TOKEN_EXPIRED");
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    let later = ada.refresh().await;
    assert!(later.is_signed_in().await);
    ada.log_in("ada@example.test").await;
}

#[tokio::test]
async fn a_client_that_lost_the_answer_gets_the_same_successor_within_the_grace() {
    let service = Service::start().await;
    let ada = service.client("ada").await;
    let first = ada.refresh().await;
    service.advance(TimeDelta::seconds(9));
    let again = ada.refresh().await;
    assert_eq!(again.tokens.refresh, first.tokens.refresh);
    assert!(again.is_signed_in().await);
    again.refresh().await;
}

#[tokio::test]
async fn a_clock_that_is_set_back_makes_the_grace_no_longer() {
    let service = Service::start().await;
    let ada = service.client("ada").await;
    ada.refresh().await;
    service.advance(-TimeDelta::minutes(5));
    assert_reason(&ada.try_refresh(&ada.tokens.refresh).await, "SESSION_ENDED");
}

#[tokio::test]
async fn a_spent_token_that_comes_back_after_the_grace_ends_the_session_and_no_other() {
    let service = Service::start().await;
    let ada = service.client("ada").await;
    let phone = service.anonymous().log_in("ada@example.test").await;
    let bob = service.client("bob").await;
    let later = ada.refresh().await;
    service.advance(TimeDelta::seconds(11));
    assert_reason(&ada.try_refresh(&ada.tokens.refresh).await, "SESSION_ENDED");
    assert_reason(&later.run("{ me { id } }").await, "SESSION_ENDED");
    assert_reason(&later.try_refresh(&later.tokens.refresh).await, "SESSION_ENDED");
    assert!(phone.is_signed_in().await && bob.is_signed_in().await);
    phone.refresh().await;
    assert_eq!(audited(&service, "REFRESH_TOKEN_REUSED").await, 1);
}

#[tokio::test]
async fn a_spent_token_ends_the_session_even_within_the_grace_once_its_successor_was_used() {
    let service = Service::start().await;
    let ada = service.client("ada").await;
    let later = ada.refresh().await.refresh().await;
    assert_reason(&ada.try_refresh(&ada.tokens.refresh).await, "SESSION_ENDED");
    assert!(!later.is_signed_in().await);
}

#[tokio::test]
async fn any_earlier_token_of_the_session_is_recognised() {
    let service = Service::start().await;
    let oldest = service.client("ada").await;
    let mut newest = oldest.clone();
    for _ in 0..5 {
        service.advance(TimeDelta::minutes(1));
        newest = newest.refresh().await;
    }
    assert_reason(&oldest.try_refresh(&oldest.tokens.refresh).await, "SESSION_ENDED");
    assert!(!newest.is_signed_in().await);
}

#[tokio::test]
async fn a_forged_secret_with_a_real_id_ends_nothing() {
    let service = Service::start().await;
    let ada = service.client("ada").await;
    let (id, secret) = ada.tokens.refresh.split_once('.').unwrap();
    let bob = service.client("bob").await;
    let (other, _) = bob.tokens.refresh.split_once('.').unwrap();
    let mut forged: Vec<String> = vec![
        String::new(),
        ".".into(),
        id.into(),
        format!("{id}."),
        format!("{id}.{}", "A".repeat(43)),
        format!("{other}.{secret}"),
        format!("{id}.{secret}="),
        format!("{id}.{secret} "),
        format!(" {id}.{secret}"),
        format!("{id}.{}", secret.to_uppercase()),
        format!("{id}.{secret}\0"),
        "x".repeat(20_000),
        ada.tokens.access.clone(),
    ];
    forged.push(format!("{id}.{}", secret.chars().rev().collect::<String>()));
    let mut answers = Vec::new();
    for token in &forged {
        let answer = service.anonymous().try_refresh(token).await;
        assert_reason(&answer, "TOKEN_INVALID");
        answers.push((answer.status, answer.text));
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "one answer for all");
    assert!(ada.is_signed_in().await);
    ada.refresh().await;
}

#[tokio::test]
async fn a_refresh_token_is_no_access_token() {
    let service = Service::start().await;
    let ada = service.client("ada").await;
    let answer = service.anonymous().with_token(&ada.tokens.refresh).run("{ me { id } }").await;
    assert_reason(&answer, "TOKEN_INVALID");
}

#[tokio::test]
async fn logging_out_ends_the_session_with_all_its_tokens_at_once() {
    let service = Service::start().await;
    let ada = service.client("ada").await;
    let phone = service.anonymous().log_in("ada@example.test").await;
    let answer = ada.run("mutation { logout { id current } }").await;
    assert_eq!(answer.data()["logout"]["id"], ada.tokens.session);
    assert_reason(&ada.run("{ me { id } }").await, "SESSION_ENDED");
    assert_reason(&ada.try_refresh(&ada.tokens.refresh).await, "SESSION_ENDED");
    assert_reason(&ada.run("mutation { logout { id } }").await, "SESSION_ENDED");
    assert!(phone.is_signed_in().await);
    assert_eq!(audited(&service, "SESSION_ENDED").await, 1);
}

#[tokio::test]
async fn a_user_ends_their_own_sessions_and_nobody_elses() {
    let service = Service::start().await;
    let ada = service.client("ada").await;
    let phone = service.anonymous().log_in("ada@example.test").await;
    let bob = service.client("bob").await;
    let end = "mutation($id: ID!) { endSession(id: $id) { id } }";
    let mut told = Vec::new();
    for id in [bob.tokens.session.as_str(), "nonsense", "00000000-0000-0000-0000-000000000007"] {
        let answer = ada.run_with(end, json!({ "id": id })).await;
        answer.assert_refused("NOT_FOUND");
        told.push(answer.text);
    }
    assert!(told.iter().all(|text| *text == told[0]), "somebody else's and nobody's look alike: {told:?}");
    assert!(bob.is_signed_in().await);
    ada.run_with(end, json!({ "id": phone.tokens.session })).await.data();
    assert!(!phone.is_signed_in().await);
    assert!(ada.is_signed_in().await);
    ada.run_with(end, json!({ "id": phone.tokens.session })).await.assert_refused("NOT_FOUND");
}

#[tokio::test]
async fn ending_all_others_leaves_this_one() {
    let service = Service::start().await;
    let ada = service.client("ada").await;
    let others = [service.anonymous().log_in("ada@example.test").await, ada.log_in("ada@example.test").await];
    let bob = service.client("bob").await;
    let answer = ada.run("mutation { endOtherSessions { id user { id } } }").await;
    assert_eq!(answer.data()["endOtherSessions"].as_array().unwrap().len(), 2);
    for other in &others {
        assert!(!other.is_signed_in().await);
    }
    assert!(ada.is_signed_in().await && bob.is_signed_in().await);
    assert_eq!(ada.run("mutation { endOtherSessions { id } }").await.data()["endOtherSessions"], json!([]));
}

#[tokio::test]
async fn a_user_sees_their_devices() {
    let service = Service::start().await;
    let laptop = service.anonymous().with_header("user-agent", "Laptop/1.0");
    let ada = laptop.sign_up(json!({ "email": "ada@example.test", "password": PASSWORD })).await;
    service.advance(TimeDelta::minutes(2));
    service.anonymous().with_header("user-agent", "Phone/2.0").log_in("ada@example.test").await;
    let query =
        "{ me { sessions(first: 5) { totalCount nodes { userAgent ipAddress current createdAt lastSeenAt
        expiresAt user { email } } } } }";
    let answer = ada.run(query).await;
    let sessions = &answer.data()["me"]["sessions"];
    assert_eq!(sessions["totalCount"], 2);
    assert_eq!(sessions["nodes"][0]["userAgent"], "Phone/2.0");
    assert_eq!(sessions["nodes"][0]["current"], false);
    assert_eq!(sessions["nodes"][1]["userAgent"], "Laptop/1.0");
    assert_eq!(sessions["nodes"][1]["current"], true);
    assert_eq!(sessions["nodes"][1]["ipAddress"], "127.0.0.1");
    assert_eq!(sessions["nodes"][1]["user"]["email"], "ada@example.test");
    assert_eq!(sessions["nodes"][1]["createdAt"], "2026-03-01T12:00:00+00:00");
}

#[tokio::test]
async fn a_session_that_is_not_used_is_over_and_one_that_is_goes_on() {
    let service = Service::start().await;
    let ada = service.client("ada").await;
    let idle = service.anonymous().log_in("ada@example.test").await;
    let mut used = ada.clone();
    for _ in 0..2 {
        service.advance(TimeDelta::days(8));
        used = used.refresh().await;
    }
    assert_reason(&idle.try_refresh(&idle.tokens.refresh).await, "SESSION_ENDED");
    assert!(used.is_signed_in().await);
}

#[tokio::test]
async fn no_session_outlives_its_absolute_lifetime_however_much_it_is_used() {
    let service = Service::start().await;
    let mut ada = service.client("ada").await;
    for _ in 0..29 {
        service.advance(TimeDelta::days(1));
        ada = ada.refresh().await;
    }
    service.advance(TimeDelta::days(1));
    assert_reason(&ada.try_refresh(&ada.tokens.refresh).await, "SESSION_ENDED");
    assert!(!ada.is_signed_in().await);
}

#[tokio::test]
async fn what_is_over_is_purged_and_what_lives_stays() {
    let service = Service::start().await;
    let ada = service.client("ada").await;
    let gone = service.anonymous().log_in("ada@example.test").await.refresh().await;
    gone.run("mutation { logout { id } }").await.data();
    let later = ada.refresh().await;
    assert_eq!(purge(&service.app).await.unwrap(), 1);
    let db = service.app.database.reader();
    assert_eq!(session::Entity::find().count(db).await.unwrap(), 1);
    assert_eq!(spent_refresh_token::Entity::find().count(db).await.unwrap(), 1);
    assert!(later.is_signed_in().await);
    assert_reason(&gone.run("{ me { id } }").await, "SESSION_ENDED");
    service.advance(TimeDelta::days(15));
    assert_eq!(purge(&service.app).await.unwrap(), 1);
    assert_eq!(spent_refresh_token::Entity::find().count(db).await.unwrap(), 0);
}
