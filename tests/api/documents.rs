//! Documents that ask for too much, and such as only look so.

use std::time::{Duration, Instant};

use axum::http::StatusCode;
use rolegate::config::Introspection;
use serde_json::json;

use crate::harness::{Answer, PASSWORD, Persona, Service};

/// Refusing takes a few milliseconds; `tests/http` measures it. Here it only must not hang.
const PATIENCE: Duration = Duration::from_secs(2);

const TOO_COMPLEX: &str = "DOCUMENT_TOO_COMPLEX";

/// What GraphiQL asks for before anything else.
const INTROSPECTION: &str = include_str!("../http/introspection.graphql");

async fn assert_refused_soon(persona: &Persona<'_>, document: &str, code: &str) -> Answer {
    let started = Instant::now();
    let answer = persona.run(document).await;
    assert!(started.elapsed() < PATIENCE, "{:?}", started.elapsed());
    answer.assert_refused(code);
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(answer.json.get("data").is_none());
    answer
}

#[tokio::test]
async fn fragments_that_double_each_other_are_refused() {
    let service = Service::start().await;
    let ada = service.client("ada").await;
    for (kind, root, leaf, levels) in [
        ("Query", "{...F0}", "server{name}", 20),
        ("User", "{me{...F0}}", "id", 20),
        ("User", "{me{...F0}}", "id", 12),
    ] {
        let fragments: String =
            (0..levels).map(|n| format!("fragment F{n} on {kind}{{...F{0} ...F{0}}}", n + 1)).collect();
        let document = format!("{root}{fragments}fragment F{levels} on {kind}{{{leaf}}}");
        assert!(document.len() < 1_024, "one kilobyte is enough");
        assert_refused_soon(&ada, &document, TOO_COMPLEX).await;
    }
    let cycle = "{ me { ...A } } fragment A on User { sessions { nodes { user { ...A } } } }";
    assert_refused_soon(&ada, cycle, "BAD_REQUEST").await;
}

