//! What tests are written with.

#[path = "../../support/database.rs"]
mod database;
mod answer;
mod persona;
mod service;
mod tables;
pub(crate) mod watch;

pub(crate) use answer::Answer;
pub(crate) use persona::Persona;
pub(crate) use service::{PASSWORD, Service};
