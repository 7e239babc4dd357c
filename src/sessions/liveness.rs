//! Whether a session is live: as a value for one that was read, as a condition for those to be found.
//!
//! The two say the same. What one of them let live and the other did not would be listed and useless, or purged while
//! somebody is in it.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait as _, Condition, EntityTrait as _, QueryFilter as _, QuerySelect as _, QueryTrait as _,
};

use crate::config::SessionConfig;
use crate::sessions::session::{COLUMN, Model, is_its_user};
use crate::users::user::{self, Status};

/// What a session's life is judged by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// When somebody signed in.
    pub created_at: DateTime<Utc>,
    /// When it was last used.
    pub last_seen_at: DateTime<Utc>,
    /// When it was ended before its time.
    pub ended_at: Option<DateTime<Utc>>,
}

impl Times {
    /// When it is over by itself: unused for the idle lifetime, or past the absolute one, whichever comes first.
    pub fn expires_at(&self, lifetimes: &SessionConfig) -> DateTime<Utc> {
        let idle = self.last_seen_at + lifetimes.idle_lifetime.delta();
        idle.min(self.created_at + lifetimes.absolute_lifetime.delta())
    }

    /// Whether it is not over.
    pub fn is_live(&self, now: DateTime<Utc>, lifetimes: &SessionConfig) -> bool {
        self.ended_at.is_none() && now < self.expires_at(lifetimes)
    }

    /// Until when it lets a user of this status in; `None` when it does not.
    pub fn admits_until(
        &self,
        status: Status,
        now: DateTime<Utc>,
        lifetimes: &SessionConfig,
    ) -> Option<DateTime<Utc>> {
        let admits = status == Status::Active && self.is_live(now, lifetimes);
        admits.then(|| self.expires_at(lifetimes))
    }
}

impl Model {
    /// What its life is judged by.
    pub fn times(&self) -> Times {
        Times { created_at: self.created_at, last_seen_at: self.last_seen_at, ended_at: self.ended_at }
    }
}

/// Those for which [`Times::is_live`] holds.
pub fn live(now: DateTime<Utc>, lifetimes: &SessionConfig) -> Condition {
    Condition::all()
        .add(COLUMN.ended_at.is_null())
        .add(COLUMN.last_seen_at.gt(now - lifetimes.idle_lifetime.delta()))
        .add(COLUMN.created_at.gt(now - lifetimes.absolute_lifetime.delta()))
}

/// Those for which [`Times::admits_until`] answers with an instant: live ones of active users.
pub fn admitting(now: DateTime<Utc>, lifetimes: &SessionConfig) -> Condition {
    // Correlated: as a list of ids, SQLite would make one of all active users.
    let active_user = user::Entity::find()
        .select_only()
        .expr(Expr::value(1))
        .filter(is_its_user())
        .filter(user::COLUMN.status.eq(Status::Active));
    live(now, lifetimes).add(Expr::exists(active_user.into_query()))
}

/// Those that are not [`live`]. Not written as its negation, because each of these conditions alone has an index.
pub fn over(now: DateTime<Utc>, lifetimes: &SessionConfig) -> Condition {
    Condition::any()
        .add(COLUMN.ended_at.is_not_null())
        .add(COLUMN.last_seen_at.lte(now - lifetimes.idle_lifetime.delta()))
        .add(COLUMN.created_at.lte(now - lifetimes.absolute_lifetime.delta()))
}
