//! Letting a suspended user in again.

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;

use crate::access::client::Client;
use crate::app::App;
use crate::audit::event::Event;
use crate::audit::record::record;
use crate::error::Error;
use crate::users::find;
use crate::users::user::{ActiveModel, COLUMN, Entity, Model, Status};

/// Lets `user_id` sign in again. Sessions that were not over meanwhile count again too.
///
/// `actor_id` is the admin who asks, or `None` for an operator on the command line.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn reactivate(
    app: &App,
    client: &Client,
    actor_id: Option<Uuid>,
    user_id: Uuid,
) -> Result<Model, Error> {
    let (now, client) = (app.clock.now(), client.clone());
    let write = app.database.write(async move |tx| {
        let change = ActiveModel { status: Set(Status::Active), ..Default::default() };
        let suspended = COLUMN.status.eq(Status::Suspended);
        let changed = Entity::update_many()
            .set(change)
            .filter(COLUMN.id.eq(user_id))
            .filter(suspended)
            .exec(tx)
            .await?;
        let user = find::by_id(tx, user_id).await?.ok_or(Error::NotFound)?;
        // Of several who ask at once, one did it.
        if changed.rows_affected > 0 {
            record(tx, now, &client, Event::UserReactivated { actor_id, user_id }).await?;
        }
        Ok(user)
    });
    write.await
}
