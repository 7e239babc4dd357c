//! The signing keys in force, in memory.

use std::fmt;
use std::sync::Arc;

use arc_swap::ArcSwap;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use jsonwebtoken::jwk::{Jwk, KeyAlgorithm, PublicKeyUse, ThumbprintHash};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use moka::sync::Cache;
use serde::Serialize;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::error::Error;
use crate::platform::secret::Digest;

/// One key pair, ready to sign and to verify with exactly one algorithm (RFC 8725 3.1). It does not print.
pub struct Key {
    /// Its name in token headers and in the JWKS: the key's own thumbprint (RFC 7638), so that no two keys share one.
    pub kid: String,
    /// The one algorithm it may be used with.
    pub algorithm: Algorithm,
    /// The half that signs. Kept as it is used: jsonwebtoken would read it anew for every token, which takes longer than
    /// to sign.
    pair: EcdsaKeyPair,
    /// The half that verifies.
    pub verifying: DecodingKey,
    /// What verification asks of a token: this algorithm, and nothing of the claims, which `tokens` judges itself.
    pub validation: Validation,
    /// The public half as others read it (RFC 7517).
    pub jwk: Jwk,
}

impl Key {
    /// The ES256 key whose private half is `pkcs8` (DER).
    ///
    /// # Errors
    /// [`Error::Internal`] when it is none.
    pub fn es256(pkcs8: &[u8]) -> Result<Self, Error> {
        let algorithm = Algorithm::ES256;
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8)
            .map_err(|_| Error::internal("what is kept is no ES256 key"))?;
        let encoding_key = EncodingKey::from_ec_der(pkcs8);
        let mut jwk = Jwk::from_encoding_key(&encoding_key, algorithm).map_err(Error::internal)?;
        let kid = jwk.thumbprint(ThumbprintHash::SHA256).map_err(Error::internal)?;
        jwk.common.key_id = Some(kid.clone());
        jwk.common.public_key_use = Some(PublicKeyUse::Signature);
        jwk.common.key_algorithm = Some(KeyAlgorithm::ES256);
        let verifying = DecodingKey::from_jwk(&jwk).map_err(Error::internal)?;
        let mut validation = Validation::new(algorithm);
        validation.validate_exp = false; // judged by our clock, with the other claims
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        Ok(Self { kid, algorithm, pair, verifying, validation, jwk })
    }

    /// The token that says `claims` under `header`: JWS Compact Serialization (RFC 7515 7.1).
    ///
    /// # Errors
    /// [`Error::Internal`] when they cannot be written as JSON, or the system has no randomness to give.
    pub fn sign(&self, header: &Header, claims: &impl Serialize) -> Result<String, Error> {
        let mut token = URL_SAFE_NO_PAD.encode(serde_json::to_vec(header).map_err(Error::internal)?);
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(serde_json::to_vec(claims).map_err(Error::internal)?, &mut token);
        let signature = self.signature(token.as_bytes())?;
        token.push('.');
        token.push_str(&signature);
        Ok(token)
    }

    /// The signature of `message`, in base64url (RFC 7518 3.4).
    ///
    /// # Errors
    /// [`Error::Internal`] when the system has no randomness to give.
    pub fn signature(&self, message: &[u8]) -> Result<String, Error> {
        let signature = self.pair.sign(&SystemRandom::new(), message);
        Ok(URL_SAFE_NO_PAD.encode(signature.map_err(|_| Error::internal("a token could not be signed"))?))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.kid)
    }
}

/// A fresh ES256 key as PKCS#8 DER.
///
/// # Errors
/// [`Error::Internal`] when the system has no randomness to give.
pub fn fresh_es256() -> Result<Zeroizing<Vec<u8>>, Error> {
    EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())
        .map(|document| Zeroizing::new(document.as_ref().to_vec()))
        .map_err(|_| Error::internal("no signing key could be made"))
}

/// What a token that was verified says: who, in which session, until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bearer {
    /// `sub`.
    pub subject: Uuid,
    /// `sid`.
    pub session_id: Uuid,
    /// `exp`.
    pub expires_at: DateTime<Utc>,
}

/// How many verified tokens are remembered: some 2 MiB. Only tokens of ours get in, so that no flood of forged ones
/// drives them out.
const REMEMBERED: u64 = 10_000;

/// The keys in force, newest first: the first signs, all of them verify. Readers never wait.
///
/// A signature is verified once and then remembered by the digest of the whole token, which makes the cost of the
/// algorithm a matter of first sight. A key that is not in force any more takes with it what it has signed.
pub struct KeyRing {
    keys: ArcSwap<Vec<Arc<Key>>>,
    verified: Cache<[u8; 32], (Arc<Key>, Bearer)>,
}

impl Default for KeyRing {
    fn default() -> Self {
        Self { keys: ArcSwap::default(), verified: Cache::new(REMEMBERED) }
    }
}

impl KeyRing {
    /// Puts `keys` in force, newest first.
    pub fn replace(&self, keys: Vec<Arc<Key>>) {
        self.keys.store(Arc::new(keys));
    }

    /// The key that signs.
    ///
    /// # Errors
    /// [`Error::Internal`] before the keys were loaded.
    pub fn signing(&self) -> Result<Arc<Key>, Error> {
        self.keys.load().first().cloned().ok_or_else(|| Error::internal("no signing key is loaded"))
    }

    /// The key of this name. Looked up among what is in memory, and nowhere else: a `kid` is the client's to write.
    pub fn find(&self, kid: &str) -> Option<Arc<Key>> {
        self.keys.load().iter().find(|key| key.kid == kid).cloned()
    }

    /// What the token of this digest was found to say, if it was verified before and its key is still in force. Whether
    /// it is over is not asked here.
    pub fn recall(&self, token: &Digest) -> Option<Bearer> {
        let (key, bearer) = self.verified.get(token.as_bytes())?;
        self.keys.load().iter().any(|in_force| Arc::ptr_eq(in_force, &key)).then_some(bearer)
    }

    /// Remembers what a token says whose signature by `key` and whose claims were found right.
    pub fn remember(&self, token: Digest, key: Arc<Key>, bearer: Bearer) {
        self.verified.insert(*token.as_bytes(), (key, bearer));
    }

    /// The public halves, newest first.
    pub fn public(&self) -> Vec<Jwk> {
        self.keys.load().iter().map(|key| key.jwk.clone()).collect()
    }
}
