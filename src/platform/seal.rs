//! Sealing: what is kept at rest so that the database alone does not give it away.

use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use crate::error::Error;
use crate::platform::secret;

const NONCE_LENGTH: usize = 12;

/// Seals and opens under one 256-bit key: AES-256-GCM with a random nonce, and a key of its own for each purpose
/// (HKDF-SHA-256, RFC 5869), so that what was sealed for one purpose never opens for another. It does not print.
pub struct Sealer {
    key: Zeroizing<[u8; 32]>,
    /// The key before this one, which opens and does not seal, while all that it has sealed is being sealed anew.
    former: Option<Zeroizing<[u8; 32]>>,
}

impl Sealer {
    /// A sealer under `key`.
    pub fn new(key: Zeroizing<[u8; 32]>) -> Self {
        Self { key, former: None }
    }

    /// The same, which also opens what `former` has sealed.
    pub fn replacing(self, former: Self) -> Self {
        Self { key: self.key, former: Some(former.key) }
    }

    /// Reads a key as `rolegate secret` prints it: 32 bytes in base64url without padding.
    pub fn parse(text: &str) -> Option<Self> {
        let mut key = Zeroizing::new([0; 32]);
        let length = URL_SAFE_NO_PAD.decode_slice(text.trim(), &mut *key).ok()?;
        (length == key.len()).then(|| Self::new(key))
    }

    /// Nonce, ciphertext and tag of `plain`.
    ///
    /// # Errors
    /// [`Error::Internal`] when the system has no randomness to give.
    pub fn seal(&self, purpose: &'static str, plain: &[u8]) -> Result<Vec<u8>, Error> {
        let mut text = plain.to_vec();
        let nonce = derived(&self.key, purpose)?
            .seal_in_place_append_tag(Aad::from(purpose.as_bytes()), &mut text)
            .map_err(|_| Error::internal("sealing failed"))?;
        let mut sealed = Vec::with_capacity(NONCE_LENGTH + text.len());
        sealed.extend_from_slice(nonce.as_ref());
        sealed.append(&mut text);
        Ok(sealed)
    }

    /// The plain text of what [`Sealer::seal`] made for the same purpose under the same key, or the former one.
    ///
    /// # Errors
    /// [`Error::Internal`] for anything else, without saying what was wrong with it.
    pub fn open(&self, purpose: &'static str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
        match (open(&self.key, purpose, sealed), &self.former) {
            (Err(_), Some(former)) => open(former, purpose, sealed),
            (opened, _) => opened,
        }
    }
}

fn open(key: &[u8; 32], purpose: &'static str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
    let refused = || Error::internal(format!("what was sealed as {purpose} does not open with this key"));
    let (nonce, text) = sealed.split_at_checked(NONCE_LENGTH).ok_or_else(refused)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| refused())?;
    let mut text = Zeroizing::new(text.to_vec());
    let length = derived(key, purpose)?
        .open_in_place(nonce, Aad::from(purpose.as_bytes()), &mut text)
        .map_err(|_| refused())?
        .len();
    text.truncate(length);
    Ok(text)
}

fn derived(key: &[u8; 32], purpose: &'static str) -> Result<RandomizedNonceKey, Error> {
    let underivable = |_| Error::internal("a sealing key cannot be derived");
    let mut derived = Zeroizing::new([0; 32]);
    let info = [purpose.as_bytes()];
    let extracted = Salt::new(HKDF_SHA256, b"rolegate").extract(key);
    extracted.expand(&info, KeyLength).map_err(underivable)?.fill(&mut *derived).map_err(underivable)?;
    RandomizedNonceKey::new(&AES_256_GCM, &*derived).map_err(underivable)
}

/// A fresh key, as text for `ROLEGATE_MASTER_KEY`.
///
/// # Errors
/// [`Error::Internal`] when the system has no randomness to give.
pub fn fresh_key() -> Result<Zeroizing<String>, Error> {
    Ok(Zeroizing::new(URL_SAFE_NO_PAD.encode(*secret::random_bytes::<32>()?)))
}

struct KeyLength;

impl KeyType for KeyLength {
    fn len(&self) -> usize {
        32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealer(byte: u8) -> Sealer {
        Sealer::new(Zeroizing::new([byte; 32]))
    }

    #[test]
    fn what_was_sealed_opens_for_the_same_key_and_purpose_only() {
        let sealed = sealer(1).seal("signing key", b"private").expect("seals");
        assert_eq!(*sealer(1).open("signing key", &sealed).expect("opens"), b"private");
        assert!(sealer(2).open("signing key", &sealed).is_err());
        assert!(sealer(1).open("successor", &sealed).is_err());
    }

    #[test]
    fn a_former_key_opens_and_does_not_seal() {
        let old = sealer(1).seal("signing key", b"private").expect("seals");
        let both = sealer(2).replacing(sealer(1));
        assert_eq!(*both.open("signing key", &old).expect("opens"), b"private");
        let new = both.seal("signing key", b"private").expect("seals");
        assert!(sealer(1).open("signing key", &new).is_err());
        assert!(sealer(2).open("signing key", &new).is_ok());
    }

    #[test]
    fn altered_or_cut_text_does_not_open() {
        let sealed = sealer(1).seal("signing key", b"private").expect("seals");
        for cut in 0..sealed.len() {
            assert!(sealer(1).open("signing key", &sealed[..cut]).is_err(), "cut at {cut}");
            let mut altered = sealed.clone();
            altered[cut] ^= 1;
            assert!(sealer(1).open("signing key", &altered).is_err(), "altered at {cut}");
        }
    }

    #[test]
    fn a_fresh_key_can_be_read_back() {
        let text = fresh_key().expect("randomness");
        assert!(Sealer::parse(&text).is_some());
        assert!(Sealer::parse(&text[1..]).is_none());
    }
}
