//! `POST /introspect` and `validateToken`: what others learn of a token.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::TimeDelta;
use rolegate::access::client::Client;
use rolegate::access::role::Role;
use rolegate::config::{Config, SignupIdentifier};
use rolegate::users::set_role::set_role;
use rolegate::users::suspend::suspend;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::api_keys::{REVOKE, create};
use crate::harness::{Answer, Persona, Service};

const SECRET: &str = "q3VvJ0r7Yk2mWl8xT1cZb5nHs9dEaG4f";
const FORM: &str = "application/x-www-form-urlencoded";

/// A service whose introspection is for `orders` and `billing`.
fn with_clients(config: &mut Config) {
    let clients = [format!("orders:{SECRET}"), "billing:AnotherSecretOfThirtyTwoLetters.".to_owned()];
    config.tokens.access_token_jitter = 0;
    config.introspection.clients = clients.iter().map(|client| client.parse().unwrap()).collect();
}

/// A service that may be asked, with a configuration of the test's own.
pub(crate) async fn start_with(change: impl FnOnce(&mut Config)) -> Service {
    let both = |config: &mut Config| {
        with_clients(config);
        change(config);
    };
    Service::with(both).await
}

async fn start() -> Service {
    start_with(|_| {}).await
}

fn basic(name: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{name}:{secret}")))
}

async fn post(service: &Service, authorization: Option<String>, content_type: &str, body: &str) -> Answer {
    let mut request = Request::post("/introspect").header("content-type", content_type);
    if let Some(authorization) = authorization {
        request = request.header("authorization", authorization);
    }
    service.send(request.body(Body::from(body.to_owned())).unwrap()).await
}

/// What the service `orders` is told about a token.
pub(crate) async fn introspect(service: &Service, token: &str) -> Value {
    let body: String =
        url::form_urlencoded::Serializer::new(String::new()).append_pair("token", token).finish();
    let answer = post(service, Some(basic("orders", SECRET)), FORM, &body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("content-type"), Some("application/json; charset=utf-8"));
    answer.json
}

fn inactive() -> Value {
    json!({ "active": false })
}

async fn validate(persona: &Persona<'_>, token: &str) -> Answer {
    let document = "mutation($t: String!) { validateToken(token: $t) { kind expiresAt role user { id } } }";
    persona.run_with(document, json!({ "t": token })).await
}

#[tokio::test]
async fn an_access_token_is_told_with_the_members_of_rfc_7662_and_the_role_that_holds_now() {
    let service = start().await;
    let ada = service.client("ada").await;
    let now = service.app.clock.now().timestamp();
    let mut told = introspect(&service, &ada.tokens.access).await;
    assert!(Uuid::try_parse(told["jti"].take().as_str().unwrap()).is_ok());
    let expected = json!({ "active": true, "token_type": "Bearer", "iss": "http://127.0.0.1:4000",
        "aud": "http://127.0.0.1:4000", "sub": ada.id(), "sid": ada.tokens.session, "jti": null, "iat": now,
        "exp": now + 600, "scope": "role:client", "role": "CLIENT" });
    assert_eq!(told, expected);
    let id: Uuid = ada.id().parse().unwrap();
    set_role(&service.app, &Client::default(), None, id, Role::Manager).await.unwrap();
    let told = introspect(&service, &ada.tokens.access).await;
    assert_eq!((&told["role"], &told["scope"]), (&json!("MANAGER"), &json!("role:manager")));
}

#[tokio::test]
async fn an_api_key_is_told_without_a_session_and_whoever_has_a_username_with_it() {
    let either = |config: &mut Config| config.signup.identifier = SignupIdentifier::Either;
    let service = start_with(either).await;
    let input = json!({ "username": "Ada", "password": crate::harness::PASSWORD });
    let ada = service.anonymous().sign_up(input).await;
    let key = create(&ada, Role::Client).await;
    let told = introspect(&service, &key.secret).await;
    let now = service.app.clock.now();
    let expected = json!({ "active": true, "token_type": "Bearer", "iss": "http://127.0.0.1:4000",
        "aud": "http://127.0.0.1:4000", "sub": ada.id(), "jti": key.id, "iat": now.timestamp(),
        "exp": (now + TimeDelta::days(90)).timestamp(), "scope": "role:client", "role": "CLIENT", "username": "Ada" });
    assert_eq!(told, expected);
    ada.run_with(REVOKE, json!({ "id": key.id })).await.data();
    assert_eq!(introspect(&service, &key.secret).await, inactive());
}

