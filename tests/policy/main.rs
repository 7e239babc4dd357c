//! The policy engine on a small schema of its own: `demo.rs` has the schema, `ask.rs` the way to ask it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]

mod ask;
mod composition;
mod demo;
mod documentation;
mod entities;
mod guards;
mod guards_beside;
mod interfaces;
mod introspection;
mod lints;
mod misplaced;
mod operations;
mod owners;
mod parts;
mod permissions;
mod proof;
mod refusals;
mod removal;
mod roads;
mod shop;
mod sign_in;
mod strip;
mod subscriptions;
