//! At most so many sessions a user: whoever opens one more loses the one that was unused for longest.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;
use sea_orm::{QueryOrder as _, QuerySelect as _};

use crate::access::client::Client;
use crate::audit::event::Event;
use crate::config::SessionConfig;
use crate::error::Error;
use crate::sessions::end::{PORTION, end_each};
use crate::sessions::liveness::live;
use crate::sessions::session::{COLUMN, Column, EndReason, Entity};

/// Ends as many live sessions of `user_id` as it takes to make room for one: those that were unused for longest, and of
/// several that were last used in the same minute the oldest.
///
/// Not simply the oldest: the session that somebody is in every day must not end because a script signed in anew at
/// each of its runs.
///
/// The caller holds the row of the user. Two who open a session of theirs at once would else both count the same ones.
///
/// # Errors
/// [`Error::Internal`] when the database refuses.
pub(super) async fn displace(
    tx: &impl ConnectionTrait,
    now: DateTime<Utc>,
    client: &Client,
    config: &SessionConfig,
    user_id: Uuid,
) -> Result<(), Error> {
    let theirs = live(now, config).add(COLUMN.user_id.eq(user_id));
    let query = Entity::find().select_only().column(Column::Id).filter(theirs.clone());
    let latest_first = query.order_by_desc(COLUMN.last_seen_at.0).order_by_desc(COLUMN.id.0);
    let ids: Vec<Uuid> = latest_first.into_tuple().all(tx).await?;
    let kept = (config.max_per_user as usize).saturating_sub(1);
    let mut surplus: Vec<Uuid> = ids.into_iter().skip(kept).collect();
    // In the order in which all who end sessions take hold of them.
    surplus.sort_unstable();
    for portion in surplus.chunks(PORTION) {
        let which = theirs.clone().add(COLUMN.id.is_in(portion.iter().copied()));
        let event = |session_id| Event::SessionDisplaced { user_id, session_id };
        end_each(tx, now, client, EndReason::Displaced, which, event).await?;
    }
    Ok(())
}
