//! Exchanging a refresh token for its successor (RFC 9700 4.14.2).
//!
//! A token is good once. Who presents it a second time is either its owner, who never received the answer, or a thief.
//! Within the grace, and as long as the successor has not been used, both get what the first one got: the owner is
//! not logged out by a bad network, and the session still has one live branch. After that the session ends for both.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;

use crate::access::client::Client;
use crate::app::App;
use crate::audit::event::Event;
use crate::audit::record::record;
use crate::error::{Error, Unauthenticated};
use crate::platform::database::unique;
use crate::platform::secret::OpaqueToken;
use crate::sessions::end::end;
use crate::sessions::liveness::admitting;
use crate::sessions::open::{SignedIn, bearer};
use crate::sessions::session::{self, Delivery, EndReason};
use crate::sessions::{spent_refresh_token as spent, successor};
use crate::tokens::access_token;
use crate::users::recall::recall;

/// Exchanges the token that a client presents. The status is read anew; the role is that which the next request would
/// be judged by.
///
/// # Errors
/// [`Error::Unauthenticated`]: `TOKEN_INVALID` for what never was a refresh token of ours, whatever id it carries;
/// `SESSION_ENDED` for a genuine one whose session is over, whose user is suspended, or which was spent before.
pub async fn refresh(app: &App, client: &Client, presented: &str) -> Result<SignedIn, Error> {
    let presented = OpaqueToken::parse(presented).ok_or_else(invalid)?;
    let now = app.clock.now();
    let fresh = OpaqueToken::new(presented.id())?;
    let access_token = access_token::Draft::new(app, presented.id())?;
    match exchange(app, now, &presented, &fresh, &access_token).await? {
        Some(session) => {
            let user = recall(app, session.user_id).await?.ok_or_else(ended)?;
            let credential = bearer(app, &user, &access_token, fresh)?;
            Ok(SignedIn { user, session, credential })
        }
        // Boxed: it is seldom, and would make the future of each refresh twice as large.
        None => Box::pin(repeat(app, client, now, &presented, &access_token)).await,
    }
}

/// Spends `presented` for `fresh`, if it is the live token of a live session of an active user. One statement, because
/// this is what nearly every call comes to: that the spent token is kept to be recognised is a trigger's work. The
/// conditions are in the statement that writes, so that of any number of callers one wins, and who ends the session
/// meanwhile wins over all.
async fn exchange(
    app: &App,
    now: DateTime<Utc>,
    presented: &OpaqueToken,
    fresh: &OpaqueToken,
    access_token: &access_token::Draft,
) -> Result<Option<session::Model>, Error> {
    let (id, old, new) = (presented.id(), presented.digest(), fresh.digest());
    let successor_sealed = successor::seal(presented, fresh)?;
    let (lifetimes, access_token) = (app.config.session.clone(), access_token.clone());
    let write = app.database.write_quietly(async move |tx| {
        let change = session::ActiveModel {
            secret_hash: Set(new.to_vec()),
            successor_sealed: Set(Some(successor_sealed.clone())),
            last_seen_at: Set(now),
            ..Default::default()
        };
        let exchanged = session::Entity::update_many()
            .set(change)
            .filter(session::COLUMN.id.eq(id))
            .filter(session::COLUMN.delivery.eq(Delivery::Bearer))
            .filter(session::COLUMN.secret_hash.eq(old.to_vec()))
            .filter(admitting(now, &lifetimes))
            .exec_with_returning(tx)
            .await?
            .pop();
        if let Some(session) = &exchanged {
            access_token.keep(tx, session.user_id).await?;
        }
        Ok(exchanged)
    });
    write.await
}

/// Answers a token that is not the live one: the same successor within the grace, the end of the session after it.
async fn repeat(
    app: &App,
    client: &Client,
    now: DateTime<Utc>,
    presented: &OpaqueToken,
    access_token: &access_token::Draft,
) -> Result<SignedIn, Error> {
    let db = app.database.reader();
    let key = (presented.id(), presented.digest().to_vec());
    let spent = unique(db, spent::Entity::find_by_id(key)).await?;
    let held = session::find_with_user(db, presented.id(), Delivery::Bearer).await?;
    let (session, user) = held.ok_or_else(invalid)?;
    let Some(spent) = spent else {
        // The live token of a session that is over is genuine; anything else never was ours.
        let genuine = presented.digest().matches(&session.secret_hash);
        return Err(if genuine { ended() } else { invalid() });
    };
    if session.times().admits_until(user.status, now, &app.config.session).is_none() {
        return Err(ended());
    }
    // Either way: to a clock that was set back, every token would seem spent a moment ago.
    let apart = (now - spent.spent_at).abs();
    if apart < app.config.session.refresh_grace_lifetime.delta() {
        let sealed = session.successor_sealed.as_deref();
        if let Some(unused) = sealed.and_then(|sealed| successor::open(presented, sealed)) {
            let credential = bearer(app, &user, access_token, unused)?;
            access_token.keep_alone(app, user.id).await?;
            return Ok(SignedIn { user: Arc::new(user), session, credential });
        }
    }
    end_for_reuse(app, client, now, &session).await?;
    Err(ended())
}

async fn end_for_reuse(
    app: &App,
    client: &Client,
    now: DateTime<Utc>,
    session: &session::Model,
) -> Result<(), Error> {
    let (session_id, user_id, client) = (session.id, session.user_id, client.clone());
    let write = app.database.write(async move |tx| {
        if end(tx, now, EndReason::RefreshTokenReused, session::COLUMN.id.eq(session_id)).await? > 0 {
            record(tx, now, &client, Event::RefreshTokenReused { user_id, session_id }).await?;
        }
        Ok(())
    });
    write.await
}

fn invalid() -> Error {
    Error::Unauthenticated(Unauthenticated::TokenInvalid)
}

fn ended() -> Error {
    Error::Unauthenticated(Unauthenticated::SessionEnded)
}
