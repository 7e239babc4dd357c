//! Where PostgreSQL's log is read, because no notifications arrive.

use std::time::Duration;

use sea_orm::ConnectionTrait as _;

use super::cut::{behind_a_pooler, on_postgres};
use crate::harness::Service;

/// Runs these statements in one write.
async fn write(service: &Service, statements: &'static [&'static str]) {
    let write = service.app.database.write(async move |tx| {
        for statement in statements {
            tx.execute_unprepared(statement).await?;
        }
        Ok(())
    });
    write.await.unwrap();
}

const SUSPEND: &str = "UPDATE users SET status = 'SUSPENDED'";
/// More than the ids go back.
const OTHERS: &str =
    "INSERT INTO changes (topic, subject) SELECT 'users', gen_random_uuid() FROM generate_series(1, 2000)";
/// As if this transaction had begun long ago.
const BEGUN_LONG_AGO: &str = "UPDATE changes SET at = at - interval '60 seconds' WHERE at = now()";

#[tokio::test]
async fn a_transaction_that_began_long_before_its_commit_is_heard_of() {
    let Some(here) = on_postgres().await else { return };
    let there = behind_a_pooler(&here).await;
    let ada = here.client("ada").await;
    there.hear().await;
    assert!(ada.at(&there).is_signed_in().await);
    write(&here, &[SUSPEND, BEGUN_LONG_AGO]).await;
    assert!(ada.at(&there).is_signed_in().await, "it has not been heard of, or this test shows nothing");
    there.hear().await;
    assert!(!ada.at(&there).is_signed_in().await);
}

#[tokio::test]
async fn after_a_pause_in_which_rows_may_have_gone_by_everything_is_forgotten() {
    let Some(here) = on_postgres().await else { return };
    let there = behind_a_pooler(&here).await;
    let ada = here.client("ada").await;
    there.hear().await;
    assert!(ada.at(&there).is_signed_in().await);
    write(&here, &[SUSPEND, OTHERS, BEGUN_LONG_AGO]).await;
    tokio::time::sleep(Duration::from_millis(5_500)).await;
    assert!(ada.at(&there).is_signed_in().await, "it has not been heard of, or this test shows nothing");
    there.hear().await;
    assert!(!ada.at(&there).is_signed_in().await);
}

#[tokio::test]
async fn a_table_that_is_truncated_is_forgotten_whoever_listens_and_whoever_reads() {
    let Some(here) = on_postgres().await else { return };
    let nodes = [here.another_node().await, behind_a_pooler(&here).await];
    let ada = here.client("ada").await;
    for there in &nodes {
        there.hear().await;
        assert!(ada.at(there).is_signed_in().await);
    }
    assert!(ada.is_signed_in().await);
    write(&here, &["TRUNCATE sessions CASCADE"]).await;
    assert!(!ada.is_signed_in().await, "where it was done it holds at once");
    for there in &nodes {
        assert!(ada.at(there).is_signed_in().await, "it has not been heard of, or this test shows nothing");
        there.hear().await;
        assert!(!ada.at(there).is_signed_in().await);
    }
}
