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
        let user = find::by_id(tx, user_id).await?.ok_or(Error::NotFound)?;
        if user.status == Status::Active {
            return Ok(user);
        }
        let change = ActiveModel { status: Set(Status::Active), ..Default::default() };
        Entity::update_many().set(change).filter(COLUMN.id.eq(user_id)).exec(tx).await?;
        record(tx, now, &client, Event::UserReactivated { actor_id, user_id }).await?;
        Ok(Model { status: Status::Active, ..user })
    });
    write.await
}
