//! Hearing what other processes change: other nodes, the command line, somebody at the database's own prompt.
//!
//! A [`Follower::tick`] proves that everything committed until its beginning has been heard of, and vouches for the cache
//! that long. SQLite's log is read; PostgreSQL tells those who listen, and where that does not work its log is polled.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::DatabaseConnection;
use secrecy::SecretString;

use crate::error::Error;
use crate::platform::cache::Cache;
use crate::platform::clock::Clock;
use crate::platform::database::changes::{self, Change, Changes, Position};
use crate::platform::database::listen::Listener;
use crate::platform::database::location::Location;
use crate::platform::database::sqlite;

/// How often SQLite's log is read.
const SQLITE_BEAT: Duration = Duration::from_millis(100);
/// How long it takes at most until who follows has heard of a change, if all is well with them.
pub const HEARD_WITHIN: Duration = SQLITE_BEAT.saturating_mul(2);
/// How often PostgreSQL's log is read where nothing can be listened to, and how often who listens asks whether they
/// still would hear.
const POSTGRES_BEAT: Duration = Duration::from_millis(500);
/// After so many readings of PostgreSQL's log it is tried again to listen.
const READINGS: u32 = 60;
/// What PostgreSQL's readings go back to. Rows become visible in the order of commits, which is neither that of `at`, the
/// beginning of the transaction, nor that of ids, which are drawn in it. A write of ours takes 10 seconds at most; whoever
/// begins one by hand and commits it later is caught by the ids, unless a thousand others were drawn meanwhile.
const WINDOW: &str = "at > now() - interval '15 seconds' OR id > (SELECT max(id) FROM changes) - 1000";
/// How old the last reading may be, by the database's clock: the window less the longest write. After a longer pause
/// (this process was stopped, or its whole machine was) rows may have come and left the window unread.
const PAUSE_MOST: TimeDelta = TimeDelta::seconds(5);
/// The most rows of a window.
const WINDOW_MOST: usize = 5_000;
/// How long a reading may take.
const READING_LIMIT: Duration = Duration::from_secs(1);

/// Lets a cache forget what others have changed, and vouches for it as long as it would hear of that.
pub struct Follower {
    source: Source,
    cache: Arc<Cache>,
    clock: Clock,
}

enum Source {
    Sqlite { path: Box<Path>, log: Option<(DatabaseConnection, Position)> },
    Postgres(Box<Postgres>),
}

struct Postgres {
    url: SecretString,
    pool: DatabaseConnection,
    listener: Option<Listener>,
    /// What was read last, while the log is read.
    read: Option<Reading>,
    readings: u32,
}

struct Reading {
    /// When it began, by the database's clock: a machine that is paused as a whole does not count on its own.
    began: DateTime<Utc>,
    /// The rows of the window.
    ids: HashSet<i64>,
}

impl Follower {
    pub(super) fn new(location: Location, pool: DatabaseConnection, cache: Arc<Cache>, clock: Clock) -> Self {
        let source = match location {
            Location::Sqlite(path) => Source::Sqlite { path: path.into(), log: None },
            Location::Postgres(url) => {
                Source::Postgres(Box::new(Postgres { url, pool, listener: None, read: None, readings: 0 }))
            }
        };
        Self { source, cache, clock }
    }

    /// Hears all that was committed until now, and vouches for the cache. At first, and whenever something may have been
    /// missed, it answers [`Changes::Anything`], and everything is forgotten.
    ///
    /// # Errors
    /// [`Error::Internal`] or [`Error::Overloaded`] when nothing can be heard. The cache is not believed until the next
    /// success.
    pub async fn tick(&mut self) -> Result<Changes, Error> {
        let began = self.clock.monotonic();
        let heard = match &mut self.source {
            Source::Sqlite { path, log } => limited(read_sqlite(path, log)).await,
            Source::Postgres(postgres) => postgres.hear().await,
        };
        match heard {
            Ok(changes) => {
                changes.apply(&self.cache);
                self.cache.vouch(began);
                Ok(changes)
            }
            Err(error) => {
                self.cache.distrust();
                Err(error)
            }
        }
    }

