//! `rolegate doctor`: says what is wrong, and changes nothing.

mod clock;
mod database;
mod files;
mod keys;
mod proxy;
mod tls;

use std::io::{Write as _, stdout};

use clap::Args;
use serde::Serialize;
use serde_json::json;

use crate::cli::failure::Failure;
use crate::cli::start::block_on;
use crate::config::Config;
use crate::config::load::{ConfigError, Loaded, Origin};
use crate::platform::database::Database;

/// How to print.
#[derive(Args)]
pub(super) struct Options {
    /// Print JSON: { "ok": .., "findings": [{ "part": .., "ok": .., "text": .. }] }
    #[arg(long)]
    json: bool,
}

/// One thing that was looked at.
#[derive(Serialize)]
struct Finding {
    part: &'static str,
    ok: bool,
    text: String,
}

impl Finding {
    fn good(part: &'static str, text: impl Into<String>) -> Self {
        Self { part, ok: true, text: text.into() }
    }

    fn bad(part: &'static str, text: impl Into<String>) -> Self {
        Self { part, ok: false, text: text.into() }
    }
}

/// Looks at everything, prints what it found, and fails if anything is wrong. A configuration that was refused is the
/// one finding then: what else to look at is not known.
pub(super) fn run(loaded: Result<Loaded, ConfigError>, options: &Options) -> Result<(), Failure> {
    let findings = match loaded {
        Err(error) => error.problems.into_iter().map(|text| Finding::bad("configuration", text)).collect(),
        Ok(loaded) => block_on(async { Ok(examined(&loaded).await) })?,
    };
    let ok = findings.iter().all(|finding| finding.ok);
    let mut out = stdout().lock();
    if options.json {
        writeln!(out, "{:#}", json!({ "ok": ok, "findings": findings }))?;
    } else {
        for Finding { part, ok, text } in &findings {
            writeln!(out, "{:5}  {part:13}  {text}", if *ok { "ok" } else { "WRONG" })?;
        }
    }
    if ok { Ok(()) } else { Err(Failure::AlreadyTold) }
}

async fn examined(loaded: &Loaded) -> Vec<Finding> {
    let config = &loaded.config;
    let set = loaded.effective().iter().filter(|row| row.origin != Origin::Default).count();
    let mut findings =
        vec![Finding::good("configuration", format!("Accepted. Settings that somebody set: {set}."))];
    findings.push(proxy::examine(config));
    findings.extend(tls::examine(config));
    findings.push(clock::of_this_machine());
    let opened = opened(config).await;
    findings.extend(database::examine(config, &opened).await);
    if let Ok(Some(database)) = &opened {
        findings.extend(clock::of_the_database(database).await);
    }
    findings.push(keys::examine(config, opened.as_ref().ok().and_then(Option::as_ref)).await);
    findings.extend(files::examine(loaded));
    if let Ok(Some(database)) = opened {
        database.close().await;
    }
    findings
}

/// The database, or `None` while the file of a SQLite database is not there: opening would make it.
async fn opened(config: &Config) -> Result<Option<Database>, crate::error::Error> {
    if Database::sqlite_path(config)?.is_some_and(|path| !path.exists()) {
        return Ok(None);
    }
    Database::open(config).await.map(Some)
}
