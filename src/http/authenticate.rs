//! From the headers of a request to its viewer (RFC 6750, RFC 9110 11).
//!
//! Only `Authorization` and our own cookie say who asks. Headers in which a proxy might name a user are not read, nor are
//! tokens in URLs and bodies (RFC 9700 4.3.2).

use axum::http::header::{AUTHORIZATION, COOKIE, HeaderMap, HeaderValue};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use url::form_urlencoded;

use crate::access::viewer::Viewer;
use crate::app::App;
use crate::error::{Error, Unauthenticated};
use crate::graphql::cookie;
use crate::http::origins::{self, Origins};
use crate::http::refusal::Refusal;
use crate::sessions::resume;

/// The longest credential that is looked at, in bytes. Ours are far shorter.
const MAX_CREDENTIAL: usize = 8 * 1024;

/// What a request presents to say who sent it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Credential {
    /// Nothing.
    None,
    /// Something that cannot be a token of ours. Public fields are answered all the same, or a client with a stale
    /// header could neither log in nor refresh.
    Malformed,
    /// An access token.
    Bearer(String),
    /// The session's cookie.
    Cookie(String),
}

impl Credential {
    /// Reads it from the request.
    ///
    /// # Errors
    /// A refusal with 400 when credentials are presented twice, and with 403 for a cookie from an unknown origin.
    pub(super) fn presented(parts: &Parts, origins: &Origins) -> Result<Self, Refusal> {
        let mut authorizations = parts.headers.get_all(AUTHORIZATION).iter();
        let Some(authorization) = authorizations.next() else {
            return Self::of_cookie(parts, origins);
        };
        // Which of two identities counts would depend on who reads them: a proxy in front might take the other.
        if authorizations.next().is_some() {
            let message = "There is more than one Authorization header.";
            return Err(Refusal::invalid_credentials_request(message));
        }
        if has_token_in_url(parts.uri.query()) {
            let message = "Present the token once: in the Authorization header.";
            return Err(Refusal::invalid_credentials_request(message));
        }
        Ok(bearer_token(authorization).map_or(Self::Malformed, |token| Self::Bearer(token.to_owned())))
    }

    fn of_cookie(parts: &Parts, origins: &Origins) -> Result<Self, Refusal> {
        let Some(cookie) = session_cookie(&parts.headers) else {
            return Ok(Self::None);
        };
        // A link, an image or a form of another site makes a browser send a GET with the cookie; only the browser itself
        // can say that it was ours. Nobody is refused: without the cookie the request is what anybody may send.
        if parts.method != Method::POST && !origins::is_same_origin(&parts.headers) {
            return Ok(Self::None);
        }
        if !origins.may_use_cookies(&parts.headers) {
            let requires =
                "an Origin header that names this server or one of http.allowed_origins".to_owned();
            let error = Error::Forbidden { requires };
            return Err(Refusal { status: Some(StatusCode::FORBIDDEN), ..error.into() });
        }
        Ok(cookie.map_or(Self::Malformed, |cookie| Self::Cookie(cookie.to_owned())))
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
        Credential::Bearer(token) => resume::by_access_token(app, &token).await,
        Credential::Cookie(cookie) => resume::by_cookie(app, &cookie).await,
    }
}

/// `credentials = "Bearer" 1*SP b64token` (RFC 6750 2.1), and nothing before, between or after.
fn bearer_token(header: &HeaderValue) -> Option<&str> {
    let (scheme, rest) = header.to_str().ok()?.split_once(' ')?;
    let token = rest.trim_start_matches(' ');
    let body = token.trim_end_matches('=');
    let is_token = !body.is_empty() && token.len() <= MAX_CREDENTIAL && body.bytes().all(is_token_byte);
    (scheme.eq_ignore_ascii_case("Bearer") && is_token).then_some(token)
}

const fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'+' | b'/')
}

fn has_token_in_url(query_string: Option<&str>) -> bool {
    let pairs = query_string.map(|query| form_urlencoded::parse(query.as_bytes()));
    pairs.into_iter().flatten().any(|(key, _)| key == "access_token")
}

/// The value of the session's cookie, if it is there; `Some(None)` when it is there twice or too long.
fn session_cookie(headers: &HeaderMap) -> Option<Option<&str>> {
    let pairs = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut values = pairs
        .flat_map(|pairs| pairs.split(';'))
        .filter_map(|pair| pair.trim_ascii().split_once('='))
        .filter(|(name, _)| *name == cookie::NAME)
        .map(|(_, value)| value);
    let value = values.next()?;
    Some((values.next().is_none() && value.len() <= MAX_CREDENTIAL).then_some(value))
}
