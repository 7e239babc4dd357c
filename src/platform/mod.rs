//! What the machine gives: time, randomness, a database, threads that hash, keys.

pub mod clock;
pub mod cache;
pub mod log;
pub mod secret;
pub mod tagged;
pub mod seal;
pub mod database;
pub mod page;
pub mod master_key;
pub mod hash_threads;
pub mod key;
pub mod keyring;
