//! Pages of other origins: what they may send with a browser's cookie, and what they may read.

use axum::body::Body;
use axum::http::Request;

use crate::harness::{Answer, Door};

const COOKIE: (&str, &str) = ("cookie", "theme=dark; __Host-rolegate=abc");
const FRIEND: &str = "https://app.example";

async fn door() -> Door {
    Door::with(|config| {
        config.public_url = Some("https://auth.example/base/".parse().unwrap());
        config.http.allowed_origins = vec![FRIEND.into(), "null".into(), "*".into()];
    })
    .await
}

#[tokio::test]
async fn a_cookie_counts_only_for_a_known_origin() {
    let door = door().await;
    for known in [
        &[("origin", "https://auth.example")][..],
        &[("origin", FRIEND), ("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-origin")],
        &[("sec-fetch-site", "none")],
    ] {
        let headers: Vec<_> = known.iter().copied().chain([COOKIE]).collect();
        let answer = door.query_with("{ viewer }", &headers).await;
        assert_eq!(answer.json()["data"]["viewer"], "TOKEN_INVALID", "the cookie was looked at: {known:?}");
    }
    for unknown in [
        &[][..],
        &[("origin", "https://evil.example")],
        &[("origin", "null")],
        &[("origin", "*")],
        &[("origin", "http://auth.example")],
        &[("origin", "https://auth.example.evil.example")],
        &[("origin", "https://evil.example"), ("sec-fetch-site", "same-origin")],
        &[("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "cross-site")],
    ] {
        let headers: Vec<_> = unknown.iter().copied().chain([COOKIE]).collect();
        let answer = door.query_with("mutation { bump }", &headers).await;
        answer.assert_refused(403, "FORBIDDEN");
    }
    assert_eq!(door.bumps(), 0);
    let without = door.query_with("{ viewer }", &[("origin", "https://evil.example")]).await;
    assert_eq!(without.json()["data"]["viewer"], "anonymous", "without a cookie the origin does not matter");
}

#[tokio::test]
async fn a_get_uses_the_cookie_only_on_our_own_pages() {
    let door = door().await;
    let ask = async |headers: &[(&str, &str)]| -> Answer {
        let headers: Vec<_> = headers.iter().copied().chain([COOKIE]).collect();
        door.get("/graphql?query=%7Bviewer%7D", &headers).await
    };
    for foreign in
        [&[][..], &[("sec-fetch-site", "cross-site")], &[("sec-fetch-site", "none")], &[("origin", FRIEND)]]
    {
        assert_eq!(ask(foreign).await.json()["data"]["viewer"], "anonymous", "{foreign:?}");
    }
    assert_eq!(ask(&[("sec-fetch-site", "same-origin")]).await.json()["data"]["viewer"], "TOKEN_INVALID");
}

#[tokio::test]
async fn a_cookie_that_is_there_twice_or_too_long_counts_for_nothing() {
    let door = door().await;
    let long = format!("__Host-rolegate={}", "a".repeat(9_000));
    for cookie in ["__Host-rolegate=a; __Host-rolegate=b", &long] {
        let answer = door.query_with("{ viewer }", &[("cookie", cookie), ("origin", FRIEND)]).await;
        assert_eq!(answer.json()["data"]["viewer"], "TOKEN_INVALID");
    }
}

#[tokio::test]
async fn another_applications_cookie_hides_ours_in_no_alphabet() {
    let door = door().await;
    let viewer = async |cookie: &[u8]| {
        let request =
            Request::post("/graphql").header("content-type", "application/json").header("origin", FRIEND);
        let request = request.header("cookie", cookie).body(Body::from(r#"{"query":"{ viewer }"}"#));
        door.send(request.unwrap()).await.json()["data"]["viewer"].as_str().unwrap().to_owned()
    };
    assert_eq!(viewer("name=J\u{fc}rgen; __Host-rolegate=abc".as_bytes()).await, "TOKEN_INVALID");
    assert_eq!(viewer(b"name=\xff\xfe;__Host-rolegate=\xff").await, "TOKEN_INVALID", "it was looked at");
    assert_eq!(
        viewer("name=\u{fc}; x__Host-rolegate=abc; __Host-rolegate2=abc".as_bytes()).await,
        "anonymous"
    );
}

async fn preflight(door: &Door, origin: &str) -> Answer {
    let request = Request::builder()
        .method("OPTIONS")
        .uri("/graphql")
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization,content-type");
    door.send(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn only_allowed_origins_may_read() {
    let door = door().await;
    let allowed = preflight(&door, FRIEND).await;
    assert_eq!(allowed.status, 204);
    assert_eq!(allowed.header("access-control-allow-origin"), Some(FRIEND));
    assert_eq!(allowed.header("access-control-allow-credentials"), Some("true"));
    assert_eq!(allowed.header("access-control-allow-methods"), Some("GET, POST"));
    assert_eq!(allowed.header("access-control-allow-headers"), Some("authorization,content-type"));
    assert_eq!(allowed.header("vary"), Some("origin"));
    let answer = door.query_with("{ hello }", &[("origin", FRIEND)]).await;
    assert_eq!(answer.header("access-control-allow-origin"), Some(FRIEND));
    assert!(
        answer.header("access-control-expose-headers").is_some_and(|names| names.contains("retry-after"))
    );
    for origin in
        ["https://evil.example", "null", "*", "https://app.example.evil.example", "http://app.example"]
    {
        let refused = preflight(&door, origin).await;
        assert_eq!(refused.status, 405, "{origin}");
        for answer in [refused, door.query_with("{ hello }", &[("origin", origin)]).await] {
            assert_eq!(answer.header("access-control-allow-origin"), None, "{origin}");
            assert_eq!(answer.header("access-control-allow-credentials"), None, "{origin}");
            assert_eq!(answer.header("vary"), Some("origin"));
        }
    }
}
