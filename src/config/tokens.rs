//! `tokens.*`: access tokens.

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::config::lifetime::Lifetime;
use crate::config::masked;

/// For how long others may keep the public keys and the metadata (`max-age`). A new key is announced for longer.
pub const PUBLIC_KEYS_LIFETIME: Lifetime = Lifetime::minutes(5);

/// The least `tokens.key_announcement`: [`PUBLIC_KEYS_LIFETIME`], and time for who has kept them that long to ask again.
pub(super) const LEAST_ANNOUNCEMENT: Lifetime = Lifetime::minutes(6);

/// Access tokens.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct TokensConfig {
    /// `jwt`: other services can verify an access token by themselves. `opaque`: nothing can be read in it, and they ask.
    pub format: TokenFormat,
    /// `iss`. Default: the public URL.
    pub issuer: Option<String>,
    /// `aud`. Default: the public URL.
    pub audience: Option<String>,
    /// How long an access token counts; at most an hour.
    pub access_token_lifetime: Lifetime,
    /// By how much of its lifetime, in percent, an access token ends sooner at most: how much is drawn for each, so that
    /// those who signed in together do not refresh together. 0 to 50; with 0 all count equally long.
    pub access_token_jitter: u32,
    /// How far the clocks of two nodes may be apart; at most a minute.
    pub leeway: Lifetime,
    /// What signs: `ES256`, `EdDSA`, `RS256` or `HS256`. After a change the next start makes a new key; see
    /// docs/tokens.md.
    pub algorithm: SigningAlgorithm,
    /// The secret of HS256, at least 32 bytes. Whoever verifies with it can forge.
    #[serde(serialize_with = "masked")]
    pub hs256_secret: Option<SecretString>,
    /// After so long a new key takes over. An HS256 secret stays until somebody sets another.
    pub key_lifetime: Lifetime,
    /// For so long a new key is published before it signs; at least 6m, because others may keep the old ones for 5m.
    pub key_announcement: Lifetime,
    /// What a token says of its user besides id and role, for all its readers: any of `name`, `username`,
    /// `email_verified`. Nothing by default.
    pub claims: Vec<ExtraClaim>,
}

impl Default for TokensConfig {
    fn default() -> Self {
        Self {
            format: TokenFormat::default(),
            issuer: None,
            audience: None,
            access_token_lifetime: Lifetime::minutes(10),
            access_token_jitter: 10,
            leeway: Lifetime::seconds(5),
            algorithm: SigningAlgorithm::Es256,
            hs256_secret: None,
            key_lifetime: Lifetime::days(90),
            key_announcement: Lifetime::minutes(60),
            claims: Vec::new(),
        }
    }
}

/// What access tokens are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenFormat {
    /// JWTs after RFC 9068, verified with the public keys.
    #[default]
    Jwt,
    /// Random, looked up here, and meaningless to everybody else.
    Opaque,
}

/// What may sign access tokens, by its name in RFC 7518 and RFC 8037.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub enum SigningAlgorithm {
    /// ECDSA on P-256: known to every verifier, small, quick.
    #[serde(rename = "ES256")]
    Es256,
    /// Ed25519.
    #[serde(rename = "EdDSA")]
    EdDsa,
    /// RSA: for verifiers that know nothing else. Slow to sign.
    #[serde(rename = "RS256")]
    Rs256,
    /// A secret that is shared with every verifier.
    #[serde(rename = "HS256")]
    Hs256,
}

impl SigningAlgorithm {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Es256, Self::EdDsa, Self::Rs256, Self::Hs256];

    /// Its registered name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
            Self::Rs256 => "RS256",
            Self::Hs256 => "HS256",
        }
    }

    /// The algorithm of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.as_str() == name)
    }
}

/// A claim that tokens hold only where somebody asks for it (OpenID Connect Core 5.1 names them).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ExtraClaim {
    /// What to call the user.
    Name,
    /// The name they sign in with.
    Username,
    /// Whether they proved that their address is theirs. The address itself is never in a token.
    EmailVerified,
}
