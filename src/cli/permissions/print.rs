//! `rolegate permissions`: who may call what, the same as `permissions.md`.

use std::io::{Write as _, stdout};

use clap::ValueEnum;

use crate::cli::failure::Failure;
use crate::graphql;
use crate::graphql::policy::Format;

/// The formats, as the command line names them.
#[derive(Clone, Copy, ValueEnum)]
pub(super) enum FormatName {
    Md,
    Json,
    Csv,
}

/// Prints the matrix of the schema that is served.
pub(super) fn print(format: Option<FormatName>) -> Result<(), Failure> {
    let matrix = graphql::permissions().map_err(|errors| Failure::new(errors.to_string()))?;
    let format = match format {
        None | Some(FormatName::Md) => Format::Markdown,
        Some(FormatName::Json) => Format::Json,
        Some(FormatName::Csv) => Format::Csv,
    };
    Ok(stdout().lock().write_all(matrix.write(format).as_bytes())?)
}
