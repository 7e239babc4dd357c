//! A signing key from its announcement to its end.

use chrono::TimeDelta;
use rolegate::access::client::Client;
use rolegate::app::App;
use rolegate::audit::event;
use rolegate::config::{Config, SigningAlgorithm};
use rolegate::platform::seal::fresh_key;
use rolegate::tokens::key_state::KeyState;
use rolegate::tokens::retire::retire;
use rolegate::tokens::revoke::revoke;
use rolegate::tokens::rotate::{Haste, rotate, rotate_when_due};
use rolegate::tokens::{reseal, signing_key};
use sea_orm::{EntityTrait as _, QueryOrder as _};

use crate::harness::{Persona, Service};
use crate::jwt::{SHARED_SECRET, signing_with};

impl Service {
    /// The states of all keys, newest first.
    pub(crate) async fn key_states(&self) -> Vec<&'static str> {
        let keys = signing_key::all(self.app.database.reader()).await.unwrap();
        let now = self.app.clock.now();
        keys.iter().map(|key| KeyState::of(key, &keys, now).as_str()).collect()
    }

    /// The `kid` of the key that signs.
    fn signing_kid(&self) -> String {
        self.app.keyring.signing(self.app.clock.now()).unwrap().kid.clone()
    }

    async fn reload(&self) {
        signing_key::load(&self.app).await.unwrap();
    }

    /// Another process of the same service, or the same one started again.
    async fn beside(&self, change: impl FnOnce(&mut Config)) -> App {
        let mut config = self.app.config.clone();
        change(&mut config);
        App::start(config, self.app.clock.clone()).await.unwrap()
    }

    async fn events(&self) -> Vec<String> {
        let events = event::Entity::find().order_by_asc(event::COLUMN.id.0);
        let events = events.all(self.app.database.reader()).await.unwrap();
        events.into_iter().map(|event| event.kind).filter(|kind| kind.contains("KEY")).collect()
    }
}

fn kid(persona: &Persona<'_>) -> String {
    jsonwebtoken::decode_header(&persona.tokens.access).unwrap().kid.unwrap()
}

#[tokio::test]
async fn a_key_is_announced_then_signs_then_is_superseded_and_retired() {
    let service = Service::start().await;
    let first = service.signing_kid();
    let ada = service.client("ada").await;
    let next = rotate(&service.app, &Client::default(), Haste::Announced).await.unwrap();
    service.reload().await;
    assert_eq!(service.key_states().await, ["ANNOUNCED", "SIGNING"]);
    assert_eq!(kid(&ada.refresh().await), first, "it does not sign before those who verify can have it");
    service.advance(TimeDelta::minutes(59));
    let late = service.anonymous().log_in("ada@example.test").await;
    service.advance(TimeDelta::minutes(1));
    assert_eq!(service.key_states().await, ["SIGNING", "SUPERSEDED"]);
    assert_eq!(kid(&service.anonymous().log_in("ada@example.test").await), next.id);
    assert!(late.is_signed_in().await, "what the old one signed still counts");
    service.advance(TimeDelta::seconds(10 * 60 + 5 + 59));
    assert_eq!(retire(&service.app).await.unwrap(), 0, "a token of its last moment may be good until now");
    service.advance(TimeDelta::seconds(1));
    assert_eq!(retire(&service.app).await.unwrap(), 1);
    assert_eq!(service.key_states().await, ["SIGNING", "RETIRED"]);
    let keys = signing_key::all(service.app.database.reader()).await.unwrap();
    assert!(keys[1].private_key_sealed.is_empty(), "nobody can sign with it any more");
    service.reload().await;
    assert_eq!(service.app.keyring.public().len(), 1);
}

#[tokio::test]
async fn keys_rotate_by_themselves_so_that_the_next_one_takes_over_at_the_end_of_a_lifetime() {
    let service = Service::start().await;
    service.advance(TimeDelta::days(90) - TimeDelta::minutes(60) - TimeDelta::seconds(1));
    assert!(!rotate_when_due(&service.app).await.unwrap());
    service.advance(TimeDelta::seconds(1));
    assert!(rotate_when_due(&service.app).await.unwrap());
    assert!(!rotate_when_due(&service.app).await.unwrap(), "once");
    assert_eq!(service.key_states().await, ["ANNOUNCED", "SIGNING"]);
    service.advance(TimeDelta::minutes(60));
    assert_eq!(service.key_states().await, ["SIGNING", "SUPERSEDED"]);
    assert_eq!(service.events().await, ["SIGNING_KEY_ROTATED", "SIGNING_KEY_ROTATED"]);
}

#[tokio::test]
async fn whoever_asks_again_gets_the_key_that_is_announced_and_may_have_it_sign_at_once() {
    let service = Service::start().await;
    let operator = Client::default();
    let next = rotate(&service.app, &operator, Haste::Announced).await.unwrap();
    assert_eq!(rotate(&service.app, &operator, Haste::Announced).await.unwrap(), next);
    let sooner = rotate(&service.app, &operator, Haste::Now).await.unwrap();
    assert_eq!(
        (&sooner.id, sooner.activates_at),
        (&next.id, service.app.clock.now() + TimeDelta::seconds(5))
    );
    assert_eq!(rotate(&service.app, &operator, Haste::Now).await.unwrap(), sooner);
    service.advance(TimeDelta::seconds(5));
    assert_eq!(service.key_states().await, ["SIGNING", "SUPERSEDED"]);
}

