//! Listing users: filtered, sorted, page by page, by index.

use chrono::{DateTime, SecondsFormat};
use sea_orm::QuerySelect as _;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{ExprTrait as _, SimpleExpr};

use crate::access::role::Role;
use crate::error::Error;
use crate::platform::page::{PageRequest, Position, Slice, Sort};
use crate::users::folding::folded;
use crate::users::user::{COLUMN, Column, Entity, Model, Status};

/// Which users.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Of this role.
    pub role: Option<Role>,
    /// Of this status.
    pub status: Option<Status>,
    /// Whose email address, username or name begins so, without regard to letter case.
    pub text: Option<String>,
}

/// In which order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UserOrder {
    /// Youngest account first.
    #[default]
    Newest,
    /// Oldest account first.
    Oldest,
    /// By email address; those without one first.
    Email,
    /// By name; those without one first.
    Name,
}

impl UserOrder {
    /// Its name in cursors.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Newest => "NEWEST",
            Self::Oldest => "OLDEST",
            Self::Email => "EMAIL",
            Self::Name => "NAME",
        }
    }

    /// Where `user` stands in this order.
    pub fn position(self, user: &Model) -> Position {
        let key = match self {
            Self::Newest | Self::Oldest => user.created_at.to_rfc3339_opts(SecondsFormat::Micros, true),
            Self::Email => user.email.clone().unwrap_or_default(),
            Self::Name => user.name_key.clone().unwrap_or_default(),
        };
        Position { key, id: user.id }
    }

    /// The expressions are those of the table's indexes, to the letter, or the database would sort by hand.
    fn sort(self) -> Sort {
        let text: fn(&str) -> Option<SimpleExpr> = |key| Some(Expr::value(key));
        let instant: fn(&str) -> Option<SimpleExpr> =
            |key| DateTime::parse_from_rfc3339(key).ok().map(|instant| Expr::value(instant.to_utc()));
        let (key, parse) = match self {
            Self::Newest | Self::Oldest => (Expr::col(Column::CreatedAt), instant),
            Self::Email => (Expr::cust("coalesce(email, '')"), text),
            Self::Name => (Expr::cust("coalesce(name_key, '')"), text),
        };
        Sort { key, id: Expr::col(Column::Id), descending: self == Self::Newest, parse }
    }
}

/// One page of the users that `filter` lets through.
///
/// # Errors
/// [`Error::InvalidInput`] for a cursor of another list; [`Error::Internal`] when the database fails.
pub async fn list(
    db: &impl ConnectionTrait,
    filter: &Filter,
    order: UserOrder,
    page: &PageRequest,
) -> Result<Slice<Model>, Error> {
    let query = page.apply(filtered(filter), &order.sort())?;
    Ok(page.slice(query.all(db).await?))
}

/// How many users `filter` lets through.
///
/// # Errors
/// [`Error::Internal`] when the database fails.
pub async fn count(db: &impl ConnectionTrait, filter: &Filter) -> Result<u64, Error> {
    let counted = filtered(filter).select_only().column_as(COLUMN.id.0.count(), "n");
    Ok(counted.into_tuple::<i64>().one(db).await?.map_or(0, |n| n.unsigned_abs()))
}

fn filtered(filter: &Filter) -> Select<Entity> {
    let mut query = Entity::find();
    if let Some(role) = filter.role {
        query = query.filter(COLUMN.role.eq(role));
    }
    if let Some(status) = filter.status {
        query = query.filter(COLUMN.status.eq(status));
    }
    if let Some(text) = &filter.text {
        // No text holds a NUL, and PostgreSQL refuses even to compare with one: what begins behind the last character
        // is nothing either.
        let prefix = folded(text.trim()).replace('\0', "\u{10ffff}");
        query = query.filter(
            begins(Column::Email, &prefix)
                .or(begins(Column::UsernameKey, &prefix))
                .or(begins(Column::NameKey, &prefix)),
        );
    }
    query
}

/// A range, not `LIKE`: it uses the index on both databases, and `%` in what people type means nothing.
fn begins(column: Column, prefix: &str) -> SimpleExpr {
    let end = format!("{prefix}{}", char::MAX);
    Expr::col(column).gte(prefix).and(Expr::col(column).lt(end))
}
