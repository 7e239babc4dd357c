//! The session's cookie on one host and on several of a domain: its name, its attributes, and what takes it away.

use crate::harness::{Answer, PASSWORD, Persona, Service};
use serde_json::json;

const OWN: &str = "https://auth.example.com";
const ME: &str = "{ me { id } }";

/// Pages at `app.example.com` and a Rolegate at `auth.example.com` that share one cookie.
async fn shared() -> Service {
    Service::with(|config| {
        config.public_url = Some(OWN.parse().unwrap());
        config.behind_proxy = true;
        config.http.cookie_domain = Some("example.com".into());
        config.http.allowed_origins = vec!["https://app.example.com".into()];
    })
    .await
}

async fn log_in(service: &Service) -> Answer {
    let query = "mutation($i: LoginInput!) { login(input: $i) { ... on SignedIn { session { id } } } }";
    let input = json!({ "identifier": "ada@example.test", "password": PASSWORD, "delivery": "COOKIE" });
    let answer = service.anonymous().run_with(query, json!({ "i": input })).await;
    answer.data();
    answer
}

/// Name and value, and the attributes in alphabetical order.
#[track_caller]
fn set_cookie(answer: &Answer) -> (String, String) {
    answer.data();
    let all: Vec<_> = answer.headers.get_all("set-cookie").iter().collect();
    assert_eq!(all.len(), 1, "{}", answer.text);
    let (pair, attributes) = all[0].to_str().unwrap().split_once("; ").unwrap();
    let mut attributes: Vec<_> = attributes.split("; ").collect();
    attributes.sort_unstable();
    (pair.to_owned(), attributes.join("; "))
}

fn page<'s>(service: &'s Service, origin: &'static str, cookie: &str) -> Persona<'s> {
    service.anonymous().with_header("origin", origin).with_header("cookie", cookie)
}

#[track_caller]
fn assert_reason(answer: &Answer, reason: &str) {
    answer.assert_refused("UNAUTHENTICATED");
    assert_eq!(answer.at("/errors/0/extensions/reason"), reason, "{}", answer.text);
}

#[tokio::test]
async fn the_cookie_of_a_domain_says_so_and_counts_on_its_known_origins_alone() {
    let service = shared().await;
    service.client("ada").await;
    let (pair, attributes) = set_cookie(&log_in(&service).await);
    assert!(pair.starts_with("__Secure-rolegate="), "{pair}");
    assert_eq!(attributes, "Domain=example.com; HttpOnly; Max-Age=2592000; Path=/; SameSite=Lax; Secure");
    for origin in [OWN, "https://app.example.com"] {
        page(&service, origin, &pair).run(ME).await.data();
    }
    for origin in ["https://example.com", "https://other.example.com", "https://evil.example", "null"] {
        page(&service, origin, &pair).run(ME).await.assert_refused("FORBIDDEN");
    }
}

#[tokio::test]
async fn only_the_configured_name_counts_and_the_other_stands_in_nobodys_way() {
    for (service, name, other) in [
        (Service::start().await, "__Host-rolegate", "__Secure-rolegate"),
        (shared().await, "__Secure-rolegate", "__Host-rolegate"),
    ] {
        let own = if name == "__Host-rolegate" { "http://127.0.0.1:4000" } else { OWN };
        service.client("ada").await;
        let (pair, _) = set_cookie(&log_in(&service).await);
        let (_, secret) = pair.split_once('=').unwrap();
        let cookies = |text: String| page(&service, own, &text);
        assert_reason(&cookies(format!("{other}={secret}")).run(ME).await, "TOKEN_MISSING");
        for both in [format!("{other}=stale; {pair}"), format!("{pair}; {other}={secret}")] {
            cookies(both).run(ME).await.data();
        }
        for twice in
            [format!("{pair}; {pair}"), format!("{name}=planted; {pair}"), format!("{pair}; {name}=")]
        {
            assert_reason(&cookies(twice.clone()).run(ME).await, "TOKEN_INVALID");
            let in_two_headers =
                twice.split("; ").fold(service.anonymous().with_header("origin", own), |page, one| {
                    page.with_header("cookie", one)
                });
            assert_reason(&in_two_headers.run(ME).await, "TOKEN_INVALID");
        }
    }
}

#[tokio::test]
async fn whatever_ends_the_own_session_takes_its_cookie_away_with_the_attributes_it_was_set_with() {
    let service = shared().await;
    let bearer = service.client("ada").await;
    let logout = "mutation { logout { id } }".to_owned();
    for by_id in [false, true] {
        let answer = log_in(&service).await;
        let (pair, _) = set_cookie(&answer);
        let id = answer.text_at("/data/login/session/id");
        let document =
            if by_id { format!("mutation {{ endSession(id: \"{id}\") {{ id }} }}") } else { logout.clone() };
        let (cleared, attributes) = set_cookie(&page(&service, OWN, &pair).run(&document).await);
        assert_eq!(cleared, "__Secure-rolegate=");
        assert_eq!(attributes, "Domain=example.com; HttpOnly; Max-Age=0; Path=/; SameSite=Lax; Secure");
        assert_reason(&page(&service, OWN, &pair).run(ME).await, "SESSION_ENDED");
    }
    let answer = log_in(&service).await;
    let (kept, _) = set_cookie(&log_in(&service).await);
    let id = answer.text_at("/data/login/session/id");
    let other =
        page(&service, OWN, &kept).run(&format!("mutation {{ endSession(id: \"{id}\") {{ id }} }}")).await;
    assert_eq!(other.header("set-cookie"), None, "the own cookie stays");
    let others = page(&service, OWN, &kept).run("mutation { endOtherSessions { id } }").await;
    assert_eq!(others.header("set-cookie"), None);
    page(&service, OWN, &kept).run(ME).await.data();
    assert_reason(&bearer.run(ME).await, "SESSION_ENDED");
}

#[tokio::test]
async fn a_cookie_whose_session_was_ended_from_elsewhere_stands_in_nobodys_way() {
    let service = shared().await;
    let ada = service.client("ada").await;
    let (pair, _) = set_cookie(&log_in(&service).await);
    let stale = page(&service, OWN, &pair);
    ada.run("mutation { endOtherSessions { id } }").await.data();
    assert_reason(&stale.run(ME).await, "SESSION_ENDED");
    stale.run("{ server { name } }").await.data();
    let again = stale.try_log_in("ada@example.test", PASSWORD).await;
    again.data();
}
