//! The one cookie: a session that travels by itself.

use chrono::TimeDelta;

use crate::platform::secret::OpaqueToken;

/// Its name. The prefix has browsers insist on `Secure`, on `Path=/` and on there being no `Domain`, so that no other
/// host can plant it (RFC 6265bis 4.1.3.2). Changing it signs everybody out.
pub const NAME: &str = "__Host-rolegate";

/// Sets it, out of reach of scripts and of other sites' forms, until the session's absolute end. The server ends an
/// unused session sooner whatever the browser keeps.
pub fn set(token: &OpaqueToken, lifetime: TimeDelta) -> String {
    let seconds = lifetime.num_seconds();
    format!("{NAME}={}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite=Lax", token.reveal())
}

/// Takes it away.
pub fn clear() -> String {
    format!("{NAME}=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax")
}
