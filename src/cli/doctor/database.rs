//! Is it there, is it up to date, may we write.

use std::path::Path;

use sea_orm::ConnectionTrait as _;

use crate::cli::doctor::Finding;
use crate::cli::failure::told;
use crate::config::Config;
use crate::error::Error;
use crate::platform::database::{Database, Fault, MigrationState};

const PART: &str = "database";

/// What is to be said of the database as it was found.
pub(super) async fn examine(config: &Config, opened: &Result<Option<Database>, Error>) -> Vec<Finding> {
    let database = match opened {
        Err(error) => return vec![Finding::bad(PART, told(error))],
        Ok(None) => return vec![not_there_yet(config)],
        Ok(Some(database)) => database,
    };
    if let Err(error) = database.ping().await {
        return vec![Finding::bad(PART, format!("It does not answer: {}", told(&error)))];
    }
    let state = match database.migrations().await {
        Ok(state) => state,
        Err(error) => {
            return vec![Finding::bad(PART, format!("Its migrations cannot be read: {}", told(&error)))];
        }
    };
    let has_tables = state == MigrationState::Current;
    vec![migrations(config, state), writable(database, has_tables).await]
}

/// The first start makes the file, so the nearest directory that is there must let it.
fn not_there_yet(config: &Config) -> Finding {
    let path = Database::sqlite_path(config).ok().flatten().unwrap_or_default();
    let exists = |directory: &&Path| directory.exists();
    let directory =
        path.ancestors().skip(1).find(exists).filter(|directory| !directory.as_os_str().is_empty());
    let directory = directory.unwrap_or(Path::new("."));
    match rustix::fs::access(directory, rustix::fs::Access::WRITE_OK) {
        Ok(()) => {
            Finding::good(PART, format!("{} is not there yet: the first start makes it.", path.display()))
        }
        Err(error) => Finding::bad(
            PART,
            format!("{} cannot be made: {} is not writable ({error}).", path.display(), directory.display()),
        ),
    }
}

fn migrations(config: &Config, state: MigrationState) -> Finding {
    match state {
        MigrationState::Pending(names) if config.database.migrate => {
            Finding::good(PART, format!("Migrations that the next start will run: {}.", names.len()))
        }
        state => match Fault::of(state) {
            Some(fault) => Finding::bad(PART, fault.to_string()),
            None => Finding::good(PART, "It answers and is up to date."),
        },
    }
}

/// A statement that changes no row still needs everything that writing needs: the lock, the right, a server that is
/// no read-only copy.
async fn writable(database: &Database, has_tables: bool) -> Finding {
    let written = database.write(async move |tx| {
        if has_tables {
            tx.execute_unprepared("UPDATE users SET name = name WHERE 1 = 0").await?;
        }
        Ok(())
    });
    match written.await {
        Ok(()) => Finding::good(PART, "It can be written."),
        Err(error) => Finding::bad(PART, format!("It cannot be written: {}", told(&error))),
    }
}
