//! The HTTP door, with a small schema of its own behind it.

#![expect(clippy::unwrap_used, reason = "a test that panics has said what it has to say")]

mod answers;
mod bounds;
#[path = "../support/certificate.rs"]
mod certificate;
mod credentials;
mod handshakes;
mod harness;
mod limits;
mod origins;
mod protocol;
mod request_log;
mod serving;
mod tls;
mod unasked;
