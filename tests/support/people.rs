//! Rolegate's own part of a proof: its people, their sessions, and the values of its arguments.
//!
//! Shared by path, because a schema that holds Rolegate's is proved with Rolegate in it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_graphql::{Value, value};
use rolegate::access::client::Client;
use rolegate::access::role::Role;
use rolegate::access::viewer::Viewer;
use rolegate::api_keys::create::{Wanted, create};
use rolegate::app::App;
use rolegate::graphql::policy::proof::Scene;
use rolegate::sessions::open::{Credential, Entrance, Opening};
use rolegate::sessions::session::Delivery;
use rolegate::users::find;
use uuid::Uuid;

/// One user of each role, named `client`, `manager` and `admin` at `example.test`, and one more.
pub(crate) struct People {
    app: Arc<App>,
    password: &'static str,
    users: HashMap<Role, Uuid>,
    pub(crate) other: Uuid,
    /// The refresh token of each session that a viewer came with.
    refresh_tokens: Mutex<HashMap<Uuid, String>>,
    signed_up: AtomicUsize,
}

impl People {
    /// `other` is a client by that name; all have this password.
    pub(crate) async fn new(
        app: Arc<App>,
        password: &'static str,
        users: HashMap<Role, Uuid>,
        other: Uuid,
    ) -> Self {
        let refresh_tokens = Mutex::default();
        let people = Self { app, password, users, other, refresh_tokens, signed_up: AtomicUsize::default() };
        for user_id in people.everybody() {
            people.make_key(user_id).await;
        }
        people
    }

    pub(crate) fn everybody(&self) -> impl Iterator<Item = Uuid> {
        self.users.values().copied().chain([self.other])
    }

    /// The viewer themselves, or the other one.
    pub(crate) fn whose(&self, scene: &Scene<'_>) -> Uuid {
        scene.viewer.user_id().ok().filter(|_| scene.own).unwrap_or(self.other)
    }

    /// An API key of the user's.
    async fn make_key(&self, user_id: Uuid) -> Uuid {
        let app = &self.app;
        let (session_id, ..) = self.open_session(user_id).await;
        let expires_at = app.clock.now();
        let viewer = Viewer::User { user_id, session_id, role: Role::Client, expires_at };
        let wanted = Wanted { name: "script", role: Role::Client, expires_at: None };
        create(app, &Client::default(), &viewer, &wanted).await.unwrap().key.id
    }

    /// A session of the user's, with its refresh token and its access token.
    async fn open_session(&self, user_id: Uuid) -> (Uuid, String, String) {
        let app = &self.app;
        let user = find::by_id(app.database.reader(), user_id).await.unwrap().unwrap();
        let opening = Opening::new(app, &Client::default(), Delivery::Bearer).unwrap();
        let opened = opening.clone();
        let write = app.database.write(async move |tx| opening.write(tx, user_id, Entrance::SignIn).await);
        let signed_in = opened.signed_in(app, user, write.await.unwrap()).unwrap();
        let Credential::Bearer { access_token, refresh_token } = signed_in.credential else {
            panic!("no cookie was asked for");
        };
        (signed_in.session.id, refresh_token.reveal(), access_token.reveal().to_owned())
    }

    fn email(role: Role) -> String {
        format!("{}@example.test", role.as_str().to_lowercase())
    }

    pub(crate) async fn viewer(&self, role: Role) -> Viewer {
        let user_id = self.users[&role];
        let (session_id, refresh_token, _) = self.open_session(user_id).await;
        self.refresh_tokens.lock().unwrap().insert(session_id, refresh_token);
        let expires_at = self.app.clock.now() + chrono::TimeDelta::minutes(10);
        Viewer::User { user_id, session_id, role, expires_at }
    }

    pub(crate) async fn argument(&self, coordinate: &str, scene: &Scene<'_>) -> Option<Value> {
        let Viewer::User { user_id, session_id, role, .. } = scene.viewer else {
            return self.strangers_argument(coordinate);
        };
        let whose = self.whose(scene);
        Some(match coordinate {
            "Query.user(id:)" => value!(whose.to_string()),
            "Query.can(coordinate:)" => value!("Query.users"),
            "Query.users(filter:)" => {
                value!({ "text": if scene.own { Self::email(*role) } else { "other".to_owned() } })
            }
            "Mutation.signup(input:)" => {
                let number = self.signed_up.fetch_add(1, Ordering::Relaxed);
                value!({ "email": format!("new{number}@example.test"), "password": self.password })
            }
            "Mutation.login(input:)" => {
                value!({ "identifier": Self::email(*role), "password": self.password })
            }
            "Mutation.refresh(input:)" => {
                value!({ "refreshToken": self.refresh_tokens.lock().unwrap()[session_id].clone() })
            }
            "Mutation.endSession(id:)" => value!(self.open_session(whose).await.0.to_string()),
            "Mutation.endUserSessions(userId:)" => {
                self.open_session(whose).await;
                value!(whose.to_string())
            }
            "Mutation.setUserRole(input:)" => {
                let (id, role) = if scene.own { (*user_id, *role) } else { (self.other, Role::Client) };
                value!({ "userId": id.to_string(), "role": role.as_str() })
            }
            "Mutation.revokeApiKey(id:)" => value!(self.make_key(whose).await.to_string()),
            "Mutation.validateToken(token:)" => value!(self.open_session(whose).await.2),
            _ => return None,
        })
    }

    pub(crate) fn owner(type_name: &str) -> Option<&'static str> {
        match type_name {
            "User" => Some("id"),
            "ValidToken" => Some("user { id }"),
            _ => None,
        }
    }

    /// What has no value for all or some of these people: they come without a browser, their keys are never used, and
    /// managers may all that is asked about.
    pub(crate) fn is_empty(coordinate: &str) -> bool {
        matches!(
            coordinate,
            "ApiKey.lastUsedAt"
                | "Permission.code"
                | "Permission.reason"
                | "Permission.requires"
                | "Server.publicUrl"
                | "Session.ipAddress"
                | "Session.userAgent"
                | "User.emailVerifiedAt"
                | "User.username"
        )
    }

    /// What a stranger sends: ids are no secrets, so they may know one.
    fn strangers_argument(&self, coordinate: &str) -> Option<Value> {
        match coordinate {
            "Query.can(coordinate:)" => Some(value!("Query.users")),
            "Query.user(id:)"
            | "Mutation.endSession(id:)"
            | "Mutation.endUserSessions(userId:)"
            | "Mutation.revokeApiKey(id:)" => Some(value!(self.other.to_string())),
            "Mutation.setUserRole(input:)" => {
                Some(value!({ "userId": self.other.to_string(), "role": "ADMIN" }))
            }
            _ => None,
        }
    }
}