    /// Waits until the next tick is due. What is heard meanwhile is in force at once, and in the answer.
    pub async fn wait(&mut self) -> Changes {
        let listener = match &mut self.source {
            Source::Sqlite { .. } => {
                tokio::time::sleep(SQLITE_BEAT).await;
                return Changes::default();
            }
            Source::Postgres(postgres) => postgres.listener.as_mut(),
        };
        let until = tokio::time::Instant::now() + POSTGRES_BEAT;
        let mut heard = Changes::default();
        if let Some(listener) = listener {
            while let Ok(Ok(change)) = tokio::time::timeout_at(until, listener.next()).await {
                let change = Changes::These(vec![change]);
                change.apply(&self.cache);
                heard.extend(change);
            }
        }
        // A listener that hears no more says so at the next tick.
        tokio::time::sleep_until(until).await;
        heard
    }

    /// Closes its connection. On SQLite it must be the writer that leaves the file last, because a reader could not fold
    /// the log into it.
    pub async fn close(self) {
        if let Source::Sqlite { log: Some((connection, _)), .. } = self.source {
            // A failure to say goodbye changes nothing.
            let _ = connection.close().await;
        }
    }
}

async fn read_sqlite(
    path: &Path,
    log: &mut Option<(DatabaseConnection, Position)>,
) -> Result<Changes, Error> {
    match log {
        Some((connection, position)) => {
            let (changes, read_until) = position.read(connection).await?;
            *position = read_until;
            Ok(changes)
        }
        None => {
            // Its own connection: while all others are busy it must still be heard what is changed.
            let connection = sqlite::open_readers(path, 1).await?;
            let (_, position) = Position::default().read(&connection).await?;
            *log = Some((connection, position));
            Ok(Changes::Anything)
        }
    }
}

impl Postgres {
    async fn hear(&mut self) -> Result<Changes, Error> {
        if let Some(listener) = &mut self.listener {
            match listener.beat().await {
                Ok(changes) => return Ok(changes),
                Err(error) => tracing::warn!(?error, "the database's notifications are lost"),
            }
            self.listener = None;
        }
        if self.read.is_none() || self.readings >= READINGS {
            self.readings = 0;
            match Listener::connect(&self.url).await {
                Ok(listener) => {
                    self.listener = Some(listener);
                    self.read = None;
                    return Ok(Changes::Anything);
                }
                Err(error) if self.read.is_none() => {
                    tracing::warn!(?error, "the database sends no notifications: its log is read instead");
                }
                Err(error) => tracing::debug!(?error, "the database still sends no notifications"),
            }
        }
        self.readings += 1;
        let heard = limited(self.poll()).await;
        if heard.is_err() {
            // Listening is tried first when the database is back.
            self.read = None;
        }
        heard
    }

    async fn poll(&mut self) -> Result<Changes, Error> {
        let began = changes::now(&self.pool).await?;
        let rows = changes::within(&self.pool, WINDOW, WINDOW_MOST).await?;
        let ids: HashSet<i64> = rows.iter().map(|row| row.id).collect();
        let complete = rows.len() <= WINDOW_MOST;
        let in_time = |read: &&Reading| (TimeDelta::zero()..=PAUSE_MOST).contains(&(began - read.began));
        let changes = match self.read.as_ref().filter(in_time) {
            Some(read) if complete => {
                let new = rows.into_iter().filter(|row| !read.ids.contains(&row.id));
                Changes::These(new.map(Change::from).collect())
            }
            _ => Changes::Anything,
        };
        self.read = Some(Reading { began, ids });
        Ok(changes)
    }
}

async fn limited(reading: impl Future<Output = Result<Changes, Error>>) -> Result<Changes, Error> {
    match tokio::time::timeout(READING_LIMIT, reading).await {
        Ok(outcome) => outcome,
        Err(_elapsed) => Err(Error::Overloaded { retry_after: Duration::from_secs(1) }),
    }
}
