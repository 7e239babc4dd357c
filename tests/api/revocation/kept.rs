//! What is kept, for how long, and what never is.

use chrono::TimeDelta;
use rolegate::access::viewer::Viewer;
use rolegate::config::lifetime::Lifetime;
use rolegate::platform::secret::{OpaqueToken, new_id};
use rolegate::sessions::resume;

use super::shown_role;
use crate::harness::{Persona, Service};

/// Holds that `me` is answered without the database, by taking it away.
async fn answers_without_database(service: &Service, somebody: &Persona<'_>) -> bool {
    service.app.database.close().await;
    somebody.is_signed_in().await
}

#[tokio::test]
async fn a_request_reads_nothing_when_nothing_was_changed() {
    let service = Service::start().await;
    let ada = service.client("ada").await;
    assert!(ada.is_signed_in().await);
    assert!(answers_without_database(&service, &ada).await);
    let own = format!("{{ user(id: \"{}\") {{ email }} }}", ada.id());
    assert_eq!(ada.run(&own).await.data()["user"]["email"], "ada@example.test");
}

#[tokio::test]
async fn a_cookie_is_judged_from_memory_too_and_by_its_secret() {
    let service = Service::start().await;
    let input =
        r#"{ identifier: "ada@example.test", password: "gravel umbrella sunset teapot", delivery: COOKIE }"#;
    service.client("ada").await;
    let answer = service
        .anonymous()
        .with_header("origin", service.app.config.public_origin())
        .run(&format!("mutation {{ login(input: {input}) {{ ... on SignedIn {{ user {{ id }} }} }} }}"))
        .await;
    let cookie = answer.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    let value = cookie.split_once('=').unwrap().1.to_owned();
    let viewer = resume::by_cookie(&service.app, &value).await.unwrap();
    assert!(matches!(viewer, Viewer::User { .. }), "{viewer:?}");
    let forged = OpaqueToken::new(OpaqueToken::parse(&value).unwrap().id()).unwrap().reveal();
    service.app.database.close().await;
    assert_eq!(resume::by_cookie(&service.app, &value).await.unwrap(), viewer);
    let refused = resume::by_cookie(&service.app, &forged).await.unwrap();
    assert!(matches!(refused, Viewer::Unrecognized { .. }), "{refused:?}");
}

#[tokio::test]
async fn without_the_cache_every_request_reads_the_database() {
    let service = Service::with(|config| config.session.cache = false).await;
    let ada = service.client("ada").await;
    assert!(ada.is_signed_in().await);
    assert_eq!(service.app.cache.bytes(), 0);
    assert!(!answers_without_database(&service, &ada).await);
}

#[tokio::test]
async fn two_seconds_after_changes_were_last_heard_of_every_request_reads_the_database() {
    let service = Service::start().await;
    let ada = service.client("ada").await;
    assert!(ada.is_signed_in().await);
    service.advance(TimeDelta::milliseconds(1_999));
    let other = service.another_node().await;
    super::end("suspension", &other, &ada, &ada).await;
    assert!(ada.is_signed_in().await, "it has not been heard of, or this test shows nothing");
    service.advance(TimeDelta::milliseconds(1));
    assert!(!ada.is_signed_in().await);
    assert!(!answers_without_database(&service, &ada).await);
}

#[tokio::test]
async fn memory_does_not_refuse_whom_another_node_has_seen_since() {
    let service = Service::with(|config| config.session.idle_lifetime = Lifetime::seconds(30)).await;
    let elsewhere = service.another_node().await;
    let ada = service.client("ada").await;
    assert!(ada.is_signed_in().await);
    service.advance(TimeDelta::seconds(20));
    ada.at(&elsewhere).refresh().await;
    service.advance(TimeDelta::seconds(15));
    service.hear().await;
    assert!(ada.is_signed_in().await);
    service.advance(TimeDelta::seconds(30));
    service.hear().await;
    assert!(!ada.is_signed_in().await);
}

#[tokio::test]
async fn a_session_in_constant_use_does_not_end_however_short_its_idle_lifetime() {
    let service = Service::with(|config| config.session.idle_lifetime = Lifetime::seconds(30)).await;
    let ada = service.client("ada").await;
    for _ in 0..10 {
        service.advance(TimeDelta::seconds(10));
        service.hear().await;
        assert!(ada.is_signed_in().await);
    }
    service.advance(TimeDelta::seconds(30));
    assert!(!ada.is_signed_in().await);
}

#[tokio::test]
async fn a_flood_of_invalid_tokens_leaves_nothing_behind_and_drives_nobody_out() {
    let service = Service::start().await;
    let ada = service.client("ada").await;
    assert_eq!(shown_role(&ada).await, "CLIENT");
    let bytes = service.app.cache.bytes();
    assert!((500..5_000).contains(&bytes), "{bytes}");
    let (head, signature) = ada.tokens.access.rsplit_once('.').unwrap();
    for n in 0..98_000_u32 {
        // Of all kinds: what is no token, and a genuine one with a signature of its own each time.
        let forged = match n % 10 {
            0 => format!("{head}.{}{n:08}", &signature[..signature.len() - 8]),
            _ => format!("{head}{n}.{signature}"),
        };
        let viewer = resume::by_access_token(&service.app, &forged).await.unwrap();
        assert!(matches!(viewer, Viewer::Unrecognized { .. }), "{forged}");
    }
    for _ in 0..2_000 {
        let forged = OpaqueToken::new(new_id()).unwrap().reveal();
        let viewer = resume::by_cookie(&service.app, &forged).await.unwrap();
        assert!(matches!(viewer, Viewer::Unrecognized { .. }));
    }
    assert_eq!(service.app.cache.bytes(), bytes);
    assert!(answers_without_database(&service, &ada).await);
}
