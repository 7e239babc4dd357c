//! What a client sees of an error. The library turns anything that can be displayed into one, so nothing that is not
//! ours, or known to be harmless, gets out.

use async_graphql::ServerError;
use uuid::Uuid;

use crate::error::Error;
use crate::graphql::error::fill;

/// The longest message of the library that is passed on, in bytes: it repeats names, and a name may be 60 KB long.
const MAX_MESSAGE: usize = 300;

/// What the library says of a document whose pages and lists come to too many values.
const TOO_COMPLEX: &str = "Query is too complex.";

/// Makes `error` fit to be shown, logs what is hidden, and says what kind of error it is.
pub(super) fn show(error: &mut ServerError, request_id: Uuid) -> Error {
    let kind = classify(error);
    if let Error::Internal(cause) = &kind {
        tracing::error!(%request_id, cause = %cause, path = ?error.path, "an operation failed");
        *error = ServerError {
            message: kind.to_string(),
            source: None,
            locations: std::mem::take(&mut error.locations),
            path: std::mem::take(&mut error.path),
            extensions: None,
        };
    }
    let values = error.extensions.get_or_insert_default();
    fill(values, &kind);
    if matches!(kind, Error::Internal(_)) {
        values.set("requestId", request_id.to_string());
    }
    kind
}

/// Ours by its source; a fault of the document by its lack of one; everything else is a fault of ours.
fn classify(error: &mut ServerError) -> Error {
    if let Some(own) = error.source::<Error>() {
        return own.clone();
    }
    let is_of_the_library = error.source.is_none();
    if is_of_the_library && let Some(message) = without_the_value(&error.message) {
        error.message = message;
        return Error::bad_request("");
    }
    if is_of_the_library && error.message == TOO_COMPLEX {
        let limit = "fewer rows a page, or fewer pages beneath each other, would do".to_owned();
        let own = Error::DocumentTooComplex { limit };
        error.message = own.to_string();
        return own;
    }
    if is_of_the_library && error.path.is_empty() {
        shorten(&mut error.message);
        return Error::bad_request("");
    }
    Error::internal(std::mem::take(&mut error.message))
}

/// The library's complaints about values repeat the value, which may be a password put where an enum belongs.
/// `None` for any other message.
fn without_the_value(message: &str) -> Option<String> {
    const LITERAL: &str = " does not contain the value ";
    if message.starts_with("Invalid value for argument ")
        || message.starts_with("Invalid default value for argument")
    {
        let end = message.find(LITERAL).unwrap_or(message.len());
        let mut kept = message[..end].to_owned();
        shorten(&mut kept);
        if end < message.len() {
            kept.push_str(" does not contain this value");
        }
        return Some(kept);
    }
    let is_coercion =
        message.starts_with("Failed to parse \"") || message.starts_with("Expected input type \"");
    let type_name = message.split('"').nth(1)?;
    is_coercion.then(|| format!("An argument has a value that is no valid `{type_name}`."))
}

fn shorten(message: &mut String) {
    if message.len() > MAX_MESSAGE {
        message.truncate(message.floor_char_boundary(MAX_MESSAGE));
        message.push_str(" ..");
    }
}
