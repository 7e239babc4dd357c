//! What a token says, and what it may say.

use std::collections::HashSet;

use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use rolegate::config::{ExtraClaim, SigningAlgorithm, SignupIdentifier};
use rolegate::users::user;
use sea_orm::{ActiveValue::Set, EntityTrait as _, QueryFilter as _};
use serde_json::{Value, json};
use uuid::Uuid;

use super::forge::Forge;
use crate::harness::{PASSWORD, Service};

for_every_algorithm! {
    a_token_says_what_rfc_9068_asks_for_and_nothing_personal,
    the_forge_itself_makes_tokens_that_count,
    every_claim_is_needed_and_judged,
    no_claim_may_be_null,
    a_role_in_a_token_gives_none,
    a_claim_said_twice_is_refused,
    a_token_counts_until_it_expires_and_a_few_seconds_more_for_clocks_that_differ,
    the_published_keys_verify_our_tokens_and_hold_nothing_private,
    no_two_tokens_are_the_same,
}

async fn a_token_says_what_rfc_9068_asks_for_and_nothing_personal(service: Service) {
    let forge = Forge::new(&service).await;
    assert_eq!(forge.header["typ"], "at+jwt");
    assert_eq!(forge.header["alg"], service.app.config.tokens.algorithm.as_str());
    assert!(forge.header["kid"].is_string());
    let mut names: Vec<&str> = forge.claims.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["aud", "exp", "iat", "iss", "jti", "role", "scope", "sid", "sub"]);
    assert_eq!(forge.claims["exp"].as_i64().unwrap() - forge.claims["iat"].as_i64().unwrap(), 600);
    assert_eq!(forge.claims["sub"], forge.victim.id());
    assert_eq!(forge.claims["role"], "CLIENT");
}

async fn the_forge_itself_makes_tokens_that_count(service: Service) {
    let forge = Forge::new(&service).await;
    let answer = forge.present(&forge.with_claims(json!({}))).await;
    assert_eq!(answer.data()["me"]["id"], forge.victim.id(), "or no other test here would prove anything");
}

