//! Statuses, what errors show, and the headers of every answer.

use axum::body::Body;
use axum::http::Request;
use rolegate::config::lifetime::Lifetime;
use serde_json::json;

use crate::harness::{Answer, Door, SECRET};

const BOTH: [&str; 2] = ["application/json", "application/graphql-response+json"];

#[tokio::test]
async fn request_errors_have_no_data_and_are_4xx_in_both_media_types() {
    let door = Door::open().await;
    for accept in BOTH {
        for query in
            ["{", "{ nothing }", "{ hello { x } }", "{ double }", "query ($n: Int!) { double(number: $m) }"]
        {
            door.query_with(query, &[("accept", accept)]).await.assert_refused(400, "BAD_REQUEST");
        }
    }
}

#[tokio::test]
async fn a_partial_answer_is_200_and_so_is_one_whose_data_became_null() {
    let door = Door::open().await;
    for accept in BOTH {
        let partial = door.query_with("{ hello notFound }", &[("accept", accept)]).await;
        assert_eq!(partial.status, 200);
        assert_eq!(partial.json()["data"], json!({ "hello": "world", "notFound": null }));
        assert_eq!(partial.json()["errors"][0]["path"], json!(["notFound"]));
        assert_eq!(partial.code(), "NOT_FOUND");
        let nothing = door.query_with("{ hello rawFaultNonNull }", &[("accept", accept)]).await;
        assert_eq!(nothing.status, 200);
        assert_eq!(nothing.json().get("data"), Some(&json!(null)));
    }
}

#[tokio::test]
async fn a_partial_answer_with_a_refused_field_is_no_401() {
    let door = Door::open().await;
    let answer = door.query("{ hello mine }").await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (200, "UNAUTHENTICATED"));
    assert_eq!(answer.json()["errors"][0]["extensions"]["reason"], "TOKEN_MISSING");
    assert_eq!(answer.header("www-authenticate"), None);
}

#[tokio::test]
async fn an_operation_refused_whole_is_401_with_a_challenge_or_403() {
    let door = Door::open().await;
    let ask = async |name: &str| {
        let body = json!({ "query": format!("query {name} {{ hello }}"), "operationName": name });
        door.post(body.to_string(), &[]).await
    };
    let missing = ask("Missing").await;
    missing.assert_refused(401, "UNAUTHENTICATED");
    assert_eq!(missing.header("www-authenticate"), Some("Bearer realm=\"rolegate\""));
    let expired = ask("Expired").await;
    expired.assert_refused(401, "UNAUTHENTICATED");
    assert_eq!(
        expired.header("www-authenticate"),
        Some("Bearer realm=\"rolegate\", error=\"invalid_token\"")
    );
    let forbidden = ask("Forbidden").await;
    forbidden.assert_refused(403, "FORBIDDEN");
    assert_eq!(forbidden.json()["errors"][0]["extensions"]["requires"], "@hasRole(atLeast: ADMIN)");
    assert_eq!(forbidden.header("www-authenticate"), None);
}

#[tokio::test]
async fn load_leaves_data_out_only_when_nothing_came_about() {
    let door = Door::open().await;
    let busy = door.query("{ busy }").await;
    busy.assert_refused(503, "OVERLOADED");
    assert_eq!(busy.header("retry-after"), Some("7"));
    assert_eq!(busy.json()["errors"][0]["extensions"]["retryAfter"], 7);
    let partial = door.query("{ hello busy }").await;
    assert_eq!((partial.status.as_u16(), partial.header("retry-after")), (200, None));
    assert_eq!(door.query("{ busy notFound }").await.status, 200);
    assert_eq!(door.query("{ busy busyNonNull }").await.status, 503);
    let after_another = door.query("{ hello busyNonNull }").await;
    assert_eq!(after_another.status, 200, "the first field came about, though nothing is left of it");
}

#[track_caller]
fn assert_hides_everything(answer: &Answer) {
    assert!(!answer.text.contains(SECRET) && !answer.text.contains("SELECT"), "{}", answer.text);
    let error = &answer.json()["errors"][0];
    assert_eq!(error["extensions"]["code"], "INTERNAL");
    assert_eq!(error["extensions"]["requestId"].as_str(), answer.header("x-request-id"));
    assert_eq!(error["extensions"].as_object().map(serde_json::Map::len), Some(2));
}

#[tokio::test]
async fn a_fault_shows_nothing_but_the_request_id() {
    let door = Door::open().await;
    for field in ["rawFault", "messageFault", "ownFault"] {
        let answer = door.query(&format!("{{ {field} }}")).await;
        assert_eq!(answer.status, 200);
        assert_hides_everything(&answer);
    }
}

