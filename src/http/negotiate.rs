//! Which media type an answer has, and which one a request may have (RFC 9110 12.5.1, GraphQL over HTTP).

use axum::http::header::{ACCEPT, CONTENT_ENCODING, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue};

/// The media types of a GraphQL answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum MediaType {
    /// What clients have always had. Also for those that accept anything or say nothing: the published audits ask for
    /// it, and whoever can read the newer type names it.
    #[default]
    Json,
    /// Says that the answer is GraphQL's own, whatever its status.
    GraphqlResponse,
}

impl MediaType {
    pub(super) const fn header(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Json => "application/json; charset=utf-8",
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
        })
    }
}

/// The media type that the client likes best, or `None` when it accepts neither.
pub(super) fn accepted(headers: &HeaderMap) -> Option<MediaType> {
    match preference(headers, "application", "json") {
        None if !headers.contains_key(ACCEPT) => Some(MediaType::Json),
        json => {
            let newer = preference(headers, "application", "graphql-response+json");
            match (json, newer) {
                (None, None) => None,
                (json, newer) if newer > json => Some(MediaType::GraphqlResponse),
                _ => Some(MediaType::Json),
            }
        }
    }
}

/// Whether the client would rather have a page than data: a browser that was pointed here.
pub(super) fn prefers_page(headers: &HeaderMap) -> bool {
    let page = preference(headers, "text", "html");
    page > preference(headers, "application", "json")
        && page > preference(headers, "application", "graphql-response+json")
}

/// How much a client wants something: first the weight, then what stands earlier in its list.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
struct Preference {
    quality: f32,
    earliness: i32,
}

/// The preference that the most specific matching range gives; `None` when nothing matches or it is refused by `q=0`.
fn preference(headers: &HeaderMap, main: &str, sub: &str) -> Option<Preference> {
    let ranges = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let mut best: Option<(u8, Preference)> = None;
    for (position, range) in ranges.flat_map(|list| list.split(',')).enumerate() {
        let mut parts = range.split(';').map(str::trim);
        let specificity = match parts.next().and_then(|essence| essence.split_once('/')) {
            Some((m, s)) if m.eq_ignore_ascii_case(main) && s.eq_ignore_ascii_case(sub) => 2,
            Some((m, "*")) if m.eq_ignore_ascii_case(main) => 1,
            Some(("*", "*")) => 0,
            _ => continue,
        };
        let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
        let quality = weight.map_or(1.0, |text| text.parse().unwrap_or(0.0));
        let earliness = -i32::try_from(position).unwrap_or(i32::MAX);
        if best.is_none_or(|(known, _)| specificity > known) {
            best = Some((specificity, Preference { quality, earliness }));
        }
    }
    best.map(|(_, preference)| preference).filter(|preference| preference.quality > 0.0)
}

/// Whether the body is what we read: JSON in UTF-8, not compressed. Anything that a page can send without asking us
/// first (`text/plain`, forms) is not, and that is what keeps other sites from making a browser run mutations.
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    let Some(Ok(value)) = headers.get(CONTENT_TYPE).map(HeaderValue::to_str) else {
        return false;
    };
    let mut parts = value.split(';').map(str::trim);
    let is_json = parts.next().is_some_and(|essence| essence.eq_ignore_ascii_case("application/json"));
    let is_utf8 = parts.all(|parameter| match parameter.split_once('=') {
        Some((name, value)) if name.trim().eq_ignore_ascii_case("charset") => {
            value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
        }
        _ => true,
    });
    let is_plain = headers.get(CONTENT_ENCODING).is_none_or(|coding| coding.as_bytes() == b"identity");
    is_json && is_utf8 && is_plain
}
