//! The signing keys' table: sealed at rest, loaded into the key ring.

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::{QueryOrder as _, QuerySelect as _};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::app::App;
use crate::config::SigningAlgorithm;
use crate::error::Error;
use crate::platform::cache;
use crate::platform::key::Key;
use crate::platform::keyring::InForce;
use crate::platform::master_key;
use crate::platform::seal::Sealer;
use crate::tokens::rotate;

/// What the private halves are sealed for. Changing it makes every kept key unreadable.
const PURPOSE: &str = "signing key";

/// The table's name, as [`crate::platform::database::Change`] has it.
pub const TABLE: &str = "signing_keys";

/// One signing key. What has become of it follows from its instants: see [`super::key_state`].
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "signing_keys")]
pub struct Model {
    /// The `kid`; see [`Key::kid`].
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// Counts up from 1; unique, so that of several nodes that start together one makes the key and the others find it.
    #[sea_orm(unique)]
    pub generation: i32,
    /// Its one algorithm, by its registered name.
    pub algorithm: String,
    /// What [`Key::open`] takes, sealed under the master key; empty once the key is retired or revoked.
    pub private_key_sealed: Vec<u8>,
    /// When it was made, and first published.
    pub created_at: DateTimeUtc,
    /// From when on it signs, until a newer one does.
    pub activates_at: DateTimeUtc,
    /// When it was retired, because nothing that it has signed counts any more.
    pub retired_at: Option<DateTimeUtc>,
    /// When an operator revoked it.
    pub revoked_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// Whether it is neither retired nor revoked.
    pub fn is_in_force(&self) -> bool {
        self.retired_at.is_none() && self.revoked_at.is_none()
    }
}

/// Brings `app.keyring` up to date with the table. Called at the start and whenever the table may have changed.
///
/// A key that the ring has already stays the same object and is not opened again, so that this costs one small query.
/// At the start it makes the first key, or a next one when another algorithm is configured; later it makes none, or
/// two nodes that are configured differently would never stop. A key that does not open is left out: the others, and
/// above all that some are gone, must come into force all the same.
///
/// # Errors
/// [`Error::Internal`] when the database fails, or the master key does not open what is there.
pub async fn load(app: &App) -> Result<(), Error> {
    let _turn = app.keyring.loading().await;
    load_in_turn(app).await
}

/// Loads the keys anew when they were loaded too long ago: a minute while changes are heard of, two seconds while they
/// are not. Asked before each JWT is judged, so that a key that was revoked is not believed for longer, even if nobody
/// hears changes any more.
///
/// # Errors
/// As [`load`], when the keys are still those of then.
pub async fn keep_current(app: &App) -> Result<(), Error> {
    // What is rare lies on the heap, or every request would have the room for it.
    if is_due(app) { Box::pin(load_if_due(app)).await } else { Ok(()) }
}

async fn load_if_due(app: &App) -> Result<(), Error> {
    let _turn = app.keyring.loading().await;
    // Somebody else may have done it meanwhile.
    if !is_due(app) {
        return Ok(());
    }
    match load_in_turn(app).await {
        Err(error) if is_due(app) => Err(error),
        Err(error) => {
            tracing::warn!(?error, "not all signing keys could be loaded");
            Ok(())
        }
        Ok(()) => Ok(()),
    }
}

fn is_due(app: &App) -> bool {
    let longest = if app.cache.is_vouched_for() { cache::LONGEST } else { cache::TRUST };
    app.keyring.is_as_old_as(longest, app.clock.monotonic())
}

async fn load_in_turn(app: &App) -> Result<(), Error> {
    let read_at = app.clock.monotonic();
    let mut rows = in_force(app.database.reader()).await?;
    if rows.is_empty() || app.keyring.is_empty() {
        rotate::at_start(app).await?;
        rows = in_force(app.database.reader()).await?;
    }
    let (mut keys, mut sealer, mut refused) = (Vec::new(), None, None);
    for row in &rows {
        let key = match (app.keyring.find(&row.id), &sealer) {
            (Some(known), _) => Ok(known),
            (None, Some(sealer)) => opened(sealer, row).map(Into::into),
            (None, None) => opened(sealer.insert(master_key::sealer(&app.config)?), row).map(Into::into),
        };
        match key {
            Ok(key) => keys.push(InForce { key, activates_at: row.activates_at }),
            Err(error) => refused = Some(error),
        }
    }
    app.keyring.replace(keys, read_at);
    refused.map_or(Ok(()), Err)
}

