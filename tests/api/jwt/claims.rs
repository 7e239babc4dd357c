//! What a token says, and what it may say.

use axum::http::StatusCode;
use chrono::TimeDelta;
use jsonwebtoken::Algorithm;
use serde_json::{Value, json};
use uuid::Uuid;

use super::forge::Forge;
use crate::harness::Service;

#[tokio::test]
async fn a_token_says_what_rfc_9068_asks_for_and_nothing_personal() {
    let service = Service::start().await;
    let forge = Forge::new(&service).await;
    assert_eq!(forge.header["typ"], "at+jwt");
    assert_eq!(forge.header["alg"], "ES256");
    assert!(forge.header["kid"].is_string());
    let mut names: Vec<&str> = forge.claims.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["aud", "exp", "iat", "iss", "jti", "role", "scope", "sid", "sub"]);
    let lifetime = forge.claims["exp"].as_i64().unwrap() - forge.claims["iat"].as_i64().unwrap();
    assert!((540..=600).contains(&lifetime), "{lifetime}");
    assert_eq!(forge.claims["sub"], forge.victim.id());
    assert_eq!(forge.claims["role"], "CLIENT");
}

#[tokio::test]
async fn the_forge_itself_makes_tokens_that_count() {
    let service = Service::start().await;
    let forge = Forge::new(&service).await;
    let answer = forge.present(&forge.with_claims(json!({}))).await;
    assert_eq!(answer.data()["me"]["id"], forge.victim.id(), "or no other test here would prove anything");
}

#[tokio::test]
async fn every_claim_is_needed_and_judged() {
    let service = Service::start().await;
    let forge = Forge::new(&service).await;
    let now = forge.claims["iat"].as_i64().unwrap();
    for change in [
        json!({ "exp": null }),
        json!({ "exp": (now + 600).to_string() }),
        json!({ "exp": [now + 600] }),
        json!({ "exp": now - 60 }),
        json!({ "exp": -1 }),
        json!({ "exp": i64::MAX }),
        json!({ "exp": u64::MAX }),
        json!({ "exp": 1e300 }),
        json!({ "exp": now + 86_400 }),
        json!({ "iat": null }),
        json!({ "iat": now + 3_600, "exp": now + 3_700 }),
        json!({ "nbf": now + 3_600 }),
        json!({ "nbf": (now - 60).to_string() }),
        json!({ "iss": null }),
        json!({ "iss": "https://evil.example" }),
        json!({ "iss": [forge.claims["iss"]] }),
        json!({ "iss": forge.claims["iss"].as_str().unwrap().to_uppercase() }),
        json!({ "aud": null }),
        json!({ "aud": "" }),
        json!({ "aud": "https://other.example" }),
        json!({ "aud": [] }),
        json!({ "aud": [forge.claims["aud"], "https://other.example"] }),
        json!({ "sub": null }),
        json!({ "sub": "" }),
        json!({ "sub": [forge.claims["sub"]] }),
        json!({ "sub": "' OR 1=1 --" }),
        json!({ "sub": Uuid::from_u128(7) }),
        json!({ "sid": null }),
        json!({ "sid": Uuid::from_u128(7) }),
        json!({ "jti": null }),
        json!({ "role": "ROOT" }),
    ] {
        forge.assert_refused(&forge.with_claims(change.clone()), &change.to_string()).await;
    }
    let answer = forge.present(&forge.with_claims(json!({ "nbf": now - 60 }))).await;
    assert_eq!(answer.data()["me"]["id"], forge.victim.id(), "a past nbf is no reason");
}

#[tokio::test]
async fn a_role_in_a_token_gives_none() {
    let service = Service::start().await;
    let forge = Forge::new(&service).await;
    let token = forge.with_claims(json!({ "role": "ADMIN", "scope": "role:admin" }));
    let answer = service.anonymous().with_token(token).run("{ users { totalCount } }").await;
    answer.assert_refused("FORBIDDEN");
}

#[tokio::test]
async fn a_claim_said_twice_is_refused() {
    let service = Service::start().await;
    let forge = Forge::new(&service).await;
    let bob = service.client("bob").await;
    let claims = forge.claims.to_string();
    for twice in [
        claims.replacen('{', &format!("{{\"sub\":\"{}\",", bob.id()), 1),
        claims.replacen('{', "{\"exp\":4102444800,", 1),
    ] {
        forge.assert_refused(&forge.signed(forge.header.to_string(), twice), "twice").await;
    }
}

#[tokio::test]
async fn a_token_counts_until_it_expires_and_a_few_seconds_more_for_clocks_that_differ() {
    let service = Service::with(|config| config.tokens.access_token_jitter = 0).await;
    let ada = service.client("ada").await;
    service.advance(TimeDelta::seconds(604));
    assert!(ada.is_signed_in().await);
    service.advance(TimeDelta::seconds(1));
    assert!(!ada.is_signed_in().await);
}

#[tokio::test]
async fn the_published_keys_verify_our_tokens_and_hold_nothing_private() {
    let service = Service::start().await;
    let ada = service.client("ada").await;
    let request = axum::http::Request::get("/.well-known/jwks.json").body(axum::body::Body::empty()).unwrap();
    let answer = service.send(request).await;
    assert_eq!(answer.status, StatusCode::OK);
    let mut members: Vec<&str> =
        answer.at("/keys/0").as_object().unwrap().keys().map(String::as_str).collect();
    members.sort_unstable();
    assert_eq!(members, ["alg", "crv", "kid", "kty", "use", "x", "y"]);
    let set: jsonwebtoken::jwk::JwkSet = serde_json::from_str(&answer.text).unwrap();
    let header = jsonwebtoken::decode_header(&ada.tokens.access).unwrap();
    let jwk = set.find(&header.kid.unwrap()).unwrap();
    let mut validation = jsonwebtoken::Validation::new(Algorithm::ES256);
    validation.validate_exp = false;
    validation.set_audience(&["http://127.0.0.1:4000"]);
    validation.set_issuer(&["http://127.0.0.1:4000"]);
    let key = jsonwebtoken::DecodingKey::from_jwk(jwk).unwrap();
    let claims = jsonwebtoken::decode::<Value>(&ada.tokens.access, &key, &validation).unwrap().claims;
    assert_eq!(claims["sub"], ada.id());
}
