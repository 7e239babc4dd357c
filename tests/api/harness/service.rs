//! A whole Rolegate, alone with its test.

use std::net::SocketAddr;
use std::sync::Arc;

use async_graphql::Executor;
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use chrono::{DateTime, TimeDelta, Utc};
use http_body_util::BodyExt as _;
use rolegate::access::client::Client;
use rolegate::access::role::Role;
use rolegate::app::App;
use rolegate::config::Config;
use rolegate::follow::Following;
use rolegate::platform::clock::{Clock, ManualClock};
use rolegate::platform::seal::fresh_key;
use rolegate::tokens::signing_key;
use rolegate::users::set_role::set_role;
use rolegate::{graphql, http};
use serde_json::json;
use tokio::sync::Mutex;
use tower::ServiceExt as _;
use uuid::Uuid;

use super::database::TestDatabase;
use super::{Answer, Persona, watch};

/// The instant at which every test begins.
pub(crate) const START: &str = "2026-03-01T12:00:00Z";

/// A password that nothing is wrong with.
pub(crate) const PASSWORD: &str = "gravel umbrella sunset teapot";

/// A running service with a database of its own.
pub(crate) struct Service {
    pub(crate) app: Arc<App>,
    pub(crate) clock: ManualClock,
    router: Router,
    following: Mutex<Following>,
    database: Arc<TestDatabase>,
}

impl Service {
    /// With the default configuration, but for the cost of hashing.
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// With a configuration of the test's own.
    pub(crate) async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let database = TestDatabase::create().await;
        let mut config = database.config();
        (config.password.memory_kib, config.password.iterations) = (8, 1);
        config.password.hash_threads = 2;
        if config.database_url.is_some() {
            // Beside a server's database no key file is kept.
            config.master_key = Some(fresh_key().unwrap().to_string().into());
        }
        change(&mut config);
        let start: DateTime<Utc> = START.parse().unwrap();
        Self::node(Arc::new(database), config, ManualClock::new(start)).await
    }

    /// Another node of the same service: its own memory, the same database, the same clock.
    pub(crate) async fn another_node(&self) -> Self {
        self.another_node_with(|_| {}).await
    }

    /// Another node that is configured otherwise.
    pub(crate) async fn another_node_with(&self, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = self.app.config.clone();
        change(&mut config);
        Self::node(Arc::clone(&self.database), config, self.clock.clone()).await
    }

    async fn node(database: Arc<TestDatabase>, config: Config, clock: ManualClock) -> Self {
        watch::listen();
        let app = App::start(config, Clock::Manual(clock.clone())).await.expect("the app starts");
        signing_key::load(&app).await.expect("the signing key is made");
        let app = Arc::new(app);
        let schema = graphql::schema(Arc::clone(&app)).expect("every coordinate has its rule");
        let router = http::router(Arc::clone(&app), schema);
        let following = Mutex::new(Following::of(Arc::clone(&app)));
        let service = Self { app, clock, router, following, database };
        // So that everything is tried with what is kept in memory, and nothing else empties it than what is tried.
        service.hear().await;
        service
    }

    /// Hears what other processes have changed, and believes its memory for two seconds more.
    pub(crate) async fn hear(&self) {
        self.following.lock().await.tick().await.expect("changes are heard of");
    }

    /// Hears what other processes change all the time, as a server does, until the answer is dropped.
    pub(crate) fn follow(&self) -> Task {
        Task(tokio::spawn(Following::of(Arc::clone(&self.app)).run(std::future::pending())))
    }

    /// Lets time pass.
    pub(crate) fn advance(&self, by: TimeDelta) {
        self.clock.advance(by);
    }

    /// Somebody without credentials.
    pub(crate) fn anonymous(&self) -> Persona<'_> {
        Persona::new(self)
    }

    /// Somebody of role CLIENT, `<name>@example.test`, who has just signed up.
    pub(crate) async fn client(&self, name: &str) -> Persona<'_> {
        let input = json!({ "email": format!("{name}@example.test"), "password": PASSWORD, "name": name });
        self.anonymous().sign_up(input).await
    }

    /// The same, of role MANAGER.
    pub(crate) async fn manager(&self, name: &str) -> Persona<'_> {
        self.promoted(name, Role::Manager).await
    }

    /// The same, of role ADMIN.
    pub(crate) async fn admin(&self, name: &str) -> Persona<'_> {
        self.promoted(name, Role::Admin).await
    }

    async fn promoted(&self, name: &str, role: Role) -> Persona<'_> {
        let persona = self.client(name).await;
        let id: Uuid = persona.id().parse().unwrap();
        set_role(&self.app, &Client::default(), None, id, role).await.expect("the operator may");
        persona
    }

    /// The same app behind another schema.
    pub(crate) fn serving(self, schema: impl Executor) -> Self {
        Self { router: http::router(Arc::clone(&self.app), schema), ..self }
    }

    /// Sends a request as it is, from 127.0.0.1, and holds that the answer shows nothing that none may show.
    pub(crate) async fn send(&self, mut request: Request<Body>) -> Answer {
        let asked = format!("{} {}", request.method(), request.uri());
        let peer: SocketAddr = "127.0.0.1:50000".parse().unwrap();
        request.extensions_mut().insert(ConnectInfo(peer));
        let (parts, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        let body = body.collect().await.expect("the body arrives").to_bytes();
        let answer = Answer::new(parts.status, parts.headers, body);
        answer.assert_discreet(&asked, &self.app.config.data_dir.to_string_lossy());
        answer
    }
}

/// A task that ends when this is dropped.
pub(crate) struct Task(tokio::task::JoinHandle<()>);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}
