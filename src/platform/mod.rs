//! What the machine gives: time, randomness, a database, threads that hash, keys.

pub mod clock;
pub mod secret;
