//! What an operator does while the server runs, with its cache on, on SQLite.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::server::Server;
use crate::{PASSWORD, Place};

/// Posts a document, and answers its JSON.
fn post(address: &str, token: &str, query: &str) -> Value {
    let body = json!({ "query": query }).to_string();
    let mut connection = TcpStream::connect(address).expect("it listens");
    let head = format!(
        "POST /graphql HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\n\
         authorization: Bearer {token}\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    connection.write_all((head + &body).as_bytes()).expect("it reads");
    let mut answer = String::new();
    connection.read_to_string(&mut answer).expect("it answers");
    serde_json::from_str(answer.split_once("\r\n\r\n").expect("a head").1).expect("JSON")
}

fn log_in(address: &str) -> String {
    let query = format!(
        "mutation {{ login(input: {{ identifier: \"ada@example.test\", password: \"{PASSWORD}\" }}) \
         {{ ... on SignedIn {{ accessToken }} }} }}"
    );
    post(address, "x", &query)["data"]["login"]["accessToken"].as_str().expect("a token").to_owned()
}

#[test]
fn a_user_who_is_suspended_on_the_command_line_is_out_when_the_command_has_ended() {
    let place = Place::new();
    place.create(&["--email", "ada@example.test"]).printed();
    let mut server = Server(place.command(&["--listen", "127.0.0.1:0"]).spawn().expect("it runs"));
    let address = server.address();
    let token = log_in(&address);
    let me = || post(&address, &token, "{ me { id } }");
    let mut times = Vec::new();
    for _ in 0..5 {
        for _ in 0..3 {
            assert!(me()["data"]["me"]["id"].is_string(), "{}", me());
        }
        let began = Instant::now();
        let mut command = place.command(&["user", "suspend", "ada@example.test"]).spawn().expect("it runs");
        let mut refused = None;
        while command.try_wait().expect("it is ours").is_none() {
            if refused.is_none() && me()["errors"].is_array() {
                refused = Some(began.elapsed());
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        let ended = began.elapsed();
        assert_eq!(me()["errors"][0]["extensions"]["reason"], "SESSION_ENDED");
        times.push((refused, ended));
        place.run(&["user", "reactivate", "ada@example.test"]).printed();
    }
    assert!(
        times.iter().all(|(refused, ended)| refused.is_some() && *ended < Duration::from_secs(5)),
        "{times:?}"
    );
    server.stop();
}
