//! How a command that is done soon gets a runtime.

use std::future::Future;

use tokio::runtime::Builder;

use crate::cli::failure::Failure;

/// Runs `future` on this thread: a command that works on one thing needs no more.
pub(super) fn block_on<T>(future: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = Builder::new_current_thread().enable_all().build();
    runtime
        .map_err(|error| Failure::new(format!("The runtime cannot be started: {error}.")))?
        .block_on(future)
}
