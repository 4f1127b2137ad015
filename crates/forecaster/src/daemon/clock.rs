//! The two clocks: what time it is, and how much time has passed.

use chrono::{DateTime, Utc};
use std::time::{Duration, Instant};

/// 2020-01-01: earlier than this the clock is not set, since no forecaster had been written.
const EARLIEST_SECONDS: i64 = 1_577_836_800;

/// Whether the wall clock can be right.
pub(crate) fn is_set(now: DateTime<Utc>) -> bool {
    now.timestamp() >= EARLIEST_SECONDS
}

/// A reading of both clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reading {
    /// The wall clock, which may be set.
    pub now: DateTime<Utc>,
    /// Time since some beginning, which only grows.
    pub elapsed: Duration,
}

/// Where readings come from.
pub(crate) trait Clock: Send + Sync {
    /// Reads both clocks.
    fn read(&self) -> Reading;
}

/// The machine's clocks.
#[derive(Debug)]
pub(crate) struct SystemClock(Instant);

impl SystemClock {
    /// Begins to count.
    pub(crate) fn new() -> Self {
        Self(Instant::now())
    }
}

impl Clock for SystemClock {
    fn read(&self) -> Reading {
        Reading { now: Utc::now(), elapsed: self.0.elapsed() }
    }
}
