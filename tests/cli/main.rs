//! The command line as people and scripts meet it: the real binary in a directory of its own.

#[path = "../support/certificate.rs"]
mod certificate;
mod commands;
mod doctor;
mod keys;
mod permissions;
mod revocation;
mod server;
mod start;
mod tls;
mod users;

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

pub(crate) const PASSWORD: &str = "plum-orbit-93-lantern";

/// A working directory in which nothing is configured but what the test says.
pub(crate) struct Place(TempDir);

impl Place {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().expect("a directory"))
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rolegate"));
        command.args(arguments).current_dir(self.path()).env_clear();
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Outcome {
        Outcome::of(self.command(arguments).output().expect("it runs"))
    }

    pub(crate) fn run_with_input(&self, arguments: &[&str], input: &[u8]) -> Outcome {
        let mut child = self.command(arguments).stdin(Stdio::piped()).spawn().expect("it runs");
        child.stdin.take().expect("piped").write_all(input).expect("it reads");
        Outcome::of(child.wait_with_output().expect("it ends"))
    }

    pub(crate) fn create(&self, arguments: &[&str]) -> Outcome {
        let arguments: Vec<_> =
            ["user", "create", "--password-stdin"].iter().chain(arguments).copied().collect();
        self.run_with_input(&arguments, format!("{PASSWORD}\n").as_bytes())
    }
}

pub(crate) struct Outcome {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Outcome {
    pub(crate) fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        let code = output.status.code().expect("it was not killed");
        Self { code, stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// What it printed, if it did what it was told.
    pub(crate) fn printed(self) -> String {
        assert_eq!((self.code, self.stderr.as_str()), (0, ""), "{}", self.stdout);
        self.stdout
    }

    pub(crate) fn json(self) -> Value {
        serde_json::from_str(&self.printed()).expect("JSON")
    }

    /// The one sentence of a refusal.
    pub(crate) fn refusal(self) -> String {
        assert_eq!((self.code, self.stdout.as_str()), (1, ""), "{}", self.stderr);
        self.stderr.trim_end().to_owned()
    }
}
