//! Finds the sessions of a user that were not ended: they are counted at every sign-in, and of those that were ended and
//! wait for the purge a script that signs in anew at each run leaves thousands.

use sea_orm_migration::prelude::*;

use crate::column::run_all;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run_all(
            manager,
            &["CREATE INDEX sessions_not_ended ON sessions (user_id, id) WHERE ended_at IS NULL"],
        )
        .await
    }
}
