//! On the node that was told: the next request.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use futures_util::future::join_all;
use rolegate::access::role::Role;

use super::{ENDS, end, let_in_again, promote, shown_role};
use crate::harness::Service;

#[tokio::test]
async fn whoever_is_put_out_is_out_at_the_next_request() {
    for what in ENDS {
        let service = Service::start().await;
        let ada = service.client("ada").await;
        let other = service.anonymous().log_in("ada@example.test").await;
        for _ in 0..2 {
            assert!(ada.is_signed_in().await && other.is_signed_in().await);
        }
        end(what, &service, &ada, &other).await;
        assert!(!ada.is_signed_in().await, "{what}");
        let remains = ["logout", "endSession", "endOtherSessions", "reuse"].contains(&what);
        assert_eq!(other.is_signed_in().await, remains, "{what}");
    }
}

#[tokio::test]
async fn a_change_of_role_and_of_status_shows_at_the_next_request() {
    let service = Service::start().await;
    let ada = service.client("ada").await;
    for role in [Role::Admin, Role::Manager, Role::Client] {
        promote(&service, ada.id(), Role::Client).await;
        assert_eq!(shown_role(&ada).await, "CLIENT");
        ada.run("{ users { totalCount } }").await.assert_refused("FORBIDDEN");
        // Never the last admin's.
        let eve = service.admin(&format!("eve{}", role.as_str().to_lowercase())).await;
        promote(&service, ada.id(), role).await;
        assert_eq!(shown_role(&ada).await, role.as_str());
        let answer = ada.run("{ users { totalCount } }").await;
        assert_eq!(answer.codes().is_empty(), role >= Role::Manager, "{}", answer.text);
        assert!(eve.is_signed_in().await);
    }
    for _ in 0..3 {
        end("suspension", &service, &ada, &ada).await;
        assert!(!ada.is_signed_in().await);
        let_in_again(&service, ada.id()).await;
        assert!(ada.is_signed_in().await);
    }
}

#[tokio::test]
async fn what_users_see_of_themselves_is_never_older_than_their_last_sign_in() {
    let service = Service::start().await;
    let ada = service.client("ada").await;
    let seen = async || ada.run("{ me { lastLoginAt } }").await.text_at("/data/me/lastLoginAt");
    let first = seen().await;
    assert_eq!(seen().await, first);
    service.advance(chrono::TimeDelta::milliseconds(1_500));
    let later = service.anonymous().log_in("ada@example.test").await;
    assert_ne!(seen().await, first);
    assert!(later.is_signed_in().await);
}

/// Requests that race with the end of their session, in bursts, until 10,000 have begun after it had returned.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_ten_thousand_racing_requests_none_that_begins_after_the_end_is_accepted() {
    const ROUNDS: usize = 20;
    const AFTER: usize = 500;
    let service = Service::start().await;
    let ada = service.client("ada").await;
    for round in 0..ROUNDS {
        let victim = service.anonymous().log_in("ada@example.test").await;
        let (returned, accepted_after) = (AtomicBool::new(false), AtomicUsize::new(0));
        let (before, after) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let ask = async || {
            while after.load(Ordering::SeqCst) < AFTER {
                let began_after = returned.load(Ordering::SeqCst);
                let accepted = victim.is_signed_in().await;
                match began_after {
                    false => drop(before.fetch_add(usize::from(accepted), Ordering::SeqCst)),
                    true => {
                        after.fetch_add(1, Ordering::SeqCst);
                        accepted_after.fetch_add(usize::from(accepted), Ordering::SeqCst);
                    }
                }
                // Each has a turn, or one alone would race with nobody.
                tokio::task::yield_now().await;
            }
        };
        // Some rounds end the session as soon as it is first read, others when it has long been in memory.
        let end = async {
            while before.load(Ordering::SeqCst) < round * 3 {
                tokio::task::yield_now().await;
            }
            let document = format!("mutation {{ endSession(id: \"{}\") {{ id }} }}", victim.tokens.session);
            ada.run(&document).await.data();
            returned.store(true, Ordering::SeqCst);
        };
        tokio::join!(join_all((0..16).map(|_| ask())), end);
        assert_eq!(accepted_after.into_inner(), 0, "in round {round}");
    }
}
