//! `rolegate migrate`: brings the database up to date, or only says whether it is.

use std::io::{Write as _, stdout};

use clap::Args;

use crate::cli::failure::Failure;
use crate::cli::start::block_on;
use crate::config::Config;
use crate::error::Error;
use crate::platform::database::{Database, Fault};

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
            true => checked(&database).await,
            false => database.migrate().await,
        };
        database.close().await;
        outcome?;
        Ok(writeln!(stdout().lock(), "The database is up to date.")?)
    })
}

async fn checked(database: &Database) -> Result<(), Error> {
    match Fault::of(database.migrations().await?) {
        None => Ok(()),
        Some(fault) => Err(fault.into()),
    }
}
