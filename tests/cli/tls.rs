//! TLS on the command line: what starts, and what the doctor says of it.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;

use crate::{Place, certificate};

const FILES: [&str; 4] = ["--set", "tls.certificate=certificate.pem", "--set", "tls.private_key=key.pem"];

fn with_certificate() -> Place {
    let place = Place::new();
    certificate::make(place.path());
    place
}

#[test]
fn a_server_with_a_certificate_speaks_https() {
    let place = with_certificate();
    let arguments = [&["--listen", "127.0.0.1:0"], &FILES[..]].concat();
    let mut server = place.command(&arguments).spawn().expect("it runs");
    let mut lines = BufReader::new(server.stdout.take().expect("piped")).lines();
    let address =
        lines.next().and_then(Result::ok).and_then(|line| Some(line.rsplit_once(' ')?.1.to_owned()));
    let graphiql = lines.next().and_then(Result::ok);
    server.kill().expect("it is ours");
    server.wait().expect("it ends");
    let address = address.expect("it started");
    assert_eq!(graphiql, Some(format!("GraphiQL is at      https://{address}/graphql")));
}

#[test]
fn a_certificate_that_cannot_be_used_stops_the_start_before_anything_is_made() {
    let place = with_certificate();
    let arguments = [&["--listen", "127.0.0.1:0"], &FILES[..]].concat();
    fs::write(place.path().join("key.pem"), "nonsense").expect("ours");
    insta::assert_snapshot!(place.run(&arguments).refusal(), @"tls.private_key does not hold a private key as PEM");
    fs::remove_file(place.path().join("certificate.pem")).expect("ours");
    insta::assert_snapshot!(place.run(&arguments).refusal(), @"tls.certificate certificate.pem: No such file or directory (os error 2)");
    assert!(!place.path().join("data").exists());
}

#[test]
fn the_doctor_looks_at_the_certificate_and_at_who_can_read_its_key() {
    let place = with_certificate();
    let arguments = [&["doctor"], &FILES[..]].concat();
    assert!(place.run(&arguments).printed().contains("The certificate and its key belong together."));
    let key = place.path().join("key.pem");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o640)).expect("ours");
    let outcome = place.run(&arguments);
    assert!(outcome.code == 1 && outcome.stdout.contains("run `chmod 600 key.pem`"), "{}", outcome.stdout);
    fs::write(&key, "nonsense").expect("ours");
    assert!(place.run(&arguments).stdout.contains("WRONG  tls            tls.private_key does not hold"));
}
