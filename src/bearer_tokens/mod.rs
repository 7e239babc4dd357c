//! What may be presented as a bearer token (RFC 6750): access tokens and API keys, told apart in this one place. Refresh
//! tokens and cookies have consumers of their own, and count for nothing here.

pub mod authenticate;
pub mod introspect;
pub mod introspector;
