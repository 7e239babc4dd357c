//! A signing key as the command line shows one.

use std::io::{Write as _, stdout};

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use crate::app::App;
use crate::cli::failure::Failure;
use crate::tokens::key_state::KeyState;
use crate::tokens::signing_key::{self, Model};

/// Prints `sentence`, or the key as JSON.
pub(super) async fn print(app: &App, key: &Model, json: bool, sentence: &str) -> Result<(), Failure> {
    let shown = match json {
        true => {
            let keys = signing_key::all(app.database.reader()).await?;
            as_json(key, state(key, &keys, app.clock.now())).to_string()
        }
        false => sentence.to_owned(),
    };
    Ok(writeln!(stdout().lock(), "{shown}")?)
}

/// Its state by name.
pub(super) fn state(key: &Model, keys: &[Model], now: DateTime<Utc>) -> &'static str {
    KeyState::of(key, keys, now).as_str()
}

/// All but the private half.
pub(super) fn as_json(key: &Model, state: &str) -> Value {
    let instant = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::AutoSi, true);
    json!({
        "kid": key.id,
        "algorithm": key.algorithm,
        "state": state,
        "createdAt": instant(key.created_at),
        "activatesAt": instant(key.activates_at),
        "retiredAt": key.retired_at.map(instant),
        "revokedAt": key.revoked_at.map(instant),
    })
}
