//! The whole schema, proved: every coordinate, by every way into it, asked by everybody, on a database.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_graphql::{Value, value};
use rolegate::access::client::Client;
use rolegate::access::role::Role;
use rolegate::access::viewer::Viewer;
use rolegate::api_keys::create::{Wanted, create};
use rolegate::graphql::policy::PolicyTable;
use rolegate::graphql::policy::proof::{Scene, Stage, prove};
use rolegate::sessions::open::{Credential, Entrance, Opening};
use rolegate::sessions::session::Delivery;
use rolegate::users::find;
use uuid::Uuid;

use crate::harness::{PASSWORD, Service};

/// A service with one user of each role, and one more.
struct World {
    service: Service,
    users: HashMap<Role, Uuid>,
    other: Uuid,
    /// The refresh token of each session that a viewer came with.
    refresh_tokens: Mutex<HashMap<Uuid, String>>,
    signed_up: AtomicUsize,
}

impl World {
    async fn new() -> Self {
        // More than any proof will ask for.
        let service = Service::with(|config| config.api_keys.max_per_user = 1_000_000).await;
        let id = |persona: crate::harness::Persona<'_>| persona.id().parse().unwrap();
        let users = HashMap::from([
            (Role::Client, id(service.client("client").await)),
            (Role::Manager, id(service.manager("manager").await)),
            (Role::Admin, id(service.admin("admin").await)),
        ]);
        let other = id(service.client("other").await);
        let refresh_tokens = Mutex::default();
        let world = Self { service, users, other, refresh_tokens, signed_up: AtomicUsize::default() };
        for user_id in world.users.values().chain([&other]) {
            world.make_key(*user_id).await;
        }
        world
    }

    /// An API key of the user's.
    async fn make_key(&self, user_id: Uuid) -> Uuid {
        let app = &self.service.app;
        let (session_id, ..) = self.open_session(user_id).await;
        let expires_at = app.clock.now();
        let viewer = Viewer::User { user_id, session_id, role: Role::Client, expires_at };
        let wanted = Wanted { name: "script", role: Role::Client, expires_at: None };
        create(app, &Client::default(), &viewer, &wanted).await.unwrap().key.id
    }

    /// A session of the user's, with its refresh token and its access token.
    async fn open_session(&self, user_id: Uuid) -> (Uuid, String, String) {
        let app = &self.service.app;
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
}

impl Stage for World {
    async fn viewer(&self, role: Role) -> Viewer {
        let user_id = self.users[&role];
        let (session_id, refresh_token, _) = self.open_session(user_id).await;
        self.refresh_tokens.lock().unwrap().insert(session_id, refresh_token);
        let expires_at = self.service.app.clock.now() + chrono::TimeDelta::minutes(10);
        Viewer::User { user_id, session_id, role, expires_at }
    }

    async fn argument(&self, coordinate: &str, scene: &Scene<'_>) -> Option<Value> {
        let Viewer::User { user_id, session_id, role, .. } = scene.viewer else {
            return self.strangers_argument(coordinate);
        };
        let whose = if scene.own { *user_id } else { self.other };
        Some(match coordinate {
            "Query.user(id:)" => value!(whose.to_string()),
            "Query.can(coordinate:)" => value!("Query.users"),
            "Query.users(filter:)" => {
                value!({ "text": if scene.own { Self::email(*role) } else { "other".to_owned() } })
            }
            "Mutation.signup(input:)" => {
                let number = self.signed_up.fetch_add(1, Ordering::Relaxed);
                value!({ "email": format!("new{number}@example.test"), "password": PASSWORD })
            }
            "Mutation.login(input:)" => value!({ "identifier": Self::email(*role), "password": PASSWORD }),
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

    fn owner(&self, type_name: &str) -> Option<&str> {
        match type_name {
            "User" => Some("id"),
            "ValidToken" => Some("user { id }"),
            _ => None,
        }
    }
}

impl World {
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

#[tokio::test]
async fn every_coordinate_answers_everybody_by_every_road_as_the_matrix_says() {
    let world = World::new().await;
    let schema = rolegate::graphql::schema(Arc::clone(&world.service.app)).unwrap();
    let report = prove(&schema, &world).await;
    #[expect(
        clippy::print_stdout,
        reason = "the count is what the proof is for: `cargo test proof -- --nocapture`"
    )]
    {
        println!("{report}");
    }
    assert!(report.holds(), "{report}");
    let coordinates = schema.data::<Arc<PolicyTable>>().unwrap().coordinates().count();
    assert_eq!((report.coordinates, report.reached), (coordinates, coordinates));
    assert!(report.cells > coordinates * 4, "four kinds of viewer, and owners besides: {report}");
    assert!(report.executions > report.roads * 4, "{report}");
    assert!(report.answered > 0 && report.refused > 0 && report.stopped_above > 0, "{report}");
}
