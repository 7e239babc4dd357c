//! What docs/revocation.md says in figures: `cargo test --test api measure -- --ignored --nocapture`.
#![expect(clippy::print_stdout, reason = "figures are for people")]

use std::time::{Duration, Instant};

use rolegate::access::viewer::Viewer;
use rolegate::platform::secret::{OpaqueToken, new_id};
use rolegate::sessions::resume;

use super::end;
use crate::harness::{Persona, Service};

async fn admits(node: &Service, persona: &Persona<'_>) -> bool {
    let viewer = resume::by_access_token(&node.app, &persona.tokens.access).await.unwrap();
    matches!(viewer, Viewer::User { .. })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures"]
async fn measure_how_long_another_node_goes_on() {
    let here = Service::start().await;
    let there = here.another_node().await;
    let _following = there.follow();
    let ada = here.client("ada").await;
    let mut times = Vec::new();
    for _ in 0..300 {
        let victim = here.anonymous().log_in("ada@example.test").await;
        assert!(admits(&there, &victim).await);
        end("endSession", &here, &victim, &ada).await;
        let began = Instant::now();
        while admits(&there, &victim).await {
            assert!(began.elapsed() < Duration::from_secs(2));
            tokio::task::yield_now().await;
        }
        times.push(began.elapsed());
    }
    times.sort_unstable();
    println!("300 ends: p50 {:?}, p95 {:?}, at most {:?}", times[150], times[285], times[299]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures"]
async fn measure_a_million_invalid_tokens() {
    let service = Service::start().await;
    let ada = service.client("ada").await;
    assert!(admits(&service, &ada).await);
    let before = service.app.cache.bytes();
    let (head, signature) = ada.tokens.access.rsplit_once('.').unwrap();
    for n in 0..900_000_u32 {
        let forged = format!("{head}.{}{n:08}", &signature[..signature.len() - 8]);
        assert!(!matches!(
            resume::by_access_token(&service.app, &forged).await.unwrap(),
            Viewer::User { .. }
        ));
    }
    for _ in 0..100_000 {
        let forged = OpaqueToken::new(new_id()).unwrap().reveal();
        assert!(!matches!(resume::by_cookie(&service.app, &forged).await.unwrap(), Viewer::User { .. }));
    }
    println!(
        "the cache before: {before} bytes, after a million invalid tokens: {}",
        service.app.cache.bytes()
    );
    assert_eq!(service.app.cache.bytes(), before);
}
