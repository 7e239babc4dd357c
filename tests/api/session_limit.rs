//! At most so many sessions a user.

use chrono::TimeDelta;
use rolegate::audit::event;
use rolegate::platform::secret::new_id;
use rolegate::sessions::session::{self, EndReason};
use sea_orm::{EntityTrait as _, IntoActiveModel as _, PaginatorTrait as _, QueryFilter as _};
use uuid::Uuid;

use crate::harness::{Persona, Service};
use crate::races::{CROWD, at_once};
use crate::sessions::{assert_reason, audited};

async fn at_most(sessions: u32) -> Service {
    Service::with(|config| config.session.max_per_user = sessions).await
}

async fn log_in(service: &Service) -> Persona<'_> {
    service.anonymous().log_in("ada@example.test").await
}

async fn not_ended(service: &Service) -> Vec<session::Model> {
    let query = session::Entity::find().filter(session::COLUMN.ended_at.is_null());
    query.all(service.app.database.reader()).await.unwrap()
}

#[tokio::test]
async fn one_more_than_the_limit_ends_the_oldest_that_nobody_has_used() {
    let service = at_most(3).await;
    let bob = service.client("bob").await;
    let ada = service.client("ada").await;
    let (second, third) = (log_in(&service).await, log_in(&service).await);
    assert!(ada.is_signed_in().await, "three are within the limit");
    assert_eq!(audited(&service, "SESSION_DISPLACED").await, 0);
    let fourth = log_in(&service).await;
    assert_reason(&ada.run("{ me { id } }").await, "SESSION_ENDED");
    assert_reason(&ada.try_refresh(&ada.tokens.refresh).await, "SESSION_ENDED");
    for kept in [&second, &third, &fourth, &bob] {
        assert!(kept.is_signed_in().await);
    }
    let (user_id, session_id): (Uuid, Uuid) =
        (ada.id().parse().unwrap(), ada.tokens.session.parse().unwrap());
    let db = service.app.database.reader();
    let row = session::Entity::find_by_id(session_id).one(db).await.unwrap().unwrap();
    assert_eq!((row.end_reason, row.ended_at), (Some(EndReason::Displaced), Some(service.app.clock.now())));
    let events = event::Entity::find().filter(event::COLUMN.kind.eq("SESSION_DISPLACED"));
    let events = events.all(db).await.unwrap();
    assert_eq!(events.len(), 1);
    assert_eq!((events[0].subject_id, events[0].session_id), (Some(user_id), Some(session_id)));
}

#[tokio::test]
async fn the_session_that_somebody_is_in_every_day_is_not_ended_by_a_script_that_signs_in_anew_each_time() {
    let service = at_most(3).await;
    let mut ada = service.client("ada").await;
    let first_run = log_in(&service).await;
    for _ in 0..10 {
        service.advance(TimeDelta::minutes(5));
        ada = ada.refresh().await;
        log_in(&service).await;
    }
    assert!(ada.is_signed_in().await);
    assert!(!first_run.is_signed_in().await);
    assert_eq!(not_ended(&service).await.len(), 3);
}

#[tokio::test]
async fn sessions_that_are_over_take_no_place() {
    let service = at_most(2).await;
    let ada = service.client("ada").await;
    for _ in 0..3 {
        log_in(&service).await.run("mutation { logout { id } }").await.data();
    }
    assert!(ada.is_signed_in().await);
    service.advance(TimeDelta::days(15));
    let (second, third) = (log_in(&service).await, log_in(&service).await);
    assert!(second.is_signed_in().await && third.is_signed_in().await);
    assert_eq!(audited(&service, "SESSION_DISPLACED").await, 0);
}

#[tokio::test]
async fn with_a_limit_of_one_each_sign_in_ends_the_one_before() {
    let service = at_most(1).await;
    let mut before = service.client("ada").await;
    for _ in 0..3 {
        let next = log_in(&service).await;
        assert!(!before.is_signed_in().await && next.is_signed_in().await);
        before = next;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_who_sign_in_as_one_user_at_once_have_as_many_sessions_as_the_limit_says() {
    const MOST: usize = 5;
    let service = at_most(MOST as u32).await;
    let ada = service.client("ada").await;
    let all = at_once(|_| log_in(&service)).await;
    let live: Vec<_> = not_ended(&service).await.iter().map(|row| row.id.to_string()).collect();
    assert_eq!(live.len(), MOST);
    for persona in all.iter().chain([&ada]) {
        assert_eq!(persona.is_signed_in().await, live.contains(&persona.tokens.session));
    }
    assert_eq!(audited(&service, "SESSION_DISPLACED").await, (CROWD + 1 - MOST) as u64);
}

#[tokio::test]
async fn a_limit_that_was_lowered_holds_from_the_next_sign_in_on() {
    const MANY: usize = 1_200;
    let service = at_most(7).await;
    let ada = service.client("ada").await;
    let id: Uuid = ada.tokens.session.parse().unwrap();
    let db = service.app.database.reader();
    let template = session::Entity::find_by_id(id).one(db).await.unwrap().unwrap();
    let rows: Vec<_> =
        (0..MANY).map(|_| session::Model { id: new_id(), ..template.clone() }.into_active_model()).collect();
    let write = service.app.database.write(async move |tx| {
        session::Entity::insert_many(rows.clone()).exec_without_returning(tx).await?;
        Ok(())
    });
    write.await.unwrap();
    let last = log_in(&service).await;
    assert!(last.is_signed_in().await && !ada.is_signed_in().await);
    assert_eq!(not_ended(&service).await.len(), 7);
    assert_eq!(audited(&service, "SESSION_DISPLACED").await, MANY as u64 - 5);
    assert_eq!(session::Entity::find().count(db).await.unwrap(), MANY as u64 + 2);
}
