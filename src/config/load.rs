//! Putting a configuration together from all that says something about it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use serde::Deserialize as _;
use serde_json::Value;

use crate::config::setting::{self, SETTINGS, Setting};
use crate::config::{Config, check, environment, file};

/// Where settings are read from.
#[derive(Clone, Default)]
pub struct Sources {
    /// Where `rolegate.toml` and `.env` lie: the working directory.
    pub directory: PathBuf,
    /// The file to read in place of `rolegate.toml`. It must exist.
    pub config_file: Option<PathBuf>,
    /// The environment's variables.
    pub environment: Vec<(OsString, OsString)>,
    /// What the command line says, in its order.
    pub flags: Vec<FlagValue>,
}

impl Sources {
    /// The process's working directory and environment, and these flags.
    pub fn of_process(config_file: Option<PathBuf>, flags: Vec<FlagValue>) -> Self {
        Self { directory: PathBuf::new(), config_file, environment: environment::of_process(), flags }
    }
}

/// One setting from the command line.
#[derive(Clone)]
pub struct FlagValue {
    /// The flag as it was written: `--listen`.
    pub flag: &'static str,
    /// The key that it sets.
    pub key: String,
    /// The value, as text.
    pub value: String,
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody said anything.
    Default,
    /// The configuration file.
    File {
        /// As it was named.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
    },
    /// `.env` in the working directory.
    DotEnv {
        /// Its name there.
        variable: String,
    },
    /// The environment.
    Environment {
        /// Its name there.
        variable: String,
    },
    /// The command line.
    Flag {
        /// As it was written: `--listen`.
        flag: &'static str,
    },
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => write!(f, "default"),
            Self::File { path, line } => write!(f, "{}, line {line}", path.display()),
            Self::DotEnv { variable } => write!(f, "{variable} in .env"),
            Self::Environment { variable } => write!(f, "{variable}"),
            Self::Flag { flag } => write!(f, "{flag}"),
        }
    }
}

/// Something said about one key. No `Debug`: the value may be a secret.
pub(super) struct Statement {
    pub(super) key: String,
    pub(super) value: Stated,
    pub(super) origin: Origin,
}

/// A value before its setting is known.
#[derive(Clone)]
pub(super) enum Stated {
    /// From a file that knows types.
    Typed(toml::Value),
    /// From a place that knows only text.
    Text(String),
}

/// Why a configuration was refused: one sentence for each thing to mend. No value is quoted in them that could be
/// a secret, not even one that stands where none belongs.
#[derive(Debug, thiserror::Error)]
#[error("{}", problems.join("\n"))]
pub struct ConfigError {
    /// The sentences.
    pub problems: Vec<String>,
}

/// A configuration that may be used, and where its values come from.
#[derive(Debug)]
pub struct Loaded {
    /// The settings.
    pub config: Config,
    origins: BTreeMap<&'static str, Origin>,
}

/// One line of what is in force.
pub struct Effective {
    /// `signup.mode`.
    pub key: &'static str,
    /// The value in force; `***` for a secret; null where nothing is set and nothing stands in for it.
    pub value: Value,
    /// Where it comes from.
    pub origin: Origin,
}

impl Loaded {
    /// All settings, in the order of the documentation.
    pub fn effective(&self) -> Vec<Effective> {
        let value = |key| setting::effective(&self.config, key);
        let row =
            |&Setting { key, .. }: &Setting| Effective { key, value: value(key), origin: self.origin(key) };
        SETTINGS.iter().map(row).collect()
    }

    /// Where the value of `key` comes from.
    pub fn origin(&self, key: &str) -> Origin {
        self.origins.get(key).cloned().unwrap_or(Origin::Default)
    }
}

