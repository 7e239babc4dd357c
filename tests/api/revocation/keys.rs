//! For how long a signing key is believed by a node that does not hear of its revocation.

use chrono::TimeDelta;
use rolegate::access::client::Client;
use rolegate::tokens::revoke::revoke;

use crate::harness::{Persona, Service};

async fn revoke_key_of(service: &Service, persona: &Persona<'_>) {
    let kid = jsonwebtoken::decode_header(&persona.tokens.access).unwrap().kid.unwrap();
    revoke(&service.app, &Client::default(), &kid).await.unwrap();
}

#[tokio::test]
async fn a_node_that_hears_nothing_believes_no_key_for_longer_than_two_seconds() {
    let here = Service::start().await;
    let there = here.another_node().await;
    let ada = here.client("ada").await;
    assert!(ada.at(&there).is_signed_in().await);
    revoke_key_of(&here, &ada).await;
    assert!(ada.at(&there).is_signed_in().await, "it has not been heard of, or this test shows nothing");
    here.advance(TimeDelta::seconds(2));
    let answer = ada.at(&there).run("{ me { id } }").await;
    assert_eq!(answer.at("/errors/0/extensions/reason"), "TOKEN_INVALID");
}

#[tokio::test]
async fn no_key_is_believed_for_longer_than_a_minute_whoever_vouches() {
    let here = Service::start().await;
    let there = here.another_node().await;
    let ada = here.client("ada").await;
    revoke_key_of(&here, &ada).await;
    let vouch = || there.app.cache.vouch(there.app.clock.monotonic());
    here.advance(TimeDelta::seconds(59));
    vouch();
    assert!(ada.at(&there).is_signed_in().await);
    here.advance(TimeDelta::seconds(1));
    vouch();
    assert!(!ada.at(&there).is_signed_in().await);
}
