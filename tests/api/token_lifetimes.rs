//! How long access tokens count: not all equally long, and none longer than configured.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use rolegate::config::lifetime::Lifetime;

use crate::harness::{Persona, Service};

const REFRESH: &str = "mutation($t: String!) { refresh(input: { refreshToken: $t }) {
    refreshToken accessTokenExpiresAt } }";

/// The lifetimes of so many access tokens that were made in the same instant.
async fn lifetimes(service: &Service, ada: &Persona<'_>, count: usize) -> Vec<TimeDelta> {
    let mut refresh_token = ada.tokens.refresh.clone();
    let mut lifetimes = Vec::new();
    for _ in 0..count {
        let answer = ada.run_with(REFRESH, serde_json::json!({ "t": refresh_token })).await;
        answer.data();
        let expires_at: DateTime<Utc> = answer.text_at("/data/refresh/accessTokenExpiresAt").parse().unwrap();
        lifetimes.push(expires_at - service.app.clock.now());
        refresh_token = answer.text_at("/data/refresh/refreshToken");
    }
    lifetimes
}

#[tokio::test]
async fn tokens_of_the_same_instant_end_at_different_ones_and_none_later_than_configured() {
    let service = Service::start().await;
    let ada = service.client("ada").await;
    let lifetimes = lifetimes(&service, &ada, 100).await;
    let (longest, shortest) = (TimeDelta::minutes(10), TimeDelta::minutes(9));
    assert!(lifetimes.iter().all(|lifetime| (shortest..=longest).contains(lifetime)), "{lifetimes:?}");
    // 61 to draw from: of a hundred that are drawn evenly some 49 differ, and half are in either half.
    let distinct: HashSet<_> = lifetimes.iter().collect();
    assert!(distinct.len() > 30, "{}", distinct.len());
    let middle = shortest + TimeDelta::seconds(30);
    let early = lifetimes.iter().filter(|lifetime| **lifetime < middle).count();
    assert!((20..=80).contains(&early), "{early} of 100 in the first half");
}

#[tokio::test]
async fn without_jitter_every_token_counts_for_exactly_as_long_as_configured() {
    let service = Service::with(|config| config.tokens.access_token_jitter = 0).await;
    let ada = service.client("ada").await;
    let lifetimes = lifetimes(&service, &ada, 20).await;
    assert!(lifetimes.iter().all(|lifetime| *lifetime == TimeDelta::minutes(10)));
}

#[tokio::test]
async fn a_lifetime_of_seconds_is_not_shortened_to_nothing() {
    let service = Service::with(|config| {
        config.tokens.access_token_lifetime = Lifetime::seconds(1);
        config.tokens.access_token_jitter = 50;
    })
    .await;
    let ada = service.client("ada").await;
    assert_eq!(lifetimes(&service, &ada, 5).await, [TimeDelta::seconds(1); 5]);
}
