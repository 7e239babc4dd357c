//! `rolegate permissions`: who may call what, the same as `permissions.md`.

use std::io::{Write as _, stdout};

use crate::cli::failure::Failure;
use crate::graphql;

/// Prints it. Needs neither configuration nor database.
pub(super) fn run() -> Result<(), Failure> {
    let table = graphql::permissions_markdown().map_err(|errors| Failure::new(errors.to_string()))?;
    Ok(writeln!(stdout().lock(), "{}", table.trim_end())?)
}
