//! Schedule of a horizon: cron fields in a zone, as instants, with the rule for days that are no business days.
//!
//! Evaluated with croner in the zone, again each time, so that the instants move with daylight-saving changes.

mod holidays;

pub(crate) use holidays::HolidayRule;

use crate::config::settings::Config;
use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use croner::{Cron, Direction};
use forecaster_domain::Horizon;
use std::str::FromStr;

/// Cron fields in a zone, and the rule for holidays.
#[derive(Debug, Clone)]
pub(crate) struct Schedule {
    fields: String,
    zone: Tz,
    cron: Cron,
    /// Times of day alone, on every day.
    times: Cron,
    /// Days alone, at midnight.
    days: Cron,
    rule: HolidayRule,
}

impl Schedule {
    /// Returns the schedule of `horizon`.
    ///
    /// # Errors
    /// A description of the error in the cron fields.
    pub(crate) fn of(config: &Config, horizon: Horizon) -> Result<Self, String> {
        let settings = config.horizons.get(horizon);
        Self::new(&settings.schedule, config.zone(), HolidayRule::new(settings.on_holiday, config.pair().clone()))
    }

    /// Parses five cron fields in `zone`; the 31st of a month and `Tue#1` are understood.
    ///
    /// # Errors
    /// A description of the error in the fields.
    pub(crate) fn new(fields: &str, zone: Tz, rule: HolidayRule) -> Result<Self, String> {
        let parse = |fields: &str| Cron::from_str(fields).map_err(|error| error.to_string());
        let cron = parse(fields)?;
        let [minute, hour, days @ ..] = &fields.split_whitespace().collect::<Vec<_>>()[..] else {
            return Err(format!("\"{fields}\" has no minute and hour"));
        };
        let times = parse(&format!("{minute} {hour} * * *"))?;
        let days = parse(&format!("0 0 {}", days.join(" ")))?;
        Ok(Self { fields: fields.to_owned(), zone, cron, times, days, rule })
    }

    /// Returns the zone of the fields.
    pub(crate) fn zone(&self) -> Tz {
        self.zone
    }

    /// Returns the text by which the ledger knows the schedule: the cron fields, and the rule for holidays when it
    /// moves runs or has moved some.
    pub(crate) fn text(&self) -> String {
        self.rule.appended_to(&self.fields)
    }

    /// Returns this schedule as the continuation, since `now`, of one that the ledger knows as `text`: what that one
    /// had planned up to `now` stays planned, and only later runs follow this one's rule for holidays. `None` when
    /// the cron fields or the pair's holidays are others, so that this is another schedule.
    pub(crate) fn continuing(self, text: &str, now: DateTime<Utc>) -> Option<Self> {
        let former = HolidayRule::parse(text, &self.fields, self.rule.pair())?;
        let rule = former.changed_to(self.rule.on_holiday(), self.last_begun_day(now));
        Some(Self { rule, ..self })
    }

    /// Returns the last day up to `now` on which the first time of day has come: runs of later days can still be
    /// moved.
    fn last_begun_day(&self, now: DateTime<Utc>) -> NaiveDate {
        let today = now.with_timezone(&self.zone).date_naive();
        let first = self.first_on(today, self.end_of(today - Days::new(1)));
        if first.is_some_and(|first| first <= now) { today } else { today - Days::new(1) }
    }

    /// Corrects the times at which the rule changed after a clock that was ahead has been set to `now`.
    pub(crate) fn forget_changes_after(&mut self, now: DateTime<Utc>) {
        self.rule.limit_changes_to(self.last_begun_day(now));
    }

    /// Returns the first instant after `instant`; `None` when there is no later one.
    pub(crate) fn next_after(&self, instant: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let local = instant.with_timezone(&self.zone);
        if self.rule.moves_nothing() {
            return self.cron.find_next_occurrence(&local, false).ok().map(|found| found.to_utc());
        }
        let mut from = local.date_naive();
        loop {
            let day = self.first_day(from)?;
            let after = self.end_of(day - Days::new(1)).max(instant);
            match self.first_on(day, after) {
                Some(found) => return Some(found),
                None => from = day + Days::new(1),
            }
        }
    }

