//! Schedule of a horizon: cron fields in a zone, as instants.
//!
//! Evaluated with croner in the zone, again each time, so that the instants move with daylight-saving changes.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use croner::Cron;
use std::str::FromStr;

/// Cron fields in a zone.
#[derive(Debug, Clone)]
pub(crate) struct Schedule {
    fields: String,
    zone: Tz,
    cron: Cron,
}

impl Schedule {
    /// Parses five cron fields in `zone`; the 31st of a month and `Tue#1` are understood.
    ///
    /// # Errors
    /// A description of the error in the fields.
    pub(crate) fn new(fields: &str, zone: Tz) -> Result<Self, String> {
        let cron = Cron::from_str(fields).map_err(|error| error.to_string())?;
        Ok(Self { fields: fields.to_owned(), zone, cron })
    }

    /// Returns the cron fields.
    pub(crate) fn fields(&self) -> &str {
        &self.fields
    }

    /// Returns the zone of the fields.
    pub(crate) fn zone(&self) -> Tz {
        self.zone
    }

    /// Returns the first instant after `instant`; `None` when there is no later one.
    pub(crate) fn next_after(&self, instant: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let local = instant.with_timezone(&self.zone);
        self.cron.find_next_occurrence(&local, false).ok().map(|found| found.to_utc())
    }

    /// Returns the last instant in (`after`, `until`].
    pub(crate) fn last_within(&self, after: DateTime<Utc>, until: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let local = until.with_timezone(&self.zone);
        let last = self.cron.find_previous_occurrence(&local, true).ok()?.to_utc();
        (last > after && last <= until).then_some(last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;
    use serde_json::Value;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn instants(fields: &str) -> Vec<DateTime<Utc>> {
        let schedule = Schedule::new(fields, Tz::America__Santiago).unwrap();
        let first = at("2024-01-01T03:00:00Z") - TimeDelta::seconds(1);
        std::iter::successors(schedule.next_after(first), |last| schedule.next_after(*last))
            .take_while(|instant| *instant < at("2029-01-01T03:00:00Z"))
            .collect()
    }

    #[test]
    fn instants_are_those_of_an_enumeration_of_every_local_day_through_changes_of_time_and_leap_years() {
        let expected: Value = serde_json::from_str(include_str!("../../fixtures/schedules.json")).unwrap();
        for (fields, expected) in expected.as_object().unwrap() {
            let expected = expected.as_array().unwrap();
            let found = instants(fields);
            assert_eq!(found.len(), expected.len(), "{fields}");
            for (found, expected) in found.iter().zip(expected) {
                let instant = at(expected["utc"].as_str().unwrap());
                if expected["gap"] == true {
                    let late = *found - instant;
                    assert!((0..60).contains(&late.num_minutes()), "{fields}: {found} for {instant}");
                } else {
                    assert_eq!(*found, instant, "{fields}");
                }
            }
        }
    }

    #[test]
    fn looking_back_finds_the_same_instants_as_looking_ahead() {
        for fields in ["0 8 * * Mon", "0 10 * * Tue#1", "30 0 * * Sun", "30 23 * * Sat", "*/30 * * * *", "0 8 31 * *"]
        {
            let schedule = Schedule::new(fields, Tz::America__Santiago).unwrap();
            let found = instants(fields);
            for pair in found.windows(2).filter(|pair| fields != "*/30 * * * *" || near_a_change(pair[0])) {
                let [earlier, later] = [pair[0], pair[1]];
                assert_eq!(schedule.last_within(earlier, later), Some(later), "{fields}");
                assert_eq!(schedule.last_within(earlier, later - TimeDelta::seconds(1)), None, "{fields} {later}");
                assert_eq!(
                    schedule.last_within(earlier - TimeDelta::seconds(1), later - TimeDelta::seconds(1)),
                    Some(earlier),
                    "{fields}"
                );
            }
        }
    }

    fn near_a_change(instant: DateTime<Utc>) -> bool {
        ["2025-04-06T03:00:00Z", "2025-09-07T04:00:00Z", "2026-04-05T03:00:00Z", "2026-09-06T04:00:00Z"]
            .iter()
            .any(|change| (instant - at(change)).abs() < TimeDelta::days(2))
    }

    #[test]
    fn a_schedule_of_every_half_hour_keeps_its_pace_through_both_changes() {
        let found = instants("*/30 * * * *");
        assert!(found.windows(2).all(|pair| pair[1] - pair[0] == TimeDelta::minutes(30)));
    }
}
