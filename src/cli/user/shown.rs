//! A user as the command line shows one.

use std::io::{Write as _, stdout};

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use crate::cli::failure::Failure;
use crate::users::user::{Model, Status};

/// Prints `sentence`, or the user as JSON.
pub(super) fn print(user: &Model, json: bool, sentence: &str) -> Result<(), Failure> {
    let mut out = stdout().lock();
    match json {
        true => writeln!(out, "{}", as_json(user))?,
        false => writeln!(out, "{sentence}")?,
    }
    Ok(())
}

/// The name by which an operator knows the user.
pub(super) fn name(user: &Model) -> String {
    user.email.clone().or_else(|| user.username.clone()).unwrap_or_else(|| user.id.to_string())
}

/// With the field names of the GraphQL schema.
pub(super) fn as_json(user: &Model) -> Value {
    let instant = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::AutoSi, true);
    json!({
        "id": user.id,
        "email": user.email,
        "username": user.username,
        "name": user.name,
        "role": user.role,
        "status": status(user),
        "emailVerifiedAt": user.email_verified_at.map(instant),
        "createdAt": instant(user.created_at),
        "lastLoginAt": user.last_login_at.map(instant),
    })
}

/// Its name in the schema.
pub(super) fn status(user: &Model) -> &'static str {
    match user.status {
        Status::Active => "ACTIVE",
        Status::Suspended => "SUSPENDED",
    }
}