/// The public keys as RFC 7517 writes them: announced, signing and superseded ones.
pub fn jwks(app: &App) -> Value {
    json!({ "keys": app.keyring.public() })
}

/// All keys that ever were, newest first.
///
/// # Errors
/// [`Error::Internal`] when the database fails.
pub async fn all(db: &impl ConnectionTrait) -> Result<Vec<Model>, Error> {
    Ok(Entity::find().order_by_desc(COLUMN.generation.0).all(db).await?)
}

/// Those that are neither retired nor revoked, newest first.
///
/// # Errors
/// [`Error::Internal`] when the database fails.
pub async fn in_force(db: &impl ConnectionTrait) -> Result<Vec<Model>, Error> {
    let query = Entity::find().filter(COLUMN.retired_at.is_null()).filter(COLUMN.revoked_at.is_null());
    Ok(query.order_by_desc(COLUMN.generation.0).all(db).await?)
}

/// The same as [`all`], held until the commit: whoever else would change the keys waits, and then finds them changed.
///
/// # Errors
/// [`Error::Internal`] when the database fails.
pub async fn hold(tx: &impl ConnectionTrait) -> Result<Vec<Model>, Error> {
    // In one order, or two would wait for each other. SQLite has one writer and needs no lock.
    let lock = Entity::find().select_only().column(Column::Id).order_by_asc(COLUMN.generation.0);
    let _held: Vec<String> = lock.lock_exclusive().into_tuple().all(tx).await?;
    // Read once more: a statement that has waited does not see rows that were added meanwhile.
    all(tx).await
}

/// The private half of `row`.
///
/// # Errors
/// [`Error::Internal`] when `sealer` does not open it.
pub fn unsealed(sealer: &Sealer, row: &Model) -> Result<Zeroizing<Vec<u8>>, Error> {
    sealer.open(PURPOSE, &row.private_key_sealed).map_err(|_| {
        Error::internal(format!(
            "the master key does not open signing key {}: start with the master key that this database was made with, or \
             give the key up with `rolegate keys revoke`",
            row.id
        ))
    })
}

/// `private` as it is kept.
///
/// # Errors
/// [`Error::Internal`] when the system has no randomness to give.
pub fn sealed(sealer: &Sealer, private: &[u8]) -> Result<Vec<u8>, Error> {
    sealer.seal(PURPOSE, private)
}

/// The key of `row`, ready for use.
///
/// # Errors
/// [`Error::Internal`] when `sealer` does not open it, or it is of an algorithm that this version does not know.
pub fn opened(sealer: &Sealer, row: &Model) -> Result<Key, Error> {
    let Some(algorithm) = SigningAlgorithm::named(&row.algorithm) else {
        return Err(Error::internal(format!("signing key {} is of an unknown algorithm", row.id)));
    };
    Key::open(algorithm, &unsealed(sealer, row)?)
}

/// Has the key `id` sign from `activates_at` on.
///
/// # Errors
/// [`Error::Internal`] when the database refuses.
pub async fn activate(tx: &impl ConnectionTrait, id: &str, activates_at: DateTime<Utc>) -> Result<(), Error> {
    let change = ActiveModel { activates_at: Set(activates_at), ..Default::default() };
    Entity::update_many().set(change).filter(COLUMN.id.eq(id)).exec(tx).await?;
    Ok(())
}

/// Has a key that is in force be the newest: writes its generation, and from when on it signs.
///
/// # Errors
/// [`Error::Internal`] when the database refuses.
pub async fn put_first(tx: &impl ConnectionTrait, key: &Model) -> Result<(), Error> {
    let change = ActiveModel {
        generation: Set(key.generation),
        activates_at: Set(key.activates_at),
        ..Default::default()
    };
    Entity::update_many().set(change).filter(COLUMN.id.eq(key.id.as_str())).exec(tx).await?;
    Ok(())
}
