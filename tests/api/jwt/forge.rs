//! Tokens taken apart and put together again.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::harness::{Answer, Persona, Service};

/// Takes a token apart and puts altered ones together, signed with the service's own key unless a test says otherwise.
pub(crate) struct Forge<'s> {
    pub(crate) service: &'s Service,
    pub(crate) victim: Persona<'s>,
    pub(crate) header: Value,
    pub(crate) claims: Value,
}

pub(crate) fn encode(text: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

impl<'s> Forge<'s> {
    pub(crate) async fn new(service: &'s Service) -> Self {
        let victim = service.client("ada").await;
        let parts: Vec<&str> = victim.tokens.access.split('.').collect();
        let part = |at: usize| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts[at]).unwrap()).unwrap();
        let (header, claims) = (part(0), part(1));
        Self { service, victim, header, claims }
    }

    /// A token of these parts, rightly signed.
    pub(crate) fn signed(&self, header: impl AsRef<[u8]>, claims: impl AsRef<[u8]>) -> String {
        let message = format!("{}.{}", encode(header), encode(claims));
        let key = self.service.app.keyring.signing(self.service.app.clock.now()).unwrap();
        let signature = key.signature(message.as_bytes()).unwrap();
        format!("{message}.{signature}")
    }

    pub(crate) fn with_header(&self, change: Value) -> String {
        self.signed(merged(&self.header, change).to_string(), self.claims.to_string())
    }

    pub(crate) fn with_claims(&self, change: Value) -> String {
        self.signed(self.header.to_string(), merged(&self.claims, change).to_string())
    }

    pub(crate) async fn present(&self, token: &str) -> Answer {
        self.service.anonymous().with_token(token).run("{ me { id } server { name } }").await
    }

    pub(crate) async fn assert_refused(&self, token: &str, why: &str) {
        let answer = self.present(token).await;
        assert_eq!(answer.codes(), ["UNAUTHENTICATED"], "{why}: {}", answer.text);
        assert_eq!(
            answer.at("/data/server/name"),
            "Rolegate",
            "{why}: a bad token never blocks a public field"
        );
    }
}

/// `base` with `change` laid over it; null takes a member away.
pub(crate) fn merged(base: &Value, change: Value) -> Value {
    let mut base = base.clone();
    for (key, value) in change.as_object().unwrap() {
        match value {
            Value::Null => drop(base.as_object_mut().unwrap().remove(key)),
            value => base[key] = value.clone(),
        }
    }
    base
}
