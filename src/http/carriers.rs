//! Where in a request's head a credential may stand (RFC 6750 2, RFC 9110 11).
//!
//! Only what is listed here says who asks. Headers in which a proxy might name a user are not read, nor are tokens in URLs
//! and bodies (RFC 9700 4.3.2).

use axum::http::HeaderName;
use axum::http::header::{AUTHORIZATION, COOKIE, HeaderMap, HeaderValue};
use axum::http::request::Parts;
use url::form_urlencoded;

use crate::config::{Carrier, Config};
use crate::graphql::cookie;
use crate::http::refusal::Refusal;

/// The longest credential that is looked at, in bytes. Ours are far shorter.
const MAX_CREDENTIAL: usize = 8 * 1024;

/// The places that count, by configuration.
pub(super) struct Carriers {
    /// In lower case.
    schemes: Vec<String>,
    headers: Vec<HeaderName>,
    cookie: &'static str,
}

/// A credential where one may stand. `None`: something stands there that cannot be one of ours.
pub(super) type Carried<'h> = Option<&'h str>;

impl Carriers {
    pub(super) fn new(config: &Config) -> Self {
        let (mut schemes, mut headers) = (vec!["bearer".to_owned()], Vec::new());
        for carrier in &config.http.carriers {
            match carrier {
                Carrier::Scheme(name) => schemes.push(name.clone()),
                // A header that is listed twice is still one; what is no header's name, nobody can send.
                Carrier::Header(name) => match name.parse::<HeaderName>() {
                    Ok(name) if !headers.contains(&name) => headers.push(name),
                    _ => {}
                },
            }
        }
        Self { schemes, headers, cookie: cookie::name(config) }
    }

    /// The token in a header, if any header carries one.
    ///
    /// # Errors
    /// A refusal with 400 when tokens are presented twice, even if they are the same: which of two identities counts would
    /// depend on who reads them, and a proxy in front might take the other.
    pub(super) fn token<'h>(&self, parts: &'h Parts) -> Result<Option<Carried<'h>>, Refusal> {
        let authorizations =
            parts.headers.get_all(AUTHORIZATION).iter().map(|value| self.after_scheme(value));
        let others = self.headers.iter().flat_map(|name| parts.headers.get_all(name)).map(bare);
        let mut carried = authorizations.chain(others);
        let Some(token) = carried.next() else { return Ok(None) };
        if carried.next().is_some() {
            let message = "Present the token once: there is more than one header with a credential.";
            return Err(Refusal::invalid_credentials_request(message));
        }
        if has_token_in_url(parts.uri.query()) {
            let message = "Present the token once: in a header, and not in the URL as well.";
            return Err(Refusal::invalid_credentials_request(message));
        }
        Ok(Some(token.filter(|token| is_token(token))))
    }

    /// The value of the session's cookie, if it is there. A browser that holds two of the name does not say which host set
    /// which, so neither counts.
    pub(super) fn cookie<'h>(&self, headers: &'h HeaderMap) -> Option<Carried<'h>> {
        // As bytes: what another application keeps in a cookie of its own, in whatever letters, must not hide ours.
        let pairs =
            headers.get_all(COOKIE).iter().flat_map(|list| list.as_bytes().split(|byte| *byte == b';'));
        let mut values = pairs
            .filter_map(|pair| pair.trim_ascii().strip_prefix(self.cookie.as_bytes())?.strip_prefix(b"="));
        let value = values.next()?;
        let is_one = values.next().is_none() && value.len() <= MAX_CREDENTIAL;
        Some(is_one.then_some(value).and_then(|value| std::str::from_utf8(value).ok()))
    }

    /// `credentials = "Bearer" 1*SP b64token` (RFC 6750 2.1), and nothing before, between or after.
    fn after_scheme<'h>(&self, header: &'h HeaderValue) -> Carried<'h> {
        let (scheme, rest) = header.to_str().ok()?.split_once(' ')?;
        let is_ours = self.schemes.iter().any(|ours| scheme.eq_ignore_ascii_case(ours));
        is_ours.then(|| rest.trim_start_matches(' '))
    }
}

/// The token alone, without a scheme.
fn bare(header: &HeaderValue) -> Carried<'_> {
    header.to_str().ok()
}

fn is_token(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    !body.is_empty() && text.len() <= MAX_CREDENTIAL && body.bytes().all(is_token_byte)
}

const fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'+' | b'/')
}

fn has_token_in_url(query_string: Option<&str>) -> bool {
    let pairs = query_string.map(|query| form_urlencoded::parse(query.as_bytes()));
    pairs.into_iter().flatten().any(|(key, _)| key == "access_token")
}
