//! A shop alone with its test, and the people in it.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, header};
use rolegate::access::client::Client;
use rolegate::access::role::Role;
use rolegate::app::App;
use rolegate::http;
use rolegate::platform::clock::Clock;
use rolegate::platform::seal::fresh_key;
use rolegate::tokens::signing_key;
use rolegate::users::set_role::set_role;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::database::TestDatabase;

const SIGN_UP: &str = "mutation($input: SignupInput!) {
    signup(input: $input) { ... on SignedIn { accessToken user { id } } } }";

/// Everybody's.
pub(crate) const PASSWORD: &str = "gravel umbrella sunset teapot";

/// A shop with a database of its own.
pub(crate) struct Shop {
    pub(crate) app: Arc<App>,
    router: Router,
    _database: TestDatabase,
}

/// Somebody who uses it.
pub(crate) struct Person<'s> {
    shop: &'s Shop,
    pub(crate) id: String,
    token: Option<String>,
}

impl Shop {
    pub(crate) async fn open() -> Self {
        let database = TestDatabase::create().await;
        let mut config = database.config();
        (config.password.memory_kib, config.password.iterations) = (8, 1);
        // More than a proof will ask for.
        config.api_keys.max_per_user = 1_000_000;
        config.master_key = Some(fresh_key().unwrap().to_string().into());
        let app = Arc::new(App::start(config, Clock::System).await.unwrap());
        signing_key::load(&app).await.unwrap();
        app.database.migrate_with::<storefront::Migrator>().await.unwrap();
        let schema = storefront::schema(app.clone()).unwrap();
        Self { router: http::router(app.clone(), schema), app, _database: database }
    }

    pub(crate) fn anonymous(&self) -> Person<'_> {
        Person { shop: self, id: String::new(), token: None }
    }

    pub(crate) async fn client(&self, name: &str) -> Person<'_> {
        let input = json!({ "email": format!("{name}@example.test"), "password": PASSWORD, "name": name });
        let (data, codes) = self.anonymous().send(SIGN_UP, json!({ "input": input })).await;
        assert_eq!(codes, [""; 0]);
        let text = |at: &str| data.pointer(at).and_then(Value::as_str).unwrap().to_owned();
        Person { shop: self, id: text("/signup/user/id"), token: Some(text("/signup/accessToken")) }
    }

    pub(crate) async fn manager(&self, name: &str) -> Person<'_> {
        self.client(name).await.with(Role::Manager).await
    }

    /// The id of a product that some manager has just put up for sale.
    pub(crate) async fn product(&self, name: &str) -> String {
        let seller = self.manager("seller").await;
        let add =
            format!("mutation {{ addProduct(input: {{ name: \"{name}\", priceCents: 350 }}) {{ id }} }}");
        seller.data(&add).await["addProduct"]["id"].as_str().unwrap().to_owned()
    }
}

impl Person<'_> {
    /// The same person, of another role.
    pub(crate) async fn with(self, role: Role) -> Self {
        let id = self.id.parse().unwrap();
        set_role(&self.shop.app, &Client::default(), None, id, role).await.unwrap();
        self
    }

    /// `data`, of an answer without errors.
    pub(crate) async fn data(&self, query: &str) -> Value {
        let (data, codes) = self.run(query).await;
        assert_eq!(codes, [""; 0], "{query}");
        data
    }

    /// The codes of the errors.
    pub(crate) async fn codes(&self, query: &str) -> Vec<String> {
        self.run(query).await.1
    }

    pub(crate) async fn run(&self, query: &str) -> (Value, Vec<String>) {
        self.send(query, json!({})).await
    }

    async fn send(&self, query: &str, variables: Value) -> (Value, Vec<String>) {
        let mut request = Request::post("/graphql").header(header::CONTENT_TYPE, "application/json");
        if let Some(token) = &self.token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let body = json!({ "query": query, "variables": variables }).to_string();
        let answer = self.shop.router.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
        let body = to_bytes(answer.into_body(), 1 << 20).await.unwrap();
        let mut answer: Value = serde_json::from_slice(&body).unwrap();
        let errors = answer["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
        let codes =
            errors.iter().map(|error| error["extensions"]["code"].as_str().unwrap_or("none").to_owned());
        let codes = codes.collect();
        (answer["data"].take(), codes)
    }
}
