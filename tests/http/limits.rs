//! What a hostile document costs.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::harness::{Answer, Door};

/// How long refusing may take: far longer than it does, on whatever runs beside, and far shorter than what grows with
/// every level would. How fast it is stands in `docs/performance.md`.
const AT_ONCE: Duration = Duration::from_secs(2);

const TOO_COMPLEX: &str = "DOCUMENT_TOO_COMPLEX";

/// The best of a few tries: the tests run beside each other, on a machine that has other work too.
async fn quickest(door: &Door, body: String) -> (Answer, Duration) {
    let mut best: Option<(Answer, Duration)> = None;
    for _ in 0..5 {
        let started = Instant::now();
        let answer = door.post(body.clone(), &[]).await;
        let took = started.elapsed();
        if best.as_ref().is_none_or(|(_, known)| took < *known) {
            best = Some((answer, took));
        }
    }
    best.expect("it was tried")
}

/// On a thread of the runtime, with the stack that requests have there.
async fn on_a_worker(door: &Door, body: String) -> Answer {
    let door = door.clone();
    tokio::spawn(async move { door.post(body, &[]).await }).await.expect("the worker survives")
}

fn query(text: String) -> String {
    json!({ "query": text }).to_string()
}

fn doubling(levels: usize) -> String {
    let fragments: String =
        (0..levels).map(|n| format!("fragment F{n} on Query{{...F{} ...F{}}}", n + 1, n + 1)).collect();
    format!("{{...F0}}{fragments}fragment F{levels} on Query{{hello}}")
}

#[tokio::test]
async fn depth_is_counted_through_fragments() {
    let door = Door::open().await;
    let nested =
        |levels: usize| format!("{{ node {} leaf {} }}", "{ child ".repeat(levels), "}".repeat(levels));
    assert_eq!(
        door.query(&format!("{{ node {}{{ leaf }}{} }}", "{ child ".repeat(13), " }".repeat(13)))
            .await
            .status,
        200
    );
    door.query(&format!("{{ node {}{{ leaf }}{} }}", "{ child ".repeat(14), " }".repeat(14)))
        .await
        .assert_refused(400, TOO_COMPLEX);
    door.query(&nested(51)).await.assert_refused(400, TOO_COMPLEX);
    let through = "{ node { ...A } } fragment A on Node { child { child { child { child { ...B } } } } } \
         fragment B on Node { child { child { child { child { ...C } } } } } \
         fragment C on Node { child { child { child { child { child { child { leaf } } } } } } }";
    door.query(through).await.assert_refused(400, TOO_COMPLEX);
    let inline = format!("{{ {} hello {} }}", "... { ".repeat(40), "} ".repeat(40));
    door.query(&inline).await.assert_refused(400, TOO_COMPLEX);
}

#[tokio::test]
async fn aliases_root_fields_and_selections_are_limited_and_typename_counts() {
    let door = Door::open().await;
    let aliases = |count: usize| {
        format!("{{ {} }}", (0..count).map(|n| format!("a{n}: __typename ")).collect::<String>())
    };
    assert_eq!(door.query(&aliases(30)).await.status, 200);
    door.query(&aliases(31)).await.assert_refused(400, TOO_COMPLEX);
    door.query(&aliases(101)).await.assert_refused(400, TOO_COMPLEX);
    door.query(&format!("{{ {} }}", "__typename ".repeat(51))).await.assert_refused(400, TOO_COMPLEX);
    door.query(&format!("{{ node {{ {} }} }}", "leaf ".repeat(1_000))).await.assert_refused(400, TOO_COMPLEX);
    let in_fragments = "{ node { ...F ...F ...F ...F } } fragment F on Node { a:leaf b:leaf c:leaf d:leaf e:leaf f:leaf g:leaf h:leaf }";
    door.query(in_fragments).await.assert_refused(400, TOO_COMPLEX);
    let unused = format!("{{ hello }} fragment F on Node {{ {} }}", "leaf ".repeat(1_001));
    door.query(&unused).await.assert_refused(400, TOO_COMPLEX);
    let other_operation = json!({
        "query": format!("query A {{ hello }} query B {{ node {{ {} }} }}", "leaf ".repeat(1_000)),
        "operationName": "A",
    });
    door.post(other_operation.to_string(), &[]).await.assert_refused(400, TOO_COMPLEX);
}

