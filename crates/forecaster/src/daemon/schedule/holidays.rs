//! Rule for scheduled days that are no business days of the pair: the run stays, or moves to the next business day or
//! the one before.
//!
//! The rule remembers its earlier settings, so that a change between a scheduled day and the day that its run has moved
//! to neither repeats the run nor loses it: a day that has begun stays as it was planned, and nothing is planned
//! for a day that has passed.

use crate::config::horizons::OnHoliday;
use chrono::{Days, NaiveDate};
use forecaster_domain::{BusinessCalendar, Pair};

/// Greatest number of days by which a run moves; one that would move further stays. The longest series of days
/// without a business day so far is Japan's of 2019, with ten.
const REACH: Days = Days::new(20);

/// Number of days after which a change of the setting no longer matters: a run that it concerns was moved by at most
/// [`REACH`], and is caught up for at most a week.
const REMEMBERED: Days = Days::new(60);

/// Separator between the cron fields and the rule in the ledger's text.
const SEPARATOR: &str = "; on holidays of ";

/// Rule for holidays, with its earlier settings.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct HolidayRule {
    pair: Pair,
    on_holiday: OnHoliday,
    /// Earlier settings, oldest first, each with the last day that it decided.
    former: Vec<(OnHoliday, NaiveDate)>,
}

impl HolidayRule {
    /// Creates a rule without earlier settings, for the business days of `pair`.
    pub(crate) fn new(on_holiday: OnHoliday, pair: Pair) -> Self {
        Self { pair, on_holiday, former: Vec::new() }
    }

    /// Pair whose business days count.
    pub(super) fn pair(&self) -> &Pair {
        &self.pair
    }

    /// Setting in force.
    pub(super) fn on_holiday(&self) -> OnHoliday {
        self.on_holiday
    }

    /// True when every run stays on its day.
    pub(super) fn moves_nothing(&self) -> bool {
        self.on_holiday == OnHoliday::Run && self.former.is_empty()
    }

    /// Returns the day of the run that the cron fields set for the day `scheduled`.
    pub(super) fn day_of(&self, scheduled: NaiveDate) -> NaiveDate {
        let mut later = self.former.iter().skip(1).map(|(setting, _)| *setting).chain([self.on_holiday]);
        let first = self.former.first().map_or(self.on_holiday, |(setting, _)| *setting);
        let mut day = self.moved(first, scheduled);
        for (_, decided_until) in &self.former {
            let Some(setting) = later.next() else { break };
            let moved = self.moved(setting, scheduled);
            if day > *decided_until && moved > *decided_until {
                day = moved;
            }
        }
        day
    }

    /// Returns the first of the days before `day` without a business day between it and `day`; `day` when there is
    /// none.
    /// A run of an earlier day does not move to `day` or past it.
    pub(super) fn start_of_break(&self, day: NaiveDate) -> NaiveDate {
        let calendar = BusinessCalendar::for_pair(&self.pair);
        let back = std::iter::successors(day.pred_opt(), NaiveDate::pred_opt);
        back.take_while(|it| *it >= day - REACH && !calendar.is_business_day(*it)).last().unwrap_or(day)
    }

    /// Returns the last of the days after `day` without a business day between it and `day`; `day` when there is none.
    pub(super) fn end_of_break(&self, day: NaiveDate) -> NaiveDate {
        let calendar = BusinessCalendar::for_pair(&self.pair);
        let days = day.iter_days().skip(1);
        days.take_while(|it| *it <= day + REACH && !calendar.is_business_day(*it)).last().unwrap_or(day)
    }

    fn moved(&self, setting: OnHoliday, scheduled: NaiveDate) -> NaiveDate {
        let calendar = BusinessCalendar::for_pair(&self.pair);
        let is_open = |day: &NaiveDate| calendar.is_business_day(*day);
        let found = match setting {
            OnHoliday::Run => None,
            OnHoliday::Next => scheduled.iter_days().take_while(|day| *day <= scheduled + REACH).find(is_open),
            OnHoliday::Previous => {
                let back = std::iter::successors(Some(scheduled), NaiveDate::pred_opt);
                back.take_while(|day| *day >= scheduled - REACH).find(is_open)
            }
        };
        found.unwrap_or(scheduled)
    }

    /// Returns this rule with another setting, which decides on the days after `decided_until`.
    pub(super) fn changed_to(mut self, on_holiday: OnHoliday, decided_until: NaiveDate) -> Self {
        self.former.retain(|(_, until)| *until + REMEMBERED > decided_until);
        if on_holiday != self.on_holiday {
            self.former.push((self.on_holiday, decided_until));
            self.on_holiday = on_holiday;
        }
        self
    }

    /// Limits the days that earlier settings decided to those up to `day`.
    pub(super) fn limit_changes_to(&mut self, day: NaiveDate) {
        for (_, decided_until) in &mut self.former {
            *decided_until = day.min(*decided_until);
        }
    }

    /// Returns the text of a schedule with the cron fields `fields` and this rule.
    pub(super) fn appended_to(&self, fields: &str) -> String {
        if self.moves_nothing() {
            return fields.to_owned();
        }
        let former = self.former.iter().map(|(setting, until)| format!("{} until {until}, ", setting.as_str()));
        format!("{fields}{SEPARATOR}{}: {}{}", self.pair, former.collect::<String>(), self.on_holiday.as_str())
    }

