//! Durations as people write them: `90s`, `10m`, `14d`.

use std::fmt;
use std::time::Duration;

use chrono::TimeDelta;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// How long something lasts. Whole seconds, read from and shown as `90s`, `10m`, `2h`, `14d`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lifetime(u32);

impl Lifetime {
    /// So many seconds.
    pub const fn seconds(count: u32) -> Self {
        Self(count)
    }

    /// So many minutes.
    pub const fn minutes(count: u32) -> Self {
        Self(count * 60)
    }

    /// So many days.
    pub const fn days(count: u32) -> Self {
        Self(count * 86_400)
    }

    /// For sums with instants.
    pub fn delta(self) -> TimeDelta {
        TimeDelta::seconds(self.0.into())
    }

    /// For timers.
    pub const fn duration(self) -> Duration {
        Duration::from_secs(self.0 as u64)
    }

    fn parse(text: &str) -> Option<Self> {
        let split = text.find(|c: char| !c.is_ascii_digit())?;
        let (count, unit) = text.split_at(split);
        let seconds: u32 = match unit {
            "s" => 1,
            "m" => 60,
            "h" => 3_600,
            "d" => 86_400,
            _ => return None,
        };
        count.parse::<u32>().ok()?.checked_mul(seconds).map(Self)
    }
}

impl fmt::Display for Lifetime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            n if n > 0 && n % 86_400 == 0 => write!(f, "{}d", n / 86_400),
            n if n > 0 && n % 3_600 == 0 => write!(f, "{}h", n / 3_600),
            n if n > 0 && n % 60 == 0 => write!(f, "{}m", n / 60),
            n => write!(f, "{n}s"),
        }
    }
}

impl fmt::Debug for Lifetime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<'de> Deserialize<'de> for Lifetime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| {
            de::Error::custom(format!(
                "`{text}` is no duration: write a whole number and s, m, h or d, as in `10m`"
            ))
        })
    }
}

impl Serialize for Lifetime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
