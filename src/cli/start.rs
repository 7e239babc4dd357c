//! What commands do before they can work on the database.

use std::future::Future;

use tokio::runtime::Builder;

use crate::app::App;
use crate::cli::failure::Failure;
use crate::config::Config;
use crate::platform::clock::Clock;
use crate::platform::database::{Database, MigrationState};

/// Runs `future` on this thread: a command that works on one thing needs no more.
pub(super) fn block_on<T>(future: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = Builder::new_current_thread().enable_all().build();
    runtime
        .map_err(|error| Failure::new(format!("The runtime cannot be started: {error}.")))?
        .block_on(future)
}

/// The started application. Where migrating is left to `rolegate migrate`, it must have been done.
///
/// # Errors
/// Whatever keeps it from starting, as a sentence.
pub(super) async fn app(config: Config) -> Result<App, Failure> {
    if !config.database.migrate {
        let database = Database::open(&config).await?;
        let state = database.migrations().await;
        database.close().await;
        current(&state?)?;
    }
    Ok(App::start(config, Clock::System).await?)
}

/// Refuses a database that does not fit this binary.
///
/// # Errors
/// A sentence that names the migrations and says what to do.
pub(super) fn current(state: &MigrationState) -> Result<(), Failure> {
    match state {
        MigrationState::Current => Ok(()),
        MigrationState::Pending(names) => Err(Failure::new(format!(
            "The database is not up to date ({} to go: {}): run `rolegate migrate`.",
            names.len(),
            names.join(", ")
        ))),
        MigrationState::Newer(names) => Err(Failure::new(format!(
            "The database belongs to a newer Rolegate (it has the migrations {}): start that version.",
            names.join(", ")
        ))),
    }
}
