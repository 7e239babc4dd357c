//! Over a socket: how many are served at once, and what the head of a request may be.

use std::net::SocketAddr;
use std::time::Duration;

use rolegate::config::HttpConfig;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::harness::{Door, advance};
use crate::serving::start;

/// How long nothing must happen, to say that it does not: far longer than an answer takes.
const A_WHILE: Duration = Duration::from_millis(500);

/// How long what must happen may take, on the busiest machine.
const IN_TIME: Duration = Duration::from_secs(15);

/// The longest head of a request, in bytes (docs/configuration.md).
const MAX_HEAD: usize = 32 * 1024;

struct Connection(TcpStream);

impl Connection {
    async fn open(address: SocketAddr) -> Self {
        Self(TcpStream::connect(address).await.unwrap())
    }

    async fn send(&mut self, text: &str) {
        // The server may hang up before it has read all.
        drop(self.0.write_all(text.as_bytes()).await);
    }

    async fn ask(&mut self, query: &str) {
        let body = format!(r#"{{"query":"{query}"}}"#);
        let head = format!(
            "POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {}",
            body.len()
        );
        self.send(&format!("{head}\r\n\r\n{body}")).await;
    }

    async fn look(&mut self) {
        self.send("GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n").await;
    }

    /// The status of the answer that comes next, and the answer.
    async fn answer(&mut self) -> (u16, String) {
        let mut bytes = vec![0; 16 * 1024];
        let read = tokio::time::timeout(IN_TIME, self.0.read(&mut bytes)).await.expect("in time").unwrap();
        let text = String::from_utf8_lossy(&bytes[..read]).into_owned();
        (text.get(9..12).and_then(|status| status.parse().ok()).expect("an answer"), text)
    }

    /// Whether it is neither answered nor closed for [`A_WHILE`].
    async fn waits(&mut self) -> bool {
        tokio::time::timeout(A_WHILE, self.0.readable()).await.is_err()
    }

    async fn is_closed(&mut self) -> bool {
        let mut rest = Vec::new();
        tokio::time::timeout(IN_TIME, self.0.read_to_end(&mut rest)).await.is_ok()
    }
}

#[tokio::test]
async fn eight_connections_are_open_for_each_request_and_the_next_has_its_turn_when_one_leaves() {
    let door = Door::open().await;
    let http = HttpConfig { max_concurrent_requests: 2, ..HttpConfig::default() };
    let (address, stop, server) = start(&door, http).await;
    let mut open = Vec::new();
    for _ in 0..16 {
        let mut connection = Connection::open(address).await;
        connection.look().await;
        assert_eq!(connection.answer().await.0, 200);
        open.push(connection);
    }
    let mut next = Connection::open(address).await;
    next.look().await;
    assert!(next.waits().await, "all places are taken");
    drop(open.pop());
    assert_eq!(next.answer().await.0, 200);
    drop((open, next));
    stop.send(()).unwrap();
    server.await.unwrap();
}

#[tokio::test]
async fn as_many_requests_are_worked_on_as_is_configured_and_the_next_has_its_turn_when_one_leaves() {
    let door = Door::with(|config| {
        config.http.max_concurrent_requests = 2;
        config.introspection.networks = vec!["127.0.0.1".parse().unwrap()];
    })
    .await;
    let (address, stop, server) = start(&door, HttpConfig::default()).await;
    let mut first = Connection::open(address).await;
    first.ask("{ forever }").await;
    let mut second = Connection::open(address).await;
    second.ask("{ hello }").await;
    assert_eq!(second.answer().await.0, 200, "one turn is left");
    second.ask("{ forever }").await;
    assert!(second.waits().await);
    let form = "POST /introspect HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-www-form-urlencoded\r\n\
                content-length: 7\r\n\r\ntoken=x";
    let mut next = Vec::new();
    for _ in 0..3 {
        next.push(Connection::open(address).await);
    }
    next[0].ask("{ hello }").await;
    next[1].send("GET /forward-auth HTTP/1.1\r\nhost: x\r\n\r\n").await;
    next[2].send(form).await;
    for connection in &mut next {
        assert!(connection.waits().await, "no turn is left");
    }
    let mut probe = Connection::open(address).await;
    probe.look().await;
    assert_eq!(probe.answer().await.0, 200, "it takes no turn");
    drop(first);
    for (connection, status) in next.iter_mut().zip([200, 401, 200]) {
        assert_eq!(connection.answer().await.0, status);
    }
    drop((second, next, probe));
    stop.send(()).unwrap();
    server.await.unwrap();
}

#[tokio::test]
async fn a_head_that_is_not_there_within_65_seconds_never_comes() {
    let door = Door::open().await;
    let (address, stop, server) = start(&door, HttpConfig::default()).await;
    let mut silent = Connection::open(address).await;
    let mut slow = Connection::open(address).await;
    slow.send("GET /health/live HTTP/1.1\r\nhost: x\r\nx: ").await;
    let mut other = Connection::open(address).await;
    other.look().await;
    assert_eq!(other.answer().await.0, 200);
    for _ in 0..4 {
        advance(Duration::from_secs(15)).await;
        // A byte now and then is no reason to wait longer.
        slow.send("a").await;
    }
    assert!(slow.waits().await && silent.waits().await, "a minute is not too long");
    other.look().await;
    assert_eq!(other.answer().await.0, 200);
    advance(Duration::from_secs(5)).await;
    assert!(slow.is_closed().await && silent.is_closed().await);
    other.look().await;
    assert_eq!(other.answer().await.0, 200, "its time has begun anew");
    advance(Duration::from_secs(66)).await;
    assert!(other.is_closed().await, "it was idle");
    stop.send(()).unwrap();
    server.await.unwrap();
}

/// A request whose head has `length` bytes, in headers of a few KiB each or in its target.
fn with_head_of(length: usize, in_target: bool) -> String {
    let (begin, end) = ("GET /health/live?", " HTTP/1.1\r\nhost: x\r\nx: \r\n\r\n");
    let rest = "a".repeat(length - begin.len() - end.len());
    match in_target {
        true => format!("{begin}{rest}{end}"),
        false => format!("{begin}{}", end.replace("x: \r\n\r\n", &format!("x: {rest}\r\n\r\n"))),
    }
}

#[tokio::test]
async fn a_head_of_32_kibibytes_is_read_and_a_longer_one_refused() {
    let door = Door::open().await;
    let (address, stop, server) = start(&door, HttpConfig::default()).await;
    for in_target in [false, true] {
        for (length, status) in
            [(MAX_HEAD, 200), (MAX_HEAD + 1, 431), (45_000, 431), (50_000, 431), (100_000, 431)]
        {
            let request = with_head_of(length, in_target);
            assert_eq!(request.len(), length);
            let mut connection = Connection::open(address).await;
            connection.send(&request).await;
            let (found, answer) = connection.answer().await;
            assert_eq!(found, status, "{length}: {answer}");
        }
    }
    stop.send(()).unwrap();
    server.await.unwrap();
}

#[tokio::test]
async fn a_hundred_headers_are_read_and_more_refused() {
    let door = Door::open().await;
    let (address, stop, server) = start(&door, HttpConfig::default()).await;
    for (more, status) in [(99, 200), (100, 431)] {
        let mut connection = Connection::open(address).await;
        let more = "x: a\r\n".repeat(more);
        connection.send(&format!("GET /health/live HTTP/1.1\r\nhost: x\r\n{more}\r\n")).await;
        assert_eq!(connection.answer().await.0, status);
    }
    stop.send(()).unwrap();
    server.await.unwrap();
}
