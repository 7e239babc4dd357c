//! `tls.*`: terminating TLS here, without a proxy in front.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::config::lifetime::Lifetime;

/// Terminating TLS here, without a proxy in front.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct TlsConfig {
    /// The certificate and those that lead from it to a root, as PEM. With `tls.private_key`, the server speaks HTTPS alone.
    /// The files are read again when they change.
    pub certificate: Option<PathBuf>,
    /// The certificate's private key, as PEM. Nobody else may be able to read the file: `rolegate doctor` looks.
    pub private_key: Option<PathBuf>,
    /// How long a client may take to agree on keys.
    pub handshake_lifetime: Lifetime,
}

impl Default for TlsConfig {
    fn default() -> Self {
        Self { certificate: None, private_key: None, handshake_lifetime: Lifetime::seconds(10) }
    }
}

impl TlsConfig {
    /// The two files, certificate first; `None` where TLS is not terminated here.
    pub fn files(&self) -> Option<(&PathBuf, &PathBuf)> {
        self.certificate.as_ref().zip(self.private_key.as_ref())
    }
}
