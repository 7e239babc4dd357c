//! Tokens in the places where older stacks put them: only where configured, only once, and by the same rules.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use chrono::TimeDelta;
use serde_json::json;

use crate::harness::{Answer, PASSWORD, Service};

const ME: &str = "{ me { id } }";
const BAD_TOKEN: &str = "Bearer realm=\"rolegate\", error=\"invalid_token\"";

async fn service() -> Service {
    Service::with(|config| {
        config.http.carriers =
            ["scheme:JWT", "header:x-access-token", "header:token", "header:X-Access-Token"]
                .map(|text| text.parse().unwrap())
                .into();
        config.http.allowed_origins = vec!["https://app.example".into()];
    })
    .await
}

async fn me(service: &Service, headers: &[(&'static str, String)]) -> Answer {
    let mut persona = service.anonymous();
    for (name, value) in headers {
        persona = persona.with_header(name, value);
    }
    persona.run(ME).await
}

#[track_caller]
fn assert_unauthenticated(answer: &Answer, reason: &str) {
    answer.assert_refused("UNAUTHENTICATED");
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!(answer.at("/errors/0/extensions/reason"), reason, "{}", answer.text);
    assert!(answer.header("www-authenticate").is_some_and(|challenge| challenge.starts_with("Bearer ")));
}

/// The ways in which `token` may be presented, `Bearer` first.
fn ways(token: &str) -> [(&'static str, String); 5] {
    [
        ("authorization", format!("Bearer {token}")),
        ("authorization", format!("JWT {token}")),
        ("authorization", format!("jwt   {token}")),
        ("x-access-token", token.to_owned()),
        ("token", token.to_owned()),
    ]
}

#[tokio::test]
async fn a_token_counts_wherever_one_may_be_presented() {
    let service = service().await;
    let bob = service.manager("bob").await;
    for way in ways(&bob.tokens.access) {
        assert_eq!(me(&service, std::slice::from_ref(&way)).await.data()["me"]["id"], bob.id(), "{}", way.0);
        let asked = Request::get("/forward-auth?atLeast=MANAGER").header(way.0, &way.1);
        let answer = service.send(asked.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.header("x-rolegate-user-id"), Some(bob.id()));
    }
}

#[tokio::test]
async fn what_is_not_configured_carries_nothing() {
    let service = Service::start().await;
    let bob = service.manager("bob").await;
    for (name, value) in &ways(&bob.tokens.access)[1..] {
        let reason = if *name == "authorization" { "TOKEN_INVALID" } else { "TOKEN_MISSING" };
        assert_unauthenticated(&me(&service, &[(name, value.clone())]).await, reason);
    }
}

#[tokio::test]
async fn whoever_presents_two_tokens_is_refused_even_if_they_agree() {
    let service = service().await;
    let (ada, bob) = (service.client("ada").await, service.client("bob").await);
    for first in ways(&ada.tokens.access) {
        for second in
            ways(&ada.tokens.access).into_iter().chain(ways(&bob.tokens.access)).chain(ways("stale"))
        {
            let answer = me(&service, &[first.clone(), second]).await;
            answer.assert_refused("BAD_REQUEST");
            assert_eq!(answer.status, StatusCode::BAD_REQUEST);
            let challenge = "Bearer realm=\"rolegate\", error=\"invalid_request\"";
            assert_eq!(answer.header("www-authenticate"), Some(challenge));
        }
    }
}

#[tokio::test]
async fn the_query_string_never_carries_a_token() {
    let service = service().await;
    let ada = service.client("ada").await;
    let token = &ada.tokens.access;
    let get = async |query: String, way: Option<(&'static str, String)>| {
        let mut request = Request::get(format!("/graphql?query=%7Bme%7Bid%7D%7D&{query}"));
        if let Some((name, value)) = way {
            request = request.header(name, value);
        }
        service.send(request.body(Body::empty()).unwrap()).await
    };
    for name in ["access_token", "token", "x-access-token", "jwt", "auth_token"] {
        assert_unauthenticated(&get(format!("{name}={token}"), None).await, "TOKEN_MISSING");
    }
    for way in ways(token) {
        get(format!("access_token={token}"), Some(way)).await.assert_refused("BAD_REQUEST");
    }
}

#[tokio::test]
async fn what_is_no_token_is_none_in_any_place() {
    let service = service().await;
    let ada = service.client("ada").await;
    let token = &ada.tokens.access;
    for header in ["x-access-token", "token"] {
        for value in [
            String::new(),
            "null".into(),
            "undefined".into(),
            format!("Bearer {token}"),
            format!("JWT {token}"),
            format!("\"{token}\""),
            format!("{token},"),
            format!("{token}, {token}"),
            format!("{token} x"),
            format!("{token}="),
            format!("{token}{}", "a".repeat(9_000)),
            ada.tokens.refresh.clone(),
        ] {
            let answer = me(&service, &[(header, value.clone())]).await;
            assert_unauthenticated(&answer, "TOKEN_INVALID");
            assert_eq!(answer.header("www-authenticate"), Some(BAD_TOKEN), "{value}");
        }
    }
    for value in [format!("JWT{token}"), format!("JWT\t{token}"), "JWT".into(), format!("Bearer JWT {token}")]
    {
        assert_unauthenticated(&me(&service, &[("authorization", value)]).await, "TOKEN_INVALID");
    }
}

#[tokio::test]
async fn a_stale_token_in_any_place_blocks_neither_login_nor_refresh() {
    let service = service().await;
    let ada = service.client("ada").await;
    service.advance(TimeDelta::hours(1));
    for (name, value) in ways(&ada.tokens.access) {
        let stale = service.anonymous().with_header(name, value);
        assert_unauthenticated(&stale.run(ME).await, "TOKEN_EXPIRED");
        stale.try_log_in("ada@example.test", PASSWORD).await.data();
    }
    let stale = service.anonymous().with_header("x-access-token", &*ada.tokens.access);
    stale.try_refresh(&ada.tokens.refresh).await.data();
}

#[tokio::test]
async fn a_token_in_any_header_wins_over_the_cookie() {
    let service = service().await;
    let (ada, bob) = (service.client("ada").await, service.client("bob").await);
    let query = "mutation($i: LoginInput!) { login(input: $i) { ... on SignedIn { session { id } } } }";
    let input = json!({ "identifier": "bob@example.test", "password": PASSWORD, "delivery": "COOKIE" });
    let set = service.anonymous().run_with(query, json!({ "i": input })).await;
    let cookie = set.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    let origin = ("origin", "http://127.0.0.1:4000".to_owned());
    let cookie = [origin, ("cookie", cookie)];
    assert_eq!(me(&service, &cookie).await.data()["me"]["id"], bob.id());
    for way in ways(&ada.tokens.access) {
        let both: Vec<_> = cookie.iter().cloned().chain([way]).collect();
        assert_eq!(me(&service, &both).await.data()["me"]["id"], ada.id());
    }
    let both: Vec<_> = cookie.iter().cloned().chain([("x-access-token", String::new())]).collect();
    assert_unauthenticated(&me(&service, &both).await, "TOKEN_INVALID");
}

#[tokio::test]
async fn pages_of_allowed_origins_may_send_the_header_and_others_may_not() {
    let service = service().await;
    let preflight = async |origin: &str| {
        let request = Request::options("/graphql")
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "content-type,x-access-token");
        service.send(request.body(Body::empty()).unwrap()).await
    };
    let allowed = preflight("https://app.example").await;
    assert_eq!(allowed.status, StatusCode::NO_CONTENT);
    assert_eq!(allowed.header("access-control-allow-headers"), Some("content-type,x-access-token"));
    let foreign = preflight("https://evil.example").await;
    assert_eq!(foreign.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(foreign.header("access-control-allow-headers"), None);
}
