//! `rolegate user set-password`.

use clap::Args;

use crate::app::App;
use crate::cli::failure::Failure;
use crate::cli::user::password_input::PasswordInput;
use crate::cli::user::{named, shown};
use crate::passwords;

/// Whose. The password is asked for twice, or read from standard input; never an argument, which others could see.
#[derive(Args)]
pub(super) struct Options {
    /// Email address, username or id
    #[arg(allow_hyphen_values = true)]
    user: String,
    #[command(flatten)]
    password: PasswordInput,
}

/// Sets the password.
pub(super) async fn set_password(app: &App, options: &Options, json: bool) -> Result<(), Failure> {
    let user = named(app, &options.user).await?;
    let password = options.password.read()?;
    passwords::set_password::set_password(app, user.id, &password).await?;
    let sentence = format!(
        "{} has a new password; their sessions are ended and their API keys revoked.",
        shown::name(&user)
    );
    shown::print(&user, json, &sentence)
}
