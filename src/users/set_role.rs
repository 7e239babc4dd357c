//! Changing what a user may do.

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::{ConnectionTrait, DatabaseTransaction, Order, QueryOrder as _, QuerySelect as _};

use crate::access::client::Client;
use crate::access::role::Role;
use crate::app::App;
use crate::audit::event::Event;
use crate::audit::record::record;
use crate::error::Error;
use crate::users::find;
use crate::users::user::{ActiveModel, COLUMN, Entity, Model, Status};

/// Gives `user_id` the role `to`. In force at their very next request.
///
/// `actor_id` is the admin who asks, or `None` for an operator on the command line.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::LastAdmin`] when nobody could administer any more.
pub async fn set_role(
    app: &App,
    client: &Client,
    actor_id: Option<Uuid>,
    user_id: Uuid,
    to: Role,
) -> Result<Model, Error> {
    let (now, client) = (app.clock.now(), client.clone());
    let write = app.database.write(async move |tx| {
        hold_admins(tx).await?;
        let user = find::by_id(tx, user_id).await?.ok_or(Error::NotFound)?;
        let from = user.role;
        if from == to {
            return Ok(user);
        }
        if from == Role::Admin {
            refuse_last_admin(tx, &user).await?;
        }
        let change = ActiveModel { role: Set(to), ..Default::default() };
        Entity::update_many().set(change).filter(COLUMN.id.eq(user_id)).exec(tx).await?;
        record(tx, now, &client, Event::RoleChanged { actor_id, user_id, from, to }).await?;
        Ok(Model { role: to, ..user })
    });
    write.await
}

/// Takes the rows of all admins, in one order, until the transaction ends: of two admins who take each other's role
/// away at once, the second waits for the first and then sees what it did. SQLite has one writer and needs no lock.
pub(super) async fn hold_admins(tx: &DatabaseTransaction) -> Result<(), Error> {
    admins().order_by(COLUMN.id.0, Order::Asc).lock_exclusive().all(tx).await?;
    Ok(())
}

/// Refuses when `user`, an admin, is active and there is no other.
pub(super) async fn refuse_last_admin(tx: &impl ConnectionTrait, user: &Model) -> Result<(), Error> {
    let others = admins().filter(COLUMN.id.ne(user.id)).one(tx).await?;
    if user.status == Status::Active && others.is_none() { Err(Error::LastAdmin) } else { Ok(()) }
}

fn admins() -> Select<Entity> {
    Entity::find().filter(COLUMN.role.eq(Role::Admin)).filter(COLUMN.status.eq(Status::Active))
}
