//! Sessions at rest: which of them are live, what is kept of their tokens, and what keeps nobody waiting.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use rolegate::platform::secret::{OpaqueToken, new_id};
use rolegate::sessions::liveness::{live, over};
use rolegate::sessions::purge::purge;
use rolegate::sessions::session::{self, Delivery};
use rolegate::sessions::{spent_refresh_token as spent, successor};
use sea_orm::{
    ActiveValue::Set, Condition, EntityTrait as _, IntoActiveModel as _, PaginatorTrait as _,
    QueryFilter as _,
};
use tokio::sync::Notify;
use uuid::Uuid;

use crate::harness::{Persona, Service};

async fn session(service: &Service, id: &str) -> session::Model {
    let id: Uuid = id.parse().unwrap();
    session::Entity::find_by_id(id).one(service.app.database.reader()).await.unwrap().unwrap()
}

/// What of the session's later tokens the database gives away to whoever holds the refresh token of `holder`.
async fn opened_by(service: &Service, holder: &Persona<'_>) -> Option<String> {
    let sealed = session(service, &holder.tokens.session).await.successor_sealed?;
    let token = OpaqueToken::parse(&holder.tokens.refresh).unwrap();
    successor::open(&token, &sealed).map(|token| token.reveal())
}

#[tokio::test]
async fn an_old_refresh_token_opens_nothing_in_the_database() {
    let service = Service::start().await;
    let first = service.client("ada").await;
    let second = first.refresh().await;
    assert_eq!(opened_by(&service, &first).await.as_ref(), Some(&second.tokens.refresh));
    let third = second.refresh().await;
    assert_eq!(opened_by(&service, &first).await, None);
    assert_eq!(opened_by(&service, &second).await.as_ref(), Some(&third.tokens.refresh));
    assert_eq!(opened_by(&service, &third).await, None);
}

#[tokio::test]
async fn when_the_grace_is_over_no_token_opens_anything_in_the_database() {
    let service = Service::start().await;
    let ada = service.client("ada").await;
    let later = ada.refresh().await;
    service.advance(TimeDelta::seconds(9));
    purge(&service.app).await.unwrap();
    assert!(opened_by(&service, &ada).await.is_some(), "it may still be asked for");
    service.advance(TimeDelta::seconds(1));
    purge(&service.app).await.unwrap();
    assert_eq!(session(&service, &ada.tokens.session).await.successor_sealed, None);
    later.refresh().await;
}

#[tokio::test]
async fn the_condition_and_the_value_agree_about_who_is_live() {
    let service = Service::start().await;
    let ada = service.client("ada").await;
    let template = session(&service, &ada.tokens.session).await;
    let (now, lifetimes) = (template.created_at, service.app.config.session.clone());
    let step = TimeDelta::microseconds(1);
    let around = |instant: DateTime<Utc>| [instant - step, instant, instant + step, now];
    let mut rows = Vec::new();
    for created_at in around(now - lifetimes.absolute_lifetime.delta()) {
        for last_seen_at in around(now - lifetimes.idle_lifetime.delta()) {
            for ended_at in [None, Some(now - step), Some(now)] {
                let id = new_id();
                rows.push(session::Model { id, created_at, last_seen_at, ended_at, ..template.clone() });
            }
        }
    }
    let inserted: Vec<_> = rows.iter().cloned().map(|row| row.into_active_model()).collect();
    let write = service.app.database.write(async move |tx| {
        session::Entity::insert_many(inserted.clone()).exec_without_returning(tx).await?;
        Ok(())
    });
    write.await.unwrap();
    let found = async |which: Condition| -> Vec<Uuid> {
        let query = session::Entity::find().filter(session::COLUMN.id.ne(template.id)).filter(which);
        let rows = query.all(service.app.database.reader()).await.unwrap();
        rows.into_iter().map(|row| row.id).collect()
    };
    let (live, over) = (found(live(now, &lifetimes)).await, found(over(now, &lifetimes)).await);
    for row in &rows {
        let is_live = row.times().is_live(now, &lifetimes);
        assert_eq!((live.contains(&row.id), over.contains(&row.id)), (is_live, !is_live), "{row:?}");
    }
    assert!(!live.is_empty() && live.len() < rows.len());
}

