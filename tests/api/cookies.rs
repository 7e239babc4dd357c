//! A session that travels in a cookie: for pages on this site, and for nobody else.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use chrono::TimeDelta;
use rolegate::users::reactivate::reactivate;
use rolegate::users::suspend::suspend;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{Answer, PASSWORD, Persona, Service};

/// Where the pages of this site are.
const OWN: &str = "http://127.0.0.1:4000";

const LOG_IN: &str = "mutation($i: LoginInput!) { login(input: $i) { ... on SignedIn {
    accessToken accessTokenExpiresAt refreshToken session { id current } user { id email } } } }";

const ME: &str = "{ me { id email role } }";

async fn log_in(by: &Persona<'_>) -> Answer {
    let input = json!({ "identifier": "ada@example.test", "password": PASSWORD, "delivery": "COOKIE" });
    by.run_with(LOG_IN, json!({ "i": input })).await
}

/// The one `Set-Cookie` of the answer.
#[track_caller]
fn set_cookie(answer: &Answer) -> String {
    let all: Vec<_> = answer.headers.get_all("set-cookie").iter().collect();
    assert_eq!(all.len(), 1, "{}", answer.text);
    all[0].to_str().unwrap().to_owned()
}

/// `__Host-rolegate=..`, as a browser sends it back.
#[track_caller]
fn cookie(answer: &Answer) -> String {
    answer.data();
    set_cookie(answer).split(';').next().unwrap().to_owned()
}

/// A browser that holds this cookie, on a page of this site.
fn browser<'s>(service: &'s Service, cookie: &str) -> Persona<'s> {
    service.anonymous().with_header("origin", OWN).with_header("cookie", cookie)
}

#[track_caller]
fn assert_reason(answer: &Answer, reason: &str) {
    answer.assert_refused("UNAUTHENTICATED");
    assert_eq!(answer.at("/errors/0/extensions/reason"), reason, "{}", answer.text);
}

#[tokio::test]
async fn the_cookie_is_out_of_reach_of_scripts_other_hosts_and_other_sites_forms() {
    let service = Service::start().await;
    service.client("ada").await;
    let answer = log_in(&service.anonymous()).await;
    answer.data();
    let header = set_cookie(&answer);
    let mut parts: Vec<&str> = header.split("; ").collect();
    assert!(parts.remove(0).starts_with("__Host-rolegate="), "{header}");
    parts.sort_unstable();
    assert_eq!(parts, ["HttpOnly", "Max-Age=2592000", "Path=/", "SameSite=Lax", "Secure"], "and no Domain");
}

#[tokio::test]
async fn no_token_is_in_the_body_when_the_session_travels_in_a_cookie() {
    let service = Service::start().await;
    service.client("ada").await;
    let answer = log_in(&service.anonymous()).await;
    let signed_in = &answer.data()["login"];
    for token in ["accessToken", "accessTokenExpiresAt", "refreshToken"] {
        assert_eq!(signed_in[token], Value::Null, "{token}");
    }
    assert_eq!(signed_in["session"]["current"], true);
    let secret = cookie(&answer);
    let (_, secret) = secret.split_once('=').unwrap();
    assert!(!answer.text.contains(secret) && !answer.text.contains(secret.split('.').nth(1).unwrap()));
    let bearer = service.anonymous().try_log_in("ada@example.test", PASSWORD).await;
    assert_eq!(bearer.header("set-cookie"), None, "nor a cookie when it travels in the body");
}

#[tokio::test]
async fn signing_up_can_end_in_a_cookie_too() {
    let service = Service::start().await;
    let input = json!({ "email": "ada@example.test", "password": PASSWORD, "delivery": "COOKIE" });
    let query = "mutation($i: SignupInput!) { signup(input: $i) { ... on SignedIn { accessToken } } }";
    let answer = service.anonymous().run_with(query, json!({ "i": input })).await;
    assert_eq!(answer.data()["signup"]["accessToken"], Value::Null);
    let me = browser(&service, &cookie(&answer)).run(ME).await;
    assert_eq!(me.data()["me"]["email"], "ada@example.test");
}

