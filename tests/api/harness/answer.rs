//! What came back.

use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use serde_json::Value;

/// Status, headers and body of an answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
    pub(crate) json: Value,
}

impl Answer {
    pub(super) fn new(status: StatusCode, headers: HeaderMap, body: Bytes) -> Self {
        let text = String::from_utf8(body.to_vec()).expect("every answer is UTF-8");
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        Self { status, headers, text, json }
    }

    /// A value by JSON pointer: `/data/me/email`. Null where there is nothing.
    pub(crate) fn at(&self, pointer: &str) -> &Value {
        self.json.pointer(pointer).unwrap_or(&Value::Null)
    }

    /// A string by JSON pointer.
    #[track_caller]
    pub(crate) fn text_at(&self, pointer: &str) -> String {
        let found = self.at(pointer).as_str();
        found.unwrap_or_else(|| panic!("no text at {pointer} in {}", self.text)).to_owned()
    }

    /// `data`, of an answer that holds no errors.
    #[track_caller]
    pub(crate) fn data(&self) -> &Value {
        assert!(self.json.get("errors").is_none(), "errors in {}", self.text);
        assert_eq!(self.status, StatusCode::OK, "{}", self.text);
        self.at("/data")
    }

    /// The codes of all errors, in order.
    pub(crate) fn codes(&self) -> Vec<&str> {
        let errors = self.at("/errors").as_array().map(Vec::as_slice).unwrap_or_default();
        errors.iter().map(|error| error["extensions"]["code"].as_str().unwrap_or("(no code)")).collect()
    }

    /// Holds that the answer is one refusal with this code.
    #[track_caller]
    pub(crate) fn assert_refused(&self, code: &str) {
        assert_eq!(self.codes(), [code], "{}", self.text);
    }

    /// A header as text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}
