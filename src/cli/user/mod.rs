//! `rolegate user ..`: what an operator may do with users, without signing in.

mod change;
mod create;
mod end_sessions;
mod list;
mod password_input;
mod set_password;
mod shown;

use clap::{Args, Subcommand};
use uuid::Uuid;

use crate::access::role::Role;
use crate::app::App;
use crate::cli::failure::Failure;
use crate::cli::start;
use crate::config::Config;
use crate::platform::clock::Clock;
use crate::platform::database::HEARD_WITHIN;
use crate::users::{find, user};

/// Which command, and how to print.
#[derive(Args)]
pub(super) struct Options {
    /// Print JSON: one object a user, one user a line
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Create a user of any role, whether sign-up is open or not.
    Create(create::Options),
    /// List users, the newest first.
    List(list::Options),
    /// Change what a user may do. In force at their next request.
    SetRole {
        /// Email address, username or id.
        #[arg(allow_hyphen_values = true)]
        user: String,
        /// client, manager or admin.
        role: Role,
    },
    /// Shut a user out: no sign-in, and every session counts as ended.
    Suspend {
        /// Email address, username or id.
        #[arg(allow_hyphen_values = true)]
        user: String,
    },
    /// Let a suspended user back in.
    Reactivate {
        /// Email address, username or id.
        #[arg(allow_hyphen_values = true)]
        user: String,
    },
    /// End all sessions of a user. They may sign in again.
    EndSessions {
        /// Email address, username or id.
        #[arg(allow_hyphen_values = true)]
        user: String,
    },
    /// Set a user's password and end all their sessions.
    SetPassword(set_password::Options),
}

impl Command {
    /// Whether it changes what servers keep in memory.
    const fn is_told(&self) -> bool {
        !matches!(self, Self::Create(_) | Self::List(_))
    }
}

/// Does what the command says, and stops the application whatever came of it.
pub(super) fn run(config: Config, options: &Options) -> Result<(), Failure> {
    start::block_on(async {
        let app = App::start(config, Clock::System).await?;
        let outcome = done(&app, options).await;
        if outcome.is_ok() && options.command.is_told() {
            // Whoever reads that it is done finds it in force.
            tokio::time::sleep(HEARD_WITHIN).await;
        }
        app.stop().await;
        outcome
    })
}

async fn done(app: &App, Options { json, command }: &Options) -> Result<(), Failure> {
    match command {
        Command::Create(options) => create::create(app, options, *json).await,
        Command::List(options) => list::list(app, options, *json).await,
        Command::SetRole { user, role } => change::set_role(app, user, *role, *json).await,
        Command::Suspend { user } => change::suspend(app, user, *json).await,
        Command::Reactivate { user } => change::reactivate(app, user, *json).await,
        Command::EndSessions { user } => end_sessions::end_sessions(app, user, *json).await,
        Command::SetPassword(options) => set_password::set_password(app, options, *json).await,
    }
}

/// The user whom the operator names.
async fn named(app: &App, name: &str) -> Result<user::Model, Failure> {
    let db = app.database.reader();
    let found = match Uuid::try_parse(name) {
        Ok(id) => find::by_id(db, id).await?,
        Err(_) => find::by_identifier(db, name).await?,
    };
    found.ok_or_else(|| {
        Failure::new(format!(
            "There is no user `{name}`: give an email address, a username or an id of `rolegate user list`."
        ))
    })
}
