//! Certificates that are made on the spot.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// Puts a certificate for `localhost` that signs itself, and its private key, into `folder`: `certificate.pem` and `key.pem`.
pub(crate) fn make(folder: &Path) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("it is a name");
    fs::write(folder.join("certificate.pem"), made.cert.pem()).expect("the folder is ours");
    let key = folder.join("key.pem");
    fs::write(&key, made.signing_key.serialize_pem()).expect("the folder is ours");
    fs::set_permissions(&key, Permissions::from_mode(0o600)).expect("the file is ours");
}
