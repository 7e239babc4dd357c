//! Who else on this machine can read what is secret.

use std::path::{Path, PathBuf};

use crate::cli::doctor::Finding;
use crate::config::load::{Loaded, Origin};
use crate::platform::database::Database;
use crate::platform::master_key;

const PART: &str = "files";

/// The database and the keys belong to us alone; so does every file that a secret was read from.
pub(super) fn examine(loaded: &Loaded) -> Vec<Finding> {
    let mut paths: Vec<PathBuf> = Vec::new();
    paths.extend(Database::sqlite_path(&loaded.config).ok().flatten());
    paths.extend(master_key::path(&loaded.config).ok().flatten());
    paths.extend(loaded.config.tls.private_key.clone());
    for key in ["master_key", "new_master_key", "database_url", "tokens.hs256_secret"] {
        match loaded.origin(key) {
            Origin::File { path, .. } => paths.push(path),
            Origin::DotEnv { .. } => paths.push(".env".into()),
            Origin::Default | Origin::Environment { .. } | Origin::Flag { .. } => {}
        }
    }
    paths.sort();
    paths.dedup();
    let open: Vec<_> =
        paths.iter().filter(|path| is_open_to_others(path)).map(|path| too_open(path)).collect();
    if open.is_empty() { vec![Finding::good(PART, "Nobody else can read what is secret.")] } else { open }
}

fn too_open(path: &Path) -> Finding {
    let path = path.display();
    Finding::bad(
        PART,
        format!("{path} can be read or changed by other users of this machine: run `chmod 600 {path}`."),
    )
}

#[cfg(unix)]
fn is_open_to_others(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    path.metadata().is_ok_and(|file| file.permissions().mode() & 0o077 != 0)
}

/// Other systems have no such modes; who may read is inherited from the directory.
#[cfg(not(unix))]
fn is_open_to_others(_path: &Path) -> bool {
    false
}
