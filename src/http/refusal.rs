//! Requests that are answered without running anything.

use std::borrow::Cow;

use async_graphql::{Pos, ServerError};
use axum::http::header::{ALLOW, WWW_AUTHENTICATE};
use axum::http::{HeaderName, HeaderValue, StatusCode};

use crate::error::Error;

/// The challenge of a 401 (RFC 6750 3). The realm is there because the scheme asks for at least one parameter.
pub(super) const CHALLENGE: HeaderValue = HeaderValue::from_static(r#"Bearer realm="rolegate""#);
/// The same for a token that does not count.
pub(super) const CHALLENGE_INVALID_TOKEN: HeaderValue =
    HeaderValue::from_static(r#"Bearer realm="rolegate", error="invalid_token""#);
const CHALLENGE_INVALID_REQUEST: HeaderValue =
    HeaderValue::from_static(r#"Bearer realm="rolegate", error="invalid_request""#);

/// Why a request is not run, and how HTTP says so.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) error: Error,
    pub(super) location: Option<Pos>,
    /// The status, where it does not follow from the error.
    pub(super) status: Option<StatusCode>,
    pub(super) hint: Option<Hint>,
}

/// A header that says what would do.
#[derive(Clone, Copy, Debug)]
pub(super) enum Hint {
    /// These methods (RFC 9110 10.2.1).
    Allow(&'static str),
    /// One token, presented once (RFC 6750 3.1).
    Bearer,
}

impl Hint {
    pub(super) const fn header(self) -> (HeaderName, HeaderValue) {
        match self {
            Self::Allow(methods) => (ALLOW, HeaderValue::from_static(methods)),
            Self::Bearer => (WWW_AUTHENTICATE, CHALLENGE_INVALID_REQUEST),
        }
    }
}

impl Refusal {
    /// 400 for a request that cannot be understood; `message` repeats no value of the request.
    pub(super) fn bad_request(message: impl Into<Cow<'static, str>>) -> Self {
        Error::bad_request(message).into()
    }

    /// A refusal for which HTTP has a status of its own.
    pub(super) fn with_status(status: StatusCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self { status: Some(status), ..Self::bad_request(message) }
    }

    /// 405, with the methods that would do.
    pub(super) fn method_not_allowed(allow: &'static str, message: &'static str) -> Self {
        let hint = Some(Hint::Allow(allow));
        Self { hint, ..Self::with_status(StatusCode::METHOD_NOT_ALLOWED, message) }
    }

    /// 400 for credentials presented in a way that RFC 6750 3.1 calls an invalid request.
    pub(super) fn invalid_credentials_request(message: &'static str) -> Self {
        Self { hint: Some(Hint::Bearer), ..Self::bad_request(message) }
    }

    /// At a place in the document.
    pub(super) fn at(self, location: Option<Pos>) -> Self {
        Self { location, ..self }
    }

    /// As GraphQL writes errors.
    pub(super) fn to_server_error(&self) -> ServerError {
        let error = async_graphql::Error::from(self.error.clone());
        ServerError {
            message: error.message,
            source: error.source,
            locations: self.location.into_iter().collect(),
            path: Vec::new(),
            extensions: error.extensions,
        }
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self { error, location: None, status: None, hint: None }
    }
}
