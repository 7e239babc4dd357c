//! Rolegate: authentication and authorization whose whole public API is GraphQL, and whose schema is its policy.
//!
//! This page is the map. Modules stand on each other in this order: each uses only what is listed above it.

// The ground: no word about users.
// Every setting, its default, its reason.
pub mod config;
// The one error, and what its caller can do about it.
pub mod error;
// What the machine gives: clock, randomness, database, hash threads, keys.
pub mod platform;
// The settings and the platform's handles in one place. State, no rules.
pub mod app;

// The rules: one folder per word of the trade.
// Roles, and the viewer who has one.
pub mod access;
// What happened, kept with the change itself.
pub mod audit;
// Access tokens, and the keys that sign them.
pub mod tokens;
// The people.
pub mod users;
// What somebody has who proved who they are.
pub mod sessions;
// What scripts have instead.
pub mod api_keys;
// What may be presented as a bearer token, whichever of the two it is.
pub mod bearer_tokens;
// One way to prove it.
pub mod passwords;

// The doors: thin; they translate and never decide.
// The whole public API, and its policy.
pub mod graphql;
// Who asks, what is asked, and how the answer is written down.
pub mod http;
// What has to be done though nobody asks.
pub mod worker;
// What other processes have changed.
pub mod follow;
// All of it at once, for the binary and for programs that embed us.
pub mod server;
// The binary's own door: one file a command.
pub mod cli;
