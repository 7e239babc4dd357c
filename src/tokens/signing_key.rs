//! The signing keys' table: made on the first start, sealed at rest, loaded into the key ring.

use std::sync::Arc;

use sea_orm::ActiveValue::Set;
use sea_orm::QueryOrder as _;
use sea_orm::entity::prelude::*;
use serde_json::{Value, json};

use crate::app::App;
use crate::error::Error;
use crate::platform::keyring::{Key, fresh_es256};
use crate::platform::seal::Sealer;

/// What the private halves are sealed for. Changing it makes every kept key unreadable.
const PURPOSE: &str = "signing key";

/// The table's name, as [`crate::platform::database::Change`] has it.
pub const TABLE: &str = "signing_keys";

/// One signing key.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "signing_keys")]
pub struct Model {
    /// The `kid`: the key's thumbprint (RFC 7638).
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// Counts up from 1; unique, so that of several nodes that start together one makes the key and the others find it.
    #[sea_orm(unique)]
    pub generation: i32,
    /// Its one algorithm, by its RFC 7518 name.
    pub algorithm: String,
    /// PKCS#8 DER, sealed under the master key.
    pub private_key_sealed: Vec<u8>,
    /// When it was made.
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}

/// Loads the signing keys into `app.keyring`, making the first one if there is none.
///
/// # Errors
/// [`Error::Internal`] when the database fails, or the master key does not open what is there.
pub async fn load(app: &App) -> Result<(), Error> {
    let mut keys = open_all(app.database.reader(), &app.sealer).await?;
    if keys.is_empty() {
        create_first(app).await?;
        keys = open_all(app.database.reader(), &app.sealer).await?;
    }
    app.keyring.replace(keys);
    Ok(())
}

/// All signing keys, newest first, opened with `sealer`. Makes none.
///
/// # Errors
/// [`Error::Internal`] when the database fails, or `sealer` does not open what is there.
pub async fn open_all(db: &impl ConnectionTrait, sealer: &Sealer) -> Result<Vec<Arc<Key>>, Error> {
    let rows = Entity::find().order_by_desc(COLUMN.generation.0).all(db).await?;
    rows.iter().map(|row| opened(sealer, row)).collect()
}

/// The public keys as RFC 7517 writes them.
pub fn jwks(app: &App) -> Value {
    json!({ "keys": app.keyring.public() })
}

fn opened(sealer: &Sealer, row: &Model) -> Result<Arc<Key>, Error> {
    if row.algorithm != "ES256" {
        return Err(Error::internal(format!("signing key {} is of an unknown algorithm", row.id)));
    }
    let pkcs8 = sealer.open(PURPOSE, &row.private_key_sealed).map_err(|_| {
        Error::internal(
            "the master key does not open the signing keys: start with the key that this database was made with",
        )
    })?;
    Key::es256(&pkcs8).map(Arc::new)
}

async fn create_first(app: &App) -> Result<(), Error> {
    let pkcs8 = fresh_es256()?;
    let row = ActiveModel {
        id: Set(Key::es256(&pkcs8)?.kid),
        generation: Set(1),
        algorithm: Set("ES256".into()),
        private_key_sealed: Set(app.sealer.seal(PURPOSE, &pkcs8)?),
        created_at: Set(app.clock.now()),
    };
    let write = app.database.write(async move |tx| {
        // Of several nodes that start together one makes it. To the others that must not be a statement that fails:
        // that would fail their write, and with it their start.
        let insert = Entity::insert(row.clone()).on_conflict_do_nothing_on([Column::Generation]);
        insert.exec_without_returning(tx).await?;
        Ok(())
    });
    write.await
}
