//! The settings that can be given on the command line, before or after the command.

use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{ArgMatches, Args, Command, FromArgMatches as _};

use crate::config::load::{FlagValue, Sources};

// Settings for one run. No doc comment: clap would show it as the description of every command.
#[derive(Args)]
#[command(next_help_heading = "Settings")]
struct SettingFlags {
    /// Read this file in place of rolegate.toml
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Listen on this address and port [default: 127.0.0.1:4000]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// Where clients reach this server: scheme and host, https behind a proxy
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// A proxy that terminates TLS stands in front
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    behind_proxy: Option<String>,
    /// Keep database and keys here [default: data]
    #[arg(long, value_name = "DIRECTORY")]
    data_dir: Option<String>,
    /// sqlite://path or postgres://user@host/name
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,
    /// Set any other key: --set signup.mode=closed (repeatable)
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
}

/// Gives the flags to `command` and everything beneath it. clap's own global arguments would not do: what is said
/// before the command would be lost as soon as the same flag is repeated after it.
pub(super) fn on_every_command(command: Command) -> Command {
    SettingFlags::augment_args(command).mut_subcommands(on_every_command)
}

/// What was said at any level, in the order of the command line; the last `--config` counts.
///
/// # Errors
/// A usage error for a `--set` without `=`. It does not repeat the text, which may be a secret.
pub(super) fn sources(matches: &ArgMatches) -> Result<Sources, clap::Error> {
    let (mut config_file, mut values) = (None, Vec::new());
    let mut level = Some(matches);
    while let Some(matches) = level {
        let flags = SettingFlags::from_arg_matches(matches)?;
        flags.collect(&mut values)?;
        config_file = flags.config.or(config_file);
        level = matches.subcommand().map(|(_, deeper)| deeper);
    }
    Ok(Sources::of_process(config_file, values))
}

impl SettingFlags {
    fn collect(&self, values: &mut Vec<FlagValue>) -> Result<(), clap::Error> {
        let named = [
            ("--listen", "listen", &self.listen),
            ("--public-url", "public_url", &self.public_url),
            ("--behind-proxy", "behind_proxy", &self.behind_proxy),
            ("--data-dir", "data_dir", &self.data_dir),
            ("--database-url", "database_url", &self.database_url),
        ];
        for (flag, key, value) in named {
            values.extend(value.clone().map(|value| FlagValue { flag, key: key.to_owned(), value }));
        }
        for pair in &self.set {
            let Some((key, value)) = pair.split_once('=') else {
                let sentence = "--set takes a key and a value: --set signup.mode=closed\n";
                return Err(clap::Error::raw(ErrorKind::ValueValidation, sentence));
            };
            values.push(FlagValue { flag: "--set", key: key.trim().to_owned(), value: value.to_owned() });
        }
        Ok(())
    }
}
