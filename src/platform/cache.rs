//! Rows of the database kept in memory, for as long as they are known to be true.
//!
//! Two things must never happen. What was read before a change must not be put here after it: whoever reads takes a
//! [`Mark`] first, and each change makes every mark before it void. And nothing may be answered from here when changes
//! made by others would not be heard of: whoever hears them vouches for two seconds, again and again.

use std::any::Any;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use uuid::Uuid;

use crate::platform::clock::Clock;
use crate::platform::secret::Digest;

/// For how long after everything had been heard the cache is believed.
pub const TRUST: Duration = Duration::from_secs(2);

/// The longest for which anything is believed. Nothing should ever need it; it bounds what a change that escaped every
/// trigger (a dump restored beneath a running server) can do, and costs one read a minute.
pub const LONGEST: Duration = Duration::from_secs(60);

/// What the cache itself needs for one row: 372 bytes were measured for 200,000 of them.
const OVERHEAD: usize = 400;

/// Rows by their id, whatever table they are of: ids are unique across all of them. What is made of many rows stands under
/// a digest of the question, and counts only until anything is changed.
pub struct Cache {
    rows: moka::sync::Cache<Uuid, Entry>,
    clock: Clock,
    origin: Instant,
    /// In microseconds after `origin`, as all points in time are here.
    trusted_until: AtomicU64,
    /// Counts changes. Moved, and compared before a row is put in, only under `changing`.
    changes: AtomicU64,
    /// Counts how often everything was forgotten.
    era: AtomicU64,
    changing: Mutex<()>,
}

#[derive(Clone)]
struct Entry {
    row: Arc<dyn Any + Send + Sync>,
    bytes: u32,
    era: u64,
    read_at: u64,
    /// How many changes there had been, for what any change makes void.
    until_change: Option<u64>,
}

/// The moment before a read.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    changes: u64,
    at: u64,
}

impl Cache {
    /// An empty one for so many bytes, which nobody vouches for yet. Without bytes it never holds anything.
    pub fn new(bytes: u64, clock: Clock) -> Self {
        let rows =
            moka::sync::Cache::builder().max_capacity(bytes).weigher(|_, entry: &Entry| entry.bytes).build();
        Self {
            rows,
            origin: clock.monotonic(),
            clock,
            trusted_until: AtomicU64::new(0),
            changes: AtomicU64::new(0),
            era: AtomicU64::new(0),
            changing: Mutex::new(()),
        }
    }

    /// The row of this id and type, if it is here and may be believed.
    pub fn get<R: Any + Send + Sync>(&self, id: Uuid) -> Option<Arc<R>> {
        let now = self.now();
        if !self.is_trusted(now) {
            return None;
        }
        let entry = self.rows.get(&id)?;
        let age = Duration::from_micros(now.saturating_sub(entry.read_at));
        let unchanged =
            entry.until_change.is_none_or(|changes| changes == self.changes.load(Ordering::Acquire));
        let holds = unchanged && entry.era == self.era.load(Ordering::Acquire) && age < LONGEST;
        if holds { entry.row.downcast().ok() } else { None }
    }

    /// To be taken before a row is read that shall be put here; `None` while nothing is kept.
    pub fn mark(&self) -> Option<Mark> {
        let at = self.now();
        self.is_trusted(at).then(|| Mark { changes: self.changes.load(Ordering::Acquire), at })
    }

    /// Keeps a row that was read after `mark`, unless anything was changed meanwhile. `heap` is what it takes in bytes
    /// beyond its own size.
    pub fn put<R: Any + Send + Sync>(&self, mark: Mark, id: Uuid, row: Arc<R>, heap: usize) {
        self.insert(mark, id, row, heap, None);
    }

    /// The same for the answer to a question about many rows, of which the database does not say which changes concern it.
    /// Any change makes it void.
    pub fn put_until_change<R: Any + Send + Sync>(&self, mark: Mark, key: Uuid, answer: Arc<R>, heap: usize) {
        self.insert(mark, key, answer, heap, Some(mark.changes));
    }

    /// The place of what has no id but a digest, such as the answer to a question: its first half is as good as one, and nobody
    /// will find two that share it.
    pub fn place(digest: &Digest) -> Uuid {
        let (half, _) = digest.as_bytes().split_first_chunk().expect("a digest has 32 bytes");
        Uuid::from_bytes(*half)
    }

    fn insert<R: Any + Send + Sync>(
        &self,
        mark: Mark,
        id: Uuid,
        row: Arc<R>,
        heap: usize,
        until_change: Option<u64>,
    ) {
        let bytes = u32::try_from(OVERHEAD + size_of::<R>() + heap).unwrap_or(u32::MAX);
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        if self.changes.load(Ordering::Acquire) == mark.changes {
            let era = self.era.load(Ordering::Acquire);
            self.rows.insert(id, Entry { row, bytes, era, read_at: mark.at, until_change });
        }
    }

    /// Forgets these rows. What is being read meanwhile is not kept.
    pub fn forget(&self, ids: impl IntoIterator<Item = Uuid>) {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        self.changes.fetch_add(1, Ordering::AcqRel);
        for id in ids {
            self.rows.invalidate(&id);
        }
    }