#[tokio::test]
async fn ten_thousand_aliases_are_refused_and_thirty_are_not() {
    let service = Service::start().await;
    let aliases = |field: &str, count: usize| {
        let all: String = (0..count).map(|n| format!("a{n}:{field} ")).collect();
        format!("{{ {all} }}")
    };
    let stranger = service.anonymous();
    for field in ["__typename", "server{name}"] {
        stranger.run(&aliases(field, 30)).await.data();
        assert_refused_soon(&stranger, &aliases(field, 31), TOO_COMPLEX).await;
    }
    // 10,000 at this length are more than a body may have.
    let huge = Service::with(|config| config.http.max_body_bytes = 1 << 20).await;
    for field in ["__typename", "server{name}", "me{id}"] {
        assert_refused_soon(&huge.anonymous(), &aliases(field, 10_000), TOO_COMPLEX).await;
    }
    let answer = stranger.run(&aliases("__typename", 10_000)).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_refused_soon(&stranger, &format!("{{ {} }}", "__typename ".repeat(51)), TOO_COMPLEX).await;
    assert_refused_soon(&stranger, &format!("{{ {} }}", "server{name} ".repeat(2_000)), TOO_COMPLEX).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn twenty_thousand_levels_are_refused_and_the_server_lives() {
    let service = Service::with(|config| config.http.max_body_bytes = 1 << 20).await;
    let ada = service.client("ada").await;
    let n = 20_000;
    for document in [
        format!("{{ me {} }}", "{ sessions { nodes { user ".repeat(n / 3)),
        format!("{}id{}", "{ me ".repeat(n), "}".repeat(n)),
        format!("{{ me {{ {}id{} }} }}", "... { ".repeat(n), "}".repeat(n)),
        format!("{{ user(id: {}{}) {{ id }} }}", "[".repeat(n), "]".repeat(n)),
        format!("{{ users(filter: {}1{}) {{ totalCount }} }}", "{text:".repeat(n), "}".repeat(n)),
        format!("query($x: {}ID{}) {{ user(id: $x) {{ id }} }}", "[".repeat(n), "]".repeat(n)),
    ] {
        assert_refused_soon(&ada, &document, TOO_COMPLEX).await;
    }
    let body = format!("{{\"query\":\"{{ me {{ id }} }}\",\"variables\":{{\"x\":{}}}}}", "[".repeat(n));
    let request = axum::http::Request::post("/graphql").header("content-type", "application/json");
    let answer = service.send(request.body(body.into()).unwrap()).await;
    answer.assert_refused("BAD_REQUEST");
    assert!(ada.is_signed_in().await);
}

#[tokio::test]
async fn depth_and_directives_are_limited_on_every_road() {
    let service = Service::start().await;
    let ada = service.client("ada").await;
    let nested = |levels: usize| {
        let (open, close) = ("sessions(first: 1) { nodes { user { ", "} } } ");
        format!("{{ me {{ {} id {} }} }}", open.repeat(levels), close.repeat(levels))
    };
    ada.run(&nested(4)).await.data();
    assert_refused_soon(&ada, &nested(5), TOO_COMPLEX).await;
    let through = "{ me { ...A } } fragment A on User { sessions { nodes { user { ...B } } } }
        fragment B on User { sessions { nodes { user { ...C } } } }
        fragment C on User { sessions { nodes { user { ...D } } } }
        fragment D on User { sessions { nodes { user { ...E } } } }
        fragment E on User { sessions { nodes { user { id } } } }";
    assert_refused_soon(&ada, through, TOO_COMPLEX).await;
    for count in [11, 2_000] {
        let document = format!("{{ me {{ id {} }} }}", "@include(if: true) ".repeat(count));
        assert_refused_soon(&ada, &document, TOO_COMPLEX).await;
    }
}

#[tokio::test]
async fn pages_within_pages_multiply_and_are_refused_before_anything_is_read() {
    let service = Service::start().await;
    let eve = service.admin("eve").await;
    for document in [
        "{ users(first: 100) { nodes { sessions(first: 100) { nodes { id } } } } }",
        "{ users(first: 100) { edges { node { sessions(last: 100) { pageInfo { hasNextPage } } } } } }",
        "{ users(first: 100) { ...U } } fragment U on UserConnection { nodes { ...S } }
            fragment S on User { sessions(first: 100) { nodes { id } } }",
        "query($n: Int = 100) { users(first: $n) { nodes { sessions(first: $n) { nodes { id } } } } }",
    ] {
        assert_refused_soon(&eve, document, TOO_COMPLEX).await;
    }
    let sized =
        "query($n: Int, $m: Int!) { users(first: $n) { nodes { sessions(first: $m) { nodes { id } } } } }";
    eve.run_with(sized, json!({ "n": 100, "m": 100 })).await.assert_refused(TOO_COMPLEX);
    eve.run_with(sized, json!({ "n": 20, "m": 100 })).await.data();
    for document in [
        "{ users(first: 100) { nodes { id email sessions { totalCount nodes { id user { name } } } } } }",
        "{ users { edges { node { sessions { edges { node { id } } pageInfo { endCursor } } } } totalCount } }",
        "{ users(first: 100) { nodes { id name email role status createdAt } totalCount } }",
    ] {
        eve.run(document).await.data();
    }
}

#[tokio::test]
async fn absurd_pages_of_sessions_are_refused() {
    let service = Service::start().await;
    let ada = service.client("ada").await;
    for arguments in [
        "first: -1",
        "first: 101",
        "last: 2147483647",
        "last: -2147483648",
        "first: 1, last: 1",
        "after: \"nonsense\"",
        "before: \"' OR 1=1 --\"",
    ] {
        let answer = ada.run(&format!("{{ me {{ id sessions({arguments}) {{ nodes {{ id }} }} }} }}")).await;
        answer.assert_refused("INVALID_INPUT");
        assert_eq!(answer.at("/data/me/id"), ada.id(), "{arguments}");
    }
}

#[tokio::test]
async fn the_introspection_that_graphiql_sends_is_answered_to_strangers_and_admins() {
    let service = Service::start().await;
    let (stranger, eve) = (service.anonymous(), service.admin("eve").await);
    for (persona, sees) in [(&stranger, false), (&eve, true)] {
        let answer = persona.run(INTROSPECTION).await;
        let types = answer.data()["__schema"]["types"].as_array().unwrap();
        let mutation = types.iter().find(|kind| kind["name"] == "Mutation").unwrap();
        let names: Vec<&str> = mutation["fields"]
            .as_array()
            .unwrap()
            .iter()
            .map(|field| field["name"].as_str().unwrap())
            .collect();
        assert!(names.contains(&"login"), "{names:?}");
        assert_eq!(names.contains(&"setUserRole"), sees, "{names:?}");
    }
    let off = Service::with(|config| config.graphql.introspection = Some(Introspection::Off)).await;
    let answer = off.anonymous().run(INTROSPECTION).await;
    assert!(!answer.text.contains("login"), "{}", answer.text);
}

#[tokio::test]
async fn a_variable_without_a_value_is_an_argument_that_is_not_given() {
    let service = Service::start().await;
    let eve = service.admin("eve").await;
    let page = "query Page($first: Int, $last: Int, $after: String, $role: Role, $text: String, $order: UserOrder) {
        users(first: $first, last: $last, after: $after, filter: { role: $role, text: $text }, orderBy: $order) {
            ...Rows } }
        fragment Rows on UserConnection { nodes { id sessions(last: $last, first: $first) { totalCount } } }";
    let rows = |data: &serde_json::Value| data["users"]["nodes"].as_array().map(Vec::len);
    service.client("ada").await;
    assert_eq!(rows(eve.run_with(page, json!({ "role": "CLIENT" })).await.data()), Some(1));
    assert_eq!(rows(eve.run_with(page, json!({ "first": 1 })).await.data()), Some(1));
    assert_eq!(rows(eve.run_with(page, json!({})).await.data()), Some(2));

    let all = "query All($of: [String!]) { permissions(coordinates: $of) { verdict } }";
    assert!(eve.run(all).await.data()["permissions"].as_array().is_some_and(|all| all.len() > 50));
    // The default of an input's field holds, which null would not be.
    let login = "mutation LogIn($name: String!, $password: String!, $delivery: TokenDelivery) {
        login(input: { identifier: $name, password: $password, delivery: $delivery }) {
            ... on SignedIn { accessToken } } }";
    let proof = json!({ "name": "eve@example.test", "password": PASSWORD });
    assert!(eve.run_with(login, proof).await.data()["login"]["accessToken"].is_string());
    // What needs a value is refused without, wherever the variable says that it does not.
    eve.run("query One($id: ID) { user(id: $id) { id } }").await.assert_refused("BAD_REQUEST");
    eve.run("query One($is: Boolean) { me { id @include(if: $is) } }").await.assert_refused("BAD_REQUEST");
}

#[tokio::test]
async fn what_is_not_to_run_needs_no_variables() {
    let service = Service::start().await;
    let eve = service.admin("eve").await;
    let query = "query Me { me { ...Name } }
        query Page($first: Int!, $of: [String!]!) { users(first: $first) { nodes { ...Row } }
            permissions(coordinates: $of) { verdict } }
        fragment Row on User { ...Name role }
        fragment Name on User { id }";
    let send = async |name: &str, variables| {
        eve.post(json!({ "query": query, "operationName": name, "variables": variables })).await
    };
    assert!(send("Me", json!({})).await.data()["me"]["id"].is_string());
    assert!(
        send("Page", json!({ "first": 1, "of": [] })).await.data()["users"]["nodes"][0]["role"].is_string()
    );
    send("Page", json!({})).await.assert_refused("BAD_REQUEST");
    // A fragment that no operation spreads is a mistake still.
    eve.run("{ me { id } } fragment Left on User { id }").await.assert_refused("BAD_REQUEST");
}
