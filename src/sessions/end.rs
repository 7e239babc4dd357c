//! Ending sessions before their time. In force at the very next request.

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::SimpleExpr;
use sea_orm::{QueryOrder as _, QuerySelect as _};

use crate::access::client::Client;
use crate::access::viewer::Viewer;
use crate::app::App;
use crate::audit::event::Event;
use crate::audit::record::record_all;
use crate::error::Error;
use crate::sessions::liveness::live;
use crate::sessions::session::{ActiveModel, COLUMN, EndReason, Entity, Model};

/// How many sessions one statement ends. Whoever signs in by a script may have thousands, and a statement takes
/// only so many values.
const PORTION: usize = 500;

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
    let ended = end_where(app, client, viewer, COLUMN.id.eq(session_id)).await?;
    ended.into_iter().next().ok_or(Error::NotFound)
}

/// Ends all of the viewer's sessions but the one they are in. Answers those that it ended, oldest first.
///
/// # Errors
/// [`Error::Unauthenticated`] for whoever is in none.
pub async fn end_other_sessions(app: &App, client: &Client, viewer: &Viewer) -> Result<Vec<Model>, Error> {
    end_where(app, client, viewer, COLUMN.id.ne(viewer.session_id()?)).await
}

/// Ends those of the viewer's live sessions that `which` names.
async fn end_where(
    app: &App,
    client: &Client,
    viewer: &Viewer,
    which: SimpleExpr,
) -> Result<Vec<Model>, Error> {
    let actor_id = viewer.user_id()?;
    let (now, client, lifetimes) = (app.clock.now(), client.clone(), app.config.session.clone());
    let write = app.database.write(async move |tx| {
        // Held until the commit: whoever ends one of them at the same moment waits, and then finds it ended. In one
        // order, or two who end each other's would wait for each other. SQLite has one writer and needs no lock.
        let theirs = Entity::find().filter(COLUMN.user_id.eq(actor_id)).filter(which.clone());
        let theirs = theirs.filter(live(now, &lifetimes)).order_by_asc(COLUMN.id.0).lock_exclusive();
        let mut ended = theirs.all(tx).await?;
        for portion in ended.chunks_mut(PORTION) {
            let ids = portion.iter().map(|session| session.id);
            end(tx, now, EndReason::Ended, COLUMN.id.is_in(ids.clone())).await?;
            record_all(tx, now, &client, ids.map(|session_id| Event::SessionEnded { actor_id, session_id }))
                .await?;
            for session in portion {
                (session.ended_at, session.end_reason) = (Some(now), Some(EndReason::Ended));
            }
        }
        Ok(ended)
    });
    write.await
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
