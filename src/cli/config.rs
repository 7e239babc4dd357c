//! `rolegate config`: what is in force, and where it comes from.

use std::io::{Write as _, stdout};

use clap::Args;
use serde_json::{Map, Value, json};

use crate::cli::failure::Failure;
use crate::config::load::Loaded;

/// How to print.
#[derive(Args)]
pub(super) struct Options {
    /// Print JSON: an object of key to value and origin
    #[arg(long)]
    json: bool,
}

/// Prints all settings, in the form of `rolegate.toml` with the origins as comments. Secrets are masked.
pub(super) fn run(loaded: &Loaded, options: &Options) -> Result<(), Failure> {
    let rows = loaded.effective();
    let mut out = stdout().lock();
    if options.json {
        let entry = |value: Value, origin: String| json!({ "value": value, "origin": origin });
        let all: Map<_, _> =
            rows.into_iter().map(|row| (row.key.into(), entry(row.value, row.origin.to_string()))).collect();
        writeln!(out, "{:#}", Value::Object(all))?;
        return Ok(());
    }
    let lines = rows.into_iter().map(|row| match row.value {
        Value::Null => (format!("# {} is not set", row.key), row.origin),
        value => (format!("{} = {value}", row.key), row.origin),
    });
    let lines: Vec<_> = lines.collect();
    let width =
        lines.iter().map(|(line, _)| line.chars().count()).filter(|width| *width < 60).max().unwrap_or(0);
    for (line, origin) in lines {
        writeln!(out, "{line:width$}  # {origin}")?;
    }
    Ok(())
}
