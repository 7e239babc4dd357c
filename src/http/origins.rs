//! Which pages may call us: CORS (Fetch standard 3.2), and the check of the origin where a cookie is the credential.

use axum::body::Body;
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, HeaderMap, HeaderName, HeaderValue,
    ORIGIN, VARY,
};
use axum::http::{Method, StatusCode};
use axum::response::Response;

use crate::config::Config;
use crate::error::Error;
use crate::http::refusal::Refusal;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The origins that are known, as browsers write them.
pub(super) struct Origins {
    /// Ours.
    own: Vec<String>,
    /// Those of the configuration. `*` and `null` name nobody in particular, so they never count.
    allowed: Vec<String>,
}

impl Origins {
    pub(super) fn new(config: &Config) -> Self {
        let mut own = vec![match &config.public_url {
            Some(url) => url.origin().ascii_serialization(),
            None => config.public_origin(),
        }];
        if config.is_loopback_only() {
            own.push(format!("{}://localhost:{}", config.scheme(), config.listen.port()));
        }
        let named = |origin: &&String| !matches!(origin.as_str(), "*" | "null");
        let allowed = config.http.allowed_origins.iter().filter(named);
        Self { own, allowed: allowed.map(|origin| origin.trim_end_matches('/').to_owned()).collect() }
    }

    fn allowed<'h>(&self, headers: &'h HeaderMap) -> Option<&'h HeaderValue> {
        let origin = headers.get(ORIGIN)?;
        self.allowed.iter().any(|allowed| origin == allowed.as_str()).then_some(origin)
    }

    /// Whether the cookie of a GraphQL request counts.
    ///
    /// # Errors
    /// A refusal with 403 when a page of an unknown origin posts with it.
    pub(super) fn judge_cookie(&self, method: &Method, headers: &HeaderMap) -> Result<bool, Refusal> {
        // A link, an image or a form of another site makes a browser send a GET with the cookie; only the browser itself
        // can say that it was ours. Nobody is refused: without the cookie the request is what anybody may send.
        if method != Method::POST && !is_same_origin(headers) {
            return Ok(false);
        }
        self.must_be_known(headers).map(|()| true)
    }

    /// Whether the cookie of a request counts that a proxy asks about. Pages are opened from links on other sites, so a
    /// request that only reads needs no origin; but one that has an origin has one of those that are known, whatever
    /// the proxy says of its method: browsers send none with a link, and always one with a form that posts and with a
    /// WebSocket.
    ///
    /// # Errors
    /// A refusal with 403 when a page of an unknown origin sent it.
    pub(super) fn judge_forwarded_cookie(
        &self,
        only_reads: bool,
        headers: &HeaderMap,
    ) -> Result<bool, Refusal> {
        if only_reads && !headers.contains_key(ORIGIN) {
            return Ok(true);
        }
        self.must_be_known(headers).map(|()| true)
    }

    fn must_be_known(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        if self.may_use_cookies(headers) {
            return Ok(());
        }
        let requires = "an Origin header that names this server or one of http.allowed_origins".to_owned();
        Err(Refusal { status: Some(StatusCode::FORBIDDEN), ..Error::Forbidden { requires }.into() })
    }

    /// Whether the session's cookie may count. Every browser sends `Origin` with a POST, so where there is none and
    /// nothing in its stead, it is a program that sends a browser's cookie: let it name the origin it acts for.
    fn may_use_cookies(&self, headers: &HeaderMap) -> bool {
        match headers.get(ORIGIN) {
            Some(origin) => {
                self.allowed(headers).is_some() || self.own.iter().any(|own| origin == own.as_str())
            }
            None => is_same_origin(headers) || headers.get(SEC_FETCH_SITE).is_some_and(|site| site == "none"),
        }
    }

    /// The answer to a preflight of an allowed origin. Others get what any unlisted method gets.
    pub(super) fn preflight(&self, method: &Method, headers: &HeaderMap) -> Option<Response> {
        if method != Method::OPTIONS || !headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD) {
            return None;
        }
        self.allowed(headers)?;
        let mut answer = Response::new(Body::empty());
        *answer.status_mut() = StatusCode::NO_CONTENT;
        let to = answer.headers_mut();
        to.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST"));
        to.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("7200"));
        // Whoever is trusted with credentials may send any header; none means anything here but `Authorization` and the
        // other carriers of a token.
        if let Some(asked) = headers.get(ACCESS_CONTROL_REQUEST_HEADERS) {
            to.insert(ACCESS_CONTROL_ALLOW_HEADERS, asked.clone());
        }
        Some(answer)
    }

    /// The headers that let a page of an allowed origin read the answer.
    pub(super) fn headers_for(&self, asked: &HeaderMap) -> Option<HeaderMap> {
        if self.allowed.is_empty() {
            return None;
        }
        let mut headers = HeaderMap::new();
        headers.insert(VARY, HeaderValue::from_static("origin"));
        if let Some(origin) = self.allowed(asked) {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
            let exposed = HeaderValue::from_static("x-request-id, retry-after, www-authenticate");
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
        }
        Some(headers)
    }
}

/// Whether a browser says that one of our own pages made the request. No page can write this header itself.
fn is_same_origin(headers: &HeaderMap) -> bool {
    headers.get(SEC_FETCH_SITE).is_some_and(|site| site == "same-origin")
}
