//! The shop's own tables, beside Rolegate's in the same database.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{integer, pk_uuid, text, timestamp_with_time_zone, uuid};
use sea_orm_migration::sea_orm::DynIden;

/// Knows the shop's steps, and keeps its own list of those that were run.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(ProductsAndOrders)]
    }

    /// Rolegate's list is Rolegate's: a name that it does not know would look to it like a newer version of itself.
    fn migration_table_name() -> DynIden {
        "storefront_migrations".into_iden()
    }
}

struct ProductsAndOrders;

impl MigrationName for ProductsAndOrders {
    fn name(&self) -> &str {
        "s0001_products_and_orders"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for ProductsAndOrders {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let products = Table::create()
            .table("products")
            .col(pk_uuid("id"))
            .col(text("name"))
            .col(integer("price_cents"))
            .to_owned();
        manager.create_table(products).await?;
        let reference = |column: &'static str, table: &'static str| {
            ForeignKey::create().from("orders", column).to(table, "id").to_owned()
        };
        let orders = Table::create()
            .table("orders")
            .col(pk_uuid("id"))
            .col(uuid("buyer_id"))
            .col(uuid("product_id"))
            .col(integer("quantity"))
            .col(timestamp_with_time_zone("placed_at"))
            .foreign_key(&mut reference("buyer_id", "users"))
            .foreign_key(&mut reference("product_id", "products"))
            .to_owned();
        manager.create_table(orders).await?;
        let by_buyer =
            Index::create().name("orders_buyer_id").table("orders").col("buyer_id").col("id").to_owned();
        manager.create_index(by_buyer).await
    }
}
