//! `tokens.*`: access tokens.

use serde::{Deserialize, Serialize};

use crate::config::lifetime::Lifetime;

/// Access tokens.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct TokensConfig {
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
}

impl Default for TokensConfig {
    fn default() -> Self {
        Self {
            issuer: None,
            audience: None,
            access_token_lifetime: Lifetime::minutes(10),
            access_token_jitter: 10,
            leeway: Lifetime::seconds(5),
        }
    }
}