async fn every_claim_is_needed_and_judged(service: Service) {
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

async fn no_claim_may_be_null(service: Service) {
    let forge = Forge::new(&service).await;
    for name in ["exp", "iat", "nbf", "iss", "aud", "sub", "sid", "jti"] {
        let mut claims = forge.claims.clone();
        claims[name] = Value::Null;
        let claims = claims.to_string();
        assert!(claims.contains(&format!("\"{name}\":null")), "{claims}");
        forge.assert_refused(&forge.signed(forge.header.to_string(), &claims), &claims).await;
    }
}

async fn a_role_in_a_token_gives_none(service: Service) {
    let forge = Forge::new(&service).await;
    let token = forge.with_claims(json!({ "role": "ADMIN", "scope": "role:admin" }));
    let answer = service.anonymous().with_token(token).run("{ users { totalCount } }").await;
    answer.assert_refused("FORBIDDEN");
}

async fn a_claim_said_twice_is_refused(service: Service) {
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

async fn a_token_counts_until_it_expires_and_a_few_seconds_more_for_clocks_that_differ(service: Service) {
    let ada = service.client("ada").await;
    service.advance(TimeDelta::seconds(604));
    assert!(ada.is_signed_in().await);
    service.advance(TimeDelta::seconds(1));
    assert!(!ada.is_signed_in().await);
}

async fn the_published_keys_verify_our_tokens_and_hold_nothing_private(service: Service) {
    let ada = service.client("ada").await;
    let request = axum::http::Request::get("/.well-known/jwks.json").body(axum::body::Body::empty()).unwrap();
    let answer = service.send(request).await;
    assert_eq!(answer.status, StatusCode::OK);
    let expected: &[&str] = match service.app.config.tokens.algorithm {
        SigningAlgorithm::Es256 => &["alg", "crv", "kid", "kty", "use", "x", "y"],
        SigningAlgorithm::EdDsa => &["alg", "crv", "kid", "kty", "use", "x"],
        SigningAlgorithm::Rs256 => &["alg", "e", "kid", "kty", "n", "use"],
        SigningAlgorithm::Hs256 => {
            assert_eq!(answer.json, json!({ "keys": [] }), "a secret is never published");
            return;
        }
    };
    let mut members: Vec<&str> =
        answer.at("/keys/0").as_object().unwrap().keys().map(String::as_str).collect();
    members.sort_unstable();
    assert_eq!(members, expected);
    let set: jsonwebtoken::jwk::JwkSet = serde_json::from_str(&answer.text).unwrap();
    let header = jsonwebtoken::decode_header(&ada.tokens.access).unwrap();
    assert_eq!(answer.at("/keys/0/alg"), service.app.config.tokens.algorithm.as_str());
    let jwk = set.find(&header.kid.unwrap()).unwrap();
    let mut validation = jsonwebtoken::Validation::new(header.alg);
    validation.validate_exp = false;
    validation.set_audience(&["http://127.0.0.1:4000"]);
    validation.set_issuer(&["http://127.0.0.1:4000"]);
    let key = jsonwebtoken::DecodingKey::from_jwk(jwk).unwrap();
    let claims = jsonwebtoken::decode::<Value>(&ada.tokens.access, &key, &validation).unwrap().claims;
    assert_eq!(claims["sub"], ada.id());
}

async fn no_two_tokens_are_the_same(service: Service) {
    let ada = service.client("ada").await;
    let (once, again) = (service.anonymous().log_in("ada@example.test").await, ada.refresh().await);
    let twice = service.anonymous().log_in("ada@example.test").await;
    let tokens: HashSet<_> = [&ada, &once, &again, &twice].map(|who| who.tokens.access.clone()).into();
    assert_eq!(tokens.len(), 4, "the clock stands still, and the secret may be shared");
}

#[tokio::test]
async fn what_is_configured_is_said_of_the_user_and_nothing_else() {
    let service = Service::with(|config| {
        config.tokens.claims = vec![ExtraClaim::Name, ExtraClaim::EmailVerified];
        config.signup.identifier = SignupIdentifier::Either;
    })
    .await;
    let forge = Forge::new(&service).await;
    assert_eq!((&forge.claims["name"], &forge.claims["email_verified"]), (&json!("ada"), &json!(false)));
    assert!(forge.claims.get("username").is_none() && forge.claims.get("email").is_none());
    assert!(!forge.claims.to_string().contains("@example.test"));
    assert!(forge.victim.refresh().await.is_signed_in().await);

    let input = json!({ "username": "bob", "password": PASSWORD });
    let nameless = service.anonymous().sign_up(input).await;
    let claims = claims(&nameless.refresh().await.tokens.access);
    assert!(claims.get("name").is_none() && claims.get("username").is_none(), "{claims}");
    // It is for others: whatever it says, here it decides nothing.
    let odd =
        forge.with_claims(json!({ "name": ["a"], "username": 7, "email_verified": "yes", "email": "x" }));
    assert_eq!(forge.present(&odd).await.data()["me"]["id"], forge.victim.id());
}

#[tokio::test]
async fn a_new_name_is_in_the_next_token() {
    let service = Service::with(|config| config.tokens.claims = vec![ExtraClaim::Username]).await;
    let ada = service.client("ada").await;
    assert!(claims(&ada.tokens.access).get("username").is_none());
    let id: Uuid = ada.id().parse().unwrap();
    let rename = service.app.database.write(async move |tx| {
        let change = user::ActiveModel { username: Set(Some("Ada".into())), ..Default::default() };
        user::Entity::update_many().set(change).filter(user::COLUMN.id.eq(id)).exec(tx).await?;
        Ok(())
    });
    rename.await.unwrap();
    assert_eq!(claims(&ada.refresh().await.tokens.access)["username"], "Ada");
}

fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}
