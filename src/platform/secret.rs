//! Randomness out, digests kept, and a comparison that takes the same time whatever it finds.

use std::fmt;

use aws_lc_rs::{constant_time, digest, rand};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::error::Error;

/// A new id: UUIDv7, so that rows lie on disk in the order of their making. An id is never a secret.
pub fn new_id() -> Uuid {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that makes ids")]
    Uuid::now_v7()
}

/// `N` bytes from the system's generator.
///
/// # Errors
/// [`Error::Internal`] when the system has no randomness to give.
pub fn random_bytes<const N: usize>() -> Result<Zeroizing<[u8; N]>, Error> {
    let mut bytes = Zeroizing::new([0; N]);
    #[expect(clippy::disallowed_methods, reason = "this is the one place that asks")]
    rand::fill(&mut *bytes).map_err(|_| Error::internal("the system gave no randomness"))?;
    Ok(bytes)
}

/// The SHA-256 of a secret: all that is ever kept of it.
#[derive(Clone, Copy)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of `secret`, whole.
    pub fn of(secret: &[u8]) -> Self {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest::digest(&digest::SHA256, secret).as_ref());
        Self(bytes)
    }

    /// The bytes. A digest is no secret.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// As it is kept in a table.
    pub fn to_vec(self) -> Vec<u8> {
        self.0.to_vec()
    }

    /// Compares with a kept digest in constant time.
    pub fn matches(&self, kept: &[u8]) -> bool {
        constant_time::verify_slices_are_equal(&self.0, kept).is_ok()
    }
}

/// An opaque credential of the form `id.secret`: the id finds the row, 256 random bits prove the right.
///
/// Written in base64url without padding: 22 characters, a full stop, 43 characters. It does not print.
#[derive(Clone)]
pub struct OpaqueToken {
    id: Uuid,
    secret: Zeroizing<[u8; 32]>,
}

impl OpaqueToken {
    /// A new one for the row `id`.
    ///
    /// # Errors
    /// [`Error::Internal`] when the system has no randomness to give.
    pub fn new(id: Uuid) -> Result<Self, Error> {
        Ok(Self { id, secret: random_bytes()? })
    }

    /// The token that consists of these parts.
    pub fn from_parts(id: Uuid, secret: Zeroizing<[u8; 32]>) -> Self {
        Self { id, secret }
    }

    /// Reads what a client presents; anything but the one canonical spelling is `None`.
    pub fn parse(presented: &str) -> Option<Self> {
        if presented.len() != 22 + 1 + 43 {
            return None;
        }
        let (id, secret) = presented.split_once('.')?;
        let mut id_bytes = [0; 16];
        let mut secret_bytes = Zeroizing::new([0; 32]);
        let read = |text: &str, into: &mut [u8]| URL_SAFE_NO_PAD.decode_slice(text, into);
        if read(id, &mut id_bytes).ok()? != 16 || read(secret, &mut *secret_bytes).ok()? != 32 {
            return None;
        }
        Some(Self { id: Uuid::from_bytes(id_bytes), secret: secret_bytes })
    }

    /// The row that it speaks of. Not yet a proof of anything.
    pub const fn id(&self) -> Uuid {
        self.id
    }

    /// The secret half.
    pub fn secret(&self) -> &[u8; 32] {
        &self.secret
    }

    /// What is kept of the secret half.
    pub fn digest(&self) -> Digest {
        Digest::of(&*self.secret)
    }

    /// The text for the client. The only way out.
    pub fn reveal(&self) -> String {
        format!("{}.{}", URL_SAFE_NO_PAD.encode(self.id), URL_SAFE_NO_PAD.encode(self.secret.as_slice()))
    }
}

impl fmt::Debug for OpaqueToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OpaqueToken({}, ..)", self.id)
    }
}
