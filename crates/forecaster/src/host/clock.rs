//! The clock of this machine, in the configured zone.

use crate::config::settings::Config;
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

/// Returns the current time in the configured zone.
pub(crate) fn now(config: &Config) -> DateTime<Tz> {
    Utc::now().with_timezone(&config.zone())
}

/// Returns today's date in the configured zone.
pub(crate) fn today(config: &Config) -> NaiveDate {
    now(config).date_naive()
}
