//! One signing key, as it is used.

use std::fmt;

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, PublicKeyUse, ThumbprintHash};
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation};
use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use crate::config::SigningAlgorithm;
use crate::error::Error;

/// What RFC 7518 3.3 asks for at least. The keys live for months, and each bit more makes every signature dearer.
const RSA_SIZE: KeySize = KeySize::Rsa2048;

/// A key that verifies with exactly one algorithm (RFC 8725 3.1), whatever the header of a token says.
pub struct VerifyingKey {
    key: DecodingKey,
    /// Asks nothing of the claims, which `tokens` judges itself, by our clock.
    validation: Validation,
}

impl VerifyingKey {
    /// The public key that an issuer's JWKS (RFC 7517) holds, and its name. `None` for a key without a name, for another
    /// use, or of a kind that Rolegate never publishes: a shared secret is none, whoever says so.
    pub fn published(jwk: &Jwk) -> Option<(String, Self)> {
        let algorithm = match &jwk.algorithm {
            AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => Algorithm::ES256,
            AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => Algorithm::EdDSA,
            AlgorithmParameters::RSA(_) => Algorithm::RS256,
            _ => return None,
        };
        let common = &jwk.common;
        let is_for_signatures = matches!(common.public_key_use, None | Some(PublicKeyUse::Signature));
        let is_for_this =
            common.key_algorithm.is_none_or(|stated| stated.to_string() == format!("{algorithm:?}"));
        let key = DecodingKey::from_jwk(jwk).ok().filter(|_| is_for_signatures && is_for_this)?;
        Some((common.key_id.clone()?, Self::new(key, algorithm)))
    }

    fn new(key: DecodingKey, algorithm: Algorithm) -> Self {
        let mut validation = Validation::new(algorithm);
        validation.validate_exp = false;
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        Self { key, validation }
    }

    /// What the token says, if this key has signed it. `None` if not, or if it does not say all that `C` asks for.
    pub fn signed<C: DeserializeOwned + Clone>(&self, token: &str) -> Option<C> {
        jsonwebtoken::decode(token, &self.key, &self.validation).ok().map(|token| token.claims)
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifyingKey({:?})", self.validation.algorithms)
    }
}

/// One key, ready to sign and to verify with exactly one algorithm (RFC 8725 3.1). It does not print.
pub struct Key {
    /// Its name in token headers and in the JWKS. A public key's is its own thumbprint (RFC 7638), so that no two keys
    /// share one; see [`Key::open`] for HS256.
    pub kid: String,
    /// The one algorithm it may be used with.
    pub algorithm: Algorithm,
    /// The half that signs.
    private: Private,
    /// The half that verifies.
    pub verifying: VerifyingKey,
    /// The public half as others read it (RFC 7517). A shared secret has none.
    pub jwk: Option<Jwk>,
}

/// Kept as they are used: jsonwebtoken would read them anew for every token, which takes longer than to sign.
enum Private {
    Es256(EcdsaKeyPair),
    EdDsa(Ed25519KeyPair),
    Rs256(RsaKeyPair),
    Hs256(Box<hmac::Key>),
}

