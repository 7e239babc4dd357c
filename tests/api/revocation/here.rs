//! On the node that was told: the next request.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use rolegate::access::role::Role;

use super::{ENDS, end, let_in_again, promote, shown_role};
use crate::harness::{Persona, Service};
use crate::key_rotation::beside;

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
    const CROWD: usize = 16;
    const AFTER: usize = 32;
    let service = Service::start().await;
    let ada = service.client("ada").await;
    for round in 0..ROUNDS {
        let victim = service.anonymous().log_in("ada@example.test").await;
        let (returned, before) = (AtomicBool::new(false), AtomicUsize::new(0));
        let work = async |victim: Persona<'_>| {
            let (mut after, mut accepted_after) = (0, 0);
            while after < AFTER {
                let began_after = returned.load(Ordering::SeqCst);
                let accepted = usize::from(victim.is_signed_in().await);
                if began_after {
                    after += 1;
                    accepted_after += accepted;
                } else {
                    before.fetch_add(accepted, Ordering::SeqCst);
                }
                tokio::task::yield_now().await;
            }
            accepted_after
        };
        // Some rounds end the session as soon as it is first read, others when it has long been in memory.
        let end = async {
            while before.load(Ordering::SeqCst) < round * 3 {
                tokio::task::yield_now().await;
            }
            let document = format!("mutation {{ endSession(id: \"{}\") {{ id }} }}", victim.tokens.session);
            ada.run(&document).await.data();
            0
        };
        let (accepted_after, _) = beside(&vec![victim.clone(); CROWD], &returned, work, end);
        assert_eq!(accepted_after, [0; CROWD], "in round {round}");
    }
}
