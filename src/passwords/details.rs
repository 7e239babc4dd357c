//! What is said about a new user, and whether it may be so.

use crate::access::role::Role;
use crate::app::App;
use crate::error::Error;
use crate::passwords::password::Password;
use crate::passwords::strength;
use crate::users::display_name::DisplayName;
use crate::users::email_address::EmailAddress;
use crate::users::user::NewUser;
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