#[tokio::test]
async fn nobody_who_is_refused_gets_a_cookie() {
    let service = Service::start().await;
    let ada = service.client("ada").await;
    let wrong =
        json!({ "identifier": "ada@example.test", "password": "a wrong guess", "delivery": "COOKIE" });
    let taken = json!({ "email": "ada@example.test", "password": PASSWORD, "delivery": "COOKIE" });
    for answer in [
        service.anonymous().run_with(LOG_IN, json!({ "i": wrong })).await,
        service.anonymous().try_sign_up(taken).await,
    ] {
        assert_eq!(answer.header("set-cookie"), None, "{}", answer.text);
    }
    assert!(ada.is_signed_in().await);
}

#[tokio::test]
async fn a_cookie_counts_on_our_own_pages_and_on_no_others() {
    let service = Service::with(|config| {
        config.http.allowed_origins = vec!["https://app.example".into()];
    })
    .await;
    service.client("ada").await;
    let cookie = cookie(&log_in(&service.anonymous()).await);
    let with = |headers: &[(&'static str, &'static str)]| {
        let mut persona = service.anonymous().with_header("cookie", &*cookie);
        for (name, value) in headers {
            persona = persona.with_header(name, *value);
        }
        persona
    };
    for known in [
        &[("origin", OWN)][..],
        &[("origin", "http://localhost:4000")],
        &[("origin", "https://app.example"), ("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-origin")],
        &[("sec-fetch-site", "none")],
    ] {
        assert_eq!(with(known).run(ME).await.data()["me"]["email"], "ada@example.test", "{known:?}");
    }
    for foreign in [
        &[][..],
        &[("origin", "https://evil.example")],
        &[("origin", "null")],
        &[("origin", "https://127.0.0.1:4000")],
        &[("origin", "http://127.0.0.1:4001")],
        &[("origin", "https://evil.example"), ("sec-fetch-site", "same-origin")],
        &[("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "cross-site")],
    ] {
        for document in [ME, "mutation { logout { id } }", "mutation { endOtherSessions { id } }"] {
            let answer = with(foreign).run(document).await;
            answer.assert_refused("FORBIDDEN");
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{foreign:?}");
            assert!(answer.json.get("data").is_none());
        }
    }
    assert_eq!(with(&[("origin", OWN)]).run(ME).await.data()["me"]["role"], "CLIENT", "nothing was ended");
}

#[tokio::test]
async fn a_link_or_an_image_of_another_site_asks_as_nobody() {
    let service = Service::start().await;
    service.client("ada").await;
    let cookie = cookie(&log_in(&service.anonymous()).await);
    let get = async |site: Option<&str>| {
        let mut request = Request::get("/graphql?query=%7Bme%7Bid%7D%7D").header("cookie", &cookie);
        if let Some(site) = site {
            request = request.header("sec-fetch-site", site);
        }
        service.send(request.body(Body::empty()).unwrap()).await
    };
    for site in [None, Some("cross-site"), Some("same-site"), Some("none")] {
        assert_reason(&get(site).await, "TOKEN_MISSING");
    }
    get(Some("same-origin")).await.data();
    let mutation = Request::get("/graphql?query=mutation%7Blogout%7Bid%7D%7D")
        .header("cookie", &cookie)
        .header("sec-fetch-site", "same-origin");
    let answer = service.send(mutation.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
    browser(&service, &cookie).run(ME).await.data();
}

#[tokio::test]
async fn the_authorization_header_wins_and_a_stale_cookie_stands_in_nobodys_way() {
    let service = Service::start().await;
    service.client("ada").await;
    let fresh = cookie(&log_in(&service.anonymous()).await);
    let bob = service.client("bob").await;
    let stale = "__Host-rolegate=stale";
    for cookie in [fresh.as_str(), stale] {
        for origin in [OWN, "https://evil.example"] {
            let both = bob.clone().with_header("cookie", cookie).with_header("origin", origin);
            assert_eq!(both.run(ME).await.data()["me"]["id"], bob.id(), "{cookie} from {origin}");
        }
    }
    let bad = browser(&service, &fresh).with_token("not.a.token");
    assert_reason(&bad.run(ME).await, "TOKEN_INVALID");
    let returning = browser(&service, stale);
    assert_reason(&returning.run(ME).await, "TOKEN_INVALID");
    let renewed = cookie(&log_in(&returning).await);
    browser(&service, &renewed).run(ME).await.data();
}

#[tokio::test]
async fn logging_out_takes_the_cookie_away_and_ends_its_session_at_once() {
    let service = Service::start().await;
    let laptop = service.client("ada").await;
    let cookie = cookie(&log_in(&service.anonymous()).await);
    let answer = browser(&service, &cookie).run("mutation { logout { id current } }").await;
    answer.data();
    let cleared = "__Host-rolegate=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax";
    assert_eq!(set_cookie(&answer), cleared);
    assert_reason(&browser(&service, &cookie).run(ME).await, "SESSION_ENDED");
    let bearer = laptop.run("mutation { logout { id } }").await;
    assert_eq!(bearer.header("set-cookie"), None);
}

#[tokio::test]
async fn a_cookies_secret_is_no_token_and_a_token_is_no_cookie() {
    let service = Service::start().await;
    let ada = service.client("ada").await;
    let cookie = cookie(&log_in(&service.anonymous()).await);
    let (_, secret) = cookie.split_once('=').unwrap();
    assert_reason(&service.anonymous().try_refresh(secret).await, "TOKEN_INVALID");
    assert_reason(&service.anonymous().with_token(secret).run(ME).await, "TOKEN_INVALID");
    for token in [&ada.tokens.refresh, &ada.tokens.access] {
        let forged = browser(&service, &format!("__Host-rolegate={token}"));
        assert_reason(&forged.run(ME).await, "TOKEN_INVALID");
    }
    browser(&service, &cookie).run(ME).await.data();
    ada.refresh().await;
}

#[tokio::test]
async fn a_cookie_with_another_name_or_an_altered_secret_counts_for_nothing() {
    let service = Service::start().await;
    service.client("ada").await;
    let cookie = cookie(&log_in(&service.anonymous()).await);
    let (_, secret) = cookie.split_once('=').unwrap();
    for name in ["rolegate", "session", "token", "__Secure-rolegate", "__host-rolegate"] {
        let answer = browser(&service, &format!("{name}={secret}")).run(ME).await;
        assert_reason(&answer, "TOKEN_MISSING");
    }
    let (id, half) = secret.split_once('.').unwrap();
    let reversed: String = half.chars().rev().collect();
    let values = [
        String::new(),
        id.to_owned(),
        format!("{id}.{}", "A".repeat(43)),
        format!("{id}.{reversed}"),
        format!("{secret}="),
        format!("\"{secret}\""),
        format!("{secret}; __Host-rolegate={secret}"),
    ];
    for value in values {
        let answer = browser(&service, &format!("__Host-rolegate={value}")).run(ME).await;
        assert_reason(&answer, "TOKEN_INVALID");
    }
    browser(&service, &format!("theme=dark; {cookie}; lang=de")).run(ME).await.data();
}

#[tokio::test]
async fn suspension_roles_and_endings_hold_for_cookies_at_the_next_request() {
    let service = Service::start().await;
    let ada = service.client("ada").await;
    let id: Uuid = ada.id().parse().unwrap();
    let answer = log_in(&service.anonymous()).await;
    let (cookie, session) = (cookie(&answer), answer.text_at("/data/login/session/id"));
    let page = browser(&service, &cookie);
    suspend(&service.app, &Default::default(), None, id).await.unwrap();
    assert_reason(&page.run(ME).await, "SESSION_ENDED");
    reactivate(&service.app, &Default::default(), None, id).await.unwrap();
    page.run(ME).await.data();
    let eve = service.admin("eve").await;
    let promote = "mutation($id: ID!) { setUserRole(input: { userId: $id, role: MANAGER }) { id } }";
    eve.run_with(promote, json!({ "id": ada.id() })).await.data();
    page.run("{ users { totalCount } }").await.data();
    ada.run_with("mutation($id: ID!) { endSession(id: $id) { id } }", json!({ "id": session })).await.data();
    assert_reason(&page.run(ME).await, "SESSION_ENDED");
}

#[tokio::test]
async fn a_cookie_session_lives_on_use_until_its_absolute_end() {
    let service = Service::start().await;
    service.client("ada").await;
    let used = cookie(&log_in(&service.anonymous()).await);
    let idle = cookie(&log_in(&service.anonymous()).await);
    for _ in 0..2 {
        service.advance(TimeDelta::days(8));
        browser(&service, &used).run(ME).await.data();
    }
    assert_reason(&browser(&service, &idle).run(ME).await, "SESSION_ENDED");
    service.advance(TimeDelta::days(13));
    browser(&service, &used).run(ME).await.data();
    service.advance(TimeDelta::days(2));
    assert_reason(&browser(&service, &used).run(ME).await, "SESSION_ENDED");
}
