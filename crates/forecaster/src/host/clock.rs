//! The clock of this machine, in the configured zone.

use crate::config::settings::Config;
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

/// The clock, in the configured zone.
pub(crate) fn now(config: &Config) -> DateTime<Tz> {
    Utc::now().with_timezone(&config.zone())
}

/// Today's date, in the configured zone.
pub(crate) fn today(config: &Config) -> NaiveDate {
    now(config).date_naive()
}
