//! A door with a demonstration schema behind it, and what it answered.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use async_graphql::extensions::{Extension, ExtensionContext, ExtensionFactory, NextPrepareRequest};
use async_graphql::{
    Context, EmptySubscription, Enum, Object, Request as GraphqlRequest, Schema, ServerError, ServerResult,
    SimpleObject,
};
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request, StatusCode};
use rolegate::access::client::Client;
use rolegate::access::viewer::Viewer;
use rolegate::app::App;
use rolegate::config::Config;
use rolegate::error::{Error, Unauthenticated};
use rolegate::platform::clock::Clock;
use sea_orm::DbErr;
use serde_json::{Value, json};
use tower::ServiceExt as _;

/// Sets the runtime's time forward, and with it all that the server waits for. Needs the server in this test's runtime.
pub(crate) async fn advance(by: Duration) {
    tokio::time::pause();
    tokio::time::advance(by).await;
    tokio::time::resume();
}

/// A running door. Clones share it.
#[derive(Clone)]
pub(crate) struct Door {
    pub(crate) router: Router,
    bumps: Arc<AtomicU32>,
    // Dropped with the door.
    _data_dir: Arc<tempfile::TempDir>,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).expect("the body is JSON")
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("an ASCII header"))
    }

    pub(crate) fn code(&self) -> String {
        self.json()["errors"][0]["extensions"]["code"].as_str().expect("a code").to_owned()
    }

    /// Asserts a request error: this status and code, and no `data` at all.
    #[track_caller]
    pub(crate) fn assert_refused(&self, status: u16, code: &str) {
        assert_eq!((self.status.as_u16(), self.code().as_str()), (status, code), "{}", self.text);
        assert!(self.json().get("data").is_none(), "there is data: {}", self.text);
    }
}

impl Door {
    pub(crate) async fn open() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let data_dir = tempfile::tempdir().expect("a directory");
        let mut config = Config { data_dir: data_dir.path().to_owned(), ..Config::default() };
        change(&mut config);
        let app = Arc::new(App::start(config, Clock::System).await.expect("the app starts"));
        let bumps = Arc::new(AtomicU32::new(0));
        let schema = Schema::build(Query, Mutation, EmptySubscription)
            .data(Arc::clone(&bumps))
            .disable_suggestions()
            .extension(RefuseWhole)
            .finish();
        Self { router: rolegate::http::router(app, schema), bumps, _data_dir: Arc::new(data_dir) }
    }

    /// How often the mutation was run.
    pub(crate) fn bumps(&self) -> u32 {
        self.bumps.load(Ordering::SeqCst)
    }

    pub(crate) async fn send(&self, mut request: Request<Body>) -> Answer {
        if request.extensions().get::<ConnectInfo<SocketAddr>>().is_none() {
            request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 50_000))));
        }
        let answer = self.router.clone().oneshot(request).await.expect("never fails");
        let (parts, body) = answer.into_parts();
        let bytes = axum::body::to_bytes(body, 8 << 20).await.expect("a body");
        let text = String::from_utf8(bytes.to_vec()).expect("UTF-8");
        Answer { status: parts.status, headers: parts.headers, text }
    }

    /// Posts JSON with these headers beside `Content-Type`.
    pub(crate) async fn post(&self, body: impl Into<Body>, headers: &[(&str, &str)]) -> Answer {
        let mut request = Request::post("/graphql").header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(body.into()).expect("a request")).await
    }

    pub(crate) async fn query(&self, query: &str) -> Answer {
        self.query_with(query, &[]).await
    }

    pub(crate) async fn query_with(&self, query: &str, headers: &[(&str, &str)]) -> Answer {
        self.post(json!({ "query": query }).to_string(), headers).await
    }

    pub(crate) async fn get(&self, uri: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = Request::get(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(Body::empty()).expect("a request")).await
    }
}

/// Refuses operations of certain names before they run, as the policy does.
struct RefuseWhole;

impl ExtensionFactory for RefuseWhole {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Self)
    }
}