#[tokio::test]
async fn every_token_that_does_not_count_is_inactive_and_nothing_else() {
    let service = start().await;
    let (ada, bob) = (service.client("ada").await, service.client("bob").await);
    for junk in ["", " ", "x", "a.b.c", "rlg_", &"x".repeat(5_000), &format!("{} ", ada.tokens.access)] {
        assert_eq!(introspect(&service, junk).await, inactive(), "{junk:?}");
    }
    let phone = service.anonymous().log_in("ada@example.test").await;
    assert_eq!(introspect(&service, &phone.tokens.access).await["active"], true);
    let end = "mutation($id: ID!) { endSession(id: $id) { id } }";
    ada.run_with(end, json!({ "id": phone.tokens.session })).await.data();
    assert_eq!(introspect(&service, &phone.tokens.access).await, inactive(), "at once");
    suspend(&service.app, &Client::default(), None, bob.id().parse().unwrap()).await.unwrap();
    assert_eq!(introspect(&service, &bob.tokens.access).await, inactive());
    service.advance(TimeDelta::minutes(11));
    assert_eq!(introspect(&service, &ada.tokens.access).await, inactive());
}

#[tokio::test]
async fn only_configured_services_may_ask_and_nobody_learns_more_by_being_refused() {
    let service = start().await;
    let ada = service.client("ada").await;
    let body = format!("token={}", ada.tokens.access);
    for wrong in [
        None,
        Some(basic("orders", "q3VvJ0r7Yk2mWl8xT1cZb5nHs9dEaG4g")),
        Some(basic("orders", "")),
        Some(basic("billing", SECRET)),
        Some(basic("nobody", SECRET)),
        Some(basic("", SECRET)),
        Some("Basic".into()),
        Some("Basic !!!".into()),
        Some(format!("Basic {}", STANDARD.encode("orders"))),
        Some(format!("Bearer {}", ada.tokens.access)),
    ] {
        let answer = post(&service, wrong.clone(), FORM, &body).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{wrong:?}");
        assert_eq!(answer.json, json!({ "error": "invalid_client" }));
        assert_eq!(answer.header("www-authenticate"), Some("Basic realm=\"rolegate\", charset=\"UTF-8\""));
    }
    let twice = Request::post("/introspect")
        .header("content-type", FORM)
        .header("authorization", basic("orders", SECRET))
        .header("authorization", basic("orders", SECRET));
    let answer = service.send(twice.body(Body::from(body.clone())).unwrap()).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    let other = basic("billing", "AnotherSecretOfThirtyTwoLetters.");
    assert_eq!(post(&service, Some(other), FORM, &body).await.json["active"], true);
}

#[tokio::test]
async fn a_request_that_is_none_is_refused_in_the_words_of_oauth() {
    let service = start().await;
    let me = || Some(basic("orders", SECRET));
    for (content_type, body, status) in [
        (FORM, "", 400),
        (FORM, "token_type_hint=access_token", 400),
        (FORM, "token=a&token=b", 400),
        ("application/json", "{\"token\":\"a\"}", 415),
        (FORM, &format!("token={}", "a".repeat(70_000)), 413),
    ] {
        let answer = post(&service, me(), content_type, body).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.json),
            (status, &json!({ "error": "invalid_request" })),
            "{body:.40}"
        );
    }
    let hinted =
        post(&service, me(), "application/x-www-form-urlencoded; charset=UTF-8", "token=a&token_type_hint=x");
    assert_eq!(hinted.await.json, inactive());
    let get = Request::get("/introspect?token=a").header("authorization", basic("orders", SECRET));
    assert_eq!(service.send(get.body(Body::empty()).unwrap()).await.status, StatusCode::METHOD_NOT_ALLOWED);
    service.app.stop().await;
    let key = rolegate::api_keys::secret::reveal(
        &rolegate::platform::secret::OpaqueToken::new(Uuid::nil()).unwrap(),
    );
    let failed = post(&service, me(), FORM, &format!("token={key}")).await;
    assert!(failed.status.is_server_error(), "a database that is gone signs nobody out: {}", failed.text);
    assert!(failed.json.get("active").is_none());
}