impl Config {
    /// Reads, in rising order: the configuration file, `PORT`, `.env`, the environment, the command line.
    ///
    /// # Errors
    /// [`ConfigError`] names every unknown key, every value of the wrong type and every unsafe combination.
    pub fn load(sources: &Sources) -> Result<Loaded, ConfigError> {
        let mut problems = Vec::new();
        let mut values = Values::default();
        for statement in file::read(sources, &mut problems) {
            values.put(statement, &mut problems);
        }
        let variables = environment::read(sources, &mut problems);
        if let Some((port, origin)) = variables.port() {
            values.put_port(port, origin, &mut problems);
        }
        for statement in variables.statements().chain(sources.flags.iter().map(of_flag)) {
            values.put(statement, &mut problems);
        }
        if problems.is_empty() {
            let loaded = values.finish();
            problems = check::problems(&loaded);
            if problems.is_empty() {
                return Ok(loaded);
            }
        }
        Err(ConfigError { problems })
    }
}

fn of_flag(said: &FlagValue) -> Statement {
    Statement {
        key: said.key.clone(),
        value: Stated::Text(said.value.clone()),
        origin: Origin::Flag { flag: said.flag },
    }
}

/// What holds so far.
#[derive(Default)]
struct Values(BTreeMap<&'static str, (toml::Value, Origin)>);

impl Values {
    /// Lets `statement` hold from here on, if its key exists and its value fits. Each value is tried alone, so that
    /// a refusal can name its key and its origin.
    fn put(&mut self, statement: Statement, problems: &mut Vec<String>) {
        let Statement { key, value, origin } = statement;
        let Some(setting) = setting::find(&key) else {
            problems.push(unknown(&key, &origin));
            return;
        };
        let fits = |value: &toml::Value| Config::deserialize(nested([(setting.key, value.clone())])).is_ok();
        match value.candidates().into_iter().find(fits) {
            Some(value) => {
                self.0.insert(setting.key, (value, origin));
            }
            None => problems.push(format!("`{key}` ({origin}) must be {}.", setting.expects)),
        }
    }

    /// `PORT` changes the port and keeps the host that the file, or else the default, names.
    fn put_port(&mut self, port: &str, origin: &Origin, problems: &mut Vec<String>) {
        let Ok(port) = port.parse() else {
            problems
                .push(format!("`listen` ({origin}) must be a port: set PORT to a number from 0 to 65535."));
            return;
        };
        let said = self.0.get("listen").and_then(|(value, _)| value.as_str()?.parse().ok());
        let mut listen: SocketAddr = said.unwrap_or_else(|| Config::default().listen);
        listen.set_port(port);
        self.0.insert("listen", (toml::Value::String(listen.to_string()), origin.clone()));
    }

    fn finish(self) -> Loaded {
        let values = self.0.iter().map(|(key, (value, _))| (*key, value.clone()));
        let config = Config::deserialize(nested(values))
            .expect("each value was accepted alone, and none depends on another");
        Loaded { config, origins: self.0.into_iter().map(|(key, (_, origin))| (key, origin)).collect() }
    }
}

impl Stated {
    /// The readings of a value, the likeliest first. A text may stand for a number, a truth or a list: the setting
    /// knows which it takes.
    fn candidates(self) -> Vec<toml::Value> {
        let text = match self {
            Self::Typed(value) => return vec![value],
            Self::Text(text) => text,
        };
        let list = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        let list = toml::Value::Array(list.map(Into::into).collect());
        let boolean = text.parse().ok().map(toml::Value::Boolean);
        let integer = text.parse().ok().map(toml::Value::Integer);
        [Some(toml::Value::String(text)), boolean, integer, Some(list)].into_iter().flatten().collect()
    }
}

/// `signup.mode` and its value as the tables that they stand for.
fn nested(values: impl IntoIterator<Item = (&'static str, toml::Value)>) -> toml::Value {
    let mut root = toml::Table::new();
    for (key, value) in values {
        match key.split_once('.') {
            None => {
                root.insert(key.into(), value);
            }
            Some((section, name)) => {
                let section = root.entry(section).or_insert_with(|| toml::Table::new().into());
                section.as_table_mut().expect("a section's name is no key").insert(name.into(), value);
            }
        }
    }
    root.into()
}

fn unknown(key: &str, origin: &Origin) -> String {
    let advice = match setting::nearest(key) {
        Some(nearest) => format!("did you mean `{}`?", environment::spelled(nearest, origin)),
        None => "`rolegate config` lists them all.".to_owned(),
    };
    format!("`{key}` ({origin}) is no setting: {advice}")
}
