//! Where a request came from.

use std::net::{IpAddr, SocketAddr};

use axum::extract::ConnectInfo;
use axum::http::header::{HeaderName, USER_AGENT};
use axum::http::{HeaderMap, HeaderValue};

use crate::access::client::Client;
use crate::config::Network;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The longest user agent that is kept, in characters.
const MAX_USER_AGENT: usize = 256;

/// The device behind a request. `peer` is the other end of the socket.
pub(super) fn client(
    peer: Option<&ConnectInfo<SocketAddr>>,
    headers: &HeaderMap,
    trusted_proxies: &[Network],
) -> Client {
    let peer = peer.map(|ConnectInfo(peer)| peer.ip().to_canonical());
    Client { ip: peer.map(|peer| address(peer, headers, trusted_proxies)), user_agent: user_agent(headers) }
}

/// Each proxy adds at the right the peer that it saw, so the list is read from there, and only as far as those who wrote
/// it are trusted. What stands further left, anybody may have written.
fn address(peer: IpAddr, headers: &HeaderMap, trusted_proxies: &[Network]) -> IpAddr {
    let mut address = peer;
    let lists = headers.get_all(X_FORWARDED_FOR).iter().rev();
    let mut hops = lists.flat_map(|list| list.to_str().unwrap_or_default().rsplit(','));
    while trusted_proxies.iter().any(|network| network.contains(address)) {
        match hops.next().and_then(parse_hop) {
            Some(hop) => address = hop,
            None => break,
        }
    }
    address
}

/// An address, or one with a port, as some proxies write it.
fn parse_hop(hop: &str) -> Option<IpAddr> {
    let hop = hop.trim();
    let parsed = hop.parse().or_else(|_| hop.parse().map(|socket: SocketAddr| socket.ip()));
    parsed.ok().map(|address: IpAddr| address.to_canonical())
}

fn user_agent(headers: &HeaderMap) -> Option<String> {
    let claimed = headers.get(USER_AGENT).map(HeaderValue::as_bytes)?;
    let text = String::from_utf8_lossy(claimed);
    let kept: String = text.chars().filter(|c| !c.is_control()).take(MAX_USER_AGENT).collect();
    (!kept.is_empty()).then_some(kept)
}