#[tokio::test]
async fn a_revoked_keys_tokens_die_and_a_new_key_signs_at_once() {
    let service = Service::start().await;
    let ada = service.client("ada").await;
    let spare = service.anonymous().log_in("ada@example.test").await;
    assert!(ada.is_signed_in().await, "and its signature is remembered");
    let revoked = revoke(&service.app, &Client::default(), &kid(&ada)).await.unwrap();
    assert!(revoked.private_key_sealed.is_empty());
    service.reload().await;
    for token in [&ada, &spare] {
        let answer = token.run("{ me { id } }").await;
        assert_eq!(answer.at("/errors/0/extensions/reason"), "TOKEN_INVALID", "remembered or not");
    }
    let renewed = ada.refresh().await;
    assert!(renewed.is_signed_in().await, "the session goes on");
    assert_ne!(kid(&renewed), revoked.id);
    assert!(!service.app.keyring.public().iter().any(|jwk| jwk.common.key_id.as_ref() == Some(&revoked.id)));
    assert_eq!(service.key_states().await, ["SIGNING", "REVOKED"]);
    let again = revoke(&service.app, &Client::default(), &revoked.id).await.unwrap();
    assert_eq!(again, revoked, "once is enough");
    let unknown = revoke(&service.app, &Client::default(), "nobody's").await.unwrap_err();
    assert_eq!(unknown.code(), "NOT_FOUND");
    assert_eq!(service.events().await, ["SIGNING_KEY_ROTATED", "SIGNING_KEY_REVOKED", "SIGNING_KEY_ROTATED"]);
}

#[tokio::test]
async fn the_announced_key_takes_over_from_a_revoked_one() {
    let service = Service::start().await;
    let next = rotate(&service.app, &Client::default(), Haste::Announced).await.unwrap();
    revoke(&service.app, &Client::default(), &service.signing_kid()).await.unwrap();
    service.reload().await;
    assert_eq!(service.signing_kid(), next.id, "others may have it already");
    assert_eq!(service.key_states().await, ["SIGNING", "REVOKED"]);
}

#[tokio::test]
async fn an_announced_key_can_be_revoked_before_it_ever_signs() {
    let service = Service::start().await;
    let first = service.signing_kid();
    let next = rotate(&service.app, &Client::default(), Haste::Announced).await.unwrap();
    revoke(&service.app, &Client::default(), &next.id).await.unwrap();
    service.advance(TimeDelta::days(1));
    assert_eq!(retire(&service.app).await.unwrap(), 0);
    service.reload().await;
    assert_eq!(service.signing_kid(), first);
}

#[tokio::test]
async fn an_unchanged_key_stays_the_same_object_and_is_not_opened_again() {
    let service = Service::start().await;
    let before = service.app.keyring.find(&service.signing_kid()).unwrap();
    let ada = service.client("ada").await;
    assert!(ada.is_signed_in().await);
    rotate(&service.app, &Client::default(), Haste::Announced).await.unwrap();
    for _ in 0..2 {
        service.reload().await;
        let after = service.app.keyring.find(&before.kid).unwrap();
        assert!(std::sync::Arc::ptr_eq(&before, &after), "or every verified token would be forgotten");
    }
}

#[tokio::test]
async fn another_algorithm_comes_by_rotation_at_the_next_start() {
    let service = Service::start().await;
    let ada = service.client("ada").await;
    for algorithm in [SigningAlgorithm::EdDsa, SigningAlgorithm::Rs256] {
        let node = service.beside(|config| config.tokens.algorithm = algorithm).await;
        signing_key::load(&node).await.unwrap();
        signing_key::load(&node).await.unwrap();
        assert_eq!(node.keyring.signing(node.clock.now()).unwrap().kid, kid(&ada), "not yet");
        assert_eq!(node.keyring.algorithms()[0], algorithm_named(algorithm));
        node.stop().await;
    }
    service.reload().await;
    assert_eq!(
        service.key_states().await,
        ["ANNOUNCED", "ANNOUNCED", "SIGNING"],
        "and a running node makes none"
    );
    service.advance(TimeDelta::minutes(60));
    let renewed = ada.refresh().await;
    let header = jsonwebtoken::decode_header(&renewed.tokens.access).unwrap();
    assert_eq!(header.alg, jsonwebtoken::Algorithm::RS256);
    assert!(renewed.is_signed_in().await);
}

fn algorithm_named(algorithm: SigningAlgorithm) -> jsonwebtoken::Algorithm {
    algorithm.as_str().parse().unwrap()
}

