//! Access tokens, and the keys that sign them.

pub mod signing_key;
pub mod access_token;
