//! The time of day of a horizon's schedule.

use chrono::{DateTime, NaiveTime};
use croner::Cron;
use std::str::FromStr;

/// Returns the earliest time of day of the cron `fields`, on any day; `None` when they are not valid cron fields.
pub(crate) fn first_time_of_day(fields: &str) -> Option<NaiveTime> {
    let times: Vec<&str> = fields.split_whitespace().take(2).collect();
    let daily = Cron::from_str(&format!("{} * * *", times.join(" "))).ok()?;
    // In UTC, where no hour is skipped: the result is a clock time, not an instant.
    daily.find_next_occurrence(&DateTime::UNIX_EPOCH, true).ok().map(|instant| instant.time())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_time_of_day_is_read_whatever_the_days_are() {
        let read = |fields: &str| first_time_of_day(fields).map(|time| time.format("%H:%M").to_string());
        for (fields, time) in [
            ("30 8 * * Mon", "08:30"),
            ("0 10 * * Tue#1", "10:00"),
            ("15,45 7-9 1,15 * *", "07:15"),
            ("*/10 * * * *", "00:00"),
        ] {
            assert_eq!(read(fields).as_deref(), Some(time), "{fields}");
        }
        assert_eq!(read("no cron fields at all"), None);
    }
}
