//! Tokens and sessions count on the clock.

use chrono::{DateTime, Datelike as _, TimeDelta, Utc};
use sea_orm::{ConnectionTrait as _, DbBackend, Statement};

use crate::cli::doctor::Finding;
use crate::platform::clock::Clock;
use crate::platform::database::Database;

const PART: &str = "clock";
/// No Rolegate is older.
const FIRST_YEAR: i32 = 2026;
/// Past this, somebody turned the clock.
const LAST_YEAR: i32 = 2100;
/// How far the database's clock may be from ours.
const TOLERANCE: TimeDelta = TimeDelta::seconds(5);

/// Whether the year can be true.
pub(super) fn of_this_machine() -> Finding {
    let now = Clock::System.now();
    match now.year() {
        FIRST_YEAR..=LAST_YEAR => {
            Finding::good(PART, format!("It is {} UTC.", now.format("%Y-%m-%d %H:%M:%S")))
        }
        year => Finding::bad(PART, format!("The clock says that it is {year}: set it, tokens depend on it.")),
    }
}

/// Whether a server's clock agrees with ours. SQLite has none of its own.
pub(super) async fn of_the_database(database: &Database) -> Option<Finding> {
    let reader = database.reader();
    if reader.get_database_backend() != DbBackend::Postgres {
        return None;
    }
    let before = Clock::System.now();
    let row = reader
        .query_one_raw(Statement::from_string(DbBackend::Postgres, "SELECT clock_timestamp() AS now"))
        .await;
    let theirs = row.ok().flatten().and_then(|row| row.try_get::<DateTime<Utc>>("", "now").ok())?;
    let apart =
        if theirs < before { before - theirs } else { (theirs - Clock::System.now()).max(TimeDelta::zero()) };
    Some(match apart <= TOLERANCE {
        true => Finding::good(PART, "The database's clock agrees with ours."),
        false => Finding::bad(
            PART,
            format!(
                "The database's clock is {} s from ours: synchronize both with NTP.",
                apart.num_seconds()
            ),
        ),
    })
}
