//! `rolegate serve`

use std::collections::HashSet;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::Child;

use crate::Place;

/// Ends its process, whatever becomes of the test.
pub(crate) struct Server(pub(crate) Child);

impl Server {
    /// Starts one on a free port.
    pub(crate) fn start(place: &Place, arguments: &[&str]) -> Self {
        let arguments = [&["--listen", "127.0.0.1:0"], arguments].concat();
        // Nobody reads its log, which must not fill a pipe and hold it up.
        Self(place.command(&arguments).stderr(std::process::Stdio::null()).spawn().expect("it runs"))
    }

    /// The address, as the first line of its output has it.
    pub(crate) fn address(&mut self) -> String {
        let mut line = String::new();
        // Not taken: the server says more, and would end if nobody were there to read it.
        BufReader::new(self.0.stdout.as_mut().expect("piped")).read_line(&mut line).expect("UTF-8");
        let address = line.trim_end().strip_prefix("Rolegate listens on ");
        address.unwrap_or_else(|| panic!("it did not start: {line}")).to_owned()
    }

    /// Tells it to stop, and waits until it has.
    pub(crate) fn stop(&mut self) {
        let pid = rustix::process::Pid::from_child(&self.0);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("it is ours");
        assert!(self.0.wait().expect("it ends").success());
    }
}

/// The body of what it answers at `path`.
pub(crate) fn get(address: &str, path: &str) -> String {
    let mut connection = std::net::TcpStream::connect(address).expect("it listens");
    write!(connection, "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").expect("it reads");
    let mut answer = String::new();
    connection.read_to_string(&mut answer).expect("it answers");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    answer.split_once("\r\n\r\n").expect("a head").1.to_owned()
}

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

    get(address, "/health/live");

    let taken = place.run(&["serve", "--listen", address]).refusal();
    assert!(taken.starts_with(&format!("Cannot listen on {address}:")), "{taken}");

    server.stop();
    let names = std::fs::read_dir(place.path().join("data")).expect("a directory");
    let mut names: Vec<_> = names.map(|entry| entry.expect("a file").file_name()).collect();
    names.sort();
    assert_eq!(names, ["rolegate.db", "rolegate.key"], "a copy of the one file has everything");
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

#[test]
fn servers_that_start_together_make_one_master_key() {
    for _ in 0..3 {
        let place = Place::new();
        let mut servers: Vec<_> = (0..4).map(|_| Server::start(&place, &[])).collect();
        let addresses: Vec<_> = servers.iter_mut().map(Server::address).collect();
        let keys: HashSet<_> =
            addresses.iter().map(|address| get(address, "/.well-known/jwks.json")).collect();
        assert_eq!(keys.len(), 1, "each opens what one of them has sealed");
        let names = std::fs::read_dir(place.path().join("data")).expect("a directory");
        let names: Vec<_> = names.map(|entry| entry.expect("a file").file_name()).collect();
        let keys = names.iter().filter(|name| name.to_string_lossy().contains("key"));
        assert_eq!(keys.collect::<Vec<_>>(), ["rolegate.key"], "and no draft is left behind");
    }
}
