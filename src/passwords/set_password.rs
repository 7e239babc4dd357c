//! Setting somebody's password, by the operator.

use uuid::Uuid;

use crate::access::client::Client;
use crate::api_keys::revoke::revoke_all;
use crate::app::App;
use crate::audit::event::Event;
use crate::audit::record::record;
use crate::error::Error;
use crate::passwords::{credential, hash, strength};
use crate::sessions::end::end;
use crate::sessions::session::{self, EndReason};
use crate::users::find;

/// Sets the password of `user_id`, ends all their sessions and revokes their API keys: whoever needed this cannot know
/// who is in them, or has made them.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::WeakPassword`].
pub async fn set_password(app: &App, user_id: Uuid, typed: &str) -> Result<(), Error> {
    let user = find::by_id(app.database.reader(), user_id).await?.ok_or(Error::NotFound)?;
    let (email, username) = (user.email.as_deref(), user.username.as_deref());
    let password = strength::accept(&app.config, "password", typed, email, username)?;
    let hash = hash::hash(app, &password).await?;
    let now = app.clock.now();
    let write = app.database.write(async move |tx| {
        credential::set(tx, user_id, hash.clone(), now).await?;
        end(tx, now, EndReason::PasswordSet, session::COLUMN.user_id.eq(user_id)).await?;
        // After the sessions: a key that is being made in one of them has been made by now, or will not be.
        revoke_all(tx, now, &Client::default(), user_id).await?;
        record(tx, now, &Client::default(), Event::PasswordSet { user_id }).await
    });
    write.await
}
