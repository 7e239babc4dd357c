//! Sending requests, with a real account at stake. What the HTTP door does for any schema, in all its variants, is in
//! `tests/http`; here it is shown that nothing changes.

use axum::body::Body;
use axum::http::Request;
use axum::http::request::Builder;
use rolegate::users::user;
use sea_orm::{EntityTrait as _, PaginatorTrait as _};
use serde_json::json;

use crate::harness::{PASSWORD, Service};

const ME: &str = "{ me { id } }";

async fn users(service: &Service) -> u64 {
    user::Entity::find().count(service.app.database.reader()).await.unwrap()
}

/// A mutation that would make an account.
fn sign_up() -> String {
    format!(
        "mutation {{ signup(input: {{ email: \"eve@example.test\", password: \"{PASSWORD}\" }}) {{ __typename }} }}"
    )
}

/// Everything but the right way to send a mutation, and the status that it gets.
fn wrong_ways() -> Vec<(u16, Builder, Vec<u8>)> {
    let body = json!({ "query": sign_up() }).to_string();
    let post = || Request::post("/graphql");
    let json = || post().header("content-type", "application/json");
    let form: String = url::form_urlencoded::byte_serialize(sign_up().as_bytes()).collect();
    let mut ways = Vec::new();
    let mut add =
        |status: u16, request: Builder, body: String| ways.push((status, request, body.into_bytes()));
    add(415, post(), body.clone());
    for content_type in [
        "text/plain",
        "text/plain;charset=UTF-8",
        "multipart/form-data; boundary=x",
        "application/graphql",
        "application/json; charset=utf-16",
    ] {
        add(415, post().header("content-type", content_type), body.clone());
    }
    add(415, post().header("content-type", "application/x-www-form-urlencoded"), format!("query={form}"));
    add(415, post().header("content-type", "application/graphql"), sign_up());
    add(415, json().header("content-encoding", "gzip"), body.clone());
    add(406, json().header("accept", "text/html"), body.clone());
    add(405, Request::get(format!("/graphql?query={form}")), String::new());
    let (first, named) = ("query+A%7Bserver%7Bname%7D%7D", form.replacen("mutation", "mutation+B", 1));
    add(405, Request::get(format!("/graphql?query={first}{named}&operationName=B")), String::new());
    for method in ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY"] {
        let request = Request::builder().method(method).uri("/graphql");
        add(405, request.header("content-type", "application/json"), body.clone());
    }
    add(400, json(), format!("[{body}]"));
    add(400, json(), format!("{body}{body}"));
    add(400, json(), json!({ "query": [sign_up()] }).to_string());
    add(400, json(), json!({ "query": sign_up(), "operationName": "Other" }).to_string());
    add(400, json(), json!({ "query": sign_up(), "operationName": 7 }).to_string());
    add(400, json(), json!({ "query": sign_up(), "variables": [1] }).to_string());
    add(400, json(), json!({ "query": sign_up(), "variables": "{}" }).to_string());
    add(400, json(), json!({ "query": sign_up(), "extensions": 7 }).to_string());
    add(
        400,
        json(),
        json!({ "query": format!("query A {{ server {{ name }} }} {}", sign_up()) }).to_string(),
    );
    add(400, json(), json!({ "query": sign_up().replace("__typename", "nothing") }).to_string());
    add(400, json(), json!({ "query": sign_up().replace("mutation", "mutation($x: ID!)") }).to_string());
    add(413, json(), json!({ "query": sign_up(), "x": "x".repeat(64 * 1024) }).to_string());
    add(413, json().header("content-length", "9999999"), body.clone());
    ways.push((400, json(), body.replace("eve@", "\u{0}@").into_bytes()));
    ways.push((400, json(), [body.as_bytes(), b"\xff"].concat()));
    ways
}

#[tokio::test]
async fn a_mutation_that_is_sent_in_a_wrong_way_makes_no_account() {
    let service = Service::start().await;
    for (status, request, body) in wrong_ways() {
        let asked = format!("{request:?} {}", String::from_utf8_lossy(&body));
        let answer = service.send(request.body(Body::from(body)).unwrap()).await;
        assert_eq!(answer.status.as_u16(), status, "{asked}: {}", answer.text);
        answer.assert_refused("BAD_REQUEST");
        assert!(answer.json.get("data").is_none(), "{asked}");
        assert_eq!(status == 405, answer.header("allow").is_some(), "{asked}");
    }
    assert_eq!(users(&service).await, 0);
    service.anonymous().run(&sign_up()).await.data();
    assert_eq!(users(&service).await, 1, "or the refusals above would prove nothing");
}

#[tokio::test]
async fn the_answer_has_the_media_type_asked_for_and_says_that_it_is_utf_8() {
    let service = Service::start().await;
    let newer = "application/graphql-response+json";
    for (accept, expected) in
        [("application/json", "application/json"), (newer, newer), ("*/*", "application/json")]
    {
        for (query, status) in
            [("{ server { name } }", 200), ("{ server { nothing } }", 400), (ME, 401), ("{", 400)]
        {
            let request =
                Request::post("/graphql").header("content-type", "application/json").header("accept", accept);
            let answer =
                service.send(request.body(json!({ "query": query }).to_string().into()).unwrap()).await;
            assert_eq!(answer.status.as_u16(), status, "{query}");
            assert_eq!(
                answer.header("content-type"),
                Some(&*format!("{expected}; charset=utf-8")),
                "{query}"
            );
            assert_eq!(answer.json.get("data").is_some(), status == 200, "{query}");
        }
    }
}

#[tokio::test]
async fn keys_that_nobody_knows_are_ignored_and_so_are_nulls() {
    let service = Service::start().await;
    let ada = service.client("ada").await;
    let body = json!({ "query": ME, "variables": null, "operationName": null, "extensions": null, "id": 1,
        "role": "ADMIN", "viewer": { "role": "ADMIN" } });
    assert_eq!(ada.post(body).await.data(), &json!({ "me": { "id": ada.id() } }));
    let request = Request::get("/graphql?query=%7Bserver%7Bname%7D%7D&variables=%7B%7D&operationName=&x=y");
    let answer = service.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.data(), &json!({ "server": { "name": "Rolegate" } }));
}

#[tokio::test]
async fn no_page_of_another_site_may_read_an_answer() {
    let service = Service::start().await;
    let ada = service.client("ada").await;
    for origin in ["https://evil.example", "null", "*", "http://127.0.0.1:4000", "http://localhost:4000"] {
        let mut answers = vec![ada.clone().with_header("origin", origin).run(ME).await];
        for header in ["authorization", "content-type"] {
            let preflight = Request::builder().method("OPTIONS").uri("/graphql").header("origin", origin);
            let preflight = preflight
                .header("access-control-request-method", "POST")
                .header("access-control-request-headers", header);
            answers.push(service.send(preflight.body(Body::empty()).unwrap()).await);
        }
        for answer in answers {
            let names = answer.headers.keys().map(ToString::to_string);
            let cors: Vec<String> = names.filter(|name| name.starts_with("access-control")).collect();
            assert!(cors.is_empty(), "{origin}: {cors:?}");
        }
    }
    assert!(ada.is_signed_in().await);
}
