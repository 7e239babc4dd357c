//! What is for sale: anybody may look, managers decide.

use async_graphql::{Context, ID, InputObject, Object, Result};
use rolegate::error::Error;
use rolegate::graphql::access::Role;
use rolegate::graphql::context::{app, uuid};
use rolegate::graphql::policy::directives::{has_role, public};
use rolegate::platform::secret;
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::{DatabaseTransaction, QueryOrder as _, QuerySelect as _};

/// How many products one answer holds.
const MOST: u64 = 100;

/// The table.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "products")]
pub struct Model {
    /// UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// What it is called.
    pub name: String,
    /// What one costs, in cents.
    pub price_cents: i32,
}

impl ActiveModelBehavior for ActiveModel {}

/// Something for sale.
pub struct Product(pub Model);

/// Something for sale.
#[Object(directive = public::apply())]
impl Product {
    /// Opaque and stable.
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// What it is called.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What one costs, in cents.
    async fn price_cents(&self) -> i32 {
        self.0.price_cents
    }
}

/// Queries about products.
#[derive(Default)]
pub struct ProductsQuery;

#[Object]
impl ProductsQuery {
    /// The newest hundred products.
    #[graphql(directive = public::apply(), complexity = "100 * child_complexity")]
    async fn products(&self, ctx: &Context<'_>) -> Result<Vec<Product>> {
        let newest = Entity::find().order_by_desc(COLUMN.id.0).limit(MOST);
        let found = newest.all(app(ctx).database.reader()).await?;
        Ok(found.into_iter().map(Product).collect())
    }

    /// One product. `null` if there is none of this id.
    #[graphql(directive = public::apply())]
    async fn product(&self, ctx: &Context<'_>, id: ID) -> Result<Option<Product>> {
        let Some(id) = uuid(&id) else { return Ok(None) };
        Ok(Entity::find_by_id(id).one(app(ctx).database.reader()).await?.map(Product))
    }
}

/// What a new product is.
#[derive(InputObject)]
pub struct AddProductInput {
    /// What it is called.
    name: String,
    /// What one costs, in cents: not less than nothing.
    price_cents: i32,
}

/// Mutations of products.
#[derive(Default)]
pub struct ProductsMutation;

#[Object]
impl ProductsMutation {
    /// Puts something up for sale.
    #[graphql(directive = has_role::apply(Role::Manager))]
    async fn add_product(&self, ctx: &Context<'_>, input: AddProductInput) -> Result<Option<Product>> {
        if input.price_cents < 0 {
            return Err(Error::invalid_input("input.priceCents", "A price is at least 0.").into());
        }
        let product = Model { id: secret::new_id(), name: input.name, price_cents: input.price_cents };
        let row = product.clone();
        // The job may run more than once, so its only effect is through `tx`.
        let write = async move |tx: &DatabaseTransaction| {
            let row = row.clone();
            let row = ActiveModel { id: Set(row.id), name: Set(row.name), price_cents: Set(row.price_cents) };
            Entity::insert(row).exec_without_returning(tx).await?;
            Ok(())
        };
        app(ctx).database.write(write).await?;
        Ok(Some(Product(product)))
    }
}
