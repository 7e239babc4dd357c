//! Exchanging a refresh token for its successor (RFC 9700 4.14.2).
//!
//! A token is good once. Who presents it a second time is either its owner, who never received the answer, or a thief.
//! Within the grace, and as long as the successor has not been used, both get what the first one got: the owner is
//! not logged out by a bad network, and the session still has one live branch. After that the session ends for both.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{Condition, FromQueryResult as _, Iterable as _, QuerySelect as _, QueryTrait as _};

use crate::access::client::Client;
use crate::access::role::Role;
use crate::app::App;
use crate::audit::event::Event;
use crate::audit::record::record;
use crate::error::{Error, Unauthenticated};
use crate::platform::database::unique;
use crate::platform::secret::{Digest, OpaqueToken};
use crate::sessions::end::end;
use crate::sessions::liveness::admitting;
use crate::sessions::open::{SignedIn, bearer};
use crate::sessions::session::{self, Delivery, EndReason};
use crate::sessions::{spent_refresh_token as spent, successor};
use crate::tokens::access_token;
use crate::users::recall::remember;
use crate::users::{find, user};

/// Exchanges the token that a client presents. Role and status are read anew.
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
        Some((session, user)) => {
            let credential = bearer(app, &user, &access_token, fresh)?;
            Ok(SignedIn { user, session, credential })
        }
        // Boxed: it is seldom, and would make the future of each refresh twice as large.
        None => Box::pin(repeat(app, client, now, &presented, &access_token)).await,
    }
}

/// Spends `presented` for `fresh`, if it is the live token of a live session of an active user. Mostly that is one
/// statement, because this is what nearly every call comes to: a trigger keeps the spent token, and the user is taken from
/// memory if their role is still the one that the statement saw.
async fn exchange(
    app: &App,
    now: DateTime<Utc>,
    presented: &OpaqueToken,
    fresh: &OpaqueToken,
    access_token: &access_token::Draft,
) -> Result<Option<(session::Model, Arc<user::Model>)>, Error> {
    let successor_sealed = successor::seal(presented, fresh)?;
    let live = (presented.id(), presented.digest());
    let change = session::ActiveModel {
        secret_hash: Set(fresh.digest().to_vec()),
        successor_sealed: Set(Some(successor_sealed)),
        last_seen_at: Set(now),
        ..Default::default()
    };
    let (lifetimes, access_token) = (app.config.session.clone(), access_token.clone());
    let (cache, mark) = (Arc::clone(&app.cache), app.cache.mark());
    let write = app.database.write_quietly(async move |tx| {
        let spent = spend(tx, live, change.clone(), admitting(now, &lifetimes)).await?;
        let Some((session, role)) = spent else { return Ok(None) };
        access_token.keep(tx, session.user_id).await?;
        // In here: a token is not spent for an answer that could not be given.
        let known = cache.get::<user::Model>(session.user_id).filter(|user| user.role == role);
        let user = match known {
            Some(user) => user,
            None => Arc::new(find::by_id(tx, session.user_id).await?.ok_or_else(ended)?),
        };
        Ok(Some((session, user)))
    });
    let exchanged = write.await?;
    if let (Some(mark), Some((_, user))) = (mark, &exchanged)
        && app.cache.get::<user::Model>(user.id).is_none()
    {
        remember(&app.cache, mark, user);
    }
    Ok(exchanged)
}

/// Changes the session whose live token has this id and digest, and answers with it and its user's role. All conditions
/// are in the statement that writes, so that of any number of callers one wins, and who ends the session meanwhile wins over
/// all.
async fn spend(
    tx: &impl ConnectionTrait,
    (id, digest): (Uuid, Digest),
    change: session::ActiveModel,
    admitting: Condition,
) -> Result<Option<(session::Model, Role)>, Error> {
    let mut update = session::Entity::update_many()
        .set(change)
        .filter(session::COLUMN.id.eq(id))
        .filter(session::COLUMN.delivery.eq(Delivery::Bearer))
        .filter(session::COLUMN.secret_hash.eq(digest.to_vec()))
        .filter(admitting)
        .into_query();
    let role = user::Entity::find().select_only().column(user::Column::Role).filter(session::is_its_user());
    let role = Expr::from(role.into_query());
    let columns: Vec<_> = session::Column::iter().map(Expr::col).collect();
    let role_index = columns.len();
    update.returning(Query::returning().exprs(columns.into_iter().chain([role])));
    let Some(row) = tx.query_one(&update).await? else { return Ok(None) };
    Ok(Some((session::Model::from_query_result(&row, "")?, row.try_get_by_index(role_index)?)))
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
