//! Subscriptions: judged whole before the stream is made, and each event again.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_graphql::futures_util::{Stream, StreamExt, stream};
use async_graphql::{Context, EmptyMutation, MergedSubscription, Request, Response, Schema, Subscription};
use chrono::TimeDelta;
use rolegate::access::viewer::Viewer;
use rolegate::graphql::access::Role;
use rolegate::graphql::policy::directives::{authenticated, has_role};
use rolegate::graphql::policy::install;
use rolegate::platform::clock::{Clock, ManualClock};

use crate::ask::{BOB, client, manager};
use crate::demo::{Query, User};

#[derive(Clone, Default)]
struct Streams(Arc<AtomicUsize>);

#[derive(Default)]
struct Changes;

#[Subscription]
impl Changes {
    #[graphql(directive = has_role::apply(Role::Manager))]
    async fn changed(&self, ctx: &Context<'_>) -> impl Stream<Item = User> {
        ctx.data_unchecked::<Streams>().0.fetch_add(1, Ordering::SeqCst);
        stream::iter([User(BOB), User(BOB)])
    }
}

#[derive(Default)]
struct Ticks;

#[Subscription]
impl Ticks {
    #[graphql(directive = authenticated::apply())]
    async fn tick(&self, ctx: &Context<'_>) -> impl Stream<Item = User> {
        ctx.data_unchecked::<Streams>().0.fetch_add(1, Ordering::SeqCst);
        stream::iter([User(BOB)])
    }
}

#[derive(MergedSubscription, Default)]
struct Subscriptions(Changes, Ticks);

async fn events(viewer: Viewer, query: &str) -> (Vec<Response>, usize) {
    let schema = Schema::build(Query::default(), EmptyMutation, Subscriptions::default());
    let schema = install(schema).unwrap().finish();
    let streams = Streams::default();
    let request = Request::new(query).data(viewer).data(streams.clone()).data(crate::demo::Ran::default());
    let events = schema.execute_stream(request).collect().await;
    (events, streams.0.load(Ordering::SeqCst))
}

#[tokio::test]
async fn a_refused_subscription_makes_no_stream() {
    for query in ["subscription { changed { id } }", "subscription { tick { id note } }"] {
        let (events, streams) = events(client(), query).await;
        assert_eq!(streams, 0, "{query}");
        assert_eq!(events.len(), 1, "{query}");
        assert!(events[0].errors[0].path.is_empty() && events[0].is_err(), "{query}");
    }
}

#[tokio::test]
async fn an_allowed_subscription_is_answered_event_by_event() {
    let (answers, streams) = events(manager(), "subscription { changed { id note email } }").await;
    assert_eq!((answers.len(), streams), (2, 1));
    assert!(answers.iter().all(Response::is_ok), "{answers:?}");
    let (answers, _) = events(client(), "subscription { tick { id email } }").await;
    assert_eq!(answers.len(), 1);
    assert_eq!(answers[0].errors.len(), 1, "an object is judged when it is there");
    assert!(answers[0].data.to_string().contains("email: null"), "{}", answers[0].data);
}

#[tokio::test]
async fn a_subscription_with_two_root_fields_is_refused_and_makes_no_stream() {
    for query in [
        "subscription { changed { id } tick { id } }",
        "subscription { a: tick { id } b: tick { id } }",
        "subscription { ...F ...F } fragment F on Subscriptions { tick { id } }",
    ] {
        let (events, streams) = events(manager(), query).await;
        assert_eq!((events.len(), streams), (1, 0), "{query}");
        let told = serde_json::to_value(&events[0]).unwrap();
        assert_eq!(told["errors"][0]["extensions"]["code"], "BAD_REQUEST", "{told}");
    }
    let (events, _) = events(manager(), "subscription { changed @skip(if: true) { id } tick { id } }").await;
    assert!(events.iter().all(Response::is_ok), "{events:?}");
}

#[derive(Default)]
struct Hours;

#[Subscription]
impl Hours {
    /// One event now, and one when the clock has been put forward.
    #[graphql(directive = authenticated::apply())]
    async fn hour(&self, ctx: &Context<'_>) -> impl Stream<Item = User> {
        let clock = ctx.data_unchecked::<ManualClock>().clone();
        stream::iter(0..2).map(move |event| {
            clock.advance(TimeDelta::minutes(event * 10));
            User(BOB)
        })
    }
}

#[tokio::test]
async fn an_event_after_the_viewers_credential_expired_is_refused_and_nothing_of_it_resolved() {
    let start = "2026-03-01T12:00:00Z".parse().unwrap();
    let subscribe = async |viewer: Viewer| {
        let clock = ManualClock::new(start);
        let schema = Schema::build(Query::default(), EmptyMutation, Hours);
        let schema = install(schema).unwrap().data(Clock::Manual(clock.clone())).data(clock).finish();
        let ran = crate::demo::Ran::default();
        let request = Request::new("subscription { hour { email } }").data(viewer).data(ran.clone());
        let events: Vec<Response> = schema.execute_stream(request).collect().await;
        (events, ran.marks().len())
    };
    let id = uuid::Uuid::from_u128(7);
    let until = |lifetime| {
        let (user_id, role, expires_at) = (id, rolegate::access::role::Role::Manager, start + lifetime);
        let session = Viewer::User { user_id, session_id: id, role, expires_at };
        [session, Viewer::ApiKey { user_id, key_id: id, role, expires_at }]
    };
    for viewer in until(TimeDelta::minutes(10)) {
        let (events, resolved) = subscribe(viewer).await;
        assert!(events[0].is_ok(), "{events:?}");
        let told = serde_json::to_value(&events[1]).unwrap();
        assert!(told["data"].is_null(), "{told}");
        let extensions = serde_json::json!({ "code": "UNAUTHENTICATED", "reason": "TOKEN_EXPIRED" });
        assert_eq!(told["errors"][0]["extensions"], extensions, "{told}");
        assert_eq!((events.len(), resolved), (2, 1));
    }
    for viewer in until(TimeDelta::minutes(11)) {
        let (events, resolved) = subscribe(viewer).await;
        assert!(events.iter().all(Response::is_ok) && resolved == 2, "{events:?}");
    }
}
