//! From an API key to the viewer: the key, its owner's status and role are looked up at every request, so that
//! revoking, suspending and changing a role hold at once.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::Condition;
use sea_orm::entity::prelude::*;

use crate::access::viewer::Viewer;
use crate::api_keys::api_key::{self, ActiveModel, COLUMN, Entity};
use crate::api_keys::secret;
use crate::app::App;
use crate::error::{Error, Unauthenticated};
use crate::users::user::Status;

/// How exact `last_used_at` is. Each step more would be a write for each request.
const LAST_USED_STEP: TimeDelta = TimeDelta::minutes(1);

/// How long a request waits for that write. When writes queue up, the next request may note it as well.
const TOUCH_LIMIT: Duration = Duration::from_millis(100);

/// What the secret is compared with when there is no such key, so that either way takes as long.
const NOBODYS: [u8; 32] = [0; 32];

/// The viewer whom an API key speaks for, of the lesser of its own role and its owner's.
///
/// # Errors
/// [`Error::Internal`] when the database fails; a key that does not count is no error but [`Viewer::Unrecognized`].
pub async fn authenticate(app: &App, presented: &str) -> Result<Viewer, Error> {
    let Some(token) = secret::parse(presented) else {
        return Ok(unrecognized(Unauthenticated::TokenInvalid));
    };
    let found = api_key::find_with_owner(app.database.reader(), token.id()).await?;
    let kept = found.as_ref().map_or(NOBODYS.as_slice(), |(key, _)| &key.secret_hash);
    let is_proven = token.digest().matches(kept);
    let Some((key, owner)) = found.filter(|(_, owner)| is_proven && owner.status == Status::Active) else {
        return Ok(unrecognized(Unauthenticated::TokenInvalid));
    };
    let now = app.clock.now();
    if key.expires_at <= now {
        return Ok(unrecognized(Unauthenticated::TokenExpired));
    }
    if key.last_used_at.is_none_or(|last_used_at| now - last_used_at >= LAST_USED_STEP) {
        touch(app, key.id, now).await;
    }
    Ok(Viewer::ApiKey {
        user_id: owner.id,
        key_id: key.id,
        role: key.role.min(owner.role),
        expires_at: key.expires_at,
    })
}

/// Notes that the key was used. That it could not be noted is no reason to refuse the request.
async fn touch(app: &App, key_id: Uuid, now: DateTime<Utc>) {
    let write = app.database.write_quietly(async move |tx| {
        let change = ActiveModel { last_used_at: Set(Some(now)), ..Default::default() };
        let is_earlier = Condition::any()
            .add(COLUMN.last_used_at.is_null())
            .add(COLUMN.last_used_at.lte(now - LAST_USED_STEP));
        Entity::update_many().set(change).filter(COLUMN.id.eq(key_id)).filter(is_earlier).exec(tx).await?;
        Ok(())
    });
    match tokio::time::timeout(TOUCH_LIMIT, write).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%key_id, ?error, "the API key's last use could not be noted"),
        Err(_elapsed) => tracing::debug!(%key_id, "the API key's last use was not noted in time"),
    }
}

const fn unrecognized(reason: Unauthenticated) -> Viewer {
    Viewer::Unrecognized { reason }
}
