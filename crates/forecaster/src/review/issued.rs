//! Distinction between issued forecasts and replays.

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

/// True when a forecast up to `end_date` was made before that outcome: a replay by hand was not, nor one from data
/// long out of date.
pub(crate) fn made_before_outcome(finished_at: DateTime<Utc>, end_date: NaiveDate, zone: Tz) -> bool {
    finished_at.with_timezone(&zone).date_naive() < end_date
}
