//! The refresh tokens that were used, by which a copy is recognised when it comes back.

use sea_orm::entity::prelude::*;
use zeroize::Zeroizing;

use crate::error::Error;
use crate::platform::seal::Sealer;
use crate::platform::secret::OpaqueToken;

const PURPOSE: &str = "refresh token successor";

/// One used refresh token.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "spent_refresh_tokens")]
pub struct Model {
    /// SHA-256 of its secret.
    #[sea_orm(primary_key, auto_increment = false)]
    pub hash: Vec<u8>,
    /// The session that it refreshed.
    pub session_id: Uuid,
    /// When it was used.
    pub spent_at: DateTimeUtc,
    /// The secret of the token that took its place, sealed under this token's own secret. No key of the server opens
    /// it, nor does the database: only who presents the spent token again learns the successor.
    pub successor_sealed: Vec<u8>,
}

impl ActiveModelBehavior for ActiveModel {}

/// Seals `successor` so that `presented` opens it.
///
/// # Errors
/// [`Error::Internal`] when the system has no randomness to give.
pub fn seal_successor(presented: &OpaqueToken, successor: &OpaqueToken) -> Result<Vec<u8>, Error> {
    Sealer::new(Zeroizing::new(*presented.secret())).seal(PURPOSE, successor.secret())
}

impl Model {
    /// The token that took this one's place.
    ///
    /// # Errors
    /// [`Error::Internal`] when `presented` is not the token that was spent.
    pub fn successor(&self, presented: &OpaqueToken) -> Result<OpaqueToken, Error> {
        let sealer = Sealer::new(Zeroizing::new(*presented.secret()));
        let opened = sealer.open(PURPOSE, &self.successor_sealed)?;
        let secret = <[u8; 32]>::try_from(opened.as_slice()).map_err(Error::internal)?;
        Ok(OpaqueToken::from_parts(self.session_id, Zeroizing::new(secret)))
    }
}
