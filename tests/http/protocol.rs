//! GraphQL over HTTP: methods, media types, the request's shape.

use axum::body::Body;
use axum::http::Request;
use serde_json::json;

use crate::harness::Door;

const NEWER: &str = "application/graphql-response+json";

#[tokio::test]
async fn the_media_type_of_the_answer_follows_accept() {
    let door = Door::open().await;
    let json = "application/json; charset=utf-8";
    let newer = "application/graphql-response+json; charset=utf-8";
    for (accept, expected) in [
        ("application/json", json),
        ("*/*", json),
        ("application/*", json),
        (NEWER, newer),
        ("application/graphql-response+json; charset=utf-8, application/json; charset=utf-8", newer),
        ("application/graphql-response+json, application/json;q=0.9", newer),
        ("application/json, application/graphql-response+json;q=0.5", json),
        ("application/graphql-response+json;q=0, */*", json),
        ("text/html;q=0.9, APPLICATION/JSON;q=0.1", json),
    ] {
        let answer = door.query_with("{ hello }", &[("accept", accept)]).await;
        assert_eq!(answer.header("content-type"), Some(expected), "Accept: {accept}");
        assert_eq!(answer.json(), json!({ "data": { "hello": "world" } }));
    }
    let answer = door.query("{ hello }").await;
    assert_eq!(answer.header("content-type"), Some(json), "without Accept");
}

#[tokio::test]
async fn what_nobody_can_read_is_not_acceptable() {
    let door = Door::open().await;
    for accept in ["text/html", "image/png", "application/json;q=0"] {
        door.query_with("mutation { bump }", &[("accept", accept)]).await.assert_refused(406, "BAD_REQUEST");
    }
    assert_eq!(door.bumps(), 0);
}

#[tokio::test]
async fn a_body_that_needs_no_preflight_runs_nothing() {
    let door = Door::open().await;
    let body = json!({ "query": "mutation { bump }" }).to_string();
    for content_type in [
        None,
        Some("text/plain"),
        Some("text/plain; charset=application/json"),
        Some("application/x-www-form-urlencoded"),
        Some("multipart/form-data; boundary=x"),
        Some("application/json; charset=utf-16"),
        Some("application/jsonp"),
        Some("*/*"),
    ] {
        let mut request = Request::post("/graphql");
        if let Some(content_type) = content_type {
            request = request.header("content-type", content_type);
        }
        let answer = door.send(request.body(Body::from(body.clone())).unwrap()).await;
        answer.assert_refused(415, "BAD_REQUEST");
    }
    let packed = door.post(body, &[("content-encoding", "gzip")]).await;
    packed.assert_refused(415, "BAD_REQUEST");
    assert_eq!(door.bumps(), 0);
}

