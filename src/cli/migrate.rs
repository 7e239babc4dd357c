//! `rolegate migrate`: brings the database up to date, or only says whether it is.

use std::io::{Write as _, stdout};

use clap::Args;

use crate::cli::failure::Failure;
use crate::cli::start::{block_on, current};
use crate::config::Config;
use crate::platform::database::Database;

/// How to migrate.
#[derive(Args)]
pub(super) struct Options {
    /// Change nothing; exit with 1 unless the database is up to date
    #[arg(long)]
    check: bool,
}

/// Migrates, or checks.
pub(super) fn run(config: Config, options: &Options) -> Result<(), Failure> {
    block_on(async {
        if options.check && Database::sqlite_path(&config)?.is_some_and(|path| !path.exists()) {
            return Err(Failure::new("There is no database yet: run `rolegate migrate`."));
        }
        let database = Database::open(&config).await?;
        let outcome = match options.check {
            true => database.migrations().await.map_err(Failure::from).and_then(|state| current(&state)),
            false => database.migrate().await.map_err(Failure::from),
        };
        database.close().await;
        outcome?;
        Ok(writeln!(stdout().lock(), "The database is up to date.")?)
    })
}
