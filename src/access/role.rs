//! The three roles and their order.

use std::fmt;
use std::str::FromStr;

use sea_orm::prelude::StringLen;
use sea_orm::{DeriveActiveEnum, EnumIter};
use serde::{Deserialize, Serialize};

/// What a user may do, from least to most: each role may all that the ones before it may.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    EnumIter,
    DeriveActiveEnum,
    Serialize,
    Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Role {
    /// Everybody who signs up.
    #[default]
    Client,
    /// Sees other users.
    Manager,
    /// Changes them.
    Admin,
}

impl Role {
    /// All roles, in order.
    pub const ALL: [Self; 3] = [Self::Client, Self::Manager, Self::Admin];

    /// Its name in the schema, in tokens and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Client => "CLIENT",
            Self::Manager => "MANAGER",
            Self::Admin => "ADMIN",
        }
    }

    /// Its name as a scope of access tokens (RFC 9068 2.2.3), and of routers that judge by scopes: `role:manager`.
    pub fn scope(self) -> String {
        format!("role:{}", self.as_str().to_ascii_lowercase())
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = String;

    /// Reads a role's name in any letter case.
    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|role| role.as_str().eq_ignore_ascii_case(name));
        found.ok_or_else(|| format!("`{name}` is no role: use client, manager or admin"))
    }
}
