//! A user's row, or a page of them, from memory, where it is known to be true.

use std::sync::Arc;

use uuid::Uuid;

use crate::app::App;
use crate::error::Error;
use crate::platform::cache::{Cache, Mark};
use crate::platform::page::{PageRequest, Slice};
use crate::platform::secret::Digest;
use crate::users::find;
use crate::users::list::{Filter, UserOrder, list};
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
    // Boxed, here and below: a future that reads the database is large, and would be moved where memory answers too.
    let user = Box::pin(find::by_id(app.database.reader(), id)).await?.map(Arc::new);
    if let (Some(mark), Some(user)) = (mark, &user) {
        remember(&app.cache, mark, user);
    }
    Ok(user)
}

/// Keeps a user's row that was read after `mark`.
pub fn remember(cache: &Cache, mark: Mark, user: &Arc<Model>) {
    cache.put(mark, user.id, Arc::clone(user), heap(user));
}

/// One page of the users that `filter` lets through, without a read if no user was changed since the last one.
///
/// # Errors
/// Those of [`list`].
pub async fn recall_page(
    app: &App,
    filter: &Filter,
    order: UserOrder,
    page: &PageRequest,
) -> Result<Arc<Slice<Arc<Model>>>, Error> {
    let key = Cache::place(&Digest::of(format!("users {filter:?} {order:?} {page:?}").as_bytes()));
    if let Some(slice) = app.cache.get(key) {
        return Ok(slice);
    }
    let mark = app.cache.mark();
    let slice = Box::pin(list(app.database.reader(), filter, order, page)).await?;
    let slice = Arc::new(slice.map(Arc::new));
    if let Some(mark) = mark {
        let rows = slice.rows.iter().map(|user| size_of::<Model>() + heap(user)).sum();
        app.cache.put_until_change(mark, key, Arc::clone(&slice), rows);
    }
    Ok(slice)
}

/// What a row takes in bytes beyond its own size.
fn heap(user: &Model) -> usize {
    let texts = [&user.email, &user.username, &user.username_key, &user.name, &user.name_key];
    texts.into_iter().flatten().map(String::capacity).sum()
}
