//! What many do at the same moment, with the database inspected afterwards.

use std::collections::HashSet;
use std::future::Future;
use std::sync::Arc;

use chrono::TimeDelta;
use futures_util::future::join_all;
use rolegate::access::client::Client;
use rolegate::app::App;
use rolegate::passwords::set_password::set_password;
use rolegate::sessions::session;
use rolegate::tokens::signing_key;
use rolegate::users::suspend::suspend;
use rolegate::users::user;
use sea_orm::{EntityTrait as _, PaginatorTrait as _, QueryFilter as _};
use serde_json::json;
use tokio::sync::Barrier;

use crate::harness::{PASSWORD, Service};
use crate::sessions::assert_reason;

pub(crate) const CROWD: usize = 50;

/// Runs `CROWD` futures from one starting line.
pub(crate) async fn at_once<T, F: Future<Output = T>>(make: impl Fn(usize) -> F) -> Vec<T> {
    let line = Arc::new(Barrier::new(CROWD));
    let started = (0..CROWD).map(|number| {
        let (line, run) = (Arc::clone(&line), make(number));
        async move {
            line.wait().await;
            run.await
        }
    });
    join_all(started).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_who_sign_up_with_one_address_make_one_user() {
    let service = Service::start().await;
    let answers = at_once(|number| {
        let email = if number % 2 == 0 { "Ada@Example.test" } else { "ada@example.TEST" };
        let input = json!({ "email": email, "password": PASSWORD });
        let anonymous = service.anonymous();
        async move { anonymous.try_sign_up(input).await }
    })
    .await;
    let (welcome, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.codes().is_empty());
    assert_eq!((welcome.len(), refused.len()), (1, CROWD - 1));
    for answer in refused {
        answer.assert_refused("EMAIL_TAKEN");
    }
    let db = service.app.database.reader();
    assert_eq!(user::Entity::find().count(db).await.unwrap(), 1);
    assert_eq!(session::Entity::find().count(db).await.unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_who_sign_up_with_addresses_of_their_own_are_fifty_users() {
    let service = Service::start().await;
    let answers = at_once(|number| {
        let input = json!({ "email": format!("user{number}@example.test"), "password": PASSWORD });
        let anonymous = service.anonymous();
        async move { anonymous.try_sign_up(input).await }
    })
    .await;
    for answer in &answers {
        answer.data();
    }
    assert_eq!(user::Entity::find().count(service.app.database.reader()).await.unwrap(), CROWD as u64);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_refreshes_of_one_token_get_one_successor() {
    let service = Service::start().await;
    let mut ada = service.client("ada").await;
    for _ in 0..4 {
        let answers = at_once(|_| {
            let ada = ada.clone();
            async move { ada.refresh().await }
        })
        .await;
        let successors: HashSet<_> = answers.iter().map(|answer| answer.tokens.refresh.clone()).collect();
        assert_eq!(successors.len(), 1, "one live branch");
        assert!(!successors.contains(&ada.tokens.refresh));
        ada = answers.into_iter().next().unwrap();
    }
    assert!(ada.refresh().await.is_signed_in().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_logout_among_refreshes_leaves_nothing_alive() {
    let service = Service::start().await;
    for round in 0..4 {
        let ada = service.client(&format!("ada{round}")).await;
        let answers = at_once(|number| {
            let ada = ada.clone();
            async move {
                if number == CROWD / 2 {
                    ada.run("mutation { logout { id } }").await.data();
                    return None;
                }
                let answer = ada.try_refresh(&ada.tokens.refresh).await;
                answer.codes().is_empty().then(|| answer.text_at("/data/refresh/refreshToken"))
            }
        })
        .await;
        assert!(!ada.is_signed_in().await);
        for token in answers.into_iter().flatten() {
            ada.try_refresh(&token).await.assert_refused("UNAUTHENTICATED");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whatever_shuts_a_user_out_among_refreshes_leaves_nothing_alive() {
    let service = Service::start().await;
    let eve = service.admin("eve").await;
    for round in 0..9 {
        let ada = service.client(&format!("ada{round}")).await;
        let id = ada.id().parse().unwrap();
        let shut_out = async || match round % 3 {
            0 => drop(suspend(&service.app, &Client::default(), None, id).await.unwrap()),
            1 => set_password(&service.app, id, "another plum orbit lantern").await.unwrap(),
            _ => {
                let end = "mutation($id: ID!) { endUserSessions(userId: $id) { id } }";
                eve.run_with(end, json!({ "id": ada.id() })).await.data();
            }
        };
        let ((), latest) = tokio::join!(shut_out(), async {
            // Refreshed over and over, until it is too late.
            let mut latest = ada.clone();
            loop {
                let answer = latest.try_refresh(&latest.tokens.refresh).await;
                if !answer.codes().is_empty() {
                    assert_reason(&answer, "SESSION_ENDED");
                    return latest;
                }
                latest.tokens.refresh = answer.text_at("/data/refresh/refreshToken");
                latest.tokens.access = answer.text_at("/data/refresh/accessToken");
            }
        });
        for tokens in [&ada, &latest] {
            assert_reason(&tokens.run("{ me { id } }").await, "SESSION_ENDED");
            assert_reason(&tokens.try_refresh(&tokens.tokens.refresh).await, "SESSION_ENDED");
        }
    }
    assert!(eve.is_signed_in().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_sign_in_with_the_old_password_outlives_a_new_one() {
    let service = Service::start().await;
    let ada = service.client("ada").await;
    let id = ada.id().parse().unwrap();
    for round in 0..4 {
        let password = |round: usize| format!("{PASSWORD} {round}");
        set_password(&service.app, id, &password(round)).await.unwrap();
        service.advance(TimeDelta::seconds(1));
        let answers = at_once(|number| {
            let (service, password) = (&service, &password);
            async move {
                if number == 0 {
                    set_password(&service.app, id, &password(round + 1)).await.unwrap();
                    return None;
                }
                Some(service.anonymous().try_log_in("ada@example.test", &password(round)).await)
            }
        })
        .await;
        for answer in answers.iter().flatten().filter(|answer| !answer.codes().is_empty()) {
            answer.assert_refused("INVALID_CREDENTIALS");
        }
        let live = session::Entity::find().filter(session::COLUMN.ended_at.is_null());
        assert_eq!(live.count(service.app.database.reader()).await.unwrap(), 0, "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nodes_that_start_together_on_a_new_database_share_one_signing_key() {
    let service = Service::start().await;
    for round in 0..4 {
        let forget = service.app.database.write(async |tx| {
            signing_key::Entity::delete_many().exec(tx).await?;
            Ok(())
        });
        forget.await.unwrap();
        let (config, clock) = (&service.app.config, &service.app.clock);
        let nodes = join_all((0..6).map(|_| App::start(config.clone(), clock.clone()))).await;
        let nodes: Vec<_> = nodes.into_iter().map(|node| node.unwrap()).collect();
        for loaded in join_all(nodes.iter().map(signing_key::load)).await {
            loaded.unwrap_or_else(|error| panic!("round {round}: {error:?}"));
        }
        let keys: HashSet<_> = nodes.iter().map(|node| signing_key::jwks(node).to_string()).collect();
        assert_eq!(keys.len(), 1, "round {round}");
        join_all(nodes.iter().map(App::stop)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn ending_a_session_fifty_times_at_once_ends_it_once() {
    let service = Service::start().await;
    let ada = service.client("ada").await;
    let phone = service.anonymous().log_in("ada@example.test").await;
    let answers =
        at_once(|_| {
            let (ada, id) = (ada.clone(), phone.tokens.session.clone());
            async move {
                ada.run_with("mutation($id: ID!) { endSession(id: $id) { id } }", json!({ "id": id })).await
            }
        })
        .await;
    let ended = answers.iter().filter(|answer| answer.codes().is_empty()).count();
    assert_eq!(ended, 1);
    assert!(answers.iter().all(|answer| answer.codes().is_empty() || answer.codes() == ["NOT_FOUND"]));
}
