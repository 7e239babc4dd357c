//! Where the master key comes from.

use std::fs;
use std::io::{self, ErrorKind, Write as _};
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
        Err(error) if error.kind() == ErrorKind::NotFound => {
            create(&path, |draft, path| fs::hard_link(draft, path)).map_err(unreadable)?
        }
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
fn create(path: &Path, link: impl FnOnce(&Path, &Path) -> io::Result<()>) -> io::Result<()> {
    let draft = path.with_extension(format!("key.{}", secret::new_id().simple()));
    let key = fresh_key().map_err(io::Error::other)?;
    write_new(&draft, &key)?;
    let linked = link(&draft, path);
    fs::remove_file(&draft)?;
    match linked {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        // Some file systems have no such links, and say so in many ways. Here another process that starts at this very
        // moment may read half a key, and has to be started again.
        Err(_) => match write_new(path, &key) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            written => written?,
        },
    }
    sync_directory(path)
}

/// Writes a file that only we may read and that must not be there yet. Leaves none behind that is not whole.
fn write_new(path: &Path, text: &str) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    if written.is_err() {
        // Why it could not be written says more than why it could not be removed.
        let _ = fs::remove_file(path);
    }
    written
}

/// Has the file's name survive a power cut as its content does: what is sealed under the key will be in the database,
/// and nothing else would open it.
fn sync_directory(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        match fs::File::open(directory.unwrap_or(Path::new(".")))?.sync_all() {
            // So says a file system that cannot.
            Err(error) if error.kind() == ErrorKind::InvalidInput => {}
            synced => synced?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_directory(directory: &tempfile::TempDir) -> Config {
        Config { data_dir: directory.path().to_owned(), ..Config::default() }
    }

    #[test]
    fn what_a_killed_process_left_behind_keeps_nobody_from_making_the_key() {
        let directory = tempfile::tempdir().expect("a directory");
        let left = directory.path().join(format!("rolegate.key.{}", std::process::id()));
        fs::write(left, "").expect("it is left");
        sealer(&in_directory(&directory)).expect("the key is made");
        sealer(&in_directory(&directory)).expect("and found");
    }

    #[test]
    fn those_who_start_together_have_one_key() {
        let directory = tempfile::tempdir().expect("a directory");
        let config = in_directory(&directory);
        let sealed: Vec<_> = std::thread::scope(|threads| {
            let start = || sealer(&config).expect("a key").seal("test", b"plain").expect("seals");
            let starts: Vec<_> = (0..8).map(|_| threads.spawn(start)).collect();
            starts.into_iter().map(|start| start.join().expect("it starts")).collect()
        });
        let sealer = sealer(&config).expect("the key");
        assert!(sealed.iter().all(|sealed| sealer.open("test", sealed).is_ok()));
        assert_eq!(fs::read_dir(directory.path()).expect("a directory").count(), 1, "no drafts are left");
    }

    #[test]
    fn where_there_are_no_links_the_key_is_made_all_the_same_and_never_replaced() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("rolegate.key");
        let refused = |_: &Path, _: &Path| Err(ErrorKind::PermissionDenied.into());
        create(&path, refused).expect("the key is made");
        let key = fs::read_to_string(&path).expect("the key");
        assert!(Sealer::parse(&key).is_some());
        create(&path, refused).expect("somebody was first");
        assert_eq!(fs::read_to_string(&path).expect("the key"), key);
        assert_eq!(fs::read_dir(directory.path()).expect("a directory").count(), 1);
    }
}
