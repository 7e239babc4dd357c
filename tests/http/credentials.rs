//! Who sent the request.

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use serde_json::json;

use crate::harness::Door;

async fn viewer(door: &Door, headers: &[(&str, &str)]) -> String {
    let answer = door.query_with("{ viewer }", headers).await;
    assert_eq!(answer.status, 200, "public fields are answered: {}", answer.text);
    answer.json()["data"]["viewer"].as_str().expect("a viewer").to_owned()
}

#[tokio::test]
async fn a_bad_token_blocks_nothing_that_is_public() {
    let door = Door::open().await;
    assert_eq!(viewer(&door, &[]).await, "anonymous");
    let too_long = format!("Bearer {}", "a".repeat(9_000));
    for authorization in [
        "Bearer abc.def.ghi",
        "bearer abc",
        "BEARER   abc=",
        "Basic dXNlcjpwYXNz",
        "abc.def.ghi",
        "Bearer",
        "Bearer ",
        "Bearer \"abc\"",
        "Bearer abc, Bearer def",
        "Bearer abc def",
        "Bearer abc;x=y",
        "Bearer\tabc",
        "Bearerabc",
        "",
        &too_long,
    ] {
        assert_eq!(
            viewer(&door, &[("authorization", authorization)]).await,
            "TOKEN_INVALID",
            "{authorization:?}"
        );
    }
    let bump = door.query_with("mutation { bump }", &[("authorization", "Bearer stale")]).await;
    assert_eq!(bump.status, 200, "login and refresh work with a stale token");
}

#[tokio::test]
async fn two_authorization_headers_are_refused() {
    let door = Door::open().await;
    for (first, second) in [("Bearer a", "Bearer b"), ("Basic x", "Bearer b"), ("Bearer a", "Bearer a")] {
        let answer = door
            .query_with("mutation { bump }", &[("authorization", first), ("authorization", second)])
            .await;
        answer.assert_refused(400, "BAD_REQUEST");
        assert_eq!(
            answer.header("www-authenticate"),
            Some("Bearer realm=\"rolegate\", error=\"invalid_request\"")
        );
    }
    assert_eq!(door.bumps(), 0);
}

#[tokio::test]
async fn a_token_in_the_url_or_the_body_counts_for_nothing() {
    let door = Door::open().await;
    let alone = door.get("/graphql?query=%7Bviewer%7D&access_token=abc", &[]).await;
    assert_eq!(alone.json(), json!({ "data": { "viewer": "anonymous" } }));
    let both =
        door.get("/graphql?query=%7Bviewer%7D&access_token=abc", &[("authorization", "Bearer abc")]).await;
    both.assert_refused(400, "BAD_REQUEST");
    let request = Request::post("/graphql?access%5Ftoken=abc")
        .header("content-type", "application/json")
        .header("authorization", "Bearer abc");
    let posted = door.send(request.body(Body::from(r#"{"query":"{ viewer }"}"#)).unwrap()).await;
    posted.assert_refused(400, "BAD_REQUEST");
    let in_body = json!({ "query": "{ viewer }", "access_token": "abc" });
    let answer = door.post(in_body.to_string(), &[]).await;
    assert_eq!(answer.json(), json!({ "data": { "viewer": "anonymous" } }));
}

#[tokio::test]
async fn nobody_is_who_a_header_says_they_are() {
    let door = Door::open().await;
    let claims =
        ["x-user-id", "x-forwarded-user", "x-role", "x-access-token", "x-auth-request-user", "remote-user"];
    for name in claims {
        assert_eq!(viewer(&door, &[(name, "admin")]).await, "anonymous", "{name}");
    }
    assert_eq!(viewer(&door, &[("cookie", "token=abc; session=abc; rolegate=abc")]).await, "anonymous");
}

#[tokio::test]
async fn the_header_wins_over_the_cookie() {
    let door = Door::open().await;
    // Without the header this origin would be refused for using a cookie.
    let headers = [
        ("cookie", "__Host-rolegate=stale"),
        ("origin", "https://evil.example"),
        ("authorization", "Bearer abc"),
    ];
    assert_eq!(viewer(&door, &headers).await, "TOKEN_INVALID");
}

async fn origin(door: &Door, peer: [u8; 4], headers: &[(&str, &str)]) -> (Option<String>, Option<String>) {
    let mut request = Request::post("/graphql").header("content-type", "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.extension(ConnectInfo(SocketAddr::from((peer, 1))));
    let body = Body::from(r#"{"query":"{ origin { ip userAgent } }"}"#);
    let json = door.send(request.body(body).unwrap()).await.json();
    let text = |key: &str| json["data"]["origin"][key].as_str().map(ToOwned::to_owned);
    (text("ip"), text("userAgent"))
}

#[tokio::test]
async fn the_address_is_the_sockets_unless_a_trusted_proxy_forwards_another() {
    let door = Door::with(|config| {
        config.trusted_proxies = ["10.0.0.1", "10.0.0.2", "10.1.0.0/16", "2001:db8:7::/48"]
            .map(|text| text.parse().unwrap())
            .into();
    })
    .await;
    for (peer, forwarded, expected) in [
        ([203, 0, 113, 9], &["198.51.100.1"][..], "203.0.113.9"),
        ([10, 0, 0, 1], &[], "10.0.0.1"),
        ([10, 0, 0, 1], &["198.51.100.1"], "198.51.100.1"),
        ([10, 0, 0, 1], &["6.6.6.6, 198.51.100.1"], "198.51.100.1"),
        ([10, 0, 0, 1], &["6.6.6.6, 198.51.100.1, 10.0.0.2"], "198.51.100.1"),
        ([10, 0, 0, 1], &["6.6.6.6", "198.51.100.1,10.0.0.2"], "198.51.100.1"),
        ([10, 0, 0, 1], &["198.51.100.1:4711"], "198.51.100.1"),
        ([10, 0, 0, 1], &["[2001:db8::1]:4711"], "2001:db8::1"),
        ([10, 0, 0, 1], &["::ffff:198.51.100.1"], "198.51.100.1"),
        ([10, 1, 2, 3], &["6.6.6.6, 198.51.100.1, 10.1.255.255, 2001:db8:7::9"], "198.51.100.1"),
        ([10, 1, 2, 3], &["6.6.6.6, 198.51.100.1, ::ffff:10.1.0.4"], "198.51.100.1"),
        ([10, 2, 0, 0], &["198.51.100.1"], "10.2.0.0"),
        ([10, 1, 2, 3], &["198.51.100.1, 2001:db8:8::9"], "2001:db8:8::9"),
        ([10, 0, 0, 1], &["6.6.6.6, unknown"], "10.0.0.1"),
        ([10, 0, 0, 1], &["6.6.6.6, unknown, 10.0.0.2"], "10.0.0.2"),
    ] {
        let headers: Vec<_> = forwarded.iter().map(|list| ("x-forwarded-for", *list)).collect();
        assert_eq!(
            origin(&door, peer, &headers).await.0.as_deref(),
            Some(expected),
            "{peer:?} {forwarded:?}"
        );
    }
}

#[tokio::test]
async fn the_user_agent_is_cut_and_cleaned() {
    let door = Door::open().await;
    let peer = [127, 0, 0, 1];
    assert_eq!(origin(&door, peer, &[]).await.1, None);
    assert_eq!(origin(&door, peer, &[("user-agent", "a\tb")]).await.1.as_deref(), Some("ab"));
    let long = "ü".repeat(400);
    let kept = origin(&door, peer, &[("user-agent", &long)]).await.1.expect("a user agent");
    assert_eq!(kept.chars().count(), 256);
}