    /// Returns the last instant in (`after`, `until`].
    pub(crate) fn last_within(&self, after: DateTime<Utc>, until: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let local = until.with_timezone(&self.zone);
        if self.rule.moves_nothing() {
            let last = self.cron.find_previous_occurrence(&local, true).ok()?.to_utc();
            return (last > after && last <= until).then_some(last);
        }
        let earliest = after.with_timezone(&self.zone).date_naive();
        let mut to = local.date_naive();
        loop {
            let day = self.last_day(earliest, to)?;
            match self.last_on(day, self.end_of(day).min(until)) {
                Some(found) => return (found > after && found <= until).then_some(found),
                None => to = day - Days::new(1),
            }
        }
    }

    /// Returns the first day of runs from `from` on.
    fn first_day(&self, from: NaiveDate) -> Option<NaiveDate> {
        let mut first: Option<NaiveDate> = None;
        for scheduled in self.scheduled_days(self.rule.start_of_break(from), Direction::Forward) {
            if first.is_some_and(|first| scheduled > self.rule.end_of_break(first)) {
                break;
            }
            let day = Some(self.rule.day_of(scheduled)).filter(|day| *day >= from);
            first = first.into_iter().chain(day).min();
        }
        first
    }

    /// Returns the last day of runs from `from` to `to`.
    fn last_day(&self, from: NaiveDate, to: NaiveDate) -> Option<NaiveDate> {
        let mut last: Option<NaiveDate> = None;
        for scheduled in self.scheduled_days(self.rule.end_of_break(to), Direction::Backward) {
            if scheduled < self.rule.start_of_break(last.unwrap_or(from)) {
                break;
            }
            let day = Some(self.rule.day_of(scheduled)).filter(|day| (from..=to).contains(day));
            last = last.into_iter().chain(day).max();
        }
        last
    }

    /// Lists the days that the cron fields name, beginning with `from`.
    fn scheduled_days(&self, from: NaiveDate, direction: Direction) -> impl Iterator<Item = NaiveDate> {
        // In UTC, where no midnight is skipped: these are dates, not instants.
        let find = move |from: NaiveDate, inclusive: bool| {
            let midnight = from.and_time(NaiveTime::MIN).and_utc();
            let found = match direction {
                Direction::Forward => self.days.find_next_occurrence(&midnight, inclusive),
                Direction::Backward => self.days.find_previous_occurrence(&midnight, inclusive),
            };
            found.ok().map(|found| found.date_naive())
        };
        std::iter::successors(find(from, true), move |last| find(*last, false))
    }

    /// Returns the first time of day on `day` after an instant.
    fn first_on(&self, day: NaiveDate, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let found = self.times.find_next_occurrence(&after.with_timezone(&self.zone), false).ok()?;
        (found.date_naive() == day).then(|| found.to_utc())
    }

    /// Returns the last time of day on `day` up to an instant.
    fn last_on(&self, day: NaiveDate, until: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let found = self.times.find_previous_occurrence(&until.with_timezone(&self.zone), true).ok()?;
        (found.date_naive() == day).then(|| found.to_utc())
    }

    /// Returns the last second of `day`, also where the clock is set forward or back at midnight.
    fn end_of(&self, day: NaiveDate) -> DateTime<Utc> {
        let last = (day + Days::new(1)).and_time(NaiveTime::MIN) - TimeDelta::seconds(1);
        let steps = (0..200).map(|step| last - TimeDelta::minutes(15 * step));
        let found = steps.filter_map(|local| self.zone.from_local_datetime(&local).latest()).next();
        // No zone skips two whole days.
        found.map_or_else(|| last.and_utc(), |found| found.to_utc())
    }
}

#[cfg(test)]
#[path = "schedule/moved_tests.rs"]
mod moved_tests;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::horizons::OnHoliday;
    use forecaster_domain::Pair;
    use serde_json::Value;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn chilean(fields: &str, on_holiday: OnHoliday) -> Schedule {
        let rule = HolidayRule::new(on_holiday, Pair::usd_clp());
        Schedule::new(fields, Tz::America__Santiago, rule).unwrap()
    }

    fn instants(fields: &str) -> Vec<DateTime<Utc>> {
        let schedule = chilean(fields, OnHoliday::Run);
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
            let schedule = chilean(fields, OnHoliday::Run);
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
