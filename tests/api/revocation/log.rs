//! What is noted for other processes, and what is not because it happens all the time.

use chrono::TimeDelta;
use rolegate::sessions::purge::purge;
use sea_orm::{ConnectionTrait as _, DbBackend, Statement};

use crate::harness::Service;

/// How many rows the log has.
async fn noted(service: &Service) -> i64 {
    let reader = service.app.database.reader();
    let backend = reader.get_database_backend();
    let row =
        reader.query_one_raw(Statement::from_string(backend, "SELECT count(*) AS n FROM changes")).await;
    row.unwrap().unwrap().try_get("", "n").unwrap()
}

#[tokio::test]
async fn a_refresh_and_the_use_of_a_session_are_not_noted() {
    let service = Service::start().await;
    let ada = service.client("ada").await;
    let before = noted(&service).await;
    let later = ada.refresh().await;
    service.advance(TimeDelta::minutes(2));
    service.hear().await;
    assert!(later.is_signed_in().await);
    let answer = later.run("{ me { sessions { nodes { lastSeenAt } } } }").await;
    assert_eq!(
        answer.at("/data/me/sessions/nodes/0/lastSeenAt"),
        "2026-03-01T12:02:00+00:00",
        "it was noted there"
    );
    later.refresh().await;
    assert_eq!(noted(&service).await, before);
}

#[tokio::test]
async fn a_use_that_was_noted_is_known_to_memory() {
    let service = Service::start().await;
    let ada = service.client("ada").await;
    for _ in 0..3 {
        service.advance(TimeDelta::minutes(1));
        service.hear().await;
        assert!(ada.is_signed_in().await && ada.is_signed_in().await);
    }
    service.app.database.close().await;
    assert!(ada.is_signed_in().await, "or each request would want to note it anew");
}

#[tokio::test]
async fn what_is_over_is_purged_from_the_log_but_for_its_newest_row() {
    let service = Service::start().await;
    let (ada, bob) = (service.client("ada").await, service.client("bob").await);
    let rows = noted(&service).await;
    assert!(rows >= 2, "each of them was changed when they signed in");
    service.app.database.purge_changes().await.unwrap();
    assert_eq!(noted(&service).await, rows, "they are too young");
    let age = match service.app.database.reader().get_database_backend() {
        DbBackend::Sqlite => "UPDATE changes SET at = at - 301",
        _ => "UPDATE changes SET at = at - interval '301 seconds'",
    };
    let aged = service.app.database.write(async move |tx| {
        tx.execute_unprepared(age).await?;
        Ok(())
    });
    aged.await.unwrap();
    service.app.database.purge_changes().await.unwrap();
    assert!(noted(&service).await <= 1);
    for persona in [&ada, &bob] {
        service.hear().await;
        super::end("suspension", &service, persona, persona).await;
        assert!(!persona.is_signed_in().await);
    }
}

#[tokio::test]
async fn rows_that_were_purged_unread_make_memory_forget_everything() {
    let service = Service::start().await;
    let ada = service.client("ada").await;
    assert!(ada.is_signed_in().await);
    let elsewhere = service.another_node().await;
    super::end("suspension", &elsewhere, &ada, &ada).await;
    let purged = elsewhere.app.database.write(async |tx| {
        tx.execute_unprepared("DELETE FROM changes").await?;
        Ok(())
    });
    purged.await.unwrap();
    service.hear().await;
    assert!(!ada.is_signed_in().await);
}

#[tokio::test]
async fn sessions_that_are_purged_are_gone_from_memory() {
    let service = Service::start().await;
    let ada = service.client("ada").await;
    assert!(ada.is_signed_in().await);
    service.advance(TimeDelta::days(15));
    purge(&service.app).await.unwrap();
    service.hear().await;
    assert!(!ada.is_signed_in().await);
    service.advance(TimeDelta::days(-15));
    assert!(!ada.is_signed_in().await, "the session is no more, whatever the clock says");
}
