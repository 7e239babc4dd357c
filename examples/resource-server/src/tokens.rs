//! From the `Authorization` header to the viewer.

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use rolegate::access::viewer::Viewer;
use rolegate::error::Unauthenticated;
use rolegate::platform::clock::Clock;
use rolegate::tokens::verify::{Expected, Presented};

use crate::keys::Keys;

/// Judges presented tokens.
pub struct Tokens {
    /// The issuer's keys.
    pub keys: Keys,
    /// What each token must say.
    pub expected: Expected,
}

impl Tokens {
    /// Whom the request speaks for. A token that does not count makes a viewer who may see what is public, and is told why
    /// they may see no more.
    pub async fn viewer(&self, headers: &HeaderMap) -> Viewer {
        let mut presented = headers.get_all(AUTHORIZATION).iter();
        let Some(header) = presented.next() else { return Viewer::Anonymous };
        let token = header.to_str().ok().and_then(|header| header.strip_prefix("Bearer "));
        let judged = match token.filter(|_| presented.next().is_none()) {
            Some(token) => self.judge(token).await,
            None => Err(Unauthenticated::TokenInvalid),
        };
        judged.unwrap_or_else(|reason| Viewer::Unrecognized { reason })
    }

    async fn judge(&self, token: &str) -> Result<Viewer, Unauthenticated> {
        let presented = Presented::read(token)?;
        let key = self.keys.find(presented.kid()).await.ok_or(Unauthenticated::TokenInvalid)?;
        Ok(presented.verify(&key, &self.expected, Clock::System.now())?.into())
    }
}
