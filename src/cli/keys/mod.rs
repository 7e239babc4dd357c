//! `rolegate keys ..`: what an operator may do with the keys that sign access tokens.

mod change;
mod list;
mod shown;

use clap::{Args, Subcommand};

use crate::app::App;
use crate::cli::failure::Failure;
use crate::cli::start;
use crate::config::Config;
use crate::platform::clock::Clock;
use crate::platform::database::HEARD_WITHIN;

/// Which command, and how to print.
#[derive(Args)]
pub(super) struct Options {
    /// Print JSON: one object a key, one key a line
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// List the signing keys, the newest first.
    List,
    /// Announce the next signing key, of the configured algorithm.
    Rotate {
        /// Let it sign in five seconds. Services that keep the public keys have to fetch them then.
        #[arg(long)]
        now: bool,
    },
    /// Give a key up, and with it all that it has signed. Clients refresh, and stay signed in.
    Revoke {
        // One in 64 begins with a hyphen.
        /// The key's name, as `rolegate keys list` shows it.
        #[arg(allow_hyphen_values = true)]
        kid: String,
    },
    /// Seal the private keys under a new master key.
    Reseal,
}

/// Does what the command says, and stops the application whatever came of it.
pub(super) fn run(config: Config, options: &Options) -> Result<(), Failure> {
    start::block_on(async {
        let app = App::start(config, Clock::System).await?;
        let outcome = done(&app, options).await;
        if outcome.is_ok() && matches!(options.command, Command::Rotate { .. } | Command::Revoke { .. }) {
            // Whoever reads that it is done finds it in force.
            tokio::time::sleep(HEARD_WITHIN).await;
        }
        app.stop().await;
        outcome
    })
}

async fn done(app: &App, Options { json, command }: &Options) -> Result<(), Failure> {
    match command {
        Command::List => list::list(app, *json).await,
        Command::Rotate { now } => change::rotate(app, *now, *json).await,
        Command::Revoke { kid } => change::revoke(app, kid, *json).await,
        Command::Reseal => change::reseal(app, *json).await,
    }
}
