//! Ending sessions before their time. In force at the very next request.

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::SimpleExpr;

use crate::access::client::Client;
use crate::access::viewer::Viewer;
use crate::app::App;
use crate::audit::event::Event;
use crate::audit::record::record;
use crate::error::Error;
use crate::sessions::session::{ActiveModel, COLUMN, EndReason, Entity, Model};

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

/// Ends all of the viewer's sessions but the one they are in. Answers those that it ended.
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
        let theirs = Entity::find().filter(COLUMN.user_id.eq(actor_id)).filter(COLUMN.ended_at.is_null());
        let mut ended = Vec::new();
        for session in theirs.filter(which.clone()).all(tx).await? {
            if !session.is_live(now, &lifetimes) {
                continue;
            }
            // Whoever else ends it at the same moment is the one who is told so, and the one who is recorded.
            if end(tx, now, EndReason::Ended, COLUMN.id.eq(session.id)).await? == 0 {
                continue;
            }
            record(tx, now, &client, Event::SessionEnded { actor_id, session_id: session.id }).await?;
            ended.push(Model { ended_at: Some(now), end_reason: Some(EndReason::Ended), ..session });
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
