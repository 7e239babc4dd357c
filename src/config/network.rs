//! Networks as people write them: `10.0.0.7`, `10.0.0.0/8`.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// One address, or a block of them in CIDR notation (RFC 4632 3.1, RFC 4291 2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network(IpNet);

impl Network {
    /// Whether `address` is one of them. An IPv4 address inside an IPv6 one belongs to no IPv4 network: unpack it first.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(&address)
    }

    /// Whether every address of its kind is one of them.
    pub(super) fn is_everywhere(&self) -> bool {
        self.0.prefix_len() == 0
    }
}

/// What is neither an address nor a block.
#[derive(Debug, thiserror::Error)]
#[error("write an address or a block, as in `10.0.0.7` or `10.0.0.0/8`")]
pub struct NoNetwork;

impl FromStr for Network {
    type Err = NoNetwork;

    /// Bits behind the prefix must be 0: `10.0.0.7/8` is more likely a slip for one address than meant for millions.
    fn from_str(text: &str) -> Result<Self, NoNetwork> {
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(Self(address.to_canonical().into()));
        }
        let network: IpNet = text.parse().map_err(|_| NoNetwork)?;
        if network.addr() == network.network() { Ok(Self(network)) } else { Err(NoNetwork) }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.prefix_len() == self.0.max_prefix_len() {
            write!(f, "{}", self.0.addr())
        } else {
            write!(f, "{}", self.0)
        }
    }
}

impl<'de> Deserialize<'de> for Network {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl Serialize for Network {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_and_a_block_are_shown_as_they_were_written() {
        for text in ["10.0.0.7", "10.0.0.0/8", "2001:db8::1", "2001:db8::/32", "0.0.0.0/0"] {
            assert_eq!(text.parse::<Network>().expect(text).to_string(), text);
        }
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for text in ["", "10.0.0", "10.0.0.0/33", "10.0.0.7/8", "10.0.0.0/", "10.0.0.0/-1", "proxy", "::/129"]
        {
            assert!(text.parse::<Network>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_block_holds_its_addresses_and_no_neighbour() {
        let network: Network = "172.16.0.0/12".parse().expect("a network");
        let holds = |text: &str| network.contains(text.parse().expect("an address"));
        assert!(holds("172.16.0.0") && holds("172.31.255.255"));
        assert!(!holds("172.15.255.255") && !holds("172.32.0.0") && !holds("::ffff:172.16.0.1"));
    }
}
