//! A stored observation: a value with its date, its source and its time of fetching.

use crate::snapshot::RawObservation;
use chrono::{DateTime, NaiveDate, Utc};

/// An observation with its source and time of fetching.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredObservation {
    /// Day the value belongs to.
    pub date: NaiveDate,
    /// The value, in the series' unit.
    pub value: f64,
    /// Source of the value: a provider's name, or [`IMPORT_SOURCE`](crate::IMPORT_SOURCE).
    pub source: String,
    /// Instant at which this value was first fetched; stored to the millisecond.
    pub fetched_at: DateTime<Utc>,
}

impl StoredObservation {
    /// Returns the observation without its source and time.
    pub fn raw(&self) -> RawObservation {
        RawObservation { date: self.date, value: self.value }
    }
}
