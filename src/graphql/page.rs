//! Relay connections: arguments in, cursors out.

use async_graphql::SimpleObject;

use crate::error::Error;
use crate::graphql::policy::directives::public;
use crate::platform::page::{PageRequest, Position, Slice, foreign_cursor};

/// How many rows a page has when the client does not say.
pub const DEFAULT: i32 = 20;

/// How many it has at most.
pub const MOST: i32 = 100;

/// No field is counted for more, however much it stands for: sums of such counts must not overflow.
const MOST_COST: usize = u32::MAX as usize;

/// Where a page stands in its list.
#[derive(SimpleObject)]
#[graphql(directive = public::apply(), shareable)]
pub struct PageInfo {
    /// Whether something comes before this page.
    has_previous_page: bool,
    /// Whether something comes after this page.
    has_next_page: bool,
    /// The cursor of the first row, for `before`.
    start_cursor: Option<String>,
    /// The cursor of the last row, for `after`.
    end_cursor: Option<String>,
}

impl PageInfo {
    /// Of a page of a list in `order`, whose rows stand at `position`.
    pub fn of<T>(slice: &Slice<T>, order: &str, position: impl Fn(&T) -> Position) -> Self {
        let cursor = |row: &T| position(row).cursor(order);
        Self {
            has_previous_page: slice.has_previous_page,
            has_next_page: slice.has_next_page,
            start_cursor: slice.rows.first().map(cursor),
            end_cursor: slice.rows.last().map(cursor),
        }
    }
}

/// A connection's arguments as the client wrote them.
pub struct Arguments {
    /// So many from the beginning.
    pub first: Option<i32>,
    /// Behind this cursor.
    pub after: Option<String>,
    /// So many from the end.
    pub last: Option<i32>,
    /// Before this cursor.
    pub before: Option<String>,
}

impl Arguments {
    /// The page of a list in `order` that they ask for.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] for the argument that makes no sense.
    pub fn page(self, order: &str) -> Result<PageRequest, Error> {
        let read = |field, cursor: Option<String>| {
            let parse = |cursor: String| Position::parse(order, &cursor).ok_or_else(|| foreign_cursor(field));
            cursor.map(parse).transpose()
        };
        let (limit, backward) = match (self.first, self.last) {
            (Some(_), Some(_)) => {
                return Err(Error::invalid_input("last", "Ask for the first or for the last, not for both."));
            }
            (None, Some(last)) => (bounded("last", last)?, true),
            (first, None) => (bounded("first", first.unwrap_or(DEFAULT))?, false),
        };
        Ok(PageRequest {
            limit,
            backward,
            after: read("after", self.after)?,
            before: read("before", self.before)?,
        })
    }
}

/// What a field that answers with a page stands for: what is selected beneath it, once for each row that may come.
/// Pages beneath pages multiply, so without this a short document could ask for millions of rows.
pub fn cost(first: Option<i32>, last: Option<i32>, beneath: usize) -> usize {
    let rows = first.or(last).unwrap_or(DEFAULT).clamp(0, MOST);
    list_cost(usize::try_from(rows).unwrap_or_default(), beneath)
}

/// The same for a list of so many values.
pub fn list_cost(length: usize, beneath: usize) -> usize {
    length.saturating_mul(beneath).saturating_add(1).min(MOST_COST)
}

fn bounded(field: &'static str, count: i32) -> Result<u64, Error> {
    u64::try_from(count)
        .ok()
        .filter(|_| count <= MOST)
        .ok_or_else(|| Error::invalid_input(field, format!("A page has 0 to {MOST} rows.")))
}
