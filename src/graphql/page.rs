//! Relay connections: arguments in, cursors out.

use async_graphql::parser::types::Field;
use async_graphql::{SimpleObject, Value, Variables};
use async_graphql_value::Value as InputValue;

use crate::error::Error;
use crate::graphql::policy::directives::public;
use crate::platform::page::{PageRequest, Position, Slice};

/// How many rows a page has when the client does not say.
const DEFAULT: i32 = 20;

/// How many it has at most.
const MOST: i32 = 100;

/// Where a page stands in its list.
#[derive(SimpleObject)]
#[graphql(directive = public::apply())]
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
            let parse = |cursor: String| {
                Position::parse(order, &cursor)
                    .ok_or_else(|| Error::invalid_input(field, "This cursor does not belong to this list."))
            };
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

/// How many rows the page of a connection has at most that a document asks for with `field`.
///
/// A variable that was not sent may have a default, so that it counts as the largest page; what is larger still is
/// refused by whoever resolves the field, and in better words.
pub fn size(field: &Field, variables: &Variables) -> usize {
    let most = MOST.unsigned_abs() as usize;
    let Some(asked) = field.get_argument("first").or_else(|| field.get_argument("last")) else {
        return DEFAULT.unsigned_abs() as usize;
    };
    let number = match &asked.node {
        InputValue::Number(number) => number.as_u64(),
        InputValue::Variable(name) => match variables.get(name) {
            Some(Value::Number(number)) => number.as_u64(),
            _ => None,
        },
        _ => None,
    };
    number.and_then(|number| usize::try_from(number).ok()).map_or(most, |number| number.min(most))
}

fn bounded(field: &'static str, count: i32) -> Result<u64, Error> {
    u64::try_from(count)
        .ok()
        .filter(|_| count <= MOST)
        .ok_or_else(|| Error::invalid_input(field, format!("A page has 0 to {MOST} rows.")))
}
