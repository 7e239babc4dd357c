//! Keys that change while everybody is at work.

use std::collections::HashSet;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chrono::TimeDelta;
use futures_util::FutureExt as _;
use futures_util::future::join_all;
use rolegate::access::client::Client;
use rolegate::tokens::retire::retire;
use rolegate::tokens::revoke::revoke;
use rolegate::tokens::rotate::{Haste, rotate, rotate_when_due};
use rolegate::tokens::signing_key;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::task::yield_now;

use crate::harness::{Persona, Service};
use crate::races::{CROWD, at_once};

/// How often the keys change while the crowd is at work.
const ROTATIONS: usize = 24;

/// After so long the crowd has given up: somebody was refused.
const PATIENCE: Duration = Duration::from_secs(120);

/// Has each of `crowd` do `work` on one of four threads, while `operator` does theirs. When that ends, however it does,
/// `done` tells the crowd. Work has to yield: a request that is answered from memory never waits, and those who share its
/// thread and hold a connection would never give it back.
pub(crate) fn beside<'s, T: Send>(
    crowd: &[Persona<'s>],
    done: &AtomicBool,
    work: impl AsyncFn(Persona<'s>) -> T + Sync,
    operator: impl Future<Output = u64>,
) -> (Vec<T>, u64) {
    let runtime = Handle::current();
    let (work, inside) = (&work, &runtime);
    tokio::task::block_in_place(|| {
        std::thread::scope(|threads| {
            let part = |part: &[Persona<'s>]| {
                let part = part.to_vec();
                threads
                    .spawn(move || inside.block_on(join_all(part.into_iter().map(|persona| work(persona)))))
            };
            let parts: Vec<_> = crowd.chunks(crowd.len().div_ceil(4)).map(part).collect();
            let outcome = inside.block_on(AssertUnwindSafe(operator).catch_unwind());
            done.store(true, Ordering::SeqCst);
            let worked = parts.into_iter().flat_map(|part| part.join().unwrap()).collect();
            (worked, outcome.unwrap())
        })
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn keys_rotate_under_load_and_no_request_is_refused() {
    let service = Service::start().await;
    let names: Vec<String> = (0..CROWD).map(|number| format!("user{number}")).collect();
    let crowd = join_all(names.iter().map(|name| service.client(name))).await;
    let (done, rounds) = (AtomicBool::new(false), Semaphore::new(0));
    let work = async |mut persona: Persona<'_>| {
        let mut kids = HashSet::new();
        while !done.load(Ordering::SeqCst) {
            let answer = persona.run("{ me { id } }").await;
            assert_eq!(answer.data()["me"]["id"], persona.id());
            persona = persona.refresh().await;
            kids.insert(jsonwebtoken::decode_header(&persona.tokens.access).unwrap().kid);
            rounds.add_permits(1);
        }
        kids.len()
    };
    let operator = async {
        let mut retired = 0;
        for _ in 0..ROTATIONS {
            rotate(&service.app, &Client::default(), Haste::Now).await.unwrap();
            signing_key::load(&service.app).await.unwrap();
            // The clock goes on once the crowd has: nobody holds a token for anything like its ten minutes.
            let worked = tokio::time::timeout(PATIENCE, rounds.acquire_many(2 * CROWD as u32));
            worked.await.expect("somebody was refused").unwrap().forget();
            service.advance(TimeDelta::minutes(1));
            retired += retire(&service.app).await.unwrap();
        }
        retired
    };
    let (kids, retired) = beside(&crowd, &done, work, operator);
    let everybody = kids.len() == CROWD && kids.iter().all(|kids| *kids > 5);
    assert!(retired > 5 && everybody, "{retired} retired, {kids:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn once_a_revocation_is_loaded_no_token_of_the_key_is_accepted_by_anybody() {
    let service = Service::start().await;
    let ada = service.client("ada").await;
    let kid = jsonwebtoken::decode_header(&ada.tokens.access).unwrap().kid.unwrap();
    let over = AtomicBool::new(false);
    let work = async |ada: Persona<'_>| {
        let (mut before, mut after) = (0, 0);
        while after < 20 {
            let was_over = over.load(Ordering::SeqCst);
            let accepted = ada.is_signed_in().await;
            assert!(!(was_over && accepted), "a revoked key's token was accepted");
            after += usize::from(was_over);
            before += usize::from(accepted);
            yield_now().await;
        }
        before
    };
    let operator = async {
        revoke(&service.app, &Client::default(), &kid).await.unwrap();
        signing_key::load(&service.app).await.unwrap();
        0
    };
    let (accepted, _) = beside(&vec![ada; CROWD], &over, work, operator);
    assert!(accepted.iter().sum::<usize>() > 0, "it counted until then");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nodes_that_rotate_at_once_make_one_key() {
    let (service, operator) = (Service::start().await, Client::default());
    for haste in [Haste::Announced, Haste::Now] {
        let made = at_once(|_| rotate(&service.app, &operator, haste)).await;
        let kids: HashSet<_> = made.into_iter().map(|key| key.unwrap().id).collect();
        assert_eq!(kids.len(), 1);
    }
    service.advance(TimeDelta::days(90));
    let made = at_once(|_| rotate_when_due(&service.app)).await;
    assert!(made.into_iter().any(|made| made.unwrap()));
    let keys = signing_key::all(service.app.database.reader()).await.unwrap();
    assert_eq!(keys.len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_key_that_is_revoked_fifty_times_at_once_has_one_successor() {
    let (service, operator) = (Service::start().await, Client::default());
    let kid = service.app.keyring.signing(service.app.clock.now()).unwrap().kid.clone();
    for revoked in at_once(|_| revoke(&service.app, &operator, &kid)).await {
        revoked.unwrap();
    }
    assert_eq!(signing_key::all(service.app.database.reader()).await.unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_loads_the_keys_late_brings_no_revoked_one_back() {
    let service = Service::start().await;
    for _ in 0..10 {
        let kid = service.app.keyring.signing(service.app.clock.now()).unwrap().kid.clone();
        let loads = at_once(|number| {
            let (service, kid) = (&service, &kid);
            async move {
                if number == 0 {
                    revoke(&service.app, &Client::default(), kid).await.unwrap();
                }
                signing_key::load(&service.app).await
            }
        });
        assert!(loads.await.into_iter().all(|loaded| loaded.is_ok()));
        assert!(service.app.keyring.find(&kid).is_none());
    }
}

#[tokio::test]
async fn a_key_that_a_clock_far_ahead_has_announced_does_not_stop_rotation() {
    let service = Service::start().await;
    let ahead = TimeDelta::days(400);
    service.advance(ahead);
    rotate(&service.app, &Client::default(), Haste::Announced).await.unwrap();
    service.advance(-ahead);
    assert!(rotate_when_due(&service.app).await.unwrap());
    assert!(!rotate_when_due(&service.app).await.unwrap());
    assert_eq!(service.key_states().await, ["ANNOUNCED", "SIGNING"]);
    service.advance(TimeDelta::minutes(60));
    assert_eq!(service.key_states().await, ["SIGNING", "SUPERSEDED"]);
}