    /// Reads the rule in a text of [`HolidayRule::appended_to`]; `None` when the fields or the pair are others. A text
    /// that has only the fields moves nothing, for any pair.
    pub(super) fn parse(text: &str, fields: &str, pair: &Pair) -> Option<Self> {
        let rest = text.strip_prefix(fields)?;
        let plain = Self::new(OnHoliday::Run, pair.clone());
        if rest.is_empty() {
            return Some(plain);
        }
        let settings = rest.strip_prefix(SEPARATOR)?.strip_prefix(&format!("{pair}: "))?;
        let (former, last) =
            settings.rsplit_once(", ").map_or((None, settings), |(former, last)| (Some(former), last));
        let former = former.into_iter().flat_map(|former| former.split(", ")).map(|one| {
            let (setting, until) = one.split_once(" until ")?;
            Some((named(setting)?, until.parse().ok()?))
        });
        Some(Self { on_holiday: named(last)?, former: former.collect::<Option<_>>()?, ..plain })
    }
}

fn named(word: &str) -> Option<OnHoliday> {
    OnHoliday::ALL.into_iter().find(|setting| setting.as_str() == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn rule(on_holiday: OnHoliday) -> HolidayRule {
        HolidayRule::new(on_holiday, Pair::usd_clp())
    }

    #[test]
    fn a_holiday_or_a_weekend_moves_to_the_business_day_after_or_before_it_and_a_business_day_stays() {
        for (scheduled, next, previous) in [
            ("2026-01-01", "2026-01-02", "2025-12-30"), // New Year's Day; the banks are closed on the day before, too
            ("2026-09-18", "2026-09-21", "2026-09-17"), // the national holidays, a Friday and a Saturday
            ("2026-09-19", "2026-09-21", "2026-09-17"),
            ("2026-04-03", "2026-04-06", "2026-04-02"), // Good Friday
            ("2026-08-15", "2026-08-17", "2026-08-14"), // a Saturday
            ("2026-05-31", "2026-06-01", "2026-05-29"), // the end of a month, a Sunday
            ("2026-11-30", "2026-11-30", "2026-11-30"), // a Monday
        ] {
            assert_eq!(rule(OnHoliday::Run).day_of(day(scheduled)), day(scheduled));
            assert_eq!(rule(OnHoliday::Next).day_of(day(scheduled)), day(next), "{scheduled}");
            assert_eq!(rule(OnHoliday::Previous).day_of(day(scheduled)), day(previous), "{scheduled}");
        }
    }

    #[test]
    fn the_ledgers_text_is_read_back_and_another_schedule_or_pair_is_no_continuation() {
        let fields = "0 9 1,15 * *";
        let plain = rule(OnHoliday::Run);
        assert_eq!(plain.appended_to(fields), fields, "as before there was a rule");
        let changed = plain.clone().changed_to(OnHoliday::Next, day("2026-12-31"));
        let changed = changed.changed_to(OnHoliday::Previous, day("2027-01-03"));
        let text = changed.appended_to(fields);
        assert_eq!(
            text,
            "0 9 1,15 * *; on holidays of USD/CLP: run until 2026-12-31, next until 2027-01-03, previous"
        );
        let clp = Pair::usd_clp();
        for known in [&plain, &rule(OnHoliday::Previous), &changed] {
            assert_eq!(HolidayRule::parse(&known.appended_to(fields), fields, &clp).as_ref(), Some(known));
        }
        assert_eq!(HolidayRule::parse(&text, "0 9 1 * *", &clp), None);
        assert_eq!(HolidayRule::parse(&text, "0 9 1,1", &clp), None);
        assert_eq!(HolidayRule::parse(&text, fields, &"EUR/CLP".parse().unwrap()), None);
        for damaged in ["; on holidays of USD/CLP: ", "; on holidays of USD/CLP: next until, run", "; x", " *"] {
            assert_eq!(HolidayRule::parse(&format!("{fields}{damaged}"), fields, &clp), None, "{damaged}");
        }
    }

    #[test]
    fn a_day_that_has_begun_stays_as_planned_and_none_is_planned_in_the_past() {
        // A Friday. The business days around it are Wednesday, 30 December, and Monday, 4 January.
        let holiday = day("2027-01-01");
        let changed = |from: OnHoliday, to: OnHoliday, until: &str| {
            rule(from).changed_to(to, day(until)).day_of(holiday).to_string()
        };
        use OnHoliday::{Next, Previous, Run};
        assert_eq!(changed(Previous, Run, "2026-12-29"), "2027-01-01");
        assert_eq!(changed(Previous, Run, "2026-12-30"), "2026-12-30", "it has run");
        assert_eq!(changed(Previous, Next, "2027-01-02"), "2026-12-30", "it has run");
        assert_eq!(changed(Run, Previous, "2026-12-29"), "2026-12-30");
        assert_eq!(changed(Run, Previous, "2026-12-30"), "2027-01-01", "too late for the day before");
        assert_eq!(changed(Next, Previous, "2027-01-02"), "2027-01-04", "too late for both");
        assert_eq!(changed(Next, Run, "2027-01-01"), "2027-01-04");
        assert_eq!(changed(Run, Next, "2027-01-01"), "2027-01-01", "it has run");
        assert_eq!(changed(Run, Next, "2026-12-31"), "2027-01-04");
        let to_and_fro = rule(Run).changed_to(Next, day("2026-12-31")).changed_to(Run, day("2027-01-01"));
        assert_eq!(to_and_fro.day_of(holiday), day("2027-01-04"), "1 January has passed");
    }

    #[test]
    fn old_changes_are_forgotten() {
        let changed = rule(OnHoliday::Next).changed_to(OnHoliday::Run, day("2026-12-31"));
        assert!(!changed.clone().changed_to(OnHoliday::Run, day("2027-02-28")).moves_nothing());
        assert!(changed.changed_to(OnHoliday::Run, day("2027-03-02")).moves_nothing());
    }
}
