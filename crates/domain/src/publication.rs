//! Time of day, with its zone, at which a value is published or a forecast is made. The order of two such times can
//! change with the seasons: 12:15 in Warsaw is 06:15, 07:15 or 08:15 in Santiago.

use crate::error::DomainError;
use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc, Weekday};
use chrono_tz::Tz;
use std::{fmt, str::FromStr};

/// A time of day in a zone, such as "12:15 Europe/Warsaw".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockTime {
    /// Hour and minute on the clock.
    pub time: NaiveTime,
    /// Zone of the clock.
    pub zone: Tz,
}

impl ClockTime {
    /// Instant at which the clock shows this time on `date`. A time skipped by a change to summer time is taken an
    /// hour later; for a time that occurs twice, the first counts.
    pub fn on(&self, date: NaiveDate) -> DateTime<Utc> {
        let local = date.and_time(self.time);
        let found = self.zone.from_local_datetime(&local).earliest();
        let later = || self.zone.from_local_datetime(&(local + TimeDelta::hours(1))).earliest();
        found.or_else(later).map_or_else(|| local.and_utc(), |instant| instant.to_utc())
    }
}

impl FromStr for ClockTime {
    type Err = DomainError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let read = || {
            let (time, zone) = text.trim().split_once(' ')?;
            let time = NaiveTime::parse_from_str(time, "%H:%M").ok()?;
            Some(Self { time, zone: zone.trim().parse().ok()? })
        };
        read().ok_or_else(|| DomainError::BadClockTime(text.to_owned()))
    }
}

impl fmt::Display for ClockTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.time.format("%H:%M"), self.zone)
    }
}

/// Returns the first day from `date` on that is not a Saturday or Sunday: nothing is published on weekends.
pub(crate) fn weekday_from(date: NaiveDate) -> NaiveDate {
    match date.weekday() {
        Weekday::Sat => date + Days::new(2),
        Weekday::Sun => date + Days::new(1),
        _ => date,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noon_in_warsaw_is_another_hour_in_santiago_by_season() {
        let warsaw: ClockTime = "12:15 Europe/Warsaw".parse().unwrap();
        for (date, hour) in [
            ("2024-01-15", "08:15"),
            ("2024-03-20", "08:15"),
            ("2024-07-15", "06:15"),
            ("2024-10-30", "08:15"),
            ("2024-10-15", "07:15"),
        ] {
            let there = warsaw.on(date.parse().unwrap()).with_timezone(&Tz::America__Santiago);
            assert_eq!(there.format("%H:%M").to_string(), hour, "{date}");
        }
    }

    #[test]
    fn a_time_that_is_skipped_comes_later_and_one_that_comes_twice_counts_once() {
        let at = |text: &str| text.parse::<ClockTime>().unwrap();
        let summer = at("02:30 Europe/Warsaw").on("2024-03-31".parse().unwrap());
        assert_eq!(summer.to_rfc3339(), "2024-03-31T01:30:00+00:00");
        let winter = at("02:30 Europe/Warsaw").on("2024-10-27".parse().unwrap());
        assert_eq!(winter.to_rfc3339(), "2024-10-27T00:30:00+00:00");
    }

    #[test]
    fn only_a_time_with_its_zone_is_read() {
        let read = |text: &str| text.parse::<ClockTime>().map(|it| it.to_string());
        assert_eq!(read("12:15 Europe/Warsaw"), Ok("12:15 Europe/Warsaw".to_owned()));
        for text in ["12:15", "Europe/Warsaw", "25:00 UTC", "12:15 Warsaw", ""] {
            assert_eq!(read(text), Err(DomainError::BadClockTime(text.to_owned())), "{text}");
        }
    }

    #[test]
    fn what_falls_on_a_weekend_waits_for_monday() {
        let days = ["2024-03-01", "2024-03-02", "2024-03-03", "2024-03-04"]
            .map(|d| weekday_from(d.parse().unwrap()).to_string());
        assert_eq!(days, ["2024-03-01", "2024-03-04", "2024-03-04", "2024-03-04"]);
    }
}
