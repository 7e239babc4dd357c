//! Where a request came from.

use std::net::IpAddr;

/// The device that asks, as far as it can be told: for sessions and the audit trail, never for a decision.
#[derive(Clone, Debug, Default)]
pub struct Client {
    /// The address of the client, or of the nearest peer that is no trusted proxy. `None` on the command line.
    pub ip: Option<IpAddr>,
    /// `User-Agent`, cut to 256 characters and without control characters. Whatever the client likes to claim.
    pub user_agent: Option<String>,
}
