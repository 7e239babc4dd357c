//! `rolegate keys list`.

use std::io::{Write as _, stdout};

use crate::app::App;
use crate::cli::failure::Failure;
use crate::cli::keys::shown;
use crate::tokens::signing_key;

/// Prints all of them, retired and revoked ones too.
pub(super) async fn list(app: &App, json: bool) -> Result<(), Failure> {
    let keys = signing_key::all(app.database.reader()).await?;
    let now = app.clock.now();
    let mut out = stdout().lock();
    if !json {
        writeln!(out, "{}", line("KID", "ALGORITHM", "STATE", "SIGNS FROM"))?;
    }
    for key in &keys {
        let state = shown::state(key, &keys, now);
        match json {
            true => writeln!(out, "{}", shown::as_json(key, state))?,
            false => {
                let from = key.activates_at.format("%Y-%m-%d %H:%M:%S UTC").to_string();
                writeln!(out, "{}", line(&key.id, &key.algorithm, state, &from))?;
            }
        }
    }
    Ok(())
}

fn line(kid: &str, algorithm: &str, state: &str, from: &str) -> String {
    format!("{kid:43}  {algorithm:9}  {state:10}  {from}")
}
