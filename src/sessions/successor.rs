//! The live refresh token, sealed for whoever holds the one before it: how a lost answer is repeated.
//!
//! No key of the server opens it, nor does the database. A session keeps one at most: were there one for each token
//! that it ever spent, an old copy of any of them would open all that came after, down to the live one.

use zeroize::Zeroizing;

use crate::error::Error;
use crate::platform::seal::Sealer;
use crate::platform::secret::OpaqueToken;

const PURPOSE: &str = "refresh token successor";

/// Seals `successor` so that `presented` opens it, and nothing else does.
///
/// # Errors
/// [`Error::Internal`] when the system has no randomness to give.
pub fn seal(presented: &OpaqueToken, successor: &OpaqueToken) -> Result<Vec<u8>, Error> {
    Sealer::new(Zeroizing::new(*presented.secret())).seal(PURPOSE, successor.secret())
}

/// The token that took the place of `presented`; `None` when another one has taken the place of that meanwhile.
pub fn open(presented: &OpaqueToken, sealed: &[u8]) -> Option<OpaqueToken> {
    let sealer = Sealer::new(Zeroizing::new(*presented.secret()));
    let opened = sealer.open(PURPOSE, sealed).ok()?;
    let secret = <[u8; 32]>::try_from(opened.as_slice()).ok()?;
    Some(OpaqueToken::from_parts(presented.id(), Zeroizing::new(secret)))
}
