//! `/forward-auth`: what a proxy is told of the requests that it asks about.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use chrono::TimeDelta;
use rolegate::access::client::Client;
use rolegate::access::role::Role;
use rolegate::users::set_role::set_role;
use rolegate::users::suspend::suspend;
use serde_json::json;
use uuid::Uuid;

use crate::harness::watch::logged;
use crate::harness::{Answer, PASSWORD, Persona, Service};

const OWN: &str = "http://127.0.0.1:4000";

/// The header of somebody who presents an access token.
fn bearer(persona: &Persona<'_>) -> (&'static str, String) {
    ("authorization", format!("Bearer {}", persona.tokens.access))
}

async fn ask_by(service: &Service, method: &str, uri: &str, headers: &[(&str, String)]) -> Answer {
    let mut request = Request::builder().method(method).uri(uri);
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    service.send(request.body(Body::empty()).unwrap()).await
}

async fn ask(service: &Service, uri: &str, headers: &[(&str, String)]) -> Answer {
    ask_by(service, "GET", uri, headers).await
}

/// The header of a browser in which `identifier` has signed in.
async fn cookie(service: &Service, identifier: &str) -> (&'static str, String) {
    let query = "mutation($i: LoginInput!) { login(input: $i) { ... on SignedIn { session { id } } } }";
    let input = json!({ "identifier": identifier, "password": PASSWORD, "delivery": "COOKIE" });
    let answer = service.anonymous().run_with(query, json!({ "i": input })).await;
    let set = answer.header("set-cookie").expect("a cookie");
    ("cookie", set.split(';').next().unwrap().to_owned())
}

#[track_caller]
fn assert_admitted(answer: &Answer, user_id: &str, role: &str) {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert_eq!(
        (answer.header("x-rolegate-user-id"), answer.header("x-rolegate-role")),
        (Some(user_id), Some(role))
    );
    assert!(answer.header("x-rolegate-session-id").is_some_and(|id| id.parse::<Uuid>().is_ok()));
    assert_eq!(answer.text, "");
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}

/// A status by which no proxy lets anybody through, and nobody's name.
#[track_caller]
fn assert_turned_away(answer: &Answer, status: u16) {
    assert_eq!(answer.status.as_u16(), status, "{}", answer.text);
    for name in ["x-rolegate-user-id", "x-rolegate-role", "x-rolegate-session-id"] {
        assert_eq!(answer.header(name), None);
    }
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("www-authenticate").is_some(), status == 401);
}

#[tokio::test]
async fn a_route_is_open_to_those_who_have_at_least_its_role() {
    let service = Service::start().await;
    let (ada, bob, eve) =
        (service.client("ada").await, service.manager("bob").await, service.admin("eve").await);
    for (uri, least) in [
        ("/forward-auth", Role::Client),
        ("/forward-auth?", Role::Client),
        ("/forward-auth?atLeast=CLIENT", Role::Client),
        ("/forward-auth?atLeast=MANAGER", Role::Manager),
        ("/forward-auth?atLeast=ADMIN", Role::Admin),
    ] {
        for (persona, role) in [(&ada, Role::Client), (&bob, Role::Manager), (&eve, Role::Admin)] {
            let answer = ask(&service, uri, &[bearer(persona)]).await;
            if role >= least {
                assert_admitted(&answer, persona.id(), role.as_str());
                assert_eq!(answer.header("x-rolegate-session-id"), Some(persona.tokens.session.as_str()));
            } else {
                assert_turned_away(&answer, 403);
            }
        }
        let nobody = ask(&service, uri, &[]).await;
        assert_turned_away(&nobody, 401);
        assert_eq!(nobody.header("www-authenticate"), Some("Bearer realm=\"rolegate\""));
        for bad in ["Bearer not.a.token", "Basic dXNlcjpwYXNz", "Bearer"] {
            let answer = ask(&service, uri, &[("authorization", bad.into())]).await;
            assert_turned_away(&answer, 401);
            let challenge = "Bearer realm=\"rolegate\", error=\"invalid_token\"";
            assert_eq!(answer.header("www-authenticate"), Some(challenge), "{bad}");
        }
    }
}

