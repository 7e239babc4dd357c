//! Where the master key comes from.

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use secrecy::ExposeSecret as _;
use zeroize::Zeroizing;

use crate::config::Config;
use crate::error::Error;
use crate::platform::database::Database;
use crate::platform::seal::{Sealer, fresh_key};
use crate::platform::secret;

/// The sealer under the configured master key, or under the one in a file beside the SQLite database, which the
/// first start makes.
///
/// # Errors
/// [`Error::Internal`] with a sentence that says what to do: no key for a server database, an unreadable file.
pub fn sealer(config: &Config) -> Result<Sealer, Error> {
    if let Some(key) = &config.master_key {
        return Sealer::parse(key.expose_secret()).ok_or_else(|| {
            Error::internal("master_key is not 32 bytes in base64url: `rolegate secret` prints one")
        });
    }
    let Some(path) = path(config)? else {
        return Err(Error::internal(
            "a server database needs a master key of its own: set ROLEGATE_MASTER_KEY to what `rolegate secret` prints",
        ));
    };
    let unreadable = |error| Error::internal(format!("the master key {}: {error}", path.display()));
    match fs::read_to_string(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => create(&path).map_err(unreadable)?,
        Err(error) => return Err(unreadable(error)),
        Ok(_) => {}
    }
    let text = Zeroizing::new(fs::read_to_string(&path).map_err(unreadable)?);
    Sealer::parse(&text)
        .ok_or_else(|| Error::internal(format!("{} does not hold a master key", path.display())))
}

/// The file that holds the master key when none is configured; `None` for a server database, which has no such file.
///
/// # Errors
/// [`Error::Internal`] when the database's URL cannot be read.
pub fn path(config: &Config) -> Result<Option<PathBuf>, Error> {
    Ok(Database::sqlite_path(config)?.map(|database| database.with_extension("key")))
}

/// Writes a whole key under another name and links it into place, so that of several processes that start together
/// one makes the key, and none reads half of it. The other name is used once: in a container every process has the same
/// id, and the draft of one that was killed must not keep the next from starting.
fn create(path: &Path) -> std::io::Result<()> {
    let draft = path.with_extension(format!("key.{}", secret::new_id().simple()));
    let key = fresh_key().map_err(std::io::Error::other)?;
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&draft)?;
    file.write_all(key.as_bytes())?;
    file.sync_all()?;
    let linked = fs::hard_link(&draft, path);
    fs::remove_file(&draft)?;
    match linked {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_process_left_behind_keeps_nobody_from_making_the_key() {
        let directory = tempfile::tempdir().expect("a directory");
        let config = Config { data_dir: directory.path().to_owned(), ..Config::default() };
        let left = directory.path().join(format!("rolegate.key.{}", std::process::id()));
        fs::write(left, "").expect("it is left");
        sealer(&config).expect("the key is made");
        sealer(&config).expect("and found");
    }
}
