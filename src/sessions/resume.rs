//! From a credential to the viewer: the session, its user's status and role are looked at anew for every request, so that
//! logging out, suspending and changing a role hold at once.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;

use crate::access::viewer::Viewer;
use crate::app::App;
use crate::error::{Error, Unauthenticated};
use crate::platform::secret::OpaqueToken;
use crate::sessions::session::{self, Delivery};
use crate::sessions::standing::{self, Standing};
use crate::tokens::access_token;

/// How exact `last_seen_at` is. Each step more would be a write for each request.
const LAST_SEEN_STEP: TimeDelta = TimeDelta::minutes(1);

/// It is exact to this part of the idle lifetime at least, or a session in constant use would end between two steps.
const LAST_SEEN_PART: i32 = 4;

/// How long a request waits for that write. When writes queue up, the next request may note it as well.
const TOUCH_LIMIT: Duration = Duration::from_millis(100);

/// The viewer whom an access token speaks for.
///
/// # Errors
/// [`Error::Internal`] when the database fails; a token that does not count is no error but [`Viewer::Unrecognized`].
pub async fn by_access_token(app: &App, token: &str) -> Result<Viewer, Error> {
    let bearer = match access_token::verify(app, token).await {
        Ok(bearer) => bearer,
        Err(Error::Unauthenticated(reason)) => return Ok(Viewer::Unrecognized { reason }),
        Err(error) => return Err(error),
    };
    let is_theirs = |standing: &Standing| {
        standing.session.delivery == Delivery::Bearer && standing.session.user_id == bearer.subject
    };
    match standing::find(app, bearer.session_id).await? {
        Some(standing) if is_theirs(&standing) => {
            Ok(viewer(app, bearer.session_id, &standing, Some(bearer.expires_at)).await)
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
    let is_its_cookie = |standing: &Standing| {
        standing.session.delivery == Delivery::Cookie && token.digest().matches(&standing.session.secret_hash)
    };
    match standing::find(app, token.id()).await? {
        Some(standing) if is_its_cookie(&standing) => Ok(viewer(app, token.id(), &standing, None).await),
        _ => Ok(unrecognized(Unauthenticated::TokenInvalid)),
    }
}

async fn viewer(
    app: &App,
    session_id: Uuid,
    standing: &Standing,
    token_expires_at: Option<DateTime<Utc>>,
) -> Viewer {
    let now = app.clock.now();
    let Some(live_until) = standing.admits_until(now, &app.config.session) else {
        return unrecognized(Unauthenticated::SessionEnded);
    };
    let step = LAST_SEEN_STEP.min(app.config.session.idle_lifetime.delta() / LAST_SEEN_PART);
    if now - standing.session.last_seen_at() >= step {
        // Boxed: it is for one request a minute, and would make the future of each one large.
        Box::pin(touch(app, session_id, standing, now, step)).await;
    }
    Viewer::User {
        user_id: standing.session.user_id,
        session_id,
        role: standing.user.role,
        expires_at: token_expires_at.map_or(live_until, |token| token.min(live_until)),
    }
}

/// Notes that the session was used. That it could not be noted is no reason to refuse the request.
async fn touch(app: &App, session_id: Uuid, standing: &Standing, now: DateTime<Utc>, step: TimeDelta) {
    let write = app.database.write_quietly(async move |tx| {
        let change = session::ActiveModel { last_seen_at: Set(now), ..Default::default() };
        let touched = session::Entity::update_many()
            .set(change)
            .filter(session::COLUMN.id.eq(session_id))
            .filter(session::COLUMN.last_seen_at.lte(now - step))
            .exec(tx)
            .await?;
        Ok(touched.rows_affected > 0)
    });
    match tokio::time::timeout(TOUCH_LIMIT, write).await {
        Ok(Ok(true)) => standing.session.seen(now),
        // Somebody else has noted a use, here or on another node: it is read when the next request comes.
        Ok(Ok(false)) => app.cache.forget([session_id]),
        Ok(Err(error)) => tracing::warn!(%session_id, ?error, "the session's last use could not be noted"),
        Err(_elapsed) => tracing::debug!(%session_id, "the session's last use was not noted in time"),
    }
}

const fn unrecognized(reason: Unauthenticated) -> Viewer {
    Viewer::Unrecognized { reason }
}
