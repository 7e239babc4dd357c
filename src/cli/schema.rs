//! `rolegate schema`: the schema as text, the same as `schema.graphql`.

use std::io::{Write as _, stdout};

use clap::Args;

use crate::cli::failure::Failure;
use crate::graphql;

/// Which schema.
#[derive(Args)]
pub(super) struct Options {
    /// The subgraph's, from which the router of a federated graph is composed
    #[arg(long)]
    federation: bool,
}

/// Prints it. Needs neither configuration nor database.
pub(super) fn run(options: &Options) -> Result<(), Failure> {
    let sdl = if options.federation { graphql::federated_sdl() } else { graphql::sdl() };
    let sdl = sdl.map_err(|errors| Failure::new(errors.to_string()))?;
    Ok(writeln!(stdout().lock(), "{}", sdl.trim_end())?)
}
