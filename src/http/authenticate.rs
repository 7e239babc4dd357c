//! From the head of a request to its viewer.

use axum::http::request::Parts;

use crate::access::viewer::Viewer;
use crate::app::App;
use crate::bearer_tokens;
use crate::error::{Error, Unauthenticated};
use crate::http::carriers::Carriers;
use crate::http::refusal::Refusal;
use crate::sessions::resume;

/// What a request presents to say who sent it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Credential {
    /// Nothing.
    None,
    /// Something that cannot be a credential of ours. Public fields are answered all the same, or a client with a stale
    /// header could neither log in nor refresh.
    Malformed,
    /// An access token or an API key.
    Bearer(String),
    /// The session's cookie.
    Cookie(String),
}

impl Credential {
    /// Reads it from the request. A token in a header wins over the cookie, or a stale cookie would stand in its way;
    /// `may_use_cookie` is asked only if the cookie is all there is, and whoever may not is who they are without it.
    ///
    /// # Errors
    /// A refusal with 400 when tokens are presented twice, and whatever `may_use_cookie` refuses.
    pub(super) fn presented(
        parts: &Parts,
        carriers: &Carriers,
        may_use_cookie: impl FnOnce() -> Result<bool, Refusal>,
    ) -> Result<Self, Refusal> {
        if let Some(token) = carriers.token(parts)? {
            return Ok(token.map_or(Self::Malformed, |token| Self::Bearer(token.to_owned())));
        }
        match carriers.cookie(&parts.headers) {
            Some(cookie) if may_use_cookie()? => {
                Ok(cookie.map_or(Self::Malformed, |cookie| Self::Cookie(cookie.to_owned())))
            }
            _ => Ok(Self::None),
        }
    }
}

/// Looks up whom the credential speaks for.
///
/// # Errors
/// Only for faults of ours: a credential that does not count makes a [`Viewer::Unrecognized`].
pub(super) async fn viewer(app: &App, credential: Credential) -> Result<Viewer, Error> {
    match credential {
        Credential::None => Ok(Viewer::Anonymous),
        Credential::Malformed => Ok(Viewer::Unrecognized { reason: Unauthenticated::TokenInvalid }),
        Credential::Bearer(token) => bearer_tokens::authenticate::authenticate(app, &token).await,
        Credential::Cookie(cookie) => resume::by_cookie(app, &cookie).await,
    }
}
