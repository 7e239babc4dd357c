//! Proving who one is with a password.

use crate::access::client::Client;
use crate::app::App;
use crate::audit::event::Event;
use crate::audit::record::record;
use crate::error::Error;
use crate::passwords::credential::KeptHash;
use crate::passwords::password::Password;
use crate::passwords::{credential, hash};
use crate::sessions::open::{Entrance, Opening, SignedIn};
use crate::sessions::session::Delivery;
use crate::users::find;
use crate::users::user::{self, Status};

/// Opens a session for whoever knows the password of `identifier`, an email address or a username.
///
/// Unknown identifier, wrong password and suspended user get one answer, after the same work.
///
/// # Errors
/// [`Error::InvalidCredentials`]; [`Error::Overloaded`] when too many hashes wait.
pub async fn log_in(
    app: &App,
    client: &Client,
    identifier: &str,
    typed: &str,
    delivery: Delivery,
) -> Result<SignedIn, Error> {
    let Some(password) = Password::parse(typed) else {
        return Err(Error::InvalidCredentials); // too long to be anybody's, whoever it is
    };
    let db = app.database.reader();
    let user = find::by_identifier(db, identifier).await?;
    let kept = match &user {
        Some(user) => credential::find(db, user.id).await?,
        None => None,
    };
    let verified = hash::verify(app, &password, kept.as_ref().map(|kept| kept.hash.clone())).await?;
    match (user, kept) {
        (Some(user), Some(kept)) if verified.matches && user.status == Status::Active => {
            let renewed = if verified.outdated { Some(hash::hash(app, &password).await?) } else { None };
            open(app, client, user, kept, renewed, delivery).await
        }
        (user, _) => {
            let user_id = user.as_ref().map(|user| user.id);
            tracing::debug!(?user_id, matches = verified.matches, "a sign-in was refused");
            record_failure(app, client, user.as_ref()).await?;
            Err(Error::InvalidCredentials)
        }
    }
}

/// Opens the session, and keeps the hash that was made anew if there is one.
///
/// Verifying takes long, and in a storm of sign-ins waits longer: whoever sets a password meanwhile ends all sessions,
/// so one that is opened with the old password after that would outlive it.
async fn open(
    app: &App,
    client: &Client,
    user: user::Model,
    kept: credential::Model,
    renewed: Option<KeptHash>,
    delivery: Delivery,
) -> Result<SignedIn, Error> {
    let opening = Opening::new(app, client, delivery)?;
    let (user_id, opened) = (user.id, opening.clone());
    let write = app.database.write(async move |tx| {
        if !credential::hold(tx, &kept).await? {
            return Ok(None);
        }
        if let Some(renewed) = &renewed {
            credential::rehash(tx, user_id, &kept.hash, renewed).await?;
        }
        opening.write(tx, user_id, Entrance::SignIn).await.map(Some)
    });
    match write.await? {
        Some(session) => opened.signed_in(app, user, session),
        None => {
            record_failure(app, client, Some(&user)).await?;
            Err(Error::InvalidCredentials)
        }
    }
}

async fn record_failure(app: &App, client: &Client, user: Option<&user::Model>) -> Result<(), Error> {
    let (now, client, user_id) = (app.clock.now(), client.clone(), user.map(|user| user.id));
    let write =
        app.database.write(async move |tx| record(tx, now, &client, Event::SignInFailed { user_id }).await);
    write.await
}
