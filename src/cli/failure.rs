//! Why a command did not do what it was told.

use std::error::Error as _;
use std::io;

use crate::config::load::ConfigError;
use crate::error::Error;

/// All of them end with exit code 1 but [`Failure::NobodyReads`] and [`Failure::Usage`].
pub(super) enum Failure {
    /// For standard error: what is wrong and what to do.
    Sentence(String),
    /// The same, where the command line or a file that it names is at fault: exit code 2.
    Usage(String),
    /// The command's own output says it.
    AlreadyTold,
    /// Standard output was closed by whoever read it.
    NobodyReads,
}

impl Failure {
    /// A failure with this sentence.
    pub(super) fn new(sentence: impl Into<String>) -> Self {
        Self::Sentence(sentence.into())
    }

    /// A command line that asks for what cannot be done.
    pub(super) fn usage(sentence: impl Into<String>) -> Self {
        Self::Usage(sentence.into())
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::new(error.to_string())
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::NobodyReads,
            _ => Self::new(format!("The output cannot be written: {error}.")),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::new(told(&error))
    }
}

/// The error for the operator, who, unlike a client, may know the cause.
pub(super) fn told(error: &Error) -> String {
    match error {
        Error::Internal(cause) => match (cause.to_string(), cause.source().map(ToString::to_string)) {
            // The database's errors repeat their source.
            (told, Some(deeper)) if !told.contains(&deeper) => format!("{told} ({deeper})"),
            (told, _) => told,
        },
        Error::LastAdmin => format!("{error} Make somebody else an admin first."),
        Error::EmailTaken | Error::UsernameTaken => format!("{error} `rolegate user list` shows who has it."),
        other => other.to_string(),
    }
}