#[async_graphql::async_trait::async_trait]
impl Extension for RefuseWhole {
    async fn prepare_request(
        &self,
        ctx: &ExtensionContext<'_>,
        request: GraphqlRequest,
        next: NextPrepareRequest<'_>,
    ) -> ServerResult<GraphqlRequest> {
        let refusal = match request.operation_name.as_deref() {
            Some("Missing") => Error::Unauthenticated(Unauthenticated::TokenMissing),
            Some("Expired") => Error::Unauthenticated(Unauthenticated::TokenExpired),
            Some("Forbidden") => Error::Forbidden { requires: "@hasRole(atLeast: ADMIN)".into() },
            _ => return next.run(ctx, request).await,
        };
        let mut error = ServerError::new(refusal.to_string(), None);
        error.source = Some(Arc::new(refusal));
        Err(error)
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum Color {
    Red,
}

#[derive(SimpleObject)]
pub(crate) struct Origin {
    ip: Option<String>,
    user_agent: Option<String>,
}

pub(crate) struct Node;

#[Object]
impl Node {
    async fn child(&self) -> Node {
        Node
    }

    async fn leaf(&self) -> i32 {
        1
    }
}

pub(crate) struct Query;

/// What must never be seen by a client.
pub(crate) const SECRET: &str = "SELECT hash FROM passwords";
static DATABASE_ERROR: LazyLock<DbErr> = LazyLock::new(|| DbErr::Custom(SECRET.into()));

#[Object]
impl Query {
    async fn hello(&self) -> &str {
        "world"
    }

    async fn viewer(&self, ctx: &Context<'_>) -> String {
        match ctx.data_unchecked::<Viewer>() {
            Viewer::Anonymous => "anonymous".into(),
            Viewer::Unrecognized { reason } => reason.as_str().into(),
            Viewer::User { .. } => "user".into(),
            Viewer::ApiKey { .. } => "key".into(),
        }
    }

    async fn origin(&self, ctx: &Context<'_>) -> Origin {
        let client = ctx.data_unchecked::<Client>().clone();
        Origin { ip: client.ip.map(|ip| ip.to_string()), user_agent: client.user_agent }
    }

    async fn double(&self, number: i32) -> i32 {
        number * 2
    }

    async fn echo(&self, text: Option<String>) -> Option<String> {
        text
    }

    async fn paint(&self, #[graphql(default_with = "Color::Red")] color: Color) -> bool {
        color == Color::Red
    }

    async fn node(&self) -> Node {
        Node
    }

    async fn raw_fault(&self) -> Option<async_graphql::Result<i32>> {
        Some(Err(DATABASE_ERROR.clone().into()))
    }

    async fn busy_non_null(&self) -> async_graphql::Result<i32> {
        Err(Error::Overloaded { retry_after: Duration::from_millis(6_001) }.into())
    }

    async fn raw_fault_non_null(&self) -> async_graphql::Result<i32> {
        Err(DATABASE_ERROR.clone().into())
    }

    async fn message_fault(&self) -> Option<async_graphql::Result<i32>> {
        Some(Err(async_graphql::Error::new(SECRET)))
    }

    async fn own_fault(&self) -> Option<async_graphql::Result<i32>> {
        Some(Err(Error::from(DATABASE_ERROR.clone()).into()))
    }

    async fn not_found(&self) -> Option<async_graphql::Result<i32>> {
        Some(Err(Error::NotFound.into()))
    }

    async fn mine(&self) -> Option<async_graphql::Result<i32>> {
        Some(Err(Error::Unauthenticated(Unauthenticated::TokenMissing).into()))
    }

    async fn busy(&self) -> Option<async_graphql::Result<i32>> {
        Some(Err(Error::Overloaded { retry_after: Duration::from_millis(6_001) }.into()))
    }

    async fn panic(&self) -> Option<i32> {
        std::hint::black_box(None).or_else(|| panic!("{SECRET}"))
    }

    async fn forever(&self) -> Option<i32> {
        std::future::pending().await
    }

    async fn cookies(&self, ctx: &Context<'_>) -> bool {
        ctx.append_http_header("set-cookie", "a=1");
        ctx.append_http_header("set-cookie", "b=2");
        true
    }
}

pub(crate) struct Mutation;

#[Object]
impl Mutation {
    async fn bump(&self, ctx: &Context<'_>) -> u32 {
        ctx.data_unchecked::<Arc<AtomicU32>>().fetch_add(1, Ordering::SeqCst) + 1
    }

    async fn double(&self, number: i32) -> i32 {
        number * 2
    }
}
