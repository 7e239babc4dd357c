//! `rolegate schema`: the schema as text, the same as `schema.graphql`.

use std::io::{Write as _, stdout};

use crate::cli::failure::Failure;
use crate::graphql;

/// Prints it. Needs neither configuration nor database.
pub(super) fn run() -> Result<(), Failure> {
    let sdl = graphql::sdl().map_err(|errors| Failure::new(errors.to_string()))?;
    Ok(writeln!(stdout().lock(), "{}", sdl.trim_end())?)
}
