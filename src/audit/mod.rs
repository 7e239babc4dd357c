//! What happened, kept where it cannot be separated from the change itself.

pub mod event;
pub mod record;
