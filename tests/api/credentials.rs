//! Presenting tokens: what says who asks, and what does not, with real accounts at stake.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use chrono::TimeDelta;
use serde_json::json;
use uuid::Uuid;

use crate::harness::{Answer, PASSWORD, Service};
use crate::jwt::forge::Forge;

const ME: &str = "{ me { id } }";

async fn get(service: &Service, query_string: &str) -> Answer {
    service.send(Request::get(format!("/graphql?{query_string}")).body(Body::empty()).unwrap()).await
}

#[track_caller]
fn assert_challenged(answer: &Answer, reason: &str, challenge: &str) {
    answer.assert_refused("UNAUTHENTICATED");
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{}", answer.text);
    assert_eq!(answer.at("/errors/0/extensions/reason"), reason, "{}", answer.text);
    assert_eq!(answer.header("www-authenticate"), Some(challenge), "{}", answer.text);
}

const NO_TOKEN: &str = "Bearer realm=\"rolegate\"";
const BAD_TOKEN: &str = "Bearer realm=\"rolegate\", error=\"invalid_token\"";

#[tokio::test]
async fn the_scheme_is_bearer_in_any_letter_case_and_with_any_number_of_spaces() {
    let service = Service::start().await;
    let ada = service.client("ada").await;
    for scheme in ["Bearer ", "bearer ", "BEARER ", "bEaReR    "] {
        let header = format!("{scheme}{}", ada.tokens.access);
        let answer = service.anonymous().with_header("authorization", header).run(ME).await;
        assert_eq!(answer.data()["me"]["id"], ada.id(), "{scheme:?}");
    }
}

#[tokio::test]
async fn a_good_token_presented_in_any_other_way_is_none() {
    let service = Service::start().await;
    let token = service.client("ada").await.tokens.access;
    for header in [
        token.clone(),
        format!("Basic {token}"),
        format!("Token {token}"),
        format!("JWT {token}"),
        format!("Bearer\t{token}"),
        format!("Bearer{token}"),
        format!("Bearer: {token}"),
        format!("Bearer \"{token}\""),
        format!("Bearer {token},"),
        format!("Bearer {token}, Bearer {token}"),
        format!("Bearer {token} x"),
        format!("Bearer {token}; x=y"),
        format!("Bearer token={token}"),
        format!("Bearer Bearer {token}"),
        format!("Bearer {token}="),
    ] {
        let answer = service.anonymous().with_header("authorization", &header).run(ME).await;
        assert_challenged(&answer, "TOKEN_INVALID", BAD_TOKEN);
    }
}

#[tokio::test]
async fn two_authorization_headers_are_refused_in_either_order() {
    let service = Service::start().await;
    let (ada, bob) = (service.client("ada").await, service.client("bob").await);
    let bearer = |token: &str| format!("Bearer {token}");
    for (first, second) in [
        (&ada.tokens.access, &bob.tokens.access),
        (&bob.tokens.access, &ada.tokens.access),
        (&ada.tokens.access, &ada.tokens.access),
    ] {
        let twice = service
            .anonymous()
            .with_header("authorization", bearer(first))
            .with_header("authorization", bearer(second));
        let answer = twice.run(ME).await;
        answer.assert_refused("BAD_REQUEST");
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    }
}

