//! Rotating, revoking and sealing anew.

use std::io::{Write as _, stdout};

use serde_json::json;

use crate::access::client::Client;
use crate::app::App;
use crate::cli::failure::Failure;
use crate::cli::keys::shown;
use crate::error::Error;
use crate::tokens;
use crate::tokens::rotate::Haste;

/// Announces the next key.
pub(super) async fn rotate(app: &App, now: bool, json: bool) -> Result<(), Failure> {
    let haste = if now { Haste::Now } else { Haste::Announced };
    let key = tokens::rotate::rotate(app, &Client::default(), haste).await?;
    let from = key.activates_at.format("%Y-%m-%d %H:%M:%S UTC");
    let sentence = format!("{} ({}) signs from {from} on.", key.id, key.algorithm);
    shown::print(app, &key, json, &sentence).await
}

/// Gives the named key up.
pub(super) async fn revoke(app: &App, kid: &str, json: bool) -> Result<(), Failure> {
    let key = match tokens::revoke::revoke(app, &Client::default(), kid).await {
        // Not repeated: it might be a token or a secret that slipped in.
        Err(Error::NotFound) => {
            return Err(Failure::new("There is no such key: give a name that `rolegate keys list` shows."));
        }
        outcome => outcome?,
    };
    shown::print(app, &key, json, &format!("{} is revoked.", key.id)).await
}

/// Seals the private keys under a new master key.
pub(super) async fn reseal(app: &App, json: bool) -> Result<(), Failure> {
    let count = tokens::reseal::reseal(app, &Client::default()).await?;
    let mut out = stdout().lock();
    if json {
        return Ok(writeln!(out, "{}", json!({ "resealed": count }))?);
    }
    writeln!(out, "Sealed under the new master key: {count}.")?;
    if app.config.master_key.is_some() {
        writeln!(out, "Set ROLEGATE_MASTER_KEY to it everywhere, and remove ROLEGATE_NEW_MASTER_KEY.")?;
    }
    Ok(())
}
