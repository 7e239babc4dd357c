//! From a bearer token of whatever kind to the viewer.

use crate::access::viewer::Viewer;
use crate::api_keys;
use crate::app::App;
use crate::error::Error;
use crate::sessions::resume;

/// The viewer whom a bearer token speaks for. How it begins says what it is, so that each is judged as one kind only.
///
/// # Errors
/// [`Error::Internal`] when the database fails; a token that does not count is no error but [`Viewer::Unrecognized`].
pub async fn authenticate(app: &App, token: &str) -> Result<Viewer, Error> {
    if token.starts_with(api_keys::secret::TAG) {
        // Boxed: a future that reads the database is large, and access tokens seldom need one.
        return Box::pin(api_keys::authenticate::authenticate(app, token)).await;
    }
    resume::by_access_token(app, token).await
}