#[tokio::test]
async fn a_good_token_in_the_url_the_body_a_cookie_or_another_header_is_none() {
    let service = Service::start().await;
    let ada = service.client("ada").await;
    let token = &ada.tokens.access;
    let mut answers = vec![get(&service, &format!("query=%7Bme%7Bid%7D%7D&access_token={token}")).await];
    for key in ["access_token", "token", "authorization", "accessToken"] {
        let mut body = json!({ "query": ME });
        body[key] = json!(token);
        answers.push(service.anonymous().post(body).await);
        let extensions = json!({ "query": ME, "extensions": { key: format!("Bearer {token}") } });
        answers.push(service.anonymous().post(extensions).await);
    }
    for name in ["x-access-token", "x-auth-token", "x-authorization", "proxy-authorization", "authentication"]
    {
        answers.push(service.anonymous().with_header(name, format!("Bearer {token}")).run(ME).await);
        answers.push(service.anonymous().with_header(name, token).run(ME).await);
    }
    for name in ["token", "access_token", "jwt", "Authorization"] {
        answers.push(service.anonymous().with_header("cookie", format!("{name}={token}")).run(ME).await);
    }
    for answer in answers {
        assert_challenged(&answer, "TOKEN_MISSING", NO_TOKEN);
    }
    let request = Request::post(format!("/graphql?access_token={token}"))
        .header("content-type", "application/json")
        .header("authorization", format!("Bearer {token}"));
    let both = service.send(request.body(json!({ "query": ME }).to_string().into()).unwrap()).await;
    both.assert_refused("BAD_REQUEST");
    assert!(both.header("www-authenticate").unwrap().contains("error=\"invalid_request\""));
}

#[tokio::test]
async fn nobody_is_who_a_header_says_they_are() {
    let service = Service::start().await;
    let eve = service.admin("eve").await;
    for name in [
        "x-user-id",
        "x-user",
        "x-forwarded-user",
        "x-forwarded-email",
        "x-auth-request-user",
        "remote-user",
        "x-remote-user",
        "x-rolegate-user",
    ] {
        for value in [eve.id(), "eve@example.test", "eve"] {
            let claimed = service.anonymous().with_header(name, value).with_header("x-role", "ADMIN");
            assert_challenged(&claimed.run(ME).await, "TOKEN_MISSING", NO_TOKEN);
        }
    }
    let ada = service.client("ada").await.with_header("x-user-id", eve.id()).with_header("x-role", "ADMIN");
    ada.run("{ users { totalCount } }").await.assert_refused("FORBIDDEN");
    assert!(ada.is_signed_in().await);
}

#[tokio::test]
async fn whatever_is_wrong_with_a_token_the_answer_is_the_same_but_for_its_reason() {
    let service = Service::start().await;
    let forge = Forge::new(&service).await;
    let ada = forge.victim.clone();
    let (nobody, nothing) = (Uuid::from_u128(7), Uuid::from_u128(8));
    let gone = service.anonymous().log_in("ada@example.test").await;
    gone.run("mutation { logout { id } }").await.data();
    let (message, signature) = ada.tokens.access.rsplit_once('.').unwrap();
    let reversed: String = signature.chars().rev().collect();
    let mut tokens = vec![
        ("TOKEN_INVALID", "garbage".to_owned()),
        ("TOKEN_INVALID", format!("{message}.{reversed}")),
        ("TOKEN_INVALID", ada.tokens.refresh.clone()),
        ("SESSION_ENDED", forge.with_claims(json!({ "sub": nobody }))),
        ("SESSION_ENDED", forge.with_claims(json!({ "sub": nobody, "sid": nothing }))),
        ("SESSION_ENDED", gone.tokens.access.clone()),
    ];
    let mut answers = Vec::new();
    for round in 0..2 {
        for (reason, token) in &tokens {
            let answer = service.anonymous().with_token(token).run(ME).await;
            assert_challenged(&answer, reason, BAD_TOKEN);
            answers.push((answer.status, answer.text.replace(reason, "..")));
        }
        if round == 0 {
            service.advance(TimeDelta::minutes(11));
            tokens = vec![("TOKEN_EXPIRED", ada.tokens.access.clone())];
        }
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:#?}");
}

#[tokio::test]
async fn no_bad_token_stands_in_the_way_of_signing_up_in_and_on() {
    let service = Service::start().await;
    let ada = service.client("ada").await;
    for token in ["garbage", &ada.tokens.refresh, &"x".repeat(9_000)] {
        let stale = service.anonymous().with_token(token);
        let phone = stale.log_in("ada@example.test").await;
        let phone = phone.with_token(token).refresh().await;
        assert!(phone.is_signed_in().await);
    }
    let input = json!({ "email": "bob@example.test", "password": PASSWORD });
    service.anonymous().with_token("garbage").sign_up(input).await;
}