#[tokio::test]
async fn a_panic_is_a_500_and_the_server_lives_on() {
    let door = Door::open().await;
    let answer = door.query("{ hello panic }").await;
    answer.assert_refused(500, "INTERNAL");
    assert_hides_everything(&answer);
    assert_eq!(door.query("{ hello }").await.status, 200);
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_given_up() {
    let door = Door::with(|config| config.http.request_lifetime = Lifetime::seconds(0)).await;
    let answer = door.query("{ forever }").await;
    answer.assert_refused(503, "OVERLOADED");
    assert_eq!(answer.header("retry-after"), Some("1"));
}

#[tokio::test]
async fn no_error_repeats_a_value_of_the_request() {
    let door = Door::open().await;
    for query in [
        r#"{ echo(text: "hunter2 }"#,
        r#"{ echo(text: "hunter2") "#,
        r#"{ echo(text: "hunter2") ] }"#,
        r#"{ echo(text: """hunter2) }"#,
        r#"{ double(number: "hunter2") }"#,
        r#"{ paint(color: "hunter2") }"#,
        r#"{ paint(color: hunter2) }"#,
        r#"query ($c: Color = "hunter2") { paint(color: $c) }"#,
        r#"{ a: echo(text: "hunter2") a: echo(text: "other") }"#,
        r#"{ echo(text: ["hunter2"]) }"#,
    ] {
        let answer = door.query(query).await;
        answer.assert_refused(400, "BAD_REQUEST");
        assert!(!answer.text.contains("hunter2"), "{query}: {}", answer.text);
    }
    for (query, value) in [
        ("query ($v: Int!) { double(number: $v) }", json!("hunter2")),
        ("query ($v: Int!) { double(number: $v) }", json!({ "hunter2": 1 })),
        ("query ($v: Color!) { paint(color: $v) }", json!("hunter2")),
        ("query ($v: String) { echo(text: $v) }", json!(["hunter2"])),
    ] {
        let answer = door.post(json!({ "query": query, "variables": { "v": value } }).to_string(), &[]).await;
        assert_eq!(answer.code(), "BAD_REQUEST", "{}", answer.text);
        assert!(!answer.text.contains("hunter2"), "{query}: {}", answer.text);
    }
    let bodies =
        [r#"{"query": 1, "password": "hunter2"}"#, r#"{"query": "{ hello }", "variables": "hunter2"}"#];
    for body in bodies {
        assert!(!door.post(body, &[]).await.text.contains("hunter2"));
    }
}

#[tokio::test]
async fn a_number_too_large_for_its_type_is_the_clients_mistake() {
    let door = Door::open().await;
    let answer = door.query("{ double(number: 99999999999) }").await;
    assert_eq!(answer.code(), "BAD_REQUEST", "{}", answer.text);
}

#[tokio::test]
async fn a_syntax_error_says_where_it_is() {
    let answer = Door::open().await.query("{\n  hello(\n}").await;
    let error = &answer.json()["errors"][0];
    assert_eq!(error["locations"][0]["line"], 3);
    assert_eq!(error["message"], "The document is not GraphQL at line 3, column 1.");
}

#[tokio::test]
async fn a_refused_document_is_not_answered_with_more_than_was_sent() {
    let door = Door::open().await;
    let unknown: String = (0..900).map(|n| format!("nothing{n} ")).collect();
    let long_name = format!("{{ {} }}", "x".repeat(60_000));
    for query in [format!("{{ {unknown} }}"), long_name] {
        let answer = door.query(&query).await;
        answer.assert_refused(
            400,
            if query.contains(' ') && query.len() < 20_000 { "DOCUMENT_TOO_COMPLEX" } else { "BAD_REQUEST" },
        );
        assert!(answer.text.len() < 8_000, "{} bytes", answer.text.len());
    }
}

#[tokio::test]
async fn every_answer_but_the_public_keys_says_that_it_is_not_to_be_kept_or_guessed_at() {
    let door = Door::open().await;
    let mut ids = std::collections::HashSet::new();
    for (method, uri) in [
        ("GET", "/"),
        ("GET", "/graphql"),
        ("POST", "/graphql"),
        ("GET", "/health/live"),
        ("GET", "/health/ready"),
        ("GET", "/none"),
        ("TRACE", "/"),
    ] {
        let request = Request::builder().method(method).uri(uri).header("x-request-id", "mine");
        let answer = door.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{method} {uri}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{method} {uri}");
        let id = answer.header("x-request-id").expect("an id").to_owned();
        assert!(id != "mine" && ids.insert(id), "the id is ours and new");
    }
}

#[tokio::test]
async fn health_reveals_nothing_and_the_landing_page_is_for_loopback() {
    let door = Door::open().await;
    for uri in ["/health/live", "/health/ready"] {
        let answer = door.get(uri, &[]).await;
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (200, ""));
    }
    let named = Door::with(|config| config.name = "<b>Acme</b>".into()).await;
    let page = named.get("/", &[]).await;
    assert!(page.text.contains("&lt;b&gt;Acme") && page.text.contains("href=\"/graphql\""), "{}", page.text);
    let public = Door::with(|config| config.listen = ([0, 0, 0, 0], 4000).into()).await;
    assert_eq!(public.get("/", &[]).await.status, 404);
    let keys = door.get("/.well-known/jwks.json", &[]).await;
    assert!(keys.json()["keys"].is_array());
}

#[tokio::test]
async fn cookies_that_a_resolver_sets_are_sent() {
    let answer = Door::open().await.query("{ cookies }").await;
    let cookies: Vec<_> = answer.headers.get_all("set-cookie").iter().collect();
    assert_eq!(cookies, ["a=1", "b=2"]);
    assert_eq!(answer.header("content-type"), Some("application/json; charset=utf-8"));
}