impl Key {
    /// The key whose private half is `private`: PKCS#8 DER, or the bytes of the secret for HS256.
    ///
    /// The `kid` of an HS256 key is an HMAC under it, not a thumbprint, which RFC 7638 7 advises against for secrets.
    ///
    /// # Errors
    /// [`Error::Internal`] when it is none of this algorithm.
    pub fn open(algorithm: SigningAlgorithm, private: &[u8]) -> Result<Self, Error> {
        let rejected = |_| Error::internal(format!("what is kept is no {} key", algorithm.as_str()));
        let (private, public) = match algorithm {
            SigningAlgorithm::Es256 => {
                let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, private);
                let pair = pair.map_err(rejected)?;
                let public = DecodingKey::from_ec_der(pair.public_key().as_ref());
                (Private::Es256(pair), public)
            }
            SigningAlgorithm::EdDsa => {
                let pair = Ed25519KeyPair::from_pkcs8(private).map_err(rejected)?;
                let public = DecodingKey::from_ed_der(pair.public_key().as_ref());
                (Private::EdDsa(pair), public)
            }
            SigningAlgorithm::Rs256 => {
                let pair = RsaKeyPair::from_pkcs8(private).map_err(rejected)?;
                let public = DecodingKey::from_rsa_der(pair.public_key().as_ref());
                (Private::Rs256(pair), public)
            }
            SigningAlgorithm::Hs256 => return Ok(Self::shared(private)),
        };
        Self::of_pair(private, &public)
    }

    fn of_pair(private: Private, public: &DecodingKey) -> Result<Self, Error> {
        let algorithm = private.algorithm();
        let mut jwk = Jwk::from_decoding_key(public, Some(algorithm)).map_err(Error::internal)?;
        let kid = jwk.thumbprint(ThumbprintHash::SHA256).map_err(Error::internal)?;
        jwk.common.key_id = Some(kid.clone());
        jwk.common.public_key_use = Some(PublicKeyUse::Signature);
        let verifying = DecodingKey::from_jwk(&jwk).map_err(Error::internal)?;
        let verifying = VerifyingKey::new(verifying, algorithm);
        Ok(Self { kid, algorithm, private, verifying, jwk: Some(jwk) })
    }

    fn shared(secret: &[u8]) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
        // No token's signing input is without a full stop, so this is never the signature of one.
        let kid = URL_SAFE_NO_PAD.encode(hmac::sign(&key, b"rolegate key id"));
        Self {
            kid,
            algorithm: Algorithm::HS256,
            private: Private::Hs256(Box::new(key)),
            verifying: VerifyingKey::new(DecodingKey::from_secret(secret), Algorithm::HS256),
            jwk: None,
        }
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

    /// The signature of `message`, in base64url (RFC 7518 3.2 to 3.4, RFC 8037 3.1).
    ///
    /// # Errors
    /// [`Error::Internal`] when the system has no randomness to give.
    pub fn signature(&self, message: &[u8]) -> Result<String, Error> {
        let failed = |_| Error::internal("a token could not be signed");
        Ok(match &self.private {
            Private::Es256(pair) => {
                URL_SAFE_NO_PAD.encode(pair.sign(&SystemRandom::new(), message).map_err(failed)?)
            }
            Private::EdDsa(pair) => URL_SAFE_NO_PAD.encode(pair.try_sign(message).map_err(failed)?),
            Private::Rs256(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)
                    .map_err(failed)?;
                URL_SAFE_NO_PAD.encode(signature)
            }
            Private::Hs256(key) => URL_SAFE_NO_PAD.encode(hmac::sign(key, message)),
        })
    }
}

impl Private {
    const fn algorithm(&self) -> Algorithm {
        match self {
            Self::Es256(_) => Algorithm::ES256,
            Self::EdDsa(_) => Algorithm::EdDSA,
            Self::Rs256(_) => Algorithm::RS256,
            Self::Hs256(_) => Algorithm::HS256,
        }
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.kid)
    }
}

/// The private half of a fresh key, for [`Key::open`]. RS256 takes a good part of a second, so not among requests.
///
/// # Errors
/// [`Error::Internal`] when the system has no randomness to give, and for HS256: its secret is chosen by the operator.
pub fn fresh(algorithm: SigningAlgorithm) -> Result<Zeroizing<Vec<u8>>, Error> {
    let failed = |_| Error::internal("no signing key could be made");
    let rng = SystemRandom::new();
    let document = match algorithm {
        SigningAlgorithm::Es256 => EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &rng),
        SigningAlgorithm::EdDsa => Ed25519KeyPair::generate_pkcs8v1(&rng),
        SigningAlgorithm::Rs256 => {
            let pair = RsaKeyPair::generate(RSA_SIZE).map_err(failed)?;
            let der: Pkcs8V1Der<'_> = pair.as_der().map_err(failed)?;
            return Ok(Zeroizing::new(der.as_ref().to_vec()));
        }
        SigningAlgorithm::Hs256 => return Err(Error::internal("an HS256 secret is configured, never made")),
    };
    Ok(Zeroizing::new(document.map_err(failed)?.as_ref().to_vec()))
}
