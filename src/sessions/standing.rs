//! How a session and its user stand: what every request has to know of them. From memory, where that is known to be true.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;
use sea_orm::{FromQueryResult, Iterable as _, QueryResult, QuerySelect as _};

use crate::app::App;
use crate::config::SessionConfig;
use crate::error::Error;
use crate::sessions::liveness::Times;
use crate::sessions::session::{Column, Delivery, Entity};
use crate::users::recall::remember;
use crate::users::user;

/// A session and its user.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The session.
    pub session: Arc<Terms>,
    /// Whose it is.
    pub user: Arc<user::Model>,
}

/// What requests ask of a session.
#[derive(Debug)]
pub struct Terms {
    /// Whose session it is.
    pub user_id: Uuid,
    /// How its credential travels.
    pub delivery: Delivery,
    /// What a cookie's secret must hash to. That of a bearer session changes with every refresh, and is not asked here.
    pub secret_hash: Vec<u8>,
    created_at: DateTime<Utc>,
    ended_at: Option<DateTime<Utc>>,
    /// In microseconds after 1970. It moves on without the row being read again.
    last_seen_at: AtomicI64,
}

impl Terms {
    /// When the session was last used, to the minute.
    pub fn last_seen_at(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.last_seen_at.load(Ordering::Relaxed)).unwrap_or_default()
    }

    /// Takes over that the database now has the session as last used `at`.
    pub fn seen(&self, at: DateTime<Utc>) {
        self.last_seen_at.fetch_max(at.timestamp_micros(), Ordering::Relaxed);
    }
}

impl Standing {
    /// Until when the session lets its user in; `None` when it is over, or its user may not sign in.
    pub fn admits_until(&self, now: DateTime<Utc>, lifetimes: &SessionConfig) -> Option<DateTime<Utc>> {
        let Terms { created_at, ended_at, .. } = *self.session;
        let times = Times { created_at, last_seen_at: self.session.last_seen_at(), ended_at };
        times.admits_until(self.user.status, now, lifetimes)
    }
}

/// How the session of this id stands; `None` if there is none.
///
/// Memory only ever admits. Whoever would be refused by it is judged by the database: another node may have noted a use
/// since.
///
/// # Errors
/// [`Error::Internal`] when the database fails.
pub async fn find(app: &App, id: Uuid) -> Result<Option<Standing>, Error> {
    let admits = |standing: &Standing| standing.admits_until(app.clock.now(), &app.config.session).is_some();
    if let Some(standing) = remembered(app, id).filter(admits) {
        return Ok(Some(standing));
    }
    let mark = app.cache.mark();
    // Boxed: a future that reads the database is large, and would be moved where memory answers too.
    let standing = Box::pin(read(app, id)).await?;
    if let (Some(mark), Some(standing)) = (mark, standing.as_ref().filter(|it| admits(it))) {
        app.cache.put(mark, id, Arc::clone(&standing.session), standing.session.secret_hash.capacity());
        remember(&app.cache, mark, &standing.user);
    }
    Ok(standing)
}

fn remembered(app: &App, id: Uuid) -> Option<Standing> {
    let session: Arc<Terms> = app.cache.get(id)?;
    let user = app.cache.get(session.user_id)?;
    Some(Standing { session, user })
}

async fn read(app: &App, id: Uuid) -> Result<Option<Standing>, Error> {
    let mut query = Entity::find_by_id(id)
        .inner_join(user::Entity)
        .select_only()
        .columns([Column::UserId, Column::Delivery, Column::SecretHash])
        .columns([Column::CreatedAt, Column::EndedAt, Column::LastSeenAt]);
    for column in user::Column::iter() {
        query = query.column_as(column, format!("{USER}{}", column.as_str()));
    }
    // Not `one()`, for the reason that `platform::database::unique` gives.
    Ok(query.into_model::<Standing>().all(app.database.reader()).await?.pop())
}

/// What the names of the user's columns begin with beside the session's.
const USER: &str = "user_row_";

impl FromQueryResult for Standing {
    fn from_query_result(row: &QueryResult, prefix: &str) -> Result<Self, DbErr> {
        let last_seen_at: DateTime<Utc> = row.try_get(prefix, "last_seen_at")?;
        let session = Terms {
            user_id: row.try_get(prefix, "user_id")?,
            delivery: row.try_get(prefix, "delivery")?,
            secret_hash: row.try_get(prefix, "secret_hash")?,
            created_at: row.try_get(prefix, "created_at")?,
            ended_at: row.try_get(prefix, "ended_at")?,
            last_seen_at: AtomicI64::new(last_seen_at.timestamp_micros()),
        };
        let user = user::Model::from_query_result(row, &format!("{prefix}{USER}"))?;
        Ok(Self { session: Arc::new(session), user: Arc::new(user) })
    }
}
