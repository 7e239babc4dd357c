//! Shutting a user out.

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;

use crate::access::client::Client;
use crate::access::role::Role;
use crate::app::App;
use crate::audit::event::Event;
use crate::audit::record::record;
use crate::error::Error;
use crate::users::find;
use crate::users::set_role::{hold_admins, refuse_last_admin};
use crate::users::user::{ActiveModel, COLUMN, Entity, Model, Status};

/// Suspends `user_id`: no sign-in, no refresh, and every session counts as ended from the very next request on.
/// The sessions themselves are not touched: they ask for the user's status.
///
/// `actor_id` is the admin who asks, or `None` for an operator on the command line.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::LastAdmin`] when nobody could administer any more.
pub async fn suspend(
    app: &App,
    client: &Client,
    actor_id: Option<Uuid>,
    user_id: Uuid,
) -> Result<Model, Error> {
    let (now, client) = (app.clock.now(), client.clone());
    let write = app.database.write(async move |tx| {
        hold_admins(tx).await?;
        let user = find::by_id(tx, user_id).await?.ok_or(Error::NotFound)?;
        if user.status == Status::Suspended {
            return Ok(user);
        }
        if user.role == Role::Admin {
            refuse_last_admin(tx, &user).await?;
        }
        let change = ActiveModel { status: Set(Status::Suspended), ..Default::default() };
        Entity::update_many().set(change).filter(COLUMN.id.eq(user_id)).exec(tx).await?;
        record(tx, now, &client, Event::UserSuspended { actor_id, user_id }).await?;
        Ok(Model { status: Status::Suspended, ..user })
    });
    write.await
}
