//! Our errors as GraphQL errors.
//!
//! A resolver returns [`async_graphql::Result`] and writes `?` on a [`crate::error::Error`]: async-graphql takes anything that
//! displays and keeps it as the `source`, and [`describe`] fills in the extensions from that source once the
//! answer is there. So only errors whose source is ours carry a code; the HTTP door makes `INTERNAL` of the others.

use std::sync::Arc;

use async_graphql::{Enum, ErrorExtensionValues, Pos, ServerError};

use crate::error::{Error, whole_seconds};

/// Why something was refused or failed: `extensions.code` of an error. Match this and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum ErrorCode {
    /// You are not signed in; `extensions.reason` says why. Sign in or refresh, then repeat.
    Unauthenticated,
    /// You are signed in, but may not do this; `extensions.requires` says who may.
    Forbidden,
    /// The identifier or the password is wrong. Nobody is told which.
    InvalidCredentials,
    /// An argument is wrong; `extensions.field` says which one.
    InvalidInput,
    /// The password is too weak; the message says why.
    WeakPassword,
    /// The email address belongs to another user.
    EmailTaken,
    /// The username belongs to another user.
    UsernameTaken,
    /// Nobody can sign up here by themselves.
    SignupClosed,
    /// There is no such thing, or none that you may know of.
    NotFound,
    /// The last active admin can be neither demoted nor suspended.
    LastAdmin,
    /// Too many attempts; `extensions.retryAfter` says after how many seconds to try again.
    RateLimited,
    /// The server is busy; `extensions.retryAfter` says after how many seconds to try again.
    Overloaded,
    /// The document asks for too much at once.
    DocumentTooComplex,
    /// The request itself is wrong: nothing of it ran.
    BadRequest,
    /// Our fault. The request's id finds the cause in the server's log.
    Internal,
}

/// Fills in `extensions` from the error of ours that is its source; an error of another's making stays as it is.
///
/// The extensions are `code` and, where they apply, `reason`, `requires`, `field` and `retryAfter` (whole seconds).
pub fn describe(error: &mut ServerError) {
    let Some(source) = error.source.as_ref().and_then(|source| source.downcast_ref::<Error>()) else {
        return;
    };
    fill(error.extensions.get_or_insert_default(), source);
}

/// Our error for a resolver or a guard to raise, at a coordinate if it is about one.
pub(super) fn graphql_error(error: Error, coordinate: Option<&str>) -> async_graphql::Error {
    let mut extensions = ErrorExtensionValues::default();
    fill(&mut extensions, &error);
    if let Some(coordinate) = coordinate {
        extensions.set("coordinate", coordinate);
    }
    let message = error.to_string();
    async_graphql::Error { message, source: Some(Arc::new(error)), extensions: Some(extensions) }
}

/// Our error for the engine to raise at a place in the document; it has no path yet.
pub(super) fn server_error(error: Error, coordinate: Option<&str>, position: Pos) -> ServerError {
    graphql_error(error, coordinate).into_server_error(position)
}

/// Puts in what a client may act on: see [`describe`].
pub fn fill(extensions: &mut ErrorExtensionValues, error: &Error) {
    extensions.set("code", error.code());
    match error {
        Error::Unauthenticated(reason) => extensions.set("reason", reason.as_str()),
        Error::Forbidden { requires } => extensions.set("requires", requires.as_str()),
        Error::InvalidInput { field, .. } | Error::WeakPassword { field, .. } => {
            extensions.set("field", *field)
        }
        Error::Overloaded { retry_after } => extensions.set("retryAfter", whole_seconds(*retry_after)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use async_graphql::Value;
    use async_graphql::resolver_utils::EnumType;

    use super::*;
    use crate::error::Unauthenticated;

    /// One of each. The `match` makes a new variant fail to compile until it is here too.
    fn one_of_each() -> Vec<Error> {
        let next = |error: &Error| match error {
            Error::Unauthenticated(_) => Some(Error::Forbidden { requires: "@authenticated".into() }),
            Error::Forbidden { .. } => Some(Error::InvalidCredentials),
            Error::InvalidCredentials => {
                Some(Error::invalid_input("input.email", "This is no email address."))
            }
            Error::InvalidInput { .. } => {
                Some(Error::WeakPassword { field: "input.password", reason: "It is too short.".into() })
            }
            Error::WeakPassword { .. } => Some(Error::EmailTaken),
            Error::EmailTaken => Some(Error::UsernameTaken),
            Error::UsernameTaken => Some(Error::SignupClosed),
            Error::SignupClosed => Some(Error::NotFound),
            Error::NotFound => Some(Error::LastAdmin),
            Error::LastAdmin => Some(Error::Overloaded { retry_after: Duration::from_millis(1001) }),
            Error::Overloaded { .. } => Some(Error::bad_request("Sign in once an operation.")),
            Error::BadRequest { .. } => {
                Some(Error::DocumentTooComplex { limit: "at most 30 aliases".into() })
            }
            Error::DocumentTooComplex { .. } => Some(Error::internal("secret cause")),
            Error::Internal(_) => None,
        };
        let first = Error::Unauthenticated(Unauthenticated::TokenExpired);
        std::iter::successors(Some(first), next).collect()
    }

    fn described(error: Error) -> ServerError {
        let mut error = async_graphql::Error::from(error).into_server_error(Pos { line: 1, column: 1 });
        describe(&mut error);
        error
    }

    fn extension(error: &ServerError, name: &str) -> Option<Value> {
        error.extensions.as_ref()?.get(name).cloned()
    }

    #[test]
    fn every_code_is_in_the_schema() {
        for error in one_of_each() {
            let known = ErrorCode::items().iter().any(|item| item.name == error.code());
            assert!(known, "{} is missing from the enum ErrorCode", error.code());
        }
    }

    #[test]
    fn a_question_mark_keeps_the_source_and_gains_the_extensions() {
        for error in one_of_each() {
            let code = error.code();
            let error = described(error);
            assert!(error.source::<Error>().is_some());
            assert_eq!(extension(&error, "code"), Some(Value::from(code)));
        }
    }

    #[test]
    fn each_error_tells_what_its_reader_needs() {
        let tells =
            |name: &str, error: Error| extension(&described(error), name).map(|value| value.to_string());
        let expired = Error::Unauthenticated(Unauthenticated::TokenExpired);
        assert_eq!(tells("reason", expired).as_deref(), Some("\"TOKEN_EXPIRED\""));
        let taken = Error::invalid_input("input.email", "This is no email address.");
        assert_eq!(tells("field", taken).as_deref(), Some("\"input.email\""));
        let busy = Error::Overloaded { retry_after: Duration::from_millis(1001) };
        assert_eq!(tells("retryAfter", busy).as_deref(), Some("2"));
    }

    #[test]
    fn a_cause_of_ours_never_shows() {
        let error = described(Error::internal("secret cause"));
        assert!(!serde_json::to_string(&error).expect("an error serializes").contains("secret cause"));
    }

    #[test]
    fn an_error_of_anothers_making_stays_without_a_code() {
        let other = std::io::Error::other("disk");
        let mut error = async_graphql::Error::from(other).into_server_error(Pos { line: 1, column: 1 });
        describe(&mut error);
        assert!(error.extensions.is_none());
    }
}
