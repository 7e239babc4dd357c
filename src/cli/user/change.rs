//! Role and status.

use crate::access::client::Client;
use crate::access::role::Role;
use crate::app::App;
use crate::cli::failure::Failure;
use crate::cli::user::{named, shown};
use crate::users;

/// Gives the named user a role.
pub(super) async fn set_role(app: &App, name: &str, role: Role, json: bool) -> Result<(), Failure> {
    let user = named(app, name).await?;
    let user = users::set_role::set_role(app, &Client::default(), None, user.id, role).await?;
    shown::print(&user, json, &format!("{} is now {role}.", shown::name(&user)))
}

/// Shuts the named user out.
pub(super) async fn suspend(app: &App, name: &str, json: bool) -> Result<(), Failure> {
    let user = named(app, name).await?;
    let user = users::suspend::suspend(app, &Client::default(), None, user.id).await?;
    shown::print(&user, json, &format!("{} is suspended.", shown::name(&user)))
}

/// Lets the named user back in.
pub(super) async fn reactivate(app: &App, name: &str, json: bool) -> Result<(), Failure> {
    let user = named(app, name).await?;
    let user = users::reactivate::reactivate(app, &Client::default(), None, user.id).await?;
    shown::print(&user, json, &format!("{} is active.", shown::name(&user)))
}
