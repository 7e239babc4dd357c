//! What proves a session: long, random, and not in the database.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::http::header::SET_COOKIE;
use rolegate::platform::secret::{self, Digest, OpaqueToken};
use rolegate::sessions::session;
use sea_orm::EntityTrait as _;
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::harness::{PASSWORD, Service};

const LOGINS: usize = 20;

/// More than one batch of the write door takes, and fewer than its queue has places.
const ATTACKERS: usize = 320;

/// Holds that the row keeps of `token` what recognises it, and nothing that gives it away.
async fn assert_kept_as_a_digest(service: &Service, token: &OpaqueToken) {
    let query = session::Entity::find_by_id(token.id());
    let row = query.all(service.app.database.reader()).await.unwrap().pop().unwrap();
    assert_eq!(row.secret_hash, Digest::of(token.secret()).to_vec());
    assert_ne!(row.secret_hash, token.secret());
    let (text, shown) = (token.reveal(), format!("{row:?}"));
    let (_, secret) = text.split_once('.').unwrap();
    assert!(!shown.contains(secret) && !shown.contains(&format!("{:?}", token.secret())), "{shown}");
}

#[tokio::test]
async fn refresh_tokens_are_distinct_long_and_kept_as_digests() {
    let service = Service::start().await;
    service.client("ada").await;
    let (mut secrets, mut tokens) = (HashSet::new(), HashSet::new());
    for _ in 0..LOGINS {
        let ada = service.anonymous().log_in("ada@example.test").await;
        let token = OpaqueToken::parse(&ada.tokens.refresh).unwrap();
        assert_eq!(token.id().to_string(), ada.tokens.session);
        assert_kept_as_a_digest(&service, &token).await;
        secrets.insert(*token.secret());
        tokens.insert(ada.tokens.access);
    }
    assert_eq!((secrets.len(), tokens.len()), (LOGINS, LOGINS));
    // 256 bits each: half of all bits are set, give or take ten standard deviations.
    let ones: u32 = secrets.iter().flatten().map(|byte| byte.count_ones()).sum();
    assert!(ones.abs_diff(LOGINS as u32 * 128) < 360, "{ones}");
}

#[tokio::test]
async fn cookies_are_distinct_long_and_kept_as_digests() {
    let service = Service::start().await;
    service.client("ada").await;
    let document = "mutation($i: LoginInput!) { login(input: $i) { __typename } }";
    let input =
        json!({ "i": { "identifier": "ada@example.test", "password": PASSWORD, "delivery": "COOKIE" } });
    let mut secrets = HashSet::new();
    for _ in 0..LOGINS {
        let answer = service.anonymous().run_with(document, input.clone()).await;
        answer.data();
        let cookie = answer.header(SET_COOKIE.as_str()).unwrap();
        let (value, _) = cookie.split_once('=').unwrap().1.split_once(';').unwrap();
        let token = OpaqueToken::parse(value).unwrap();
        assert_kept_as_a_digest(&service, &token).await;
        secrets.insert(*token.secret());
    }
    assert_eq!(secrets.len(), LOGINS);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_storm_of_refresh_tokens_that_never_were_keeps_nobody_from_signing_up() {
    let service = Arc::new(Service::start().await);
    let ada = service.client("ada").await;
    let answered = Arc::new(AtomicUsize::new(0));
    let mut storm = JoinSet::new();
    for number in 0..ATTACKERS {
        // Half of them name a session that is there.
        let id = if number % 2 == 0 { ada.tokens.session.parse().unwrap() } else { secret::new_id() };
        let (service, answered) = (Arc::clone(&service), Arc::clone(&answered));
        storm.spawn(async move {
            loop {
                let junk = OpaqueToken::new(id).unwrap().reveal();
                let answer = service.anonymous().try_refresh(&junk).await;
                // Whoever storms a machine that has other things to do may be told so.
                if answer.codes() != ["OVERLOADED"] {
                    answer.assert_refused("UNAUTHENTICATED");
                }
                answered.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    while answered.load(Ordering::Relaxed) < ATTACKERS {
        tokio::task::yield_now().await; // until it does storm
    }
    for number in 0..10 {
        let name = format!("user{number}");
        timeout(Duration::from_secs(30), service.client(&name)).await.expect("in time");
    }
    assert!(ada.refresh().await.is_signed_in().await, "junk that names a session ends none");
    assert!(storm.try_join_next().is_none(), "none of them got anything else");
    storm.shutdown().await;
}
