//! API keys: what scripts sign in with. A key stands for its owner with at most their role, and can make or end nothing
//! that signs anybody in: whoever finds one has it until it expires or is revoked, and gets no further by it.

pub mod api_key;
pub mod secret;
pub mod create;
pub mod authenticate;
pub mod list;
pub mod revoke;
