//! Hashing passwords: at what cost, for whom, and who has to wait.

use std::pin::pin;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use rolegate::config::PasswordConfig;
use rolegate::error::Error;
use rolegate::passwords::credential;
use rolegate::users::suspend::suspend;
use rolegate::users::user;
use sea_orm::{EntityTrait as _, PaginatorTrait as _};
use serde_json::json;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::harness::{PASSWORD, Service};

const LOGINS: usize = 64;

/// Longer than anything here takes, so that what waits for ever fails instead.
const PATIENCE: Duration = Duration::from_secs(20);

/// One hash thread that does nothing else until it is let go.
struct Busy {
    until: mpsc::Sender<()>,
    running: JoinHandle<Result<(), Error>>,
}

impl Busy {
    async fn keep(service: &Service) -> Self {
        let (begun, begins) = oneshot::channel();
        let (until, held) = mpsc::channel();
        let app = service.app.clone();
        let running = tokio::spawn(async move {
            let hold = move |_: &mut Vec<_>| {
                let _ = begun.send(());
                let _ = held.recv();
            };
            app.hash_threads.run(hold).await
        });
        timeout(PATIENCE, begins).await.unwrap().unwrap();
        Self { until, running }
    }

    async fn release(self) {
        self.until.send(()).unwrap();
        self.running.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn by_default_a_password_is_kept_at_the_cost_that_is_documented() {
    let service = Service::with(|config| config.password = PasswordConfig::default()).await;
    let mut kept = Vec::new();
    for name in ["ada", "bob"] {
        let id = service.client(name).await.id().parse().unwrap();
        let row = credential::find(service.app.database.reader(), id).await.unwrap().unwrap();
        assert!(row.hash.0.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", row.hash.0);
        let lengths: Vec<usize> = row.hash.0.split('$').skip(4).map(str::len).collect();
        assert_eq!(lengths, [22, 43], "16 bytes of salt, 32 of hash");
        kept.push(row.hash.0);
    }
    assert_ne!(kept[0], kept[1], "one password, two salts");
}

#[tokio::test]
async fn a_crowd_that_signs_in_keeps_nobody_else_waiting() {
    let service = Service::with(|config| {
        (config.password.hash_threads, config.password.hash_queue) = (1, LOGINS);
    })
    .await;
    let ada = service.client("ada").await;
    let busy = Busy::keep(&service).await;

    // One more than there are places: as it is refused, all others are known to wait.
    let login = |_| async { service.anonymous().try_log_in("ada@example.test", PASSWORD).await };
    let mut logins = pin!((0..=LOGINS).map(login).collect::<FuturesUnordered<_>>());
    let refused = timeout(PATIENCE, logins.next()).await.unwrap().unwrap();
    refused.assert_refused("OVERLOADED");
    for _ in 0..10 {
        let answer = timeout(PATIENCE, service.anonymous().run("{ __typename }")).await.unwrap();
        assert_eq!(answer.data()["__typename"], "Query");
        assert!(timeout(PATIENCE, ada.is_signed_in()).await.unwrap(), "nor is the database taken");
    }
    assert_eq!(logins.len(), LOGINS, "not one was answered meanwhile");

    busy.release().await;
    while let Some(answer) = timeout(PATIENCE, logins.next()).await.unwrap() {
        answer.data();
    }
}

#[tokio::test]
async fn a_password_that_is_too_long_never_waits_for_a_hash() {
    let service = Service::with(|config| {
        (config.password.hash_threads, config.password.hash_queue) = (1, 1);
    })
    .await;
    service.client("ada").await;
    let busy = Busy::keep(&service).await;
    let login = |_| async { service.anonymous().try_log_in("ada@example.test", PASSWORD).await };
    let mut logins = pin!((0..2).map(login).collect::<FuturesUnordered<_>>());
    timeout(PATIENCE, logins.next()).await.unwrap().unwrap().assert_refused("OVERLOADED");

    let long = "x".repeat(20_000);
    for identifier in ["ada@example.test", "nobody@example.test"] {
        let answer = timeout(PATIENCE, service.anonymous().try_log_in(identifier, &long)).await.unwrap();
        answer.assert_refused("INVALID_CREDENTIALS");
    }
    let input = |password: &str| json!({ "email": "new@example.test", "password": password });
    for (password, code) in
        [(&*long, "WEAK_PASSWORD"), (&"x".repeat(257), "WEAK_PASSWORD"), (PASSWORD, "OVERLOADED")]
    {
        let answer = timeout(PATIENCE, service.anonymous().try_sign_up(input(password))).await.unwrap();
        answer.assert_refused(code);
    }
    busy.release().await;
    timeout(PATIENCE, logins.next()).await.unwrap().unwrap().data();
}

#[tokio::test]
async fn a_sign_in_costs_a_hash_whether_or_not_there_is_such_a_user() {
    // A hash that takes some hundred times as long as all else that a sign-in does.
    let service = Service::with(|config| {
        (config.password.memory_kib, config.password.iterations) = (19_456, 4);
        config.password.hash_threads = 1;
    })
    .await;
    service.client("ada").await;
    let bob = service.client("bob").await;
    suspend(&service.app, &Default::default(), None, bob.id().parse().unwrap()).await.unwrap();
    let tries = [
        ("ada@example.test", "not the password"),
        ("nobody@example.test", PASSWORD),
        ("bob@example.test", PASSWORD),
        ("not an identifier at all", PASSWORD),
        ("ada@example.test", ""),
    ];
    let mut took = vec![Vec::new(); tries.len()];
    for _ in 0..9 {
        for (index, (identifier, password)) in tries.into_iter().enumerate() {
            let started = Instant::now();
            let answer = service.anonymous().try_log_in(identifier, password).await;
            took[index].push(started.elapsed());
            answer.assert_refused("INVALID_CREDENTIALS");
        }
    }
    // The least of nine: whatever else the machine does only adds.
    let least: Vec<Duration> = took.into_iter().map(|times| times.into_iter().min().unwrap()).collect();
    for (time, (identifier, _)) in least.iter().zip(tries) {
        assert!(*time * 2 > least[0] && *time < least[0] * 2, "{identifier}: {least:?}");
    }
}

#[tokio::test]
#[ignore = "a measurement, for a quiet machine"]
#[expect(clippy::print_stdout, reason = "it is what is measured")]
async fn how_long_a_refusal_takes_does_not_tell_who_there_is() {
    const PAIRS: usize = 40;
    let service = Service::with(|config| config.password = PasswordConfig::default()).await;
    service.client("ada").await;
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for pair in 0..PAIRS + 2 {
        for identifier in ["ada@example.test", "nobody@example.test"] {
            let started = Instant::now();
            let answer = service.anonymous().try_log_in(identifier, "not the password").await;
            let took = started.elapsed();
            answer.assert_refused("INVALID_CREDENTIALS");
            // The first ones warm up.
            if pair >= 2 {
                if identifier.starts_with("ada") { known.push(took) } else { unknown.push(took) }
            }
        }
    }
    // Mann and Whitney's: how often, of two times picked at random, the known user's is the longer one.
    let longer =
        known.iter().flat_map(|known| unknown.iter().filter(move |unknown| known > *unknown)).count();
    let auc = longer as f64 / (PAIRS * PAIRS) as f64;
    println!("AUC of a wrong password against an unknown user, {PAIRS} pairs: {auc:.3}");
    assert!((0.3..=0.7).contains(&auc), "{auc}");
}

#[tokio::test]
async fn nobody_is_there_to_begin_with_and_no_usual_password_signs_in() {
    let service = Service::start().await;
    assert_eq!(user::Entity::find().count(service.app.database.reader()).await.unwrap(), 0);
    for identifier in
        ["admin", "root", "administrator", "rolegate", "admin@example.test", "admin@localhost", ""]
    {
        for password in ["admin", "password", "changeme", "rolegate", "root", "12345678", identifier, ""] {
            let answer = service.anonymous().try_log_in(identifier, password).await;
            answer.assert_refused("INVALID_CREDENTIALS");
        }
    }
}