    /// Forgets all rows.
    pub fn clear(&self) {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        self.changes.fetch_add(1, Ordering::AcqRel);
        self.era.fetch_add(1, Ordering::AcqRel);
        // Gives back the memory; the era alone decides what counts.
        self.rows.invalidate_all();
    }

    /// Lets the cache be believed until [`TRUST`] after `heard_at`: all that was committed before it is known here.
    pub fn vouch(&self, heard_at: Instant) {
        self.trusted_until.store(self.point(heard_at + TRUST), Ordering::Release);
    }

    /// Lets the cache be believed no longer, because changes are not heard of.
    pub fn distrust(&self) {
        self.trusted_until.store(0, Ordering::Release);
    }

    /// Whether changes are heard of, so that what is kept may be believed.
    pub fn is_vouched_for(&self) -> bool {
        self.is_trusted(self.now())
    }

    /// How many bytes its rows take, by estimate.
    pub fn bytes(&self) -> u64 {
        self.rows.run_pending_tasks();
        self.rows.weighted_size()
    }

    fn is_trusted(&self, now: u64) -> bool {
        now < self.trusted_until.load(Ordering::Acquire)
    }

    fn now(&self) -> u64 {
        self.point(self.clock.monotonic())
    }

    fn point(&self, instant: Instant) -> u64 {
        u64::try_from(instant.saturating_duration_since(self.origin).as_micros()).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that fails here has said enough")]
mod tests {
    use chrono::{DateTime, TimeDelta};

    use super::*;
    use crate::platform::clock::ManualClock;

    fn trusted(bytes: u64) -> (Cache, ManualClock) {
        let clock = ManualClock::new(DateTime::UNIX_EPOCH);
        let cache = Cache::new(bytes, Clock::Manual(clock.clone()));
        cache.vouch(cache.clock.monotonic());
        (cache, clock)
    }

    fn id(n: u128) -> Uuid {
        Uuid::from_u128(n)
    }

    #[test]
    fn what_was_read_before_a_change_is_not_kept_after_it() {
        let (cache, _clock) = trusted(1 << 20);
        let before = cache.mark().unwrap();
        cache.forget([id(1)]);
        cache.put(before, id(1), Arc::new("old"), 0);
        assert_eq!(cache.get::<&str>(id(1)), None);
        cache.put(cache.mark().unwrap(), id(1), Arc::new("new"), 0);
        assert_eq!(cache.get::<&str>(id(1)).as_deref(), Some(&"new"));
        let before = cache.mark().unwrap();
        cache.clear();
        assert_eq!(cache.get::<&str>(id(1)), None);
        cache.put(before, id(1), Arc::new("old"), 0);
        assert_eq!(cache.get::<&str>(id(1)), None);
    }

    #[test]
    fn it_is_believed_for_two_seconds_after_it_was_vouched_for_and_no_row_for_longer_than_a_minute() {
        let (cache, clock) = trusted(1 << 20);
        cache.put(cache.mark().unwrap(), id(1), Arc::new(1), 0);
        clock.advance(TimeDelta::milliseconds(1_999));
        assert!(cache.get::<i32>(id(1)).is_some());
        clock.advance(TimeDelta::milliseconds(1));
        assert!(cache.get::<i32>(id(1)).is_none() && cache.mark().is_none());
        cache.vouch(cache.clock.monotonic());
        assert!(cache.get::<i32>(id(1)).is_some());
        cache.distrust();
        assert!(cache.get::<i32>(id(1)).is_none());
        clock.advance(TimeDelta::milliseconds(57_999));
        cache.vouch(cache.clock.monotonic());
        assert!(cache.get::<i32>(id(1)).is_some());
        clock.advance(TimeDelta::milliseconds(1));
        assert!(cache.get::<i32>(id(1)).is_none());
    }

    #[test]
    fn an_answer_about_many_rows_is_void_after_any_change() {
        let (cache, _clock) = trusted(1 << 20);
        cache.put(cache.mark().unwrap(), id(1), Arc::new("row"), 0);
        cache.put_until_change(cache.mark().unwrap(), id(2), Arc::new("page"), 0);
        assert_eq!(cache.get::<&str>(id(2)).as_deref(), Some(&"page"));
        cache.forget([id(3)]);
        assert_eq!(cache.get::<&str>(id(2)), None);
        assert_eq!(cache.get::<&str>(id(1)).as_deref(), Some(&"row"));
    }

    #[test]
    fn a_row_is_no_row_of_another_type() {
        let (cache, _clock) = trusted(1 << 20);
        cache.put(cache.mark().unwrap(), id(1), Arc::new(1_u8), 0);
        assert!(cache.get::<u16>(id(1)).is_none() && cache.get::<u8>(id(1)).is_some());
    }

    #[test]
    fn it_stays_within_its_bytes() {
        let (cache, _clock) = trusted(1 << 20);
        for n in 0..100_000 {
            cache.put(cache.mark().unwrap(), id(n), Arc::new([0_u8; 64]), 100);
        }
        assert!((1 << 19..=1 << 20).contains(&cache.bytes()), "{}", cache.bytes());
        let (without, _clock) = trusted(0);
        without.put(without.mark().unwrap(), id(1), Arc::new(1), 0);
        assert_eq!((without.get::<i32>(id(1)), without.bytes()), (None, 0));
    }
}
