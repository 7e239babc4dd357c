//! The only source of time.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};

/// Says what time it is. Instants are UTC and whole microseconds, which both databases keep exactly.
#[derive(Clone, Debug, Default)]
pub enum Clock {
    /// The machine's.
    #[default]
    System,
    /// One that moves only when told to.
    Manual(ManualClock),
}

impl Clock {
    /// The present instant.
    pub fn now(&self) -> DateTime<Utc> {
        match self {
            #[expect(clippy::disallowed_methods, reason = "this is the one place that asks")]
            Self::System => truncated(Utc::now()),
            Self::Manual(clock) => clock.now(),
        }
    }

    /// A point on a time that nobody can set: for measuring how much of it has passed.
    pub fn monotonic(&self) -> Instant {
        match self {
            Self::System => Instant::now(),
            Self::Manual(clock) => clock.monotonic(),
        }
    }
}

/// A clock for tests. Clones show the same time.
#[derive(Clone, Debug)]
pub struct ManualClock {
    micros: Arc<AtomicI64>,
    /// Where it began, on both of its times.
    began: (DateTime<Utc>, Instant),
}

impl ManualClock {
    /// A clock that stands at `start`.
    pub fn new(start: DateTime<Utc>) -> Self {
        Self { micros: Arc::new(AtomicI64::new(start.timestamp_micros())), began: (start, Instant::now()) }
    }

    /// Moves on by `delta`, which may be negative.
    pub fn advance(&self, delta: TimeDelta) {
        let micros = delta.num_microseconds().unwrap_or_default();
        self.micros.fetch_add(micros, Ordering::SeqCst);
    }

    fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.micros.load(Ordering::SeqCst)).unwrap_or_default()
    }

    fn monotonic(&self) -> Instant {
        let passed = (self.now() - self.began.0).num_microseconds().unwrap_or_default();
        self.began.1 + Duration::from_micros(u64::try_from(passed).unwrap_or_default())
    }
}

fn truncated(instant: DateTime<Utc>) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(instant.timestamp_micros()).unwrap_or(instant)
}