#[tokio::test]
async fn whoever_signs_in_by_a_script_can_end_all_of_their_sessions() {
    const MANY: usize = 5_000;
    let service = Service::start().await;
    let ada = service.client("ada").await;
    let template = session(&service, &ada.tokens.session).await;
    let rows: Vec<_> =
        (0..MANY).map(|_| session::Model { id: new_id(), ..template.clone() }.into_active_model()).collect();
    let write = service.app.database.write(async move |tx| {
        for portion in rows.chunks(1_000) {
            session::Entity::insert_many(portion.iter().cloned()).exec_without_returning(tx).await?;
        }
        Ok(())
    });
    write.await.unwrap();
    let answer = ada.run("mutation { endOtherSessions { id } }").await;
    assert_eq!(answer.data()["endOtherSessions"].as_array().unwrap().len(), 100);
    let sessions = ada.run("{ me { sessions { totalCount } } }").await;
    assert_eq!(sessions.data()["me"]["sessions"]["totalCount"], 1);
    assert_eq!(crate::sessions::audited(&service, "SESSION_ENDED").await, MANY as u64);
    assert!(ada.is_signed_in().await);
}

#[tokio::test]
async fn when_a_session_was_last_seen_is_written_at_most_once_a_minute() {
    let service = Service::start().await;
    let ada = service.client("ada").await;
    let seen = || async { session(&service, &ada.tokens.session).await.last_seen_at };
    // A busy machine may not note a use in time; then the next request does.
    let used_until = async |noted: DateTime<Utc>| {
        let noting = async {
            while seen().await != noted {
                ada.run("{ me { id } }").await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), noting).await.expect("a use is noted");
    };
    let begun = seen().await;
    service.advance(TimeDelta::seconds(59));
    ada.run("{ me { id } }").await;
    assert_eq!(seen().await, begun);
    service.advance(TimeDelta::seconds(1));
    used_until(begun + TimeDelta::seconds(60)).await;
    for _ in 0..59 {
        service.advance(TimeDelta::seconds(1));
        ada.run("{ me { id } }").await;
    }
    assert_eq!(seen().await, begun + TimeDelta::seconds(60), "sixty requests a minute are one write");
    service.advance(TimeDelta::seconds(1));
    used_until(begun + TimeDelta::seconds(120)).await;
}

#[tokio::test]
async fn a_session_that_was_refreshed_for_a_month_is_purged_and_what_others_have_spent_stays() {
    const SPENT: u64 = 2_500;
    let service = Service::start().await;
    let ada = service.client("ada").await;
    let session_id: Uuid = ada.tokens.session.parse().unwrap();
    let spent_at = service.app.clock.now();
    let write = service.app.database.write(async move |tx| {
        let row = |number: u64| spent::Model { hash: number.to_be_bytes().to_vec(), session_id, spent_at };
        let rows = (0..SPENT).map(|number| row(number).into_active_model());
        spent::Entity::insert_many(rows).exec_without_returning(tx).await?;
        Ok(())
    });
    write.await.unwrap();
    let bob = service.client("bob").await;
    let later = bob.refresh().await;
    let kept = || async { spent::Entity::find().count(service.app.database.reader()).await.unwrap() };
    assert_eq!((purge(&service.app).await.unwrap(), kept().await), (0, SPENT + 1));
    ada.run("mutation { logout { id } }").await.data();
    assert_eq!((purge(&service.app).await.unwrap(), kept().await), (1, 1));
    assert!(later.is_signed_in().await);
}

#[tokio::test]
async fn nobody_waits_until_the_last_use_of_their_session_can_be_noted() {
    let service = Service::start().await;
    let ada = service.client("ada").await;
    service.advance(TimeDelta::minutes(2));
    let id: Uuid = ada.tokens.session.parse().unwrap();
    let (begun, release) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let app = Arc::clone(&service.app);
    let (begins, released) = (Arc::clone(&begun), Arc::clone(&release));
    // A write that does not end until it is told to, and holds all that noting the last use needs.
    let storm = tokio::spawn(async move {
        let write = app.database.write(async move |tx| {
            let change = session::ActiveModel { delivery: Set(Delivery::Bearer), ..Default::default() };
            session::Entity::update_many().set(change).filter(session::COLUMN.id.eq(id)).exec(tx).await?;
            begins.notify_one();
            released.notified().await;
            Ok(())
        });
        write.await
    });
    begun.notified().await;
    assert!(ada.is_signed_in().await);
    release.notify_one();
    storm.await.unwrap().expect("it was answered before the other write ran into its own limit");
}
