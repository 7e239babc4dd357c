//! The parameters of a GraphQL request, out of JSON or out of a query string (GraphQL over HTTP, "Request").

use async_graphql::{Extensions, Variables};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::form_urlencoded;

use crate::http::refusal::Refusal;

/// What is to be run. Other keys of the request are ignored; `null` is the same as nothing.
#[derive(Debug)]
pub(super) struct Envelope {
    pub(super) query: String,
    pub(super) operation_name: Option<String>,
    pub(super) variables: Variables,
    pub(super) extensions: Extensions,
}

/// As it stands in the body.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Written {
    query: Option<String>,
    operation_name: Option<String>,
    variables: Variables,
    extensions: Option<Extensions>,
}

impl Envelope {
    /// Reads a body.
    ///
    /// # Errors
    /// A refusal with 400; what the parser complains about is not passed on, because it may repeat values.
    pub(super) fn from_json(body: &[u8]) -> Result<Self, Refusal> {
        let text = std::str::from_utf8(body).map_err(|_| Refusal::bad_request("The body is not UTF-8."))?;
        // serde would fill the parameters from an array's elements, by position.
        match text.trim_ascii_start().as_bytes().first() {
            Some(b'{') => {}
            Some(b'[') => return Err(Refusal::bad_request("Batches are off: send one request at a time.")),
            _ => return Err(Refusal::bad_request("The body is not a JSON object.")),
        }
        let written: Written = serde_json::from_str(text).map_err(|_| {
            Refusal::bad_request(
                "The body is not a JSON object with a string `query`, a string `operationName` and objects `variables` and `extensions`.",
            )
        })?;
        written.try_into()
    }

    /// Reads the part of a URL after the question mark.
    ///
    /// # Errors
    /// A refusal with 400.
    pub(super) fn from_query_string(query_string: &str) -> Result<Self, Refusal> {
        let mut written = Written::default();
        let mut seen = [false; 4];
        for (key, value) in form_urlencoded::parse(query_string.as_bytes()) {
            let Some(index) =
                ["query", "operationName", "variables", "extensions"].iter().position(|name| *name == key)
            else {
                continue;
            };
            if std::mem::replace(&mut seen[index], true) {
                return Err(Refusal::bad_request("A parameter stands twice in the URL."));
            }
            match index {
                0 => written.query = Some(value.into_owned()),
                1 => written.operation_name = Some(value.into_owned()),
                2 => written.variables = json_object(&value)?,
                _ => written.extensions = json_object(&value)?,
            }
        }
        written.try_into()
    }
}

fn json_object<T: DeserializeOwned>(text: &str) -> Result<T, Refusal> {
    serde_json::from_str(text)
        .map_err(|_| Refusal::bad_request("`variables` and `extensions` are JSON objects in a URL."))
}

impl TryFrom<Written> for Envelope {
    type Error = Refusal;

    fn try_from(written: Written) -> Result<Self, Refusal> {
        Ok(Self {
            query: written.query.ok_or_else(|| Refusal::bad_request("There is no `query`."))?,
            operation_name: written.operation_name.filter(|name| !name.is_empty()),
            variables: written.variables,
            extensions: written.extensions.unwrap_or_default(),
        })
    }
}
