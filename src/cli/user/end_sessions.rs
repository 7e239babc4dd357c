//! `rolegate user end-sessions`.

use crate::access::client::Client;
use crate::app::App;
use crate::cli::failure::Failure;
use crate::cli::user::{named, shown};
use crate::sessions::end::end_user_sessions;

/// Ends all sessions of the named user.
pub(super) async fn end_sessions(app: &App, name: &str, json: bool) -> Result<(), Failure> {
    let user = named(app, name).await?;
    let ended = end_user_sessions(app, &Client::default(), None, user.id).await?.len();
    let sessions = if ended == 1 { "1 session".to_owned() } else { format!("{ended} sessions") };
    shown::print(&user, json, &format!("{sessions} of {} ended.", shown::name(&user)))
}
