//! The two clocks: the time of day, and the time elapsed.

use chrono::{DateTime, Utc};
use std::time::{Duration, Instant};

/// 2020-01-01, before the first forecaster was written: an earlier clock is not set.
const EARLIEST_SECONDS: i64 = 1_577_836_800;

/// True when the wall clock can be right.
pub(crate) fn is_set(now: DateTime<Utc>) -> bool {
    now.timestamp() >= EARLIEST_SECONDS
}

/// Reading of both clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ClockReading {
    /// Time of the wall clock, which may be stepped.
    pub now: DateTime<Utc>,
    /// Time since an arbitrary start, which only grows.
    pub elapsed: Duration,
}

/// Source of readings.
pub(crate) trait Clock: Send + Sync {
    /// Reads both clocks.
    fn read(&self) -> ClockReading;
}

/// Clocks of the machine.
#[derive(Debug)]
pub(crate) struct SystemClock(Instant);

impl SystemClock {
    /// Starts counting the elapsed time.
    pub(crate) fn new() -> Self {
        Self(Instant::now())
    }
}

impl Clock for SystemClock {
    fn read(&self) -> ClockReading {
        ClockReading { now: Utc::now(), elapsed: self.0.elapsed() }
    }
}
