//! Where a password comes from.

use std::io::{BufRead as _, IsTerminal as _, Read as _, stdin};

use clap::Args;
use zeroize::Zeroizing;

use crate::cli::failure::Failure;

/// Longer lines are cut here, and then refused for their length by the rule for passwords.
const LONGEST_LINE: u64 = 64 * 1024;

/// How to read it.
#[derive(Args)]
pub(super) struct PasswordInput {
    /// Read the password from the first line of standard input instead of asking
    #[arg(long)]
    password_stdin: bool,
}

impl PasswordInput {
    /// The password, as typed.
    ///
    /// # Errors
    /// Two different entries, no terminal to ask on, or nothing on standard input.
    pub(super) fn read(&self) -> Result<Zeroizing<String>, Failure> {
        if self.password_stdin {
            return first_line();
        }
        if !stdin().is_terminal() {
            return Err(Failure::new(
                "There is no terminal to ask for the password: pipe it in and add --password-stdin.",
            ));
        }
        let first = ask("Password: ")?;
        if first != ask("Repeat it: ")? {
            return Err(Failure::new("The two passwords differ: try again."));
        }
        Ok(first)
    }
}

fn ask(prompt: &str) -> Result<Zeroizing<String>, Failure> {
    let typed = rpassword::prompt_password(prompt).map(Zeroizing::new);
    typed.map_err(|error| Failure::new(format!("The password cannot be read: {error}.")))
}

/// Without its line end. Spaces belong to the password.
fn first_line() -> Result<Zeroizing<String>, Failure> {
    let mut line = Zeroizing::new(String::new());
    stdin().lock().take(LONGEST_LINE).read_line(&mut line).map_err(|error| {
        Failure::new(format!("The password cannot be read: {error}. Send one line of UTF-8."))
    })?;
    let end = line.trim_end_matches(['\r', '\n']).len();
    line.truncate(end);
    if line.is_empty() {
        return Err(Failure::new("Standard input holds no password: send it as the first line."));
    }
    Ok(line)
}
