//! Making an account for oneself.

use crate::access::client::Client;
use crate::access::role::Role;
use crate::app::App;
use crate::config::{SignupConfig, SignupIdentifier, SignupMode};
use crate::error::Error;
use crate::passwords::details::{Details, checked};
use crate::passwords::{credential, hash};
use crate::sessions::open::{Entrance, Opening, SignedIn};
use crate::sessions::session::Delivery;
use crate::users::email_address::EmailAddress;
use crate::users::user::{self, NewUser};

/// Makes a user of role CLIENT, with a first session. No argument can make them more.
///
/// # Errors
/// [`Error::SignupClosed`]; [`Error::InvalidInput`] and [`Error::WeakPassword`] for what must be put right;
/// [`Error::EmailTaken`] and [`Error::UsernameTaken`]; [`Error::Overloaded`] when too many hashes wait.
pub async fn sign_up(
    app: &App,
    client: &Client,
    details: &Details<'_>,
    delivery: Delivery,
) -> Result<SignedIn, Error> {
    let config = &app.config.signup;
    if config.mode == SignupMode::Closed {
        return Err(Error::SignupClosed);
    }
    let (new_user, password) = checked(app, details, Role::Client)?;
    refuse_without_identifier(config, &new_user)?;
    refuse_other_domains(config, &new_user)?;
    let hash = hash::hash(app, &password).await?;
    let opening = Opening::new(app, client, delivery)?;
    let row = new_user.into_row(app.clock.now());
    let (user, opened) = (row.clone(), opening.clone());
    let write = app.database.write(async move |tx| {
        user::insert(tx, row.clone()).await?;
        credential::set(tx, row.id, hash.clone(), row.created_at).await?;
        opening.write(tx, row.id, Entrance::SignUp).await
    });
    let session = write.await?;
    opened.signed_in(app, user, session)
}

fn refuse_without_identifier(config: &SignupConfig, user: &NewUser) -> Result<(), Error> {
    let missing = |field, message| Err(Error::invalid_input(field, message));
    match config.identifier {
        SignupIdentifier::Email if user.email.is_none() => {
            missing("input.email", "An email address is needed.")
        }
        SignupIdentifier::Username if user.username.is_none() => {
            missing("input.username", "A username is needed.")
        }
        SignupIdentifier::Either if user.email.is_none() && user.username.is_none() => {
            missing("input.email", "An email address or a username is needed.")
        }
        _ => Ok(()),
    }
}

fn refuse_other_domains(config: &SignupConfig, user: &NewUser) -> Result<(), Error> {
    if config.email_domains.is_empty() {
        return Ok(());
    }
    let allowed = |email: &EmailAddress| config.email_domains.iter().any(|domain| email.is_at(domain));
    match &user.email {
        Some(email) if allowed(email) => Ok(()),
        Some(_) => Err(Error::invalid_input("input.email", "Addresses of this domain cannot sign up here.")),
        // Without an address nobody could tell whether they belong here.
        None => Err(Error::invalid_input("input.email", "An email address is needed.")),
    }
}
