//! Making an account for somebody else, by the operator.

use crate::access::client::Client;
use crate::access::role::Role;
use crate::app::App;
use crate::audit::event::Event;
use crate::audit::record::record;
use crate::error::Error;
use crate::passwords::password::Password;
use crate::passwords::{credential, hash, strength};
use crate::users::display_name::DisplayName;
use crate::users::email_address::EmailAddress;
use crate::users::user::{self, NewUser};
use crate::users::username::Username;

/// What is said about a new user, as it was typed.
#[derive(Clone)]
pub struct Details<'a> {
    /// Their email address.
    pub email: Option<&'a str>,
    /// Their username.
    pub username: Option<&'a str>,
    /// What to call them.
    pub name: Option<&'a str>,
    /// Their password.
    pub password: &'a str,
}

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

/// Reads what was typed; all of it is judged before anything is hashed or written.
pub(super) fn checked(app: &App, details: &Details<'_>, role: Role) -> Result<(NewUser, Password), Error> {
    let given = |text: Option<&str>| text.filter(|text| !text.trim().is_empty()).map(str::to_owned);
    let email = given(details.email).map(|text| EmailAddress::parse("input.email", &text)).transpose()?;
    let username =
        given(details.username).map(|text| Username::parse("input.username", &text)).transpose()?;
    let name = given(details.name).map(|text| DisplayName::parse("input.name", &text)).transpose()?;
    let user = NewUser { email, username, name, role };
    let email = user.email.as_ref().map(EmailAddress::as_str);
    let username = user.username.as_ref().map(Username::as_str);
    let password = strength::accept(&app.config, "input.password", details.password, email, username)?;
    Ok((user, password))
}
