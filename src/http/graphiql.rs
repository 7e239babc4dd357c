//! GraphiQL, served from files inside the binary: no CDN, no internet, a strict Content-Security-Policy.
//!
//! The files are in `assets/graphiql/`: the libraries as npm has them (`SHA256SUMS` says which bytes), and the
//! page that starts them. Why this version: `docs/decisions/0005-graphiql-4-vendored.md`.

use axum::body::{Body, Bytes};
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::response::Response;

/// What the page may do: load and call its own origin, nothing else.
///
/// The one hash allows the style element with which the dialogs lock scrolling. It is computed from the body's
/// margin, so it holds as long as `boot.css` does.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; \
    style-src 'self' 'sha256-nzTgYzXYDNe6BAHiiI7NNlfK8n/auuOAhh2t92YvuXo='; connect-src 'self'; \
    img-src 'self' data:; font-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const HTML: &str = "text/html; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const PLAIN_TEXT: &str = "text/plain; charset=utf-8";

/// For files whose name holds their version: the bytes under this name never change.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// For files that change with the binary: ask each time.
const ASK_EACH_TIME: &str = "no-cache";

/// A file that the page loads.
struct Asset {
    path: &'static str,
    media_type: &'static str,
    cache: &'static str,
    content: &'static [u8],
}

macro_rules! embed {
    ($path:literal, $media_type:ident, $cache:ident) => {
        Asset {
            path: $path,
            media_type: $media_type,
            cache: $cache,
            content: include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/graphiql/", $path)),
        }
    };
}

static PAGE: Asset = embed!("index.html", HTML, ASK_EACH_TIME);

static ASSETS: [Asset; 7] = [
    embed!("react-18.3.1.production.min.js", JAVASCRIPT, FOR_EVER),
    embed!("react-dom-18.3.1.production.min.js", JAVASCRIPT, FOR_EVER),
    embed!("graphiql-4.1.2.min.js", JAVASCRIPT, FOR_EVER),
    embed!("graphiql-4.1.2.min.css", CSS, FOR_EVER),
    embed!("boot.js", JAVASCRIPT, ASK_EACH_TIME),
    embed!("boot.css", CSS, ASK_EACH_TIME),
    embed!("licences.txt", PLAIN_TEXT, ASK_EACH_TIME),
];

/// The page, for `GET /graphql` from a browser. It calls the address that it was loaded from.
pub(super) fn page() -> Response {
    let mut response = PAGE.response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_SECURITY_POLICY));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    // The same address answers GraphQL: a cache must not give the page to a client that asks for JSON.
    headers.insert(header::VARY, HeaderValue::from_static("accept"));
    response
}

/// The file that the page loads from `/graphiql/<path>`; `None` when there is no such file.
pub(super) fn asset(path: &str) -> Option<Response> {
    ASSETS.iter().find(|asset| asset.path == path).map(Asset::response)
}

impl Asset {
    fn response(&self) -> Response {
        let mut response = Response::new(Body::from(Bytes::from_static(self.content)));
        let mut set = |name: HeaderName, value: &'static str| {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        };
        set(header::CONTENT_TYPE, self.media_type);
        set(header::CACHE_CONTROL, self.cache);
        set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page_text() -> &'static str {
        std::str::from_utf8(PAGE.content).expect("the page is UTF-8")
    }

    #[test]
    fn every_file_that_the_page_names_is_served() {
        let named: Vec<&str> = page_text()
            .split('"')
            .filter_map(|attribute| attribute.strip_prefix("graphiql/"))
            .inspect(|path| assert!(asset(path).is_some(), "{path} is not served"))
            .collect();
        assert_eq!(named.len(), ASSETS.len(), "a file is served that the page does not name: {named:?}");
    }

    #[test]
    fn only_files_with_a_version_in_their_name_are_cached_for_ever() {
        for asset in &ASSETS {
            let versioned = asset.path.contains(|letter: char| letter.is_ascii_digit());
            assert_eq!(asset.cache == FOR_EVER, versioned, "{}", asset.path);
        }
    }

    #[test]
    fn nothing_but_the_listed_files_is_served() {
        for path in ["", "index.html", "SHA256SUMS", "../index.html", "BOOT.JS", "boot.js/"] {
            assert!(asset(path).is_none(), "{path} is served");
        }
    }

    #[test]
    fn the_page_has_no_inline_script_or_style() {
        assert_eq!(page_text().matches("<script").count(), page_text().matches("<script defer src=").count());
        assert!(!page_text().contains("<style") && !page_text().contains(" style="));
    }

    #[test]
    fn the_page_forbids_frames_and_foreign_origins() {
        let page = page();
        let policy = page.headers()[header::CONTENT_SECURITY_POLICY].to_str().expect("the policy is ASCII");
        assert!(policy.starts_with("default-src 'none'") && policy.ends_with("frame-ancestors 'none'"));
        assert!(!policy.contains("unsafe") && !policy.contains("http"));
        assert_eq!(page.headers()[header::CONTENT_TYPE], HTML);
    }
}
