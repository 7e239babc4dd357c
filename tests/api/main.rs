//! The suite: everything that a client can do and must not be able to do, through the HTTP door.
//!
//! A test starts a [`harness::Service`] of its own (a fresh database, a clock that moves when told to), asks it for
//! personas (`service.anonymous()`, `.client("ada")`, `.manager("max")`, `.admin("eve")`) and has them send documents:
//! `ada.run("{ me { email } }").await` answers with status, headers and body. Nothing is shared, so tests run at once
//! and in any order. SQLite always; PostgreSQL too, when `ROLEGATE_TEST_DATABASE_URL` names a server.
#![expect(clippy::unwrap_used, reason = "a test may say that something cannot fail")]

mod harness;

mod api_keys;
mod audit;
mod can;
mod carriers;
mod cookie_domain;
mod cookies;
mod credentials;
mod devices;
mod documents;
mod federation;
mod forward_auth;
mod hashing;
mod http;
mod ids;
mod injection;
mod introspection;
mod jwt;
mod key_rotation;
mod key_states;
mod last_admin;
mod lists;
mod liveness;
mod odd_values;
mod opaque_tokens;
mod page_costs;
mod partly_forbidden;
mod passwords;
mod permissions;
mod proof;
mod purposes;
mod races;
mod root_fields;
mod rotation;
mod reactivating;
mod revocation;
mod secrecy;
mod server;
mod session_limit;
mod session_secrets;
mod sessions;
mod token_lifetimes;
mod token_introspection;
mod users;
mod well_known;
