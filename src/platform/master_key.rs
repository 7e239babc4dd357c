//! Where the master key comes from.

use std::fs::{self, TryLockError};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret as _, SecretString};
use zeroize::Zeroizing;

use crate::config::Config;
use crate::error::Error;
use crate::platform::database::Database;
use crate::platform::seal::{Sealer, fresh_key};
use crate::platform::secret;

/// The sealer under the configured master key, or under the one in a file beside the SQLite database, which the
/// first start makes. While a new key takes the place of one, it seals under the new and opens with both.
///
/// # Errors
/// [`Error::Internal`] with a sentence that says what to do: no key for a server database, an unreadable file.
pub fn sealer(config: &Config) -> Result<Sealer, Error> {
    if let Some(key) = &config.master_key {
        let sealer = configured("master_key", key)?;
        return match &config.new_master_key {
            Some(new) => Ok(configured("new_master_key", new)?.replacing(sealer)),
            None => Ok(sealer),
        };
    }
    let path = path(config)?.ok_or_else(|| {
        Error::internal(
            "a server database needs a master key of its own: set ROLEGATE_MASTER_KEY to what `rolegate secret` prints",
        )
    })?;
    // First: once the new one has taken the place of the old, both are the same file.
    let new = read(&new_path(&path))?;
    let sealer = match read(&path)? {
        Some(sealer) => sealer,
        None => {
            made(&path)?;
            read(&path)?.ok_or_else(|| Error::internal(format!("{} was removed", path.display())))?
        }
    };
    Ok(match new {
        Some(new) => new.replacing(sealer),
        None => sealer,
    })
}

/// A change of the master key that has begun: [`sealer`] seals under the new one from here on.
pub struct Replacement {
    /// `None` for a configured key: the operator puts the new one in the place of the old.
    file: Option<PathBuf>,
    /// The directory, locked for as long as it is open: were two at it, one could put a key in place under which nothing
    /// is sealed yet.
    _lock: Option<fs::File>,
}

impl Replacement {
    /// Begins, or takes up what was begun and not finished. A key file gets a new one beside it.
    ///
    /// # Errors
    /// [`Error::Internal`] with a sentence that says what to do.
    pub fn begin(config: &Config) -> Result<Self, Error> {
        if config.master_key.is_some() {
            return match &config.new_master_key {
                Some(_) => Ok(Self { file: None, _lock: None }),
                None => Err(Error::internal(
                    "there is no new master key: set ROLEGATE_NEW_MASTER_KEY to what `rolegate secret` prints, beside \
                     ROLEGATE_MASTER_KEY",
                )),
            };
        }
        // The old one has to be there: a database that is still empty has none.
        sealer(config)?;
        let Some(path) = path(config)? else { return Ok(Self { file: None, _lock: None }) };
        let directory = fs::File::open(directory(&path)).map_err(|error| failed(&path, &error))?;
        // A file system that has no locks is one on which the operator has to see to it.
        if let Err(TryLockError::WouldBlock) = directory.try_lock() {
            return Err(Error::internal(
                "another process is replacing the master key: wait until it is done",
            ));
        }
        made(&new_path(&path))?;
        Ok(Self { file: Some(path), _lock: Some(directory) })
    }

    /// Puts the new key in the place of the old. Only once nothing is sealed under the old one any more: the file is
    /// overwritten.
    ///
    /// # Errors
    /// [`Error::Internal`] when the file cannot be renamed. Both are still there then, and both are read.
    pub fn finish(self) -> Result<(), Error> {
        let Some(path) = &self.file else { return Ok(()) };
        let renamed = fs::rename(new_path(path), path);
        renamed.and_then(|()| sync_directory(path)).map_err(|error| failed(path, &error))
    }
}

/// Whether a change of the key in the file was begun and not finished.
pub fn is_being_replaced(config: &Config) -> bool {
    config.master_key.is_none() && path(config).ok().flatten().is_some_and(|path| new_path(&path).exists())
}

fn configured(name: &str, key: &SecretString) -> Result<Sealer, Error> {
    Sealer::parse(key.expose_secret()).ok_or_else(|| {
        Error::internal(format!("{name} is not 32 bytes in base64url: `rolegate secret` prints one"))
    })
}

/// The sealer under the key in a file; `None` where there is no file.
fn read(path: &Path) -> Result<Option<Sealer>, Error> {
    match fs::read_to_string(path).map(Zeroizing::new) {
        Ok(text) => match Sealer::parse(&text) {
            Some(sealer) => Ok(Some(sealer)),
            None => Err(Error::internal(format!("{} does not hold a master key", path.display()))),
        },
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(path, &error)),
    }
}

fn made(path: &Path) -> Result<(), Error> {
    create(path, |draft, path| fs::hard_link(draft, path)).map_err(|error| failed(path, &error))
}

fn failed(path: &Path, error: &io::Error) -> Error {
    Error::internal(format!("the master key {}: {error}", path.display()))
}

/// Where the key lies that takes the place of the one at `path`.
fn new_path(path: &Path) -> PathBuf {
    path.with_extension("key.new")
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

fn directory(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Has the file's name survive a power cut as its content does: what is sealed under the key will be in the database,
/// and nothing else would open it.
fn sync_directory(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        match fs::File::open(directory(path))?.sync_all() {
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
    fn a_replacement_that_was_broken_off_anywhere_loses_nothing() {
        let directory = tempfile::tempdir().expect("a directory");
        let config = in_directory(&directory);
        let old = sealer(&config).expect("a key").seal("test", b"old").expect("seals");
        let broken_off = Replacement::begin(&config).expect("begins");
        assert!(is_being_replaced(&config));
        let new = sealer(&config).expect("both").seal("test", b"new").expect("seals");
        drop(broken_off);
        let between = sealer(&config).expect("both");
        assert!(between.open("test", &old).is_ok() && between.open("test", &new).is_ok());
        Replacement::begin(&config).expect("taken up").finish().expect("finished");
        assert!(!is_being_replaced(&config));
        let after = sealer(&config).expect("the new one");
        assert!(after.open("test", &new).is_ok(), "the same new key, not another");
        assert!(after.open("test", &old).is_err());
        assert_eq!(fs::read_dir(directory.path()).expect("a directory").count(), 1);
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
