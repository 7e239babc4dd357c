//! Who is asking, and how much they may.

pub mod role;
pub mod viewer;
pub mod client;
