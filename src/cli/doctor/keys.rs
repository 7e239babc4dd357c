//! Does the master key open the signing keys.

use sea_orm::EntityTrait as _;

use crate::cli::doctor::Finding;
use crate::cli::failure::told;
use crate::config::Config;
use crate::platform::database::{Database, MigrationState};
use crate::platform::master_key;
use crate::tokens::signing_key;

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
    match database {
        Some(database) if matches!(database.migrations().await, Ok(MigrationState::Current)) => {
            match signing_key::open_all(database.reader(), &sealer).await {
                Ok(keys) => Finding::good(
                    PART,
                    format!("Signing keys, all of which the master key opens: {}.", keys.len()),
                ),
                Err(error) => Finding::bad(PART, told(&error)),
            }
        }
        _ => Finding::good(PART, "The master key can be read."),
    }
}

/// A database without the table has none.
async fn has_signing_keys(database: &Database) -> bool {
    signing_key::Entity::find().one(database.reader()).await.is_ok_and(|row| row.is_some())
}
