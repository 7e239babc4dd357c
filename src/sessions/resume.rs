//! From a credential to the viewer: the session, its user's status and role are looked up at every request, so that
//! logging out, suspending and changing a role hold at once.

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;

use crate::access::viewer::Viewer;
use crate::app::App;
use crate::error::{Error, Unauthenticated};
use crate::platform::secret::OpaqueToken;
use crate::sessions::session::{self, Delivery};
use crate::tokens::access_token;
use crate::users::user::{self, Status};

/// How exact `last_seen_at` is. Each step more would be a write for each request.
const LAST_SEEN_STEP: TimeDelta = TimeDelta::minutes(1);

/// The viewer whom an access token speaks for.
///
/// # Errors
/// [`Error::Internal`] when the database fails; a token that does not count is no error but [`Viewer::Unrecognized`].
pub async fn by_access_token(app: &App, token: &str) -> Result<Viewer, Error> {
    let bearer = match access_token::verify(app, token) {
        Ok(bearer) => bearer,
        Err(reason) => return Ok(Viewer::Unrecognized { reason }),
    };
    match session::find_with_user(app.database.reader(), bearer.session_id, Delivery::Bearer).await? {
        Some((session, user)) if user.id == bearer.user_id => {
            viewer(app, &session, &user, Some(bearer.expires_at)).await
        }
        _ => Ok(unrecognized(Unauthenticated::SessionEnded)),
    }
}

/// The viewer whom a session cookie speaks for.
///
/// # Errors
/// [`Error::Internal`] when the database fails; a cookie that does not count is no error but [`Viewer::Unrecognized`].
pub async fn by_cookie(app: &App, cookie: &str) -> Result<Viewer, Error> {
    let Some(token) = OpaqueToken::parse(cookie) else {
        return Ok(unrecognized(Unauthenticated::TokenInvalid));
    };
    match session::find_with_user(app.database.reader(), token.id(), Delivery::Cookie).await? {
        Some((session, user)) if token.digest().matches(&session.secret_hash) => {
            viewer(app, &session, &user, None).await
        }
        _ => Ok(unrecognized(Unauthenticated::TokenInvalid)),
    }
}

async fn viewer(
    app: &App,
    session: &session::Model,
    user: &user::Model,
    token_expires_at: Option<DateTime<Utc>>,
) -> Result<Viewer, Error> {
    let now = app.clock.now();
    if !session.is_live(now, &app.config.session) || user.status != Status::Active {
        return Ok(unrecognized(Unauthenticated::SessionEnded));
    }
    if now - session.last_seen_at >= LAST_SEEN_STEP {
        touch(app, session.id, now).await;
    }
    let expires_at = session.expires_at(&app.config.session);
    Ok(Viewer::User {
        user_id: user.id,
        session_id: session.id,
        role: user.role,
        expires_at: token_expires_at.map_or(expires_at, |token| token.min(expires_at)),
    })
}

/// Notes that the session was used. That it could not be noted is no reason to refuse the request.
async fn touch(app: &App, session_id: Uuid, now: DateTime<Utc>) {
    let write = app.database.write(async move |tx| {
        let change = session::ActiveModel { last_seen_at: Set(now), ..Default::default() };
        session::Entity::update_many()
            .set(change)
            .filter(session::COLUMN.id.eq(session_id))
            .filter(session::COLUMN.last_seen_at.lte(now - LAST_SEEN_STEP))
            .exec(tx)
            .await?;
        Ok(())
    });
    if let Err(error) = write.await {
        tracing::warn!(%session_id, ?error, "the session's last use could not be noted");
    }
}

const fn unrecognized(reason: Unauthenticated) -> Viewer {
    Viewer::Unrecognized { reason }
}
