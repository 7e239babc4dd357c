//! Somebody who uses the service.

use axum::body::Body;
use axum::http::{Request, header};
use serde_json::{Value, json};

use super::service::PASSWORD;
use super::{Answer, Service};

/// A document that signs up and asks for all that a persona needs.
const SIGN_UP: &str = "mutation($input: SignupInput!) { signup(input: $input) { ... on SignedIn {
    accessToken refreshToken session { id } user { id email username role } } } }";

const LOG_IN: &str = "mutation($input: LoginInput!) { login(input: $input) { ... on SignedIn {
    accessToken refreshToken session { id } user { id email username role } } } }";

const REFRESH: &str = "mutation($input: RefreshInput!) { refresh(input: $input) {
    accessToken refreshToken session { id } user { id } } }";

/// What signing in gave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tokens {
    pub(crate) access: String,
    pub(crate) refresh: String,
    pub(crate) session: String,
}

/// Somebody, with their credentials if they have any. A clone is the same person on the same device.
#[derive(Clone)]
pub(crate) struct Persona<'s> {
    service: &'s Service,
    id: Option<String>,
    pub(crate) tokens: Tokens,
    headers: Vec<(&'static str, String)>,
}

impl<'s> Persona<'s> {
    pub(super) fn new(service: &'s Service) -> Self {
        Self { service, id: None, tokens: Tokens::default(), headers: Vec::new() }
    }

    /// The user's id.
    #[track_caller]
    pub(crate) fn id(&self) -> &str {
        self.id.as_deref().expect("somebody who has signed in")
    }

    /// The same person with the same credentials, who asks another node.
    pub(crate) fn at<'n>(&self, node: &'n Service) -> Persona<'n> {
        let Self { id, tokens, headers, .. } = self.clone();
        Persona { service: node, id, tokens, headers }
    }

    /// Somebody whose requests carry one header more.
    pub(crate) fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Somebody who presents this access token, whatever it is.
    pub(crate) fn with_token(mut self, token: impl Into<String>) -> Self {
        self.tokens.access = token.into();
        self
    }

    /// Sends a document.
    pub(crate) async fn run(&self, query: &str) -> Answer {
        self.run_with(query, json!({})).await
    }

    /// Sends a document with variables.
    pub(crate) async fn run_with(&self, query: &str, variables: Value) -> Answer {
        self.post(json!({ "query": query, "variables": variables })).await
    }

    /// Sends a body.
    pub(crate) async fn post(&self, body: Value) -> Answer {
        let mut request = Request::post("/graphql")
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "application/graphql-response+json");
        if !self.tokens.access.is_empty() {
            request = request.header(header::AUTHORIZATION, format!("Bearer {}", self.tokens.access));
        }
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        self.service.send(request.body(Body::from(body.to_string())).unwrap()).await
    }

    /// Signs up with `input`, which must succeed.
    pub(crate) async fn sign_up(&self, input: Value) -> Persona<'s> {
        let answer = self.try_sign_up(input).await;
        self.signed_in(&answer, "/data/signup")
    }

    /// Tries to sign up with `input`.
    pub(crate) async fn try_sign_up(&self, input: Value) -> Answer {
        self.run_with(SIGN_UP, json!({ "input": input })).await
    }

    /// Signs in with the password that all personas have, which must succeed.
    pub(crate) async fn log_in(&self, identifier: &str) -> Persona<'s> {
        let answer = self.try_log_in(identifier, PASSWORD).await;
        self.signed_in(&answer, "/data/login")
    }

    /// Tries to sign in.
    pub(crate) async fn try_log_in(&self, identifier: &str, password: &str) -> Answer {
        self.run_with(LOG_IN, json!({ "input": { "identifier": identifier, "password": password } })).await
    }

    /// Exchanges the persona's refresh token, which must succeed.
    pub(crate) async fn refresh(&self) -> Persona<'s> {
        let answer = self.try_refresh(&self.tokens.refresh).await;
        self.signed_in(&answer, "/data/refresh")
    }

    /// Tries to exchange a refresh token.
    pub(crate) async fn try_refresh(&self, token: &str) -> Answer {
        self.run_with(REFRESH, json!({ "input": { "refreshToken": token } })).await
    }

    /// True when `me` answers with this persona.
    pub(crate) async fn is_signed_in(&self) -> bool {
        let answer = self.run("{ me { id } }").await;
        answer.at("/data/me/id").as_str().is_some_and(|id| Some(id) == self.id.as_deref())
    }

    #[track_caller]
    fn signed_in(&self, answer: &Answer, at: &str) -> Persona<'s> {
        answer.data();
        let text = |path: &str| answer.text_at(&format!("{at}{path}"));
        let tokens = Tokens {
            access: text("/accessToken"),
            refresh: text("/refreshToken"),
            session: text("/session/id"),
        };
        Persona { tokens, id: Some(text("/user/id")), ..self.clone() }
    }
}
