//! `rolegate secret`: a fresh master key.

use std::io::{Write as _, stdout};

use crate::cli::failure::Failure;
use crate::platform::seal::fresh_key;

/// Prints it, alone on its line, so that a script can put it where it belongs.
pub(super) fn run() -> Result<(), Failure> {
    let key = fresh_key()?;
    Ok(writeln!(stdout().lock(), "{}", *key)?)
}
