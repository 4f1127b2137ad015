//! An observation as the store keeps it: a value with its date, its source and the time at which it was fetched.

use crate::snapshot::RawObservation;
use chrono::{DateTime, NaiveDate, Utc};

/// An observation with where it came from.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredObservation {
    /// Day the value belongs to.
    pub date: NaiveDate,
    /// Its value, in the series' unit.
    pub value: f64,
    /// Who said so: a provider's name, or [`IMPORT_SOURCE`](crate::IMPORT_SOURCE).
    pub source: String,
    /// When this value was first fetched; kept to the millisecond.
    pub fetched_at: DateTime<Utc>,
}

impl StoredObservation {
    /// The observation without its origin.
    pub fn raw(&self) -> RawObservation {
        RawObservation { date: self.date, value: self.value }
    }
}
