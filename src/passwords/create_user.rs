//! Making an account for somebody else, by the operator.

use crate::access::client::Client;
use crate::access::role::Role;
use crate::app::App;
use crate::audit::event::Event;
use crate::audit::record::record;
use crate::error::Error;
use crate::passwords::details::{Details, checked};
use crate::passwords::{credential, hash};
use crate::users::user;

/// Makes a user of any role. Whether sign-up is open does not matter; what a password must be does.
///
/// # Errors
/// [`Error::InvalidInput`] and [`Error::WeakPassword`] for what must be put right; [`Error::EmailTaken`] and
/// [`Error::UsernameTaken`].
pub async fn create_user(app: &App, details: &Details<'_>, role: Role) -> Result<user::Model, Error> {
    let (new_user, password) = checked(app, details, role)?;
    if new_user.email.is_none() && new_user.username.is_none() {
        return Err(Error::invalid_input("input.email", "An email address or a username is needed."));
    }
    let hash = hash::hash(app, &password).await?;
    let row = new_user.into_row(app.clock.now());
    let created = row.clone();
    let write = app.database.write(async move |tx| {
        user::insert(tx, row.clone()).await?;
        credential::set(tx, row.id, hash.clone(), row.created_at).await?;
        let event = Event::UserCreated { user_id: row.id, role };
        record(tx, row.created_at, &Client::default(), event).await
    });
    write.await?;
    Ok(created)
}
