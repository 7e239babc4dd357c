//! How an API key is written: `rlg_`, then 70 characters of base64url. They hold 52 bytes: the key's id (16), its secret
//! (32) and the CRC-32 of both (4, big-endian). `docs/api-keys.md` gives the regular expression for secret scanners.

use uuid::Uuid;
use zeroize::Zeroizing;

use crate::platform::secret::OpaqueToken;
use crate::platform::tagged;

/// What every key begins with. No other credential of ours does.
pub const TAG: &str = "rlg_";

/// The text for the client. The only way out.
pub fn reveal(key: &OpaqueToken) -> String {
    let payload = Zeroizing::new([key.id().as_bytes().as_slice(), key.secret()].concat());
    tagged::encode(TAG, &payload)
}

/// Reads what a client presents; `None` for what never was a key, a mistyped one included.
pub fn parse(presented: &str) -> Option<OpaqueToken> {
    let payload = tagged::decode::<48>(TAG, presented)?;
    let (id, secret) = payload.split_first_chunk::<16>()?;
    let secret = <[u8; 32]>::try_from(secret).ok()?;
    Some(OpaqueToken::from_parts(Uuid::from_bytes(*id), Zeroizing::new(secret)))
}
