//! Does the master key open the signing keys, and does one of them sign.

use crate::cli::doctor::Finding;
use crate::cli::failure::told;
use crate::config::Config;
use crate::error::Error;
use crate::platform::clock::Clock;
use crate::platform::database::{Database, MigrationState};
use crate::platform::master_key;
use crate::platform::seal::Sealer;
use crate::tokens::{key_state, signing_key};

const PART: &str = "keys";

/// Looks at the master key and, where there are any, the signing keys. Makes neither.
pub(super) async fn examine(config: &Config, database: Option<&Database>) -> Finding {
    let file = master_key::path(config).ok().flatten();
    let missing = file.as_ref().is_some_and(|path| config.master_key.is_none() && !path.exists());
    if missing {
        return match database {
            Some(database) if has_signing_keys(database).await => Finding::bad(
                PART,
                format!(
                    "{} is missing, and nothing else opens the signing keys: restore it.",
                    file.unwrap_or_default().display()
                ),
            ),
            _ => Finding::good(PART, "There is no master key yet: the first start makes it."),
        };
    }
    let sealer = match master_key::sealer(config) {
        Ok(sealer) => sealer,
        Err(error) => return Finding::bad(PART, told(&error)),
    };
    if master_key::is_being_replaced(config) {
        return Finding::bad(
            PART,
            "A change of the master key was not finished: run `rolegate keys reseal`.",
        );
    }
    match database {
        Some(database) if matches!(database.migrations().await, Ok(MigrationState::Current)) => {
            match signing_keys(database, &sealer).await {
                Ok(text) => Finding::good(PART, text),
                Err(error) => Finding::bad(PART, told(&error)),
            }
        }
        _ => Finding::good(PART, "The master key can be read."),
    }
}

async fn signing_keys(database: &Database, sealer: &Sealer) -> Result<String, Error> {
    let keys = signing_key::in_force(database.reader()).await?;
    for key in &keys {
        signing_key::opened(sealer, key)?;
    }
    let signs = key_state::signing(&keys, Clock::System.now());
    let signs = signs.map_or_else(String::new, |key| format!(" {} signs.", key.algorithm));
    Ok(format!("Signing keys in force, all of which the master key opens: {}.{signs}", keys.len()))
}

/// A database without the table, or with an older one, has none that we could read.
async fn has_signing_keys(database: &Database) -> bool {
    signing_key::in_force(database.reader()).await.is_ok_and(|keys| !keys.is_empty())
}
