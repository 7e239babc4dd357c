//! Where the database is.

use std::path::PathBuf;
use std::str::FromStr as _;

use sea_orm::sqlx::postgres::PgConnectOptions;
use sea_orm::sqlx::sqlite::SqliteConnectOptions;
use secrecy::{ExposeSecret as _, SecretString};

use crate::config::Config;
use crate::platform::database::fault::Fault;

/// What the configuration's URL points at.
#[derive(Clone)]
pub(super) enum Location {
    /// A file.
    Sqlite(PathBuf),
    /// A server; its URL may hold a password.
    Postgres(SecretString),
}

impl Location {
    /// The configured one, or `rolegate.db` in the data directory.
    pub(super) fn of(config: &Config) -> Result<Self, Fault> {
        let Some(url) = &config.database_url else {
            return Ok(Self::Sqlite(config.data_dir.join("rolegate.db")));
        };
        match url.expose_secret().split_once(':') {
            Some(("sqlite", rest)) => sqlite_file(rest).map(Self::Sqlite),
            // Read here once, because what opens the database repeats a URL that it cannot read, password and all.
            Some(("postgres" | "postgresql", _)) => match PgConnectOptions::from_str(url.expose_secret()) {
                Ok(_) => Ok(Self::Postgres(url.clone())),
                Err(_) => Err(Fault::Unreadable),
            },
            _ => Err(Fault::UnknownScheme),
        }
    }
}

/// The path after `sqlite:`. Parameters (`?mode=rwc`) are put aside: how the file is opened is not the URL's choice.
fn sqlite_file(rest: &str) -> Result<PathBuf, Fault> {
    let (path, parameters) = rest.split_once('?').unwrap_or((rest, ""));
    let path = path.strip_prefix("//").unwrap_or(path);
    if path == ":memory:" || parameters.split('&').any(|parameter| parameter == "mode=memory") {
        return Err(Fault::InMemory);
    }
    if path.is_empty() {
        return Err(Fault::NoPath);
    }
    // sqlx undoes the percent-encoding.
    let parsed = SqliteConnectOptions::from_str(&format!("sqlite://{path}")).map_err(|_| Fault::NoPath)?;
    Ok(parsed.get_filename().to_owned())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn located(url: &str) -> Result<Location, Fault> {
        let config = Config { database_url: Some(url.into()), ..Config::default() };
        Location::of(&config)
    }

    fn file(url: &str) -> PathBuf {
        match located(url) {
            Ok(Location::Sqlite(path)) => path,
            _ => panic!("{url} is the URL of a file"),
        }
    }

    #[test]
    fn a_sqlite_url_is_a_path_whatever_its_parameters() {
        assert_eq!(file("sqlite://data/a.db"), PathBuf::from("data/a.db"));
        assert_eq!(file("sqlite:data/a.db?mode=rwc"), PathBuf::from("data/a.db"));
        assert_eq!(
            file("sqlite:///var/lib/a%20b.db?mode=rwc&cache=shared"),
            PathBuf::from("/var/lib/a b.db")
        );
    }

    #[test]
    fn without_a_url_the_file_is_in_the_data_directory() {
        let config = Config { data_dir: "somewhere?".into(), ..Config::default() };
        assert!(matches!(
            Location::of(&config),
            Ok(Location::Sqlite(path)) if path == Path::new("somewhere?/rolegate.db")
        ));
    }

    #[test]
    fn what_cannot_be_served_is_refused_without_repeating_the_url() {
        assert!(matches!(located("sqlite::memory:"), Err(Fault::InMemory)));
        assert!(matches!(located("sqlite://a.db?mode=memory"), Err(Fault::InMemory)));
        assert!(matches!(located("sqlite://"), Err(Fault::NoPath)));
        let Err(refusal) = located("mysql://root:hunter2@db/rolegate") else {
            panic!("MySQL is not supported")
        };
        assert!(matches!(refusal, Fault::UnknownScheme));
        assert!(!refusal.to_string().contains("hunter2"));
        assert!(matches!(located("postgresql://db/rolegate"), Ok(Location::Postgres(_))));
        for url in [
            "postgres://me:hunter2@db:543345/x",
            "postgres://me:hunter2@[/x",
            "postgres://db/x?sslmode=hunter2",
        ] {
            assert!(matches!(located(url), Err(Fault::Unreadable)), "{url}");
        }
    }
}
