//! `.env` and the environment. Nothing else in the program reads either.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io::ErrorKind;

use crate::config::load::{Origin, Sources, Stated, Statement};

const PREFIX: &str = "ROLEGATE_";
/// Variables of the test suite, which are no settings.
const TEST_PREFIX: &str = "ROLEGATE_TEST_";

/// The variables that concern us, those of `.env` overlaid with those of the environment.
pub(super) struct Variables(BTreeMap<String, (String, Origin)>);

/// Reads both. A `.env` that is not there is no problem.
pub(super) fn read(sources: &Sources, problems: &mut Vec<String>) -> Variables {
    let mut variables = BTreeMap::new();
    for (name, value) in dotenv(sources, problems) {
        if is_ours(&name) {
            let origin = Origin::DotEnv { variable: name.clone() };
            variables.insert(name, (value, origin));
        }
    }
    for (name, value) in &sources.environment {
        let Some(name) = name.to_str().filter(|name| is_ours(name)) else { continue };
        let Some(value) = value.to_str() else {
            problems.push(format!("{name} is not UTF-8: set it to a text."));
            continue;
        };
        let origin = Origin::Environment { variable: name.to_owned() };
        variables.insert(name.to_owned(), (value.to_owned(), origin));
    }
    Variables(variables)
}

impl Variables {
    /// `PORT`, as hosting platforms set it.
    pub(super) fn port(&self) -> Option<&(String, Origin)> {
        self.0.get("PORT")
    }

    /// What `ROLEGATE_*` say, and after them `RUST_LOG`, which outranks `ROLEGATE_LOG__FILTER`.
    pub(super) fn statements(&self) -> impl Iterator<Item = Statement> {
        let ours = self.0.iter().filter_map(|(name, said)| Some((key_of(name)?, said)));
        let rust_log = self.0.get("RUST_LOG").map(|said| ("log.filter".to_owned(), said));
        ours.chain(rust_log).map(|(key, (value, origin))| Statement {
            key,
            value: Stated::Text(value.clone()),
            origin: origin.clone(),
        })
    }
}

fn is_ours(name: &str) -> bool {
    name == "PORT" || name == "RUST_LOG" || (name.starts_with(PREFIX) && !name.starts_with(TEST_PREFIX))
}

/// `ROLEGATE_SIGNUP__MODE` is `signup.mode`.
fn key_of(variable: &str) -> Option<String> {
    Some(variable.strip_prefix(PREFIX)?.to_ascii_lowercase().replace("__", "."))
}

/// The pairs of `.env`. The parser's own message would quote the line, which may hold a secret.
fn dotenv(sources: &Sources, problems: &mut Vec<String>) -> Vec<(String, String)> {
    let text = match fs::read_to_string(sources.directory.join(".env")) {
        Ok(text) => text,
        Err(error) => {
            if error.kind() != ErrorKind::NotFound {
                problems.push(format!(".env cannot be read: {error}."));
            }
            return Vec::new();
        }
    };
    let text = text.trim_start_matches('\u{feff}');
    let mut pairs = Vec::new();
    for pair in dotenvy::from_read_iter(text.as_bytes()) {
        match pair {
            Ok(pair) => pairs.push(pair),
            Err(dotenvy::Error::LineParse(line, _)) => {
                let number =
                    text.lines().position(|other| line.contains(other.trim()) && !other.trim().is_empty());
                let number = number.map_or(1, |index| index + 1);
                problems.push(format!(
                    ".env, line {number}, is no `NAME=value`: quote the value or mend the line."
                ));
                break;
            }
            Err(_) => {
                problems.push(".env cannot be parsed: write one `NAME=value` a line.".into());
                break;
            }
        }
    }
    pairs
}

/// The process's own environment, for [`Sources`].
pub(super) fn of_process() -> Vec<(OsString, OsString)> {
    std::env::vars_os().collect()
}

/// The key as it would be written where `origin` is.
pub(super) fn spelled(key: &str, origin: &Origin) -> String {
    match origin {
        Origin::DotEnv { .. } | Origin::Environment { .. } => {
            format!("{PREFIX}{}", key.replace('.', "__").to_ascii_uppercase())
        }
        _ => key.to_owned(),
    }
}
