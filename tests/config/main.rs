//! What configurations are accepted, what wins, and what is refused with which sentence.

mod api_keys;
mod checks;
mod documentation;
mod sources;
mod token_introspection;

use std::fs;

use rolegate::config::Config;
use rolegate::config::load::{FlagValue, Loaded, Sources};
use tempfile::TempDir;

/// A working directory with its environment and command line.
pub(crate) struct Setup {
    directory: TempDir,
    sources: Sources,
}

impl Setup {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let sources = Sources { directory: directory.path().to_owned(), ..Sources::default() };
        Self { directory, sources }
    }

    pub(crate) fn file(self, name: &str, text: &str) -> Self {
        fs::write(self.directory.path().join(name), text).expect("a file");
        self
    }

    pub(crate) fn toml(self, text: &str) -> Self {
        self.file("rolegate.toml", text)
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.sources.environment.push((name.into(), value.into()));
        self
    }

    pub(crate) fn flag(mut self, flag: &'static str, key: &str, value: &str) -> Self {
        self.sources.flags.push(FlagValue { flag, key: key.into(), value: value.into() });
        self
    }

    pub(crate) fn load(self) -> Loaded {
        Config::load(&self.sources).expect("accepted")
    }

    pub(crate) fn refused(self) -> String {
        Config::load(&self.sources).expect_err("refused").to_string()
    }
}

pub(crate) fn set(key: &str, value: &str) -> Setup {
    Setup::new().flag("--set", key, value)
}

pub(crate) fn origin(loaded: &Loaded, key: &str) -> String {
    loaded.origin(key).to_string()
}
