//! The database by its door: what `open`, `migrate` and `write` promise, on SQLite, and on PostgreSQL when
//! `ROLEGATE_TEST_DATABASE_URL` names a server.

#![expect(clippy::unwrap_used, reason = "a test that fails here has said enough")]

#[path = "../support/database.rs"]
mod fixture;
mod migrating;
mod schema;
mod spent_refresh_tokens;
mod sqlite;
mod starting;
mod writing;

use std::sync::Arc;

use rolegate::error::Error;
use rolegate::platform::database::{Database, Fault};

use crate::fixture::TestDatabase;

/// A migrated database, open until the test ends.
async fn migrated() -> (Arc<Database>, TestDatabase) {
    let fixture = TestDatabase::create().await;
    let database = Database::open(&fixture.config()).await.unwrap();
    database.migrate().await.unwrap();
    (Arc::new(database), fixture)
}

/// The fault inside an internal error.
fn fault(error: &Error) -> &Fault {
    match error {
        Error::Internal(cause) => cause.downcast_ref().unwrap(),
        other => panic!("{other:?} is not internal"),
    }
}