#[tokio::test]
async fn directives_are_limited_wherever_they_stand() {
    let door = Door::open().await;
    let eleven = "@include(if: true) ".repeat(11);
    for query in [
        format!("{{ hello {eleven} }}"),
        format!("{{ ... {eleven} {{ hello }} }}"),
        format!("{{ ...F {eleven} }} fragment F on Query {{ hello }}"),
        format!("{{ ...F }} fragment F on Query {eleven} {{ hello }}"),
        format!("query {eleven} {{ hello }}"),
        format!("query ($x: Int {eleven}) {{ hello }}"),
        format!("{{ hello {} }}", "@include(if: true) ".repeat(5_000)),
    ] {
        let answer = door.post(json!({ "query": query }).to_string(), &[]).await;
        assert!(answer.status == 413 || answer.code() == TOO_COMPLEX, "{}", answer.text);
    }
}

#[tokio::test]
async fn doubling_fragments_are_weighed_once_each() {
    let door = Door::open().await;
    for levels in [10, 22, 24, 400] {
        let (answer, took) = quickest(&door, query(doubling(levels))).await;
        answer.assert_refused(400, TOO_COMPLEX);
        assert!(took < AT_ONCE, "{levels} levels: {took:?}");
    }
}

#[tokio::test]
async fn fragment_cycles_are_refused() {
    let door = Door::open().await;
    for query in [
        "{ ...A } fragment A on Query { ...A }",
        "{ ...A } fragment A on Query { ...B } fragment B on Query { hello ...A }",
        "{ hello } fragment A on Query { ...B } fragment B on Query { ...A }",
        "{ node { ...A } } fragment A on Node { child { ...A } }",
    ] {
        door.query(query).await.assert_refused(400, "BAD_REQUEST");
    }
}

