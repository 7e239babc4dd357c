//! `rolegate permissions ..`: who may call what, and what changes of it.

mod diff;
mod print;

use clap::{Args, Subcommand};

use crate::cli::failure::Failure;

/// Which command, and how to print.
#[derive(Args)]
pub(super) struct Options {
    /// How to print it [default: md]
    #[arg(long)]
    format: Option<print::FormatName>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Compare two printed matrices, cell by cell.
    Diff(diff::Options),
}

/// Does what the command says. Needs neither configuration nor database.
pub(super) fn run(options: &Options) -> Result<(), Failure> {
    match &options.command {
        None => print::print(options.format),
        Some(Command::Diff(_)) if options.format.is_some() => {
            Err(Failure::usage("`--format` is for printing: `diff` prints text, or JSON with `--json`."))
        }
        Some(Command::Diff(options)) => diff::diff(options),
    }
}
