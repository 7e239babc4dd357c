//! Subscriptions: judged whole before the stream is made, and each event again.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_graphql::futures_util::{Stream, StreamExt, stream};
use async_graphql::{Context, EmptyMutation, MergedSubscription, Request, Response, Schema, Subscription};
use rolegate::access::viewer::Viewer;
use rolegate::graphql::access::Role;
use rolegate::graphql::policy::directives::{authenticated, has_role};
use rolegate::graphql::policy::install;

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
