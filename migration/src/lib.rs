//! The database schema, one step a file, oldest first.
//!
//! A step is never edited once it was released: the next one mends it. Steps run inside the one transaction of
//! `Database::migrate`, so they hold nothing that a transaction cannot (`CREATE INDEX CONCURRENTLY`).

mod column;
mod m0001_users;
mod m0002_passwords;
mod m0003_sessions;
mod m0004_spent_refresh_tokens;
mod m0005_signing_keys;
mod m0006_audit_events;
mod m0007_signing_key_rotation;
mod m0008_changes;
mod m0009_api_keys;
mod m0010_opaque_access_tokens;
mod m0011_live_sessions;
mod m0012_spent_by_session;

use sea_orm_migration::prelude::*;

pub use sea_orm_migration::{MigrationName, MigrationTrait, MigratorTrait, SchemaManager, seaql_migrations};

/// Knows every step, and their order.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_users::Migration),
            Box::new(m0002_passwords::Migration),
            Box::new(m0003_sessions::Migration),
            Box::new(m0004_spent_refresh_tokens::Migration),
            Box::new(m0005_signing_keys::Migration),
            Box::new(m0006_audit_events::Migration),
            Box::new(m0007_signing_key_rotation::Migration),
            Box::new(m0008_changes::Migration),
            Box::new(m0009_api_keys::Migration),
            Box::new(m0010_opaque_access_tokens::Migration),
            Box::new(m0011_live_sessions::Migration),
            Box::new(m0012_spent_by_session::Migration),
        ]
    }
}
