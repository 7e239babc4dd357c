//! Ending sessions before their time. In force at the very next request.

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::SimpleExpr;
use sea_orm::{Condition, QueryOrder as _, QuerySelect as _};

use crate::access::client::Client;
use crate::access::viewer::Viewer;
use crate::app::App;
use crate::audit::event::Event;
use crate::audit::record::record_all;
use crate::error::Error;
use crate::sessions::liveness::live;
use crate::sessions::session::{ActiveModel, COLUMN, EndReason, Entity, Model};
use crate::users::find;

/// How many sessions one statement ends: a statement takes only so many values.
pub(super) const PORTION: usize = 500;

/// Ends the session that the viewer is in.
///
/// # Errors
/// [`Error::Unauthenticated`] for whoever is in none.
pub async fn logout(app: &App, client: &Client, viewer: &Viewer) -> Result<Model, Error> {
    end_session(app, client, viewer, viewer.session_id()?).await
}

/// Ends one of the viewer's sessions.
///
/// # Errors
/// [`Error::NotFound`] for a session that is over, does not exist, or is somebody else's: all look alike.
pub async fn end_session(
    app: &App,
    client: &Client,
    viewer: &Viewer,
    session_id: Uuid,
) -> Result<Model, Error> {
    let ended = end_own(app, client, viewer, COLUMN.id.eq(session_id)).await?;
    ended.into_iter().next().ok_or(Error::NotFound)
}

/// Ends all of the viewer's sessions but the one they are in. Answers those that it ended, oldest first.
///
/// # Errors
/// [`Error::Unauthenticated`] for whoever is in none.
pub async fn end_other_sessions(app: &App, client: &Client, viewer: &Viewer) -> Result<Vec<Model>, Error> {
    end_own(app, client, viewer, COLUMN.id.ne(viewer.session_id()?)).await
}

/// Ends all sessions of `user_id`, whoever that is: an admin who ends their own is signed out too. Those of a suspended
/// user end as well, or they would count again when the user may sign in again. Answers those that it ended, oldest
/// first.
///
/// `actor_id` is the admin who asks, or `None` for an operator on the command line.
///
/// # Errors
/// [`Error::NotFound`] when there is no such user.
pub async fn end_user_sessions(
    app: &App,
    client: &Client,
    actor_id: Option<Uuid>,
    user_id: Uuid,
) -> Result<Vec<Model>, Error> {
    let (now, client, lifetimes) = (app.clock.now(), client.clone(), app.config.session.clone());
    let write = app.database.write(async move |tx| {
        find::by_id(tx, user_id).await?.ok_or(Error::NotFound)?;
        let theirs = live(now, &lifetimes).add(COLUMN.user_id.eq(user_id));
        let event = |session_id| Event::SessionEnded { actor_id, user_id, session_id };
        end_each(tx, now, &client, EndReason::Revoked, theirs, event).await
    });
    write.await
}

/// Ends those of the viewer's live sessions that `which` names.
async fn end_own(
    app: &App,
    client: &Client,
    viewer: &Viewer,
    which: SimpleExpr,
) -> Result<Vec<Model>, Error> {
    let user_id = viewer.user_id()?;
    let (now, client, lifetimes) = (app.clock.now(), client.clone(), app.config.session.clone());
    let write = app.database.write(async move |tx| {
        let theirs = live(now, &lifetimes).add(COLUMN.user_id.eq(user_id)).add(which.clone());
        let event = |session_id| Event::SessionEnded { actor_id: Some(user_id), user_id, session_id };
        end_each(tx, now, &client, EndReason::Ended, theirs, event).await
    });
    write.await
}

/// Ends the sessions that `which` finds, all of them live, and records of each its event. Answers them as they are now,
/// oldest first.
///
/// # Errors
/// [`Error::Internal`] when the database refuses.
pub(super) async fn end_each(
    tx: &impl ConnectionTrait,
    now: DateTime<Utc>,
    client: &Client,
    reason: EndReason,
    which: Condition,
    event: impl Fn(Uuid) -> Event,
) -> Result<Vec<Model>, Error> {
    // Held until the commit: whoever ends one of them at the same moment waits, and then finds it ended. In one
    // order, or two who end each other's would wait for each other. SQLite has one writer and needs no lock.
    let held = Entity::find().filter(which).order_by_asc(COLUMN.id.0).lock_exclusive();
    let mut ended = held.all(tx).await?;
    for portion in ended.chunks_mut(PORTION) {
        let ids = portion.iter().map(|session| session.id);
        end(tx, now, reason, COLUMN.id.is_in(ids.clone())).await?;
        record_all(tx, now, client, ids.map(&event)).await?;
        for session in portion {
            (session.ended_at, session.end_reason) = (Some(now), Some(reason));
        }
    }
    Ok(ended)
}

/// Ends the live sessions that `which` names; answers how many.
///
/// # Errors
/// [`Error::Internal`] when the database refuses.
pub async fn end(
    tx: &impl ConnectionTrait,
    now: DateTime<Utc>,
    reason: EndReason,
    which: SimpleExpr,
) -> Result<u64, Error> {
    let change =
        ActiveModel { ended_at: Set(Some(now)), end_reason: Set(Some(reason)), ..Default::default() };
    let query = Entity::update_many().set(change).filter(which).filter(COLUMN.ended_at.is_null());
    Ok(query.exec(tx).await?.rows_affected)
}
