//! `signup.*`: who may sign up, and with what.

use serde::{Deserialize, Serialize};

/// Who may sign up, and with what.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct SignupConfig {
    /// `open`: anybody may sign up. `closed`: users are created on the command line.
    pub mode: SignupMode,
    /// What people sign up with: `email`, `username` or `either`.
    pub identifier: SignupIdentifier,
    /// Only addresses of these domains may sign up; empty: any. Compared after IDNA, in lower case; subdomains do not count.
    pub email_domains: Vec<String>,
}

/// Whether anybody may sign up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SignupMode {
    /// Anybody.
    #[default]
    Open,
    /// Nobody: users are created on the command line.
    Closed,
}

/// What a user signs up with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SignupIdentifier {
    /// An email address; a username may be added.
    #[default]
    Email,
    /// A username; an email address may be added.
    Username,
    /// At least one of them.
    Either,
}
