//! Access tokens, and the keys that sign them.

pub mod key_state;
pub mod signing_key;
pub mod rotate;
pub mod revoke;
pub mod retire;
pub mod reseal;
pub mod opaque;
pub mod access_token;
pub mod verify;