#[tokio::test]
async fn nested_lists_of_the_schema_are_refused_and_the_standard_introspection_is_not() {
    let door = Door::open().await;
    let deep = "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }";
    door.query(deep).await.assert_refused(400, TOO_COMPLEX);
    let through = "{ __type(name: \"Query\") { ...T } } fragment T on __Type { fields { type { ...U } } } \
         fragment U on __Type { fields { type { interfaces { name } } } }";
    door.query(through).await.assert_refused(400, TOO_COMPLEX);
    let standard = include_str!("introspection.graphql");
    let answer = door.query(standard).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert!(answer.json()["data"]["__schema"]["types"].is_array());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn twenty_thousand_levels_of_anything_end_in_an_error() {
    let door = Door::with(|config| config.http.max_body_bytes = 1 << 20).await;
    let n = 20_000;
    for (open, middle, close) in [
        ("{ node ", "", "}"),
        ("{ ... ", "{ hello }", "}"),
        ("{ ... {", "hello", "}}"),
        ("[", "", "]"),
        ("{a:", "1", "}"),
        ("(", "", ")"),
        ("\"\"\"[", "", ""),
    ] {
        let nested = format!("{}{middle}{}", open.repeat(n), close.repeat(n));
        for text in [
            nested.clone(),
            format!("{{ echo(text: {nested}) }}"),
            format!("query ($x: {nested}) {{ hello }}"),
            format!("query ($x: Int = {nested}) {{ hello }}"),
            format!("{{ hello @include(if: {nested}) }}"),
        ] {
            assert_eq!(on_a_worker(&door, query(text.clone())).await.status, 400, "{open}");
            let (_, took) = quickest(&door, query(text)).await;
            assert!(took < AT_ONCE, "{open}: {took:?}");
        }
    }
    let arrays = format!("{}{}", "[".repeat(n), "]".repeat(n));
    let objects = format!("{}1{}", "{\"a\":".repeat(n), "}".repeat(n));
    for value in [arrays, objects] {
        for body in [
            value.clone(),
            format!("{{\"query\":\"{{ hello }}\",\"variables\":{{\"x\":{value}}}}}"),
            format!("{{\"query\":\"{{ hello }}\",\"extensions\":{{\"x\":{value}}}}}"),
        ] {
            on_a_worker(&door, body).await.assert_refused(400, "BAD_REQUEST");
        }
        let ignored = format!("{{\"query\":\"{{ hello }}\",\"x\":{value}}}");
        assert!(on_a_worker(&door, ignored).await.status.as_u16() < 500);
    }
    assert_eq!(door.query("{ hello }").await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn what_the_brackets_may_nest_fits_on_a_workers_stack() {
    let door = Door::open().await;
    for (open, middle, close) in [("[", "", "]"), ("{a:", "1", "}"), ("{a:[", "1", "]}")] {
        let levels = 62 / open.matches(['[', '{']).count();
        let nested = format!("{}{middle}{}", open.repeat(levels), close.repeat(levels));
        let answer = on_a_worker(&door, query(format!("{{ echo(text: {nested}) }}"))).await;
        answer.assert_refused(400, "BAD_REQUEST");
        on_a_worker(&door, query(format!("query ($x: Int = {nested}) {{ hello }}"))).await;
    }
    let selections = format!("{}hello{}", "{ ... ".repeat(31) + "{", "}".repeat(32));
    on_a_worker(&door, query(selections)).await;
    let type_name = format!("query ($x: {}Int{}) {{ hello }}", "[".repeat(62), "]".repeat(62));
    on_a_worker(&door, query(type_name)).await;
    let quoted = "{ echo(text: \"{[(\\\"{[(\") b: echo(text: \"\"\"{[( \\\"\"\" {[(\"\"\") } # {[({[(";
    assert_eq!(door.query(quoted).await.status, 200, "brackets in strings and comments do not count");
}

#[tokio::test]
async fn sixty_four_kibibytes_are_refused_at_once() {
    let door = Door::open().await;
    let room = 60_000;
    for text in [
        format!("{{ {} }}", "a ".repeat(room / 2)),
        format!("{{ {} }}", "a{b} ".repeat(room / 5)),
        format!("{{ {} }}", (0..10_000).map(|n| format!("a:b{} ", n % 9)).collect::<String>()),
        format!("{{ echo(text: [{}]) }}", "1 ".repeat(room / 2)),
        format!("{{ hello {} }}", "@a ".repeat(room / 3)),
        format!("{{ {} }}", "...F ".repeat(room / 5)),
        (0..room / 20).map(|n| format!("query Q{n:05}{{hello}}")).collect(),
        "\"\" ".repeat(room / 5),
    ] {
        let (answer, took) = quickest(&door, query(text)).await;
        assert_eq!(answer.status, 400, "{}", answer.text);
        assert!(took < AT_ONCE, "{took:?}");
    }
}

#[tokio::test]
async fn text_without_meaning_costs_a_known_amount() {
    let door = Door::open().await;
    let room = 60_000;
    for text in [
        ",".repeat(room),
        "#\n".repeat(room / 3),
        format!("{{ hello {} }}", ",".repeat(room)),
        format!("{{ hello {} }}", "#\n".repeat(room / 3)),
        format!("{{ {} }}", "a ,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,".repeat(room / 33)),
        format!("{{ {} nothing }}", "hello ,#\n,,".repeat(900)),
    ] {
        let (answer, took) = quickest(&door, query(text)).await;
        assert!(answer.status == 200 || answer.status == 400, "{}", answer.text);
        // The scan lets these pass, so they cost what the parser takes, and a debug build's is slow.
        assert!(took < AT_ONCE, "{took:?}");
    }
}

#[tokio::test]
async fn a_body_past_the_limit_is_refused_announced_or_not() {
    let door = Door::open().await;
    let long = |length: usize| {
        let body = r#"{"query":"{ hello }","x":""}"#;
        body.replace("\"\"", &format!("\"{}\"", "a".repeat(length - body.len())))
    };
    assert_eq!(door.post(long(64 * 1024), &[]).await.status, 200);
    door.post(long(64 * 1024 + 1), &[]).await.assert_refused(413, "BAD_REQUEST");
    door.post(long(8 << 20), &[]).await.assert_refused(413, "BAD_REQUEST");
    door.post("{}", &[("content-length", "99999999999")]).await.assert_refused(413, "BAD_REQUEST");
}

#[tokio::test]
async fn a_request_whose_head_is_too_long_is_refused_and_runs_nothing() {
    let door = Door::open().await;
    let long = "a".repeat(32 * 1024);
    let answer = door.query_with("mutation { bump }", &[("x", &long)]).await;
    answer.assert_refused(431, "BAD_REQUEST");
    assert!(answer.header("x-request-id").is_some(), "{:?}", answer.headers);
    door.get(&format!("/graphql?query=%7Bhello%7D&x={long}"), &[]).await.assert_refused(431, "BAD_REQUEST");
    assert_eq!(door.bumps(), 0);
}
