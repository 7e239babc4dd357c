//! Pages of a sorted list, cut by position and not by count, so that rows which come and go shift nothing.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sea_orm::sea_query::{Expr, ExprTrait as _, SimpleExpr};
use sea_orm::{EntityTrait, Order, QueryFilter as _, QueryOrder as _, QuerySelect as _, Select};
use uuid::Uuid;

use crate::error::Error;

/// The place of a row in a sorted list: what it is sorted by, and its id where others share that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// The sort key as text.
    pub key: String,
    /// The row's id.
    pub id: Uuid,
}

impl Position {
    /// The cursor that clients see: opaque, and bound to the order it came from, so that it cannot be used in another.
    pub fn cursor(&self, order: &str) -> String {
        let mut text = String::with_capacity(order.len() + 34 + self.key.len());
        let _ = write!(text, "{order}:{}:{}", self.id.simple(), self.key);
        URL_SAFE_NO_PAD.encode(text)
    }

    /// Reads a cursor of the same order; anything else is `None`. So is one with a NUL, which no text holds and
    /// PostgreSQL refuses even to compare with.
    pub fn parse(order: &str, cursor: &str) -> Option<Self> {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
        let (id, key) = text.strip_prefix(order)?.strip_prefix(':')?.split_once(':')?;
        // No key of ours has a NUL in it, and PostgreSQL refuses a text that has.
        if key.contains('\0') {
            return None;
        }
        Some(Self { key: key.to_owned(), id: Uuid::try_parse(id).ok()? })
    }
}

/// Which page of a list is wanted.
#[derive(Clone, Debug)]
pub struct PageRequest {
    /// How many rows at most.
    pub limit: u64,
    /// From the end of the list instead of from its beginning (`last` instead of `first`).
    pub backward: bool,
    /// Only rows behind this place.
    pub after: Option<Position>,
    /// Only rows before this place.
    pub before: Option<Position>,
}

/// A page, in the list's own order whichever end it was cut from.
#[derive(Clone, Debug)]
pub struct Slice<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// Whether there is something before them.
    pub has_previous_page: bool,
    /// Whether there is something behind them.
    pub has_next_page: bool,
}

impl<T> Slice<T> {
    /// The same page of what `of` makes of each row.
    pub fn map<U>(self, of: impl FnMut(T) -> U) -> Slice<U> {
        let Self { rows, has_previous_page, has_next_page } = self;
        Slice { rows: rows.into_iter().map(of).collect(), has_previous_page, has_next_page }
    }
}

/// What a list is sorted by: a column or an indexed expression, then the id in the same direction.
#[derive(Clone)]
pub struct Sort {
    /// The first key.
    pub key: SimpleExpr,
    /// The row's id.
    pub id: SimpleExpr,
    /// Downwards instead of upwards.
    pub descending: bool,
    /// Reads a key back from a [`Position`], as the value that `key` is compared with.
    pub parse: fn(&str) -> Option<SimpleExpr>,
}

impl PageRequest {
    /// Narrows, sorts and limits `query` to this page and one row more, by which [`PageRequest::slice`] sees whether
    /// the list goes on.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] for the position that does not belong to this sort.
    pub fn apply<E: EntityTrait>(&self, mut query: Select<E>, sort: &Sort) -> Result<Select<E>, Error> {
        for (field, position, behind) in [("after", &self.after, true), ("before", &self.before, false)] {
            let Some(position) = position else { continue };
            let key = (sort.parse)(&position.key).ok_or_else(|| foreign_cursor(field))?;
            let here = Expr::tuple([sort.key.clone(), sort.id.clone()]);
            let there = Expr::tuple([key.clone(), Expr::value(position.id)]);
            // The first condition follows from the second. Without it SQLite reads an index over an expression from
            // its beginning.
            let bounded = sort.key.clone();
            query = if behind != sort.descending {
                query.filter(bounded.gte(key)).filter(here.gt(there))
            } else {
                query.filter(bounded.lte(key)).filter(here.lt(there))
            };
        }
        let order = if sort.descending == self.backward { Order::Asc } else { Order::Desc };
        Ok(query
            .order_by(sort.key.clone(), order.clone())
            .order_by(sort.id.clone(), order)
            .limit(self.limit + 1))
    }

    /// Makes the page of the rows that the query of [`PageRequest::apply`] found.
    pub fn slice<T>(&self, mut rows: Vec<T>) -> Slice<T> {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let more = rows.len() > limit;
        rows.truncate(limit);
        if self.backward {
            rows.reverse();
            return Slice { rows, has_previous_page: more, has_next_page: self.before.is_some() };
        }
        Slice { rows, has_previous_page: self.after.is_some(), has_next_page: more }
    }
}

/// Refuses the cursor in `field`: it comes from another list, from another order, or from nowhere.
pub fn foreign_cursor(field: &'static str) -> Error {
    Error::invalid_input(field, "This cursor does not belong to this list.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_back_in_its_own_order_only() {
        let place = Position { key: "a:b@example.test".into(), id: Uuid::from_u128(7) };
        let cursor = place.cursor("EMAIL");
        assert_eq!(Position::parse("EMAIL", &cursor), Some(place));
        assert_eq!(Position::parse("NAME", &cursor), None);
        assert_eq!(Position::parse("EMAIL", "not a cursor"), None);
        assert_eq!(Position::parse("EMAIL", ""), None);
        let forged = Position { key: "\0".into(), id: Uuid::from_u128(7) };
        assert_eq!(Position::parse("EMAIL", &forged.cursor("EMAIL")), None);
    }
}
