//! What other services read to verify our tokens.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use rolegate::access::client::Client;
use rolegate::config::SigningAlgorithm;
use rolegate::tokens::rotate::{Haste, rotate};
use rolegate::tokens::signing_key;
use serde_json::{Value, json};

use crate::harness::{Answer, Service};
use crate::jwt::signing_with;

const JWKS: &str = "/.well-known/jwks.json";
const METADATA: &str = "/.well-known/oauth-authorization-server";

async fn get(service: &Service, path: &str, known: &[&str]) -> Answer {
    let mut request = Request::get(path).header("host", "somewhere.example");
    for tag in known {
        request = request.header("if-none-match", *tag);
    }
    service.send(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn an_answer_that_is_known_is_not_sent_again() {
    let service = Service::start().await;
    for path in [JWKS, METADATA] {
        let first = get(&service, path, &[]).await;
        assert_eq!(first.header("cache-control"), Some("public, max-age=300"));
        let tag = first.header("etag").unwrap().to_owned();
        assert!(tag.starts_with('"') && tag.ends_with('"'), "a strong tag: {tag}");
        let weak = format!("W/{tag}");
        let among = format!("\"other\", {tag}");
        for known in [&[tag.as_str()][..], &["*"], &[&weak], &[&among], &["\"other\"", &tag]] {
            let again = get(&service, path, known).await;
            assert_eq!((again.status, again.text.as_str()), (StatusCode::NOT_MODIFIED, ""), "{known:?}");
            assert_eq!(again.header("etag"), Some(tag.as_str()));
            assert_eq!(again.header("cache-control"), Some("public, max-age=300"));
        }
        for unknown in ["\"other\"", "", tag.trim_matches('"'), "\"\""] {
            assert_eq!(get(&service, path, &[unknown]).await.text, first.text, "{unknown}");
        }
    }
}

#[tokio::test]
async fn a_new_key_changes_the_tag() {
    let service = Service::start().await;
    let before = get(&service, JWKS, &[]).await;
    rotate(&service.app, &Client::default(), Haste::Announced).await.unwrap();
    signing_key::load(&service.app).await.unwrap();
    let after = get(&service, JWKS, &[before.header("etag").unwrap()]).await;
    assert_eq!(after.status, StatusCode::OK);
    assert_eq!(after.at("/keys").as_array().unwrap().len(), 2);
    assert_eq!(after.at("/keys/1"), before.at("/keys/0"));
}

#[tokio::test]
async fn the_metadata_says_what_is_true_and_nothing_else() {
    let service = Service::with(|config| {
        config.public_url = Some("https://auth.example.com".parse().unwrap());
        config.behind_proxy = true;
    })
    .await;
    let expected = json!({ "issuer": "https://auth.example.com",
        "jwks_uri": "https://auth.example.com/.well-known/jwks.json",
        "response_types_supported": [], "grant_types_supported": [],
        "access_token_signing_alg_values_supported": ["ES256"] });
    assert_eq!(get(&service, METADATA, &[]).await.json, expected, "whatever host the request names");
    let answer = get(&service, "/.well-known/openid-configuration", &[]).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND, "there are no ID tokens here");
}

#[tokio::test]
async fn the_metadata_names_every_algorithm_that_is_in_force() {
    for algorithm in SigningAlgorithm::ALL {
        let service = signing_with(algorithm).await;
        let answer = get(&service, METADATA, &[]).await;
        let named = answer.at("/access_token_signing_alg_values_supported");
        assert_eq!(named, &Value::from(vec![algorithm.as_str()]));
    }
}