#[tokio::test]
async fn a_configured_network_may_ask_without_a_secret_and_a_wrong_secret_is_wrong_from_there_too() {
    let network = |network: &'static str| {
        start_with(move |config| config.introspection.networks = vec![network.parse().unwrap()])
    };
    let service = network("127.0.0.0/8").await;
    let ada = service.client("ada").await;
    let body = format!("token={}", ada.tokens.access);
    assert_eq!(post(&service, None, FORM, &body).await.json["active"], true);
    let wrong = post(&service, Some(basic("orders", "wrong")), FORM, &body).await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    let elsewhere = network("10.0.0.0/8").await;
    assert_eq!(post(&elsewhere, None, FORM, "token=a").await.status, StatusCode::UNAUTHORIZED);
    let claimed =
        Request::post("/introspect").header("content-type", FORM).header("x-forwarded-for", "10.0.0.1");
    let answer = elsewhere.send(claimed.body(Body::from("token=a")).unwrap()).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn introspection_is_not_there_unless_it_is_configured_and_the_metadata_say_whether_it_is() {
    let metadata = async |service: &Service| {
        let path = "/.well-known/oauth-authorization-server";
        service.send(Request::get(path).body(Body::empty()).unwrap()).await.json
    };
    let service = Service::start().await;
    assert_eq!(post(&service, None, FORM, "token=a").await.status, StatusCode::NOT_FOUND);
    assert!(metadata(&service).await.get("introspection_endpoint").is_none());
    let told = metadata(&start().await).await;
    assert_eq!(told["introspection_endpoint"], "http://127.0.0.1:4000/introspect");
    assert_eq!(told["introspection_endpoint_auth_methods_supported"], json!(["client_secret_basic"]));
}

#[tokio::test]
async fn a_session_whose_tokens_are_only_shown_to_others_is_in_use() {
    let service = start().await;
    let ada = service.client("ada").await;
    service.advance(TimeDelta::minutes(5));
    introspect(&service, &ada.tokens.access).await;
    let seen = ada.run("{ me { sessions { nodes { lastSeenAt } } } }").await;
    let seen = seen.text_at("/data/me/sessions/nodes/0/lastSeenAt");
    assert!(seen.starts_with("2026-03-01T12:05:00"), "{seen}");
}

#[tokio::test]
async fn validate_token_tells_its_bearer_and_managers_whose_a_token_is_and_others_only_that_it_counts() {
    let service = Service::start().await;
    let (ada, bob, max) =
        (service.client("ada").await, service.client("bob").await, service.manager("max").await);
    let of_ada = json!({ "id": ada.id() });
    let own = validate(&ada, &ada.tokens.access).await;
    assert_eq!(own.data()["validateToken"]["user"], of_ada);
    assert_eq!(own.data()["validateToken"]["kind"], "ACCESS_TOKEN");
    let script = service.anonymous().with_token(create(&max, Role::Manager).await.secret);
    for asks in [&max, &script] {
        let told = validate(asks, &ada.tokens.access).await;
        assert_eq!(told.data()["validateToken"]["user"], of_ada);
        assert_eq!(told.data()["validateToken"]["role"], "CLIENT");
    }
    let told = validate(&bob, &ada.tokens.access).await;
    assert_eq!(told.codes(), ["FORBIDDEN", "FORBIDDEN"]);
    assert_eq!(told.at("/data/validateToken/user"), &Value::Null);
    let key = create(&ada, Role::Client).await;
    assert_eq!(validate(&max, &key.secret).await.data()["validateToken"]["kind"], "API_KEY");
    ada.run_with(REVOKE, json!({ "id": key.id })).await.data();
    ada.run("mutation { logout { id } }").await.data();
    for over in [&key.secret, &ada.tokens.access, "x"] {
        assert_eq!(validate(&max, over).await.data()["validateToken"], Value::Null);
    }
}

#[tokio::test]
async fn validate_token_is_no_oracle_for_strangers_and_never_goes_by_get() {
    let service = Service::start().await;
    let ada = service.client("ada").await;
    validate(&service.anonymous(), &ada.tokens.access).await.assert_refused("UNAUTHENTICATED");
    let query: String =
        url::form_urlencoded::byte_serialize(b"mutation{validateToken(token:\"x\"){kind}}").collect();
    let get = Request::get(format!("/graphql?query={query}"))
        .header("authorization", format!("Bearer {}", ada.tokens.access));
    assert_eq!(service.send(get.body(Body::empty()).unwrap()).await.status, StatusCode::METHOD_NOT_ALLOWED);
}
