//! Where else than in `Authorization: Bearer` a token may travel: for applications that come from an older stack.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A place in a request's head that may hold an access token. There is none for the URL, and there never will be: URLs end
/// up in histories, logs and `Referer` headers (RFC 6750 5.3, RFC 9700 4.3.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Carrier {
    /// `Authorization: <scheme> <token>`; the scheme in lower case.
    Scheme(String),
    /// A header that holds the token and nothing else; its name in lower case.
    Header(String),
}

/// Schemes whose credentials are no tokens of ours, or are tokens only together with a proof that we do not ask for.
const OTHER_SCHEMES: [&str; 9] =
    ["basic", "digest", "dpop", "gnap", "hoba", "mutual", "negotiate", "ntlm", "vapid"];

/// Headers that mean something already, to HTTP, to browsers or to us.
const TAKEN: [&str; 27] = [
    "authorization",
    "cache-control",
    "connection",
    "cookie",
    "date",
    "dnt",
    "early-data",
    "expect",
    "forwarded",
    "from",
    "host",
    "keep-alive",
    "last-event-id",
    "max-forwards",
    "origin",
    "pragma",
    "priority",
    "range",
    "referer",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "via",
    "x-real-ip",
    "x-request-id",
];

/// The same for whole families. What a proxy writes must not count as what a client presents, and the other way round.
const TAKEN_PREFIXES: [&str; 10] = [
    "accept",
    "access-control-",
    "content-",
    "if-",
    "proxy-",
    "sec-",
    "x-envoy-",
    "x-forwarded-",
    "x-original-",
    "x-rolegate-",
];

/// What names no carrier.
#[derive(Debug, thiserror::Error)]
#[error("write `scheme:JWT` or `header:x-access-token`")]
pub struct NoCarrier;

impl Carrier {
    /// Whether its name is another's, so that it would be read where no token of ours was meant.
    pub(super) fn is_taken(&self) -> bool {
        match self {
            Self::Scheme(name) => OTHER_SCHEMES.contains(&name.as_str()),
            Self::Header(name) => {
                TAKEN.contains(&name.as_str()) || TAKEN_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
            }
        }
    }
}

impl FromStr for Carrier {
    type Err = NoCarrier;

    fn from_str(text: &str) -> Result<Self, NoCarrier> {
        let (kind, name) = text.split_once(':').ok_or(NoCarrier)?;
        // Fewer characters than a token may have (RFC 9110 5.6.2): nginx drops names with an underscore.
        let is_name = !name.is_empty()
            && name.len() <= 64
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        match kind {
            "scheme" if is_name => Ok(Self::Scheme(name.to_ascii_lowercase())),
            "header" if is_name => Ok(Self::Header(name.to_ascii_lowercase())),
            _ => Err(NoCarrier),
        }
    }
}

impl fmt::Display for Carrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scheme(name) => write!(f, "scheme:{name}"),
            Self::Header(name) => write!(f, "header:{name}"),
        }
    }
}

impl<'de> Deserialize<'de> for Carrier {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl Serialize for Carrier {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn carrier(text: &str) -> Carrier {
        text.parse().expect(text)
    }

    #[test]
    fn a_carrier_is_shown_in_lower_case_as_it_is_compared() {
        for (written, shown) in
            [("scheme:JWT", "scheme:jwt"), ("header:X-Access-Token", "header:x-access-token")]
        {
            assert_eq!(carrier(written).to_string(), shown);
        }
    }

    #[test]
    fn what_is_no_carrier_is_refused() {
        for text in [
            "",
            "JWT",
            "scheme:",
            "header:",
            "header:x_access_token",
            "header:x access",
            "scheme:a b",
            "query:token",
            "cookie:token",
            "body:token",
            "Header:x-a",
            "header:x-a:b",
            "header: x-a",
            "header:x-\u{e4}",
        ] {
            assert!(text.parse::<Carrier>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_header_that_means_something_else_is_taken() {
        for name in [
            "Authorization",
            "cookie",
            "host",
            "content-type",
            "content-language",
            "x-forwarded-user",
            "accept",
            "sec-fetch-site",
            "x-rolegate-role",
            "x-original-url",
            "origin",
            "proxy-authorization",
            "x-real-ip",
        ] {
            assert!(carrier(&format!("header:{name}")).is_taken(), "{name}");
        }
        for free in
            ["header:x-access-token", "header:token", "header:x-auth-token", "scheme:JWT", "scheme:Token"]
        {
            assert!(!carrier(free).is_taken(), "{free}");
        }
        assert!(carrier("scheme:Basic").is_taken() && carrier("scheme:dpop").is_taken());
    }
}
