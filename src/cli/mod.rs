//! The command line's door: one file a command.

mod config;
mod doctor;
mod failure;
mod flags;
mod keys;
pub mod log;
mod migrate;
mod permissions;
mod schema;
mod secret;
mod serve;
mod start;
mod user;

use std::io::{Write as _, stderr};
use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use crate::cli::failure::Failure;
use crate::config::Config;

const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  refused or failed; standard error says in one sentence what to do
  2  the command line itself is wrong, or a file that it names to compare";

/// Authentication and authorization whose whole public API is GraphQL.
#[derive(Parser)]
#[command(name = "rolegate", version, after_help = EXIT_CODES)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve (what happens without a command, too).
    Serve(serve::Options),
    /// Bring the database up to date.
    Migrate(migrate::Options),
    /// Print the GraphQL schema.
    Schema(schema::Options),
    /// Print who may call what, or compare what was printed.
    Permissions(permissions::Options),
    /// Print a fresh master key.
    Secret,
    /// Create, list and change users.
    User(user::Options),
    /// List, rotate and revoke signing keys; change the master key.
    Keys(keys::Options),
    /// Print the settings in force, secrets masked, and where each comes from.
    Config(config::Options),
    /// Say what is wrong with configuration, clock, database, keys and files. Changes nothing.
    Doctor(doctor::Options),
}

/// Reads the command line and does what it says.
pub fn main() -> ExitCode {
    let mut matches = flags::on_every_command(Cli::command()).get_matches();
    let sources = flags::sources(&matches).unwrap_or_else(|error| error.exit());
    let cli = Cli::from_arg_matches_mut(&mut matches).unwrap_or_else(|error| error.exit());
    let config = || Config::load(&sources);
    let outcome = match cli.command.unwrap_or(Command::Serve(serve::Options::default())) {
        Command::Serve(options) => {
            config().map_err(Failure::from).and_then(|loaded| serve::run(loaded.config, &options))
        }
        Command::Migrate(options) => {
            config().map_err(Failure::from).and_then(|loaded| migrate::run(loaded.config, &options))
        }
        Command::Schema(options) => schema::run(&options),
        Command::Permissions(options) => permissions::run(&options),
        Command::Secret => secret::run(),
        Command::User(options) => {
            config().map_err(Failure::from).and_then(|loaded| user::run(loaded.config, &options))
        }
        Command::Keys(options) => {
            config().map_err(Failure::from).and_then(|loaded| keys::run(loaded.config, &options))
        }
        Command::Config(options) => {
            config().map_err(Failure::from).and_then(|loaded| config::run(&loaded, &options))
        }
        Command::Doctor(options) => doctor::run(config(), &options),
    };
    exit_code(outcome)
}

fn exit_code(outcome: Result<(), Failure>) -> ExitCode {
    match outcome {
        // Whoever stops reading, as `head` does, has seen enough.
        Ok(()) | Err(Failure::NobodyReads) => ExitCode::SUCCESS,
        Err(Failure::AlreadyTold) => ExitCode::FAILURE,
        Err(Failure::Sentence(sentence)) => told(&sentence, ExitCode::FAILURE),
        Err(Failure::Usage(sentence)) => told(&sentence, ExitCode::from(2)),
    }
}

fn told(sentence: &str, code: ExitCode) -> ExitCode {
    // Nothing is left to tell it with when standard error is closed.
    let _ = writeln!(stderr().lock(), "{sentence}");
    code
}
