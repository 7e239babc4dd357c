//! `database.*`: how the database is used.

use serde::{Deserialize, Serialize};

/// How the database is used.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct DatabaseConfig {
    /// `full`: what was acknowledged survives a power cut. `normal`: it survives a crash of the process only. SQLite.
    pub synchronous: Synchronous,
    /// Connections that read (SQLite), or all of them (PostgreSQL), but for two of `serve` that listen.
    pub connections: u32,
    /// Run pending migrations at start. Without it, `rolegate migrate` does, and `serve` refuses to start until then.
    pub migrate: bool,
}

impl Default for DatabaseConfig {
    fn default() -> Self {
        Self { synchronous: Synchronous::Full, connections: 8, migrate: true }
    }
}

/// When SQLite waits for the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Synchronous {
    /// At each checkpoint.
    Normal,
    /// At each commit.
    Full,
}
