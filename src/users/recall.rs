//! A user's row from memory, where it is known to be true.

use std::sync::Arc;

use uuid::Uuid;

use crate::app::App;
use crate::error::Error;
use crate::platform::cache::{Cache, Mark};
use crate::users::find;
use crate::users::user::Model;

/// The user of this id, without a read if nothing was changed since the last one.
///
/// # Errors
/// [`Error::Internal`] when the database fails.
pub async fn recall(app: &App, id: Uuid) -> Result<Option<Arc<Model>>, Error> {
    if let Some(user) = app.cache.get(id) {
        return Ok(Some(user));
    }
    let mark = app.cache.mark();
    let user = find::by_id(app.database.reader(), id).await?.map(Arc::new);
    if let (Some(mark), Some(user)) = (mark, &user) {
        remember(&app.cache, mark, user);
    }
    Ok(user)
}

/// Keeps a user's row that was read after `mark`.
pub fn remember(cache: &Cache, mark: Mark, user: &Arc<Model>) {
    let texts = [&user.email, &user.username, &user.username_key, &user.name, &user.name_key];
    let heap = texts.into_iter().flatten().map(String::capacity).sum();
    cache.put(mark, user.id, Arc::clone(user), heap);
}
