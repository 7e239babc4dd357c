//! What was bought: an order is for the one who placed it, and for managers.

use async_graphql::{Context, ID, InputObject, Object, Result};
use chrono::{DateTime, Utc};
use rolegate::error::Error;
use rolegate::graphql::access::Role;
use rolegate::graphql::context::{app, uuid};
use rolegate::graphql::policy::directives::{authenticated, owner};
use rolegate::graphql::policy::{self, owned_by};
use rolegate::graphql::users::User;
use rolegate::platform::secret;
use rolegate::users::recall::recall;
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::{DatabaseTransaction, QueryOrder as _, QuerySelect as _};

use crate::products::{self, Product};

/// How many orders one answer holds.
const MOST: u64 = 100;

/// The table.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "orders")]
pub struct Model {
    /// UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The user who placed it.
    pub buyer_id: Uuid,
    /// What they bought.
    pub product_id: Uuid,
    /// How many.
    pub quantity: i32,
    /// When.
    pub placed_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}

/// Something that somebody bought.
pub struct Order(Model);

/// Something that somebody bought.
///
/// The guard tells the policy whose order it is, for all fields at once; what that means, each field's directive says. They
/// can be null, because a refusal makes them so.
#[Object(directive = authenticated::apply(), guard = "owned_by::<Self>(self.0.buyer_id)")]
impl Order {
    /// Opaque and stable.
    #[graphql(directive = owner::apply(None, Some(Role::Manager)))]
    async fn id(&self) -> Option<ID> {
        Some(self.0.id.into())
    }

    /// What was bought.
    #[graphql(directive = owner::apply(None, Some(Role::Manager)))]
    async fn product(&self, ctx: &Context<'_>) -> Result<Option<Product>> {
        let product = products::Entity::find_by_id(self.0.product_id);
        Ok(product.one(app(ctx).database.reader()).await?.map(Product))
    }

    /// How many.
    #[graphql(directive = owner::apply(None, Some(Role::Manager)))]
    async fn quantity(&self) -> Option<i32> {
        Some(self.0.quantity)
    }

    /// When.
    #[graphql(directive = owner::apply(None, Some(Role::Manager)))]
    async fn placed_at(&self) -> Option<DateTime<Utc>> {
        Some(self.0.placed_at)
    }

    /// Who bought it: Rolegate's own type, with Rolegate's own rules.
    #[graphql(directive = owner::apply(None, Some(Role::Manager)))]
    async fn buyer(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        Ok(recall(app(ctx), self.0.buyer_id).await?.map(User))
    }
}

/// Queries about orders.
#[derive(Default)]
pub struct OrdersQuery;

#[Object]
impl OrdersQuery {
    /// One order. Whose it is, only the order knows: its fields are judged when it is there.
    #[graphql(directive = authenticated::apply())]
    async fn order(&self, ctx: &Context<'_>, id: ID) -> Result<Option<Order>> {
        let Some(id) = uuid(&id) else { return Ok(None) };
        Ok(Entity::find_by_id(id).one(app(ctx).database.reader()).await?.map(Order))
    }

    /// A user's newest hundred orders. Whose they are, the argument says: nothing is loaded for anybody else.
    #[graphql(
        directive = owner::apply(Some("buyerId".into()), Some(Role::Manager)),
        complexity = "100 * child_complexity"
    )]
    async fn orders(&self, ctx: &Context<'_>, buyer_id: ID) -> Result<Option<Vec<Order>>> {
        let Some(buyer_id) = uuid(&buyer_id) else { return Ok(None) };
        let newest =
            Entity::find().filter(COLUMN.buyer_id.eq(buyer_id)).order_by_desc(COLUMN.id.0).limit(MOST);
        let found = newest.all(app(ctx).database.reader()).await?;
        Ok(Some(found.into_iter().map(Order).collect()))
    }
}

/// What to buy.
#[derive(InputObject)]
pub struct PlaceOrderInput {
    /// The product.
    product_id: ID,
    /// How many: at least one.
    quantity: i32,
}

/// Mutations of orders.
#[derive(Default)]
pub struct OrdersMutation;

#[Object]
impl OrdersMutation {
    /// Buys something, for the one who asks: who that is, the viewer says, and never the input.
    #[graphql(directive = authenticated::apply())]
    async fn place_order(&self, ctx: &Context<'_>, input: PlaceOrderInput) -> Result<Option<Order>> {
        if input.quantity < 1 {
            return Err(Error::invalid_input("input.quantity", "Order at least one.").into());
        }
        let (buyer_id, app) = (policy::viewer(ctx).user_id()?, app(ctx));
        let product_id = uuid(&input.product_id).ok_or(Error::NotFound)?;
        let placed_at = app.clock.now();
        let order = Model { id: secret::new_id(), buyer_id, product_id, quantity: input.quantity, placed_at };
        let row = order.clone();
        let write = async move |tx: &DatabaseTransaction| {
            products::Entity::find_by_id(row.product_id).one(tx).await?.ok_or(Error::NotFound)?;
            let row = ActiveModel {
                id: Set(row.id),
                buyer_id: Set(row.buyer_id),
                product_id: Set(row.product_id),
                quantity: Set(row.quantity),
                placed_at: Set(row.placed_at),
            };
            Entity::insert(row).exec_without_returning(tx).await?;
            Ok(())
        };
        app.database.write(write).await?;
        Ok(Some(Order(order)))
    }
}
