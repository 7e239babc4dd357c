//! Access tokens with nothing to read in them: `rlat_`, then 48 characters of base64url that hold 256 random bits and
//! their checksum. Only a digest is kept, and only until the token expires.
//!
//! Each counts until then, as a JWT does, whether or not the session was refreshed meanwhile: were the earlier one
//! replaced, requests under way and other tabs of the same session would be refused at every refresh.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use sea_orm::IntoActiveModel as _;
use sea_orm::QuerySelect as _;
use sea_orm::entity::prelude::*;
use zeroize::Zeroizing;

use crate::app::App;
use crate::error::{Error, Unauthenticated};
use crate::platform::cache::Cache;
use crate::platform::database::unique;
use crate::platform::keyring::Bearer;
use crate::platform::secret::{Digest, new_id, random_bytes};
use crate::platform::tagged;

/// What every one of them begins with. No other credential of ours does.
pub const TAG: &str = "rlat_";

/// How many one write purges. More would keep other writers waiting.
const PORTION: u64 = 500;

/// One token.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "opaque_access_tokens")]
pub struct Model {
    /// Its name for others; no credential, and nothing of it is in the token.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// SHA-256 of its random bits.
    #[sea_orm(unique)]
    pub hash: Vec<u8>,
    /// The session that it belongs to. It goes with it.
    pub session_id: Uuid,
    /// Whose session that is.
    pub user_id: Uuid,
    /// When it was made.
    pub issued_at: DateTimeUtc,
    /// From when on it counts no longer.
    pub expires_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}

/// A token that is decided on and not yet kept. Made once, so that a write that is run again keeps the same token.
#[derive(Clone)]
pub(super) struct Draft {
    secret: Arc<Zeroizing<[u8; 32]>>,
    id: Uuid,
}

impl fmt::Debug for Draft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Draft({}, ..)", self.id)
    }
}

impl Draft {
    pub(super) fn new() -> Result<Self, Error> {
        Ok(Self { secret: Arc::new(random_bytes()?), id: new_id() })
    }

    /// The text for the client.
    pub(super) fn reveal(&self) -> String {
        tagged::encode(TAG, self.secret.as_slice())
    }

    pub(super) async fn keep(
        &self,
        tx: &impl ConnectionTrait,
        (session_id, user_id): (Uuid, Uuid),
        (issued_at, expires_at): (DateTime<Utc>, DateTime<Utc>),
    ) -> Result<(), Error> {
        let hash = Digest::of(self.secret.as_slice()).to_vec();
        let row = Model { id: self.id, hash, session_id, user_id, issued_at, expires_at };
        Entity::insert(row.into_active_model()).exec_without_returning(tx).await?;
        Ok(())
    }
}

/// Judges a presented token. Whether the session that it belongs to still lives is for `sessions::resume` to say.
///
/// # Errors
/// [`Error::Unauthenticated`]: `TOKEN_INVALID` for what has not even the form, `TOKEN_EXPIRED` for all else. What is not
/// kept any more has expired, and a client that slept for a night must learn that it can refresh. [`Error::Internal`]
/// when the database fails.
pub(super) async fn verify(app: &App, token: &str) -> Result<Bearer, Error> {
    let secret = tagged::decode::<32>(TAG, token);
    let secret = secret.ok_or(Error::Unauthenticated(Unauthenticated::TokenInvalid))?;
    let digest = Digest::of(secret.as_slice());
    // Half of it is the place; the whole is compared.
    let (hash, place) = (*digest.as_bytes(), Cache::place(&digest));
    if let Some(known) = app.cache.get::<Known>(place).filter(|known| known.hash == hash) {
        return Ok(known.bearer);
    }
    let mark = app.cache.mark();
    let kept = unique(app.database.reader(), Entity::find().filter(COLUMN.hash.eq(hash.as_slice()))).await?;
    let kept = kept.ok_or(Error::Unauthenticated(Unauthenticated::TokenExpired))?;
    let bearer = Bearer {
        id: kept.id,
        subject: kept.user_id,
        session_id: kept.session_id,
        issued_at: kept.issued_at,
        expires_at: kept.expires_at,
    };
    if let Some(mark) = mark {
        app.cache.put(mark, place, Arc::new(Known { hash, bearer }), 0);
    }
    Ok(bearer)
}

/// A row as it is remembered. It never changes, and that it is there says nothing of the session, so nobody has to be told
/// when it goes.
struct Known {
    hash: [u8; 32],
    bearer: Bearer,
}

/// Forgets the tokens that have expired.
///
/// # Errors
/// [`Error::Internal`] when the database fails. What was removed until then stays removed.
pub async fn purge(app: &App) -> Result<(), Error> {
    let over = COLUMN.expires_at.lte(app.clock.now() - app.config.tokens.leeway.delta());
    loop {
        let query = Entity::find().select_only().column(Column::Id).filter(over.clone()).limit(PORTION);
        let ids: Vec<Uuid> = query.into_tuple().all(app.database.reader()).await?;
        if ids.is_empty() {
            return Ok(());
        }
        let write = app.database.write_quietly(async move |tx| {
            Entity::delete_many().filter(COLUMN.id.is_in(ids.iter().copied())).exec(tx).await?;
            Ok(())
        });
        write.await?;
    }
}