#[tokio::test]
async fn a_question_that_makes_no_sense_opens_nothing_not_even_to_an_admin() {
    let service = Service::start().await;
    let eve = service.admin("eve").await;
    for uri in [
        "/forward-auth?atLeast=",
        "/forward-auth?atLeast=ROOT",
        "/forward-auth?atleast=MANAGER",
        "/forward-auth?at_least=MANAGER",
        "/forward-auth?role=MANAGER",
        "/forward-auth?atLeast=MANAGER&atLeast=CLIENT",
        "/forward-auth?atLeast=MANAGER&x=1",
        "/forward-auth?atLeast=MANAGER/reports?page=2",
        "/forward-auth?MANAGER",
        "/forward-auth/MANAGER",
        "/forward-auth/at-least",
        "/forward-auth/at-least/",
        "/forward-auth/at-least//MANAGER",
        "/forward-auth/at-least/ROOT/x",
        "/forward-auth/at-least/MANAGERS",
        "/forward-auth/at-least/%4dANAGER",
        "/forward-auth/reports?atLeast=MANAGER",
    ] {
        let answer = ask(&service, uri, &[bearer(&eve)]).await;
        assert_turned_away(&answer, 400);
    }
    for uri in ["/forward-auth/", "/forward-authority"] {
        assert_eq!(ask(&service, uri, &[bearer(&eve)]).await.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn behind_the_role_in_the_path_the_client_may_write_what_they_like() {
    let service = Service::start().await;
    let (ada, bob) = (service.client("ada").await, service.manager("bob").await);
    for original in [
        "",
        "/",
        "/reports",
        "/a%2fb//c/?atLeast=CLIENT",
        "?atLeast=CLIENT",
        "/../CLIENT/",
        "/at-least/CLIENT",
    ] {
        let uri = format!("/forward-auth/at-least/MANAGER{original}");
        assert_turned_away(&ask(&service, &uri, &[bearer(&ada)]).await, 403);
        assert_turned_away(&ask(&service, &uri, &[]).await, 401);
        assert_admitted(&ask(&service, &uri, &[bearer(&bob)]).await, bob.id(), "MANAGER");
    }
    ask(&service, "/forward-auth/at-least/MANAGER/path-of-the-client-7391", &[bearer(&bob)]).await;
    assert!(logged("path-of-the-client-7391").is_empty());
    let lines = logged("route=\"/forward-auth\"");
    assert!(lines.iter().any(|line| line.contains(bob.id()) && line.contains("status=200")));
}

#[tokio::test]
async fn proxies_ask_with_any_method_and_get_the_same_answer() {
    let service =
        Service::with(|config| config.http.allowed_origins = vec!["https://app.example".into()]).await;
    let bob = service.manager("bob").await;
    let uri = "/forward-auth?atLeast=MANAGER";
    for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"] {
        assert_admitted(&ask_by(&service, method, uri, &[bearer(&bob)]).await, bob.id(), "MANAGER");
        assert_eq!(ask_by(&service, method, uri, &[]).await.status, StatusCode::UNAUTHORIZED, "{method}");
    }
    for method in [Method::TRACE, Method::CONNECT] {
        let answer = ask_by(&service, method.as_str(), uri, &[bearer(&bob)]).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
        assert!(answer.header("allow").is_some_and(|methods| !methods.contains(method.as_str())));
    }
    let preflight =
        [("origin", "https://app.example".to_owned()), ("access-control-request-method", "POST".to_owned())];
    for uri in [uri, "/forward-auth/at-least/MANAGER/reports"] {
        let answer = ask_by(&service, "OPTIONS", uri, &preflight).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "a preflight is the other application's affair");
    }
}

#[tokio::test]
async fn a_cookie_opens_pages_from_anywhere_and_changes_things_from_known_pages_alone() {
    let service =
        Service::with(|config| config.http.allowed_origins = vec!["https://app.example".into()]).await;
    let bob = service.manager("bob").await;
    let cookie = cookie(&service, "bob@example.test").await;
    let uri = "/forward-auth?atLeast=MANAGER";
    let with = async |headers: &[(&'static str, &str)]| {
        let mut all = vec![cookie.clone()];
        all.extend(headers.iter().map(|(name, value)| (*name, (*value).to_owned())));
        ask(&service, uri, &all).await
    };
    for opened in [
        &[][..],
        &[("sec-fetch-site", "cross-site")],
        &[("x-forwarded-method", "GET")],
        &[("x-forwarded-method", "HEAD"), ("sec-fetch-site", "same-site")],
        &[("x-forwarded-method", "POST"), ("origin", OWN)],
        &[("x-original-method", "DELETE"), ("origin", "https://app.example")],
        &[("x-forwarded-method", "POST"), ("sec-fetch-site", "same-origin")],
        &[("x-forwarded-method", "POST"), ("sec-fetch-site", "none")],
    ] {
        assert_admitted(&with(opened).await, bob.id(), "MANAGER");
    }
    for foreign in [
        &[("x-forwarded-method", "POST")][..],
        &[("x-original-method", "PUT")],
        &[("x-forwarded-method", "GET"), ("x-original-method", "PATCH")],
        &[("x-forwarded-method", "get")],
        &[("x-forwarded-method", "")],
        &[("x-forwarded-method", "PROPPATCH"), ("sec-fetch-site", "same-site")],
        &[("x-forwarded-method", "POST"), ("origin", "null")],
        &[("x-forwarded-method", "GET"), ("origin", "https://evil.example")],
        &[("origin", "https://evil.example")],
        &[("origin", "https://evil.example"), ("sec-fetch-site", "same-origin")],
    ] {
        assert_turned_away(&with(foreign).await, 403);
    }
    for method in ["POST", "PUT", "DELETE", "PROPFIND"] {
        assert_turned_away(&ask_by(&service, method, uri, std::slice::from_ref(&cookie)).await, 403);
        let own = [cookie.clone(), ("origin", OWN.to_owned())];
        assert_admitted(&ask_by(&service, method, uri, &own).await, bob.id(), "MANAGER");
    }
    let foreign = [("origin", "https://evil.example".to_owned()), bearer(&bob)];
    assert_admitted(&ask_by(&service, "POST", uri, &foreign).await, bob.id(), "MANAGER");
}

#[tokio::test]
async fn the_header_wins_over_the_cookie_and_nothing_is_presented_twice() {
    let service = Service::start().await;
    let (ada, bob) = (service.client("ada").await, service.manager("bob").await);
    let cookie = cookie(&service, "bob@example.test").await;
    let uri = "/forward-auth?atLeast=MANAGER";
    assert_turned_away(&ask(&service, uri, &[cookie.clone(), bearer(&ada)]).await, 403);
    let stale = ("cookie", "__Host-rolegate=stale".to_owned());
    assert_admitted(&ask(&service, uri, &[stale.clone(), bearer(&bob)]).await, bob.id(), "MANAGER");
    let twice = ask(&service, uri, &[bearer(&bob), bearer(&bob)]).await;
    assert_eq!(twice.status, StatusCode::BAD_REQUEST);
    let of_stale = ask(&service, uri, &[stale]).await;
    assert_turned_away(&of_stale, 401);
}

#[tokio::test]
async fn nobody_is_who_a_header_says_they_are() {
    let service = Service::start().await;
    let (ada, eve) = (service.client("ada").await, service.admin("eve").await);
    let claims = |id: &str| {
        vec![
            ("x-rolegate-user-id", id.to_owned()),
            ("x-rolegate-role", "ADMIN".to_owned()),
            ("x-forwarded-user", id.to_owned()),
            ("x-user-id", id.to_owned()),
            ("x-role", "ADMIN".to_owned()),
            ("x-access-token", eve.tokens.access.clone()),
        ]
    };
    assert_turned_away(&ask(&service, "/forward-auth", &claims(eve.id())).await, 401);
    let mut spoofed = claims(eve.id());
    spoofed.push(bearer(&ada));
    assert_turned_away(&ask(&service, "/forward-auth?atLeast=ADMIN", &spoofed).await, 403);
    assert_admitted(&ask(&service, "/forward-auth", &spoofed).await, ada.id(), "CLIENT");
}

#[tokio::test]
async fn the_end_of_a_session_and_of_a_role_holds_at_the_next_question() {
    let service = Service::start().await;
    let bob = service.manager("bob").await;
    let id: Uuid = bob.id().parse().unwrap();
    let (cookie, uri) = (cookie(&service, "bob@example.test").await, "/forward-auth?atLeast=MANAGER");
    for credential in [&cookie, &bearer(&bob)] {
        assert_admitted(&ask(&service, uri, std::slice::from_ref(credential)).await, bob.id(), "MANAGER");
    }
    set_role(&service.app, &Client::default(), None, id, Role::Client).await.unwrap();
    for credential in [&cookie, &bearer(&bob)] {
        assert_turned_away(&ask(&service, uri, std::slice::from_ref(credential)).await, 403);
    }
    bob.run("mutation { logout { id } }").await.data();
    assert_turned_away(&ask(&service, "/forward-auth", &[bearer(&bob)]).await, 401);
    assert_admitted(&ask(&service, "/forward-auth", std::slice::from_ref(&cookie)).await, bob.id(), "CLIENT");
    suspend(&service.app, &Client::default(), None, id).await.unwrap();
    assert_turned_away(&ask(&service, "/forward-auth", &[cookie]).await, 401);
}

#[tokio::test]
async fn a_question_is_a_use_of_the_session() {
    let service = Service::start().await;
    let ada = service.client("ada").await;
    let cookie = cookie(&service, "ada@example.test").await;
    for _ in 0..2 {
        service.advance(TimeDelta::days(8));
        assert_admitted(
            &ask(&service, "/forward-auth", std::slice::from_ref(&cookie)).await,
            ada.id(),
            "CLIENT",
        );
    }
    service.advance(TimeDelta::days(15));
    assert_turned_away(&ask(&service, "/forward-auth", &[cookie]).await, 401);
}