#[tokio::test]
async fn json_may_say_that_it_is_utf_8() {
    let door = Door::open().await;
    for content_type in
        ["Application/JSON", "application/json;charset=UTF-8", "application/json; charset=\"utf-8\""]
    {
        let request = Request::post("/graphql").header("content-type", content_type);
        let answer = door.send(request.body(Body::from(r#"{"query":"{ hello }"}"#)).unwrap()).await;
        assert_eq!(answer.status, 200, "{content_type}");
    }
}

#[tokio::test]
async fn get_runs_queries_and_never_a_mutation() {
    let door = Door::open().await;
    let answer = door.get("/graphql?query=%7B+hello+%7D", &[]).await;
    assert_eq!(answer.json(), json!({ "data": { "hello": "world" } }));
    let with_variables = "/graphql?query=query%20A(%24n:Int!)%7Bdouble(number:%24n)%7D%20query%20B%7Bhello%7D&operationName=A&variables=%7B%22n%22:4%7D&extensions=%7B%7D&x=y";
    assert_eq!(door.get(with_variables, &[]).await.json(), json!({ "data": { "double": 8 } }));
    let mutation = door.get("/graphql?query=mutation%7Bbump%7D", &[]).await;
    mutation.assert_refused(405, "BAD_REQUEST");
    assert_eq!(mutation.header("allow"), Some("POST"));
    let named = "/graphql?query=query+A%7Bhello%7D+mutation+B%7Bbump%7D&operationName=B";
    door.get(named, &[("accept", NEWER)]).await.assert_refused(405, "BAD_REQUEST");
    assert_eq!(door.bumps(), 0);
    for bad in [
        "",
        "?query=%7Bhello%7D&query=%7Bhello%7D",
        "?query=%7Bhello%7D&variables=[1]",
        "?query=%7Bhello%7D&variables=x",
    ] {
        door.get(&format!("/graphql{bad}"), &[]).await.assert_refused(400, "BAD_REQUEST");
    }
}

#[tokio::test]
async fn other_methods_are_refused_and_other_paths_unknown() {
    let door = Door::open().await;
    for method in ["TRACE", "PUT", "DELETE", "PATCH", "OPTIONS", "CONNECT", "INVENTED"] {
        let request = Request::builder().method(method).uri("/graphql").body(Body::empty()).unwrap();
        let answer = door.send(request).await;
        answer.assert_refused(405, "BAD_REQUEST");
        let allow = answer.header("allow").expect("says what would do");
        assert!(allow.contains("GET") && allow.contains("POST"), "{allow}");
        let elsewhere = Request::builder().method(method).uri("/health/live").body(Body::empty()).unwrap();
        let answer = door.send(elsewhere).await;
        assert_eq!(answer.status, 405);
        assert!(answer.header("allow").is_some());
    }
    assert_eq!(door.get("/nothing/here", &[]).await.status, 404);
}

#[tokio::test]
async fn unknown_keys_are_ignored_and_nulls_accepted() {
    let door = Door::open().await;
    let body = json!({ "query": "{ hello }", "operationName": null, "variables": null, "extensions": null, "id": 7 });
    assert_eq!(door.post(body.to_string(), &[]).await.json(), json!({ "data": { "hello": "world" } }));
    let empty_name = json!({ "query": "query A { hello }", "operationName": "" });
    assert_eq!(door.post(empty_name.to_string(), &[]).await.status, 200);
}

#[tokio::test]
async fn a_request_of_another_shape_is_a_bad_request() {
    let door = Door::open().await;
    for body in [
        "",
        "NONSENSE",
        "{\"query\":",
        "{}",
        "null",
        "7",
        "\"{ hello }\"",
        r#"{"qeury":"{ hello }"}"#,
        r#"{"query":null}"#,
        r#"{"query":["{ hello }"]}"#,
        r#"{"query":"{ hello }","operationName":1}"#,
        r#"{"query":"{ hello }","variables":[7]}"#,
        r#"{"query":"{ hello }","variables":"{}"}"#,
        r#"{"query":"{ hello }","extensions":7}"#,
        r#"{"query":"{ hello }","query":"{ hello }"}"#,
        r#"{"query":"{ hello }"} trailing"#,
        r#"{"query":"{ echo(text: \"\ud800\") }"}"#,
        r#"["{ hello }", null, null, null]"#,
        r#"[{"query":"{ hello }"}]"#,
        "[]",
    ] {
        door.post(body, &[("accept", NEWER)]).await.assert_refused(400, "BAD_REQUEST");
    }
    for body in [&b"{\"query\":\"{ hello }\",\"x\":\"\xff\"}"[..], b"\xff\xfe{}", b"{\"query\":\"\xc3\x28\"}"]
    {
        door.post(body.to_vec(), &[]).await.assert_refused(400, "BAD_REQUEST");
    }
}

#[tokio::test]
async fn the_operation_must_be_determined() {
    let door = Door::open().await;
    for body in [
        json!({ "query": "query A { hello } query B { hello }" }),
        json!({ "query": "query A { hello }", "operationName": "B" }),
        json!({ "query": "{ hello }", "operationName": "B" }),
        json!({ "query": "fragment F on Query { hello }" }),
        json!({ "query": "{ hello } query B { hello }" }),
        json!({ "query": "subscription { hello }" }),
        json!({ "query": "" }),
    ] {
        door.post(body.to_string(), &[]).await.assert_refused(400, "BAD_REQUEST");
    }
}

#[tokio::test]
async fn a_browser_gets_graphiql_and_nobody_does_where_it_is_off() {
    let browser = [("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")];
    let door = Door::open().await;
    let page = door.get("/graphql", &browser).await;
    assert_eq!(page.status, 200);
    assert!(serde_json::from_str::<serde_json::Value>(&page.text).is_err(), "a page, not data");
    let off = Door::with(|config| config.graphql.graphiql = Some(false)).await;
    let answer = off.get("/graphql", &browser).await;
    assert_eq!(answer.status, 400, "without GraphiQL it is a GET without a query");
    assert_eq!(off.get("/graphql", &[("accept", "text/html")]).await.status, 406);
    assert_eq!(off.get("/graphiql/boot.js", &[]).await.status, 404);
}

#[tokio::test]
async fn a_variable_without_its_value_stops_the_whole_operation() {
    let door = Door::open().await;
    for variables in
        [json!({}), json!({ "n": null }), json!(null), json!({ "n": "text" }), json!({ "n": [1] })]
    {
        let query = "mutation ($n: Int!) { bump double(number: $n) }";
        let body = json!({ "query": query, "variables": variables });
        door.post(body.to_string(), &[]).await.assert_refused(400, "BAD_REQUEST");
    }
    assert_eq!(door.bumps(), 0);
    let with_default = json!({ "query": "query ($n: Int! = 4) { double(number: $n) }" });
    assert_eq!(door.post(with_default.to_string(), &[]).await.json(), json!({ "data": { "double": 8 } }));
}