#[tokio::test]
async fn an_algorithm_that_was_announced_is_taken_back_for_the_shared_secret_that_signs() {
    let service = signing_with(SigningAlgorithm::Hs256).await;
    let ada = service.client("ada").await;
    let tried = service.beside(|config| config.tokens.algorithm = SigningAlgorithm::Rs256).await;
    signing_key::load(&tried).await.unwrap();
    tried.stop().await;
    assert_eq!(service.key_states().await, ["ANNOUNCED", "SIGNING"]);
    for _ in 0..2 {
        let back = service.beside(|_| {}).await;
        signing_key::load(&back).await.unwrap();
        back.stop().await;
        assert_eq!(service.key_states().await, ["SIGNING", "SUPERSEDED"]);
    }
    service.advance(TimeDelta::minutes(61));
    service.reload().await;
    let renewed = ada.refresh().await;
    assert_eq!(kid(&renewed), kid(&ada));
    assert!(renewed.is_signed_in().await);
}

#[tokio::test]
async fn a_shared_secret_is_replaced_by_another_and_never_comes_back() {
    const OTHER: &str = "q8Jx2LwT0vKz5RnYb7HfUc3MdGe9PsA4iVoX1tCjWkE";
    let service = signing_with(SigningAlgorithm::Hs256).await;
    let ada = service.client("ada").await;
    let first = kid(&ada);
    service.advance(TimeDelta::days(400));
    assert!(!rotate_when_due(&service.app).await.unwrap(), "who runs it chooses the secret");
    let refused = rotate(&service.app, &Client::default(), Haste::Now).await.unwrap_err();
    assert_eq!(refused.code(), "INTERNAL");
    assert!(revoke(&service.app, &Client::default(), &first).await.is_err(), "nothing could take over");
    assert_eq!(service.key_states().await, ["SIGNING"], "and so nothing was changed");

    let node = service.beside(|config| config.tokens.hs256_secret = Some(OTHER.into())).await;
    signing_key::load(&node).await.unwrap();
    revoke(&node, &Client::default(), &first).await.unwrap();
    node.stop().await;
    service.reload().await;
    assert_ne!(service.signing_kid(), first);
    assert_eq!(service.key_states().await, ["SIGNING", "REVOKED"]);
    let stale = service.beside(|config| config.tokens.hs256_secret = Some(SHARED_SECRET.into())).await;
    let refused = signing_key::load(&stale).await.unwrap_err();
    assert!(format!("{refused:?}").contains("was in use before"), "{refused:?}");
    stale.stop().await;
}

#[tokio::test]
async fn a_new_master_key_seals_everything_anew_and_the_old_one_opens_nothing() {
    let service =
        Service::with(|config| config.master_key = Some(fresh_key().unwrap().to_string().into())).await;
    rotate(&service.app, &Client::default(), Haste::Announced).await.unwrap();
    service.reload().await;
    let refused = reseal::reseal(&service.app, &Client::default()).await.unwrap_err();
    assert!(format!("{refused:?}").contains("ROLEGATE_NEW_MASTER_KEY"), "{refused:?}");
    let new = fresh_key().unwrap().to_string();
    let node = service.beside(|config| config.new_master_key = Some(new.clone().into())).await;
    signing_key::load(&node).await.unwrap();
    assert_eq!(reseal::reseal(&node, &Client::default()).await.unwrap(), 2);
    assert_eq!(reseal::reseal(&node, &Client::default()).await.unwrap(), 2, "twice does no harm");
    node.stop().await;

    service.reload().await;
    assert!(service.client("ada").await.is_signed_in().await, "a node that runs goes on");
    rotate(&service.app, &Client::default(), Haste::Now)
        .await
        .expect("the announced key only has to be told");
    service.advance(TimeDelta::seconds(5));
    let refused = rotate(&service.app, &Client::default(), Haste::Now).await.unwrap_err();
    assert!(format!("{refused:?}").contains("does not open"), "it would seal what nobody opens: {refused:?}");

    let stale = service.beside(|_| {}).await;
    assert!(signing_key::load(&stale).await.is_err());
    stale.stop().await;
    let renewed = service.beside(|config| config.master_key = Some(new.into())).await;
    signing_key::load(&renewed).await.unwrap();
    renewed.stop().await;
    assert_eq!(service.events().await.last().unwrap(), "SIGNING_KEY_ROTATED");
    assert!(service.events().await.contains(&"MASTER_KEY_REPLACED".to_owned()));
}

#[tokio::test]
async fn a_key_that_does_not_open_keeps_no_revoked_one_in_force() {
    let service =
        Service::with(|config| config.master_key = Some(fresh_key().unwrap().to_string().into())).await;
    let ada = service.client("ada").await;
    let new = fresh_key().unwrap().to_string();
    let node = service.beside(|config| config.new_master_key = Some(new.into())).await;
    revoke(&node, &Client::default(), &kid(&ada)).await.unwrap();
    node.stop().await;
    assert!(
        signing_key::load(&service.app).await.is_err(),
        "the next key is sealed under what we do not have"
    );
    assert!(!ada.is_signed_in().await);
}
