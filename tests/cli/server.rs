//! `rolegate serve`

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::Child;

use crate::Place;

/// Ends its process, whatever becomes of the test.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_server_says_where_it_listens_and_stops_when_told() {
    let place = Place::new();
    let child =
        place.command(&["--listen", "127.0.0.1:0", "--set", "log.format=json"]).spawn().expect("it runs");
    let mut server = Server(child);
    let mut lines = BufReader::new(server.0.stdout.take().expect("piped")).lines();
    let mut line = || lines.next().expect("a line").expect("UTF-8");
    let first = line();
    let address = first.strip_prefix("Rolegate listens on ").expect("the address");
    assert_eq!(line(), format!("GraphiQL is at      http://{address}/graphql"));

    let mut connection = std::net::TcpStream::connect(address).expect("it listens");
    connection
        .write_all(b"GET /health/live HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        .expect("it reads");
    let mut answer = String::new();
    connection.read_to_string(&mut answer).expect("it answers");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");

    let taken = place.run(&["serve", "--listen", address]).refusal();
    assert!(taken.starts_with(&format!("Cannot listen on {address}:")), "{taken}");

    let pid = rustix::process::Pid::from_child(&server.0);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("it is ours");
    assert!(server.0.wait().expect("it ends").success());
}

#[cfg(target_os = "linux")]
#[test]
fn the_server_takes_all_open_files_that_it_may_have() {
    let place = Place::new();
    let mut command = std::process::Command::new("sh");
    command.args([
        "-c",
        "ulimit -Sn 256 && exec \"$0\" --listen 127.0.0.1:0",
        env!("CARGO_BIN_EXE_rolegate"),
    ]);
    let command = command.current_dir(place.path()).env_clear().stdout(std::process::Stdio::piped());
    let mut server = Server(command.spawn().expect("it runs"));
    let mut line = String::new();
    BufReader::new(server.0.stdout.take().expect("piped")).read_line(&mut line).expect("it starts");
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", server.0.id())).expect("it runs");
    let files = limits.lines().find(|line| line.starts_with("Max open files")).expect("a line");
    let counts: Vec<_> = files.split_whitespace().skip(3).take(2).collect();
    assert_eq!(counts[0], counts[1], "{files}");
}
