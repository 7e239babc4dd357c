//! Keeping an event.

use chrono::{DateTime, Utc};
use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait as _};

use crate::access::client::Client;
use crate::audit::event::{ActiveModel, Entity, Event};
use crate::error::Error;
use crate::platform::secret;

/// Keeps `event`. Called inside the write that it speaks of, so that neither is ever there without the other.
///
/// # Errors
/// [`Error::Internal`] when the database refuses.
pub async fn record(
    tx: &impl ConnectionTrait,
    recorded_at: DateTime<Utc>,
    client: &Client,
    event: Event,
) -> Result<(), Error> {
    Entity::insert(row(recorded_at, client, &event)).exec_without_returning(tx).await?;
    Ok(())
}

/// Keeps several at once, a few hundred at most: a statement takes only so many values.
///
/// # Errors
/// [`Error::Internal`] when the database refuses.
pub async fn record_all(
    tx: &impl ConnectionTrait,
    recorded_at: DateTime<Utc>,
    client: &Client,
    events: impl Iterator<Item = Event>,
) -> Result<(), Error> {
    let rows = events.map(|event| row(recorded_at, client, &event));
    Entity::insert_many(rows).exec_without_returning(tx).await?;
    Ok(())
}

fn row(recorded_at: DateTime<Utc>, client: &Client, event: &Event) -> ActiveModel {
    let told = event.told();
    ActiveModel {
        id: Set(secret::new_id()),
        recorded_at: Set(recorded_at),
        kind: Set(told.kind.to_owned()),
        actor_id: Set(told.actor_id),
        subject_id: Set(told.subject_id),
        session_id: Set(told.session_id),
        ip_address: Set(client.ip.map(|ip| ip.to_string())),
        detail: Set(told.detail.map(|detail| detail.to_string())),
    }
}
