//! `rolegate user create`.

use clap::Args;

use crate::access::role::Role;
use crate::app::App;
use crate::cli::failure::Failure;
use crate::cli::user::password_input::PasswordInput;
use crate::cli::user::shown;
use crate::passwords::create_user::create_user;
use crate::passwords::details::Details;

/// Who. The password is asked for twice, or read from standard input; never an argument, which others could see.
#[derive(Args)]
#[group(id = "identifier", args = ["email", "username"], required = true, multiple = true)]
pub(super) struct Options {
    /// Email address
    #[arg(long)]
    email: Option<String>,
    /// Username
    #[arg(long)]
    username: Option<String>,
    /// What to call them
    #[arg(long)]
    name: Option<String>,
    /// client, manager or admin
    #[arg(long, default_value = "client")]
    role: Role,
    #[command(flatten)]
    password: PasswordInput,
}

/// Creates the user.
pub(super) async fn create(app: &App, options: &Options, json: bool) -> Result<(), Failure> {
    let password = options.password.read()?;
    let details = Details {
        email: options.email.as_deref(),
        username: options.username.as_deref(),
        name: options.name.as_deref(),
        password: &password,
    };
    let user = create_user(app, &details, options.role).await?;
    let sentence = format!("Created {} ({}), id {}.", shown::name(&user), user.role, user.id);
    shown::print(&user, json, &sentence)
}
