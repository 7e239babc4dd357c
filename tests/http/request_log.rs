//! The request log: enough to follow a request, and no secrets.

use std::io;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::harness::Door;

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("nobody panics here").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Lines {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().expect("nobody panics here").clone()).expect("UTF-8")
    }

    /// The fields of each event of the request log.
    fn requests(&self) -> Vec<Value> {
        let events =
            self.text().lines().map(|line| serde_json::from_str(line).expect("JSON")).collect::<Vec<Value>>();
        events.into_iter().filter(|event| event["target"] == "rolegate::request").collect()
    }
}

/// Listens on this thread for as long as the guard lives.
fn listen() -> (Lines, tracing::subscriber::DefaultGuard) {
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber =
        tracing_subscriber::fmt().json().flatten_event(true).with_writer(move || writer.clone()).finish();
    (lines, tracing::subscriber::set_default(subscriber))
}

#[tokio::test]
async fn each_request_makes_one_event_without_secrets() {
    let (lines, _guard) = listen();
    let door = Door::open().await;
    let body = json!({
        "query": "query Look($t: String) { echo(text: $t) other: echo(text: \"hunter2\") notFound }",
        "variables": { "t": "hunter3" },
        "operationName": "Look",
    });
    let headers = [("authorization", "Bearer hunter4"), ("user-agent", "curl")];
    let answer = door.post(body.to_string(), &headers).await;
    door.get("/graphql?query=hunter5&access_token=hunter6", &[("cookie", "__Host-rolegate=hunter7")]).await;
    door.get("/hunter8", &[]).await;
    let requests = lines.requests();
    assert_eq!(requests.len(), 3);
    let first = &requests[0];
    assert_eq!(first["request_id"].as_str(), answer.header("x-request-id"));
    assert_eq!(first["operation"], "Look");
    assert_eq!(first["kind"], "query");
    assert_eq!(first["method"], "POST");
    assert_eq!(first["route"], "/graphql");
    assert_eq!(first["status"], 200);
    assert_eq!(first["codes"], "NOT_FOUND");
    assert_eq!(first["client"], "127.0.0.1");
    assert!(first["duration_us"].is_u64());
    assert_eq!((&requests[1]["status"], &requests[1]["codes"]), (&json!(400), &json!("BAD_REQUEST")));
    assert_eq!((&requests[2]["status"], &requests[2]["route"]), (&json!(404), &json!("other")));
    assert!(!lines.text().contains("hunter"), "{}", lines.text());
}

#[tokio::test]
async fn a_cause_is_logged_once_with_the_request_id() {
    let (lines, _guard) = listen();
    let answer = Door::open().await.query("{ ownFault }").await;
    let text = lines.text();
    let causes: Vec<_> = text.lines().filter(|line| line.contains("an operation failed")).collect();
    assert_eq!(causes.len(), 1);
    assert!(causes[0].contains(answer.header("x-request-id").expect("an id")), "{text}");
}
