//! Holidays of one year, built rule by rule. In: a year, and rules such as "first Monday of May" or "60 days after
//! Easter Sunday". Out: dates with the names of the holidays.

use chrono::{Datelike, Days, NaiveDate, Weekday};
use std::collections::BTreeMap;

/// Holidays with their names, by date.
pub(super) type Holidays = BTreeMap<NaiveDate, &'static str>;

/// Holiday of a single year: year, month, day, and its name.
pub(super) type OneOff = (i32, u32, u32, &'static str);

/// Holidays of one year, to which rules are applied one by one. Of two on one day the first keeps its name.
#[derive(Debug)]
pub(super) struct YearOfHolidays {
    year: i32,
    holidays: Holidays,
}

impl YearOfHolidays {
    /// Creates a year without holidays.
    pub(super) fn new(year: i32) -> Self {
        Self { year, holidays: Holidays::new() }
    }

    /// Returns a day of the year.
    pub(super) fn on(&self, month: u32, day: u32) -> Option<NaiveDate> {
        NaiveDate::from_ymd_opt(self.year, month, day)
    }

    /// Returns the `n`th such weekday of a month, counted from 1.
    pub(super) fn nth(&self, n: u8, weekday: Weekday, month: u32) -> Option<NaiveDate> {
        NaiveDate::from_weekday_of_month_opt(self.year, month, weekday, n)
    }

    /// Returns the last Monday of a month.
    pub(super) fn last_monday(&self, month: u32) -> Option<NaiveDate> {
        self.nth(5, Weekday::Mon, month).or_else(|| self.nth(4, Weekday::Mon, month))
    }

    /// Returns the day so many days after Easter Sunday; a negative number is before it.
    pub(super) fn easter(&self, days: i64) -> Option<NaiveDate> {
        easter_sunday(self.year)?.checked_add_signed(chrono::TimeDelta::days(days))
    }

    /// Adds a holiday.
    pub(super) fn add(&mut self, date: Option<NaiveDate>, name: &'static str) {
        if let Some(date) = date {
            self.holidays.entry(date).or_insert(name);
        }
    }

    /// Adds a holiday on a fixed day of the year.
    pub(super) fn add_on(&mut self, month: u32, day: u32, name: &'static str) {
        self.add(self.on(month, day), name);
    }

    /// Adds those of the single holidays that are in this year.
    pub(super) fn add_one_offs(&mut self, one_offs: &[OneOff]) {
        let year = self.year;
        for &(_, month, day, name) in one_offs.iter().filter(|(of, ..)| *of == year) {
            self.add_on(month, day, name);
        }
    }

    /// Returns the holidays of the year.
    pub(super) fn into_holidays(self) -> Holidays {
        self.holidays
    }
}

/// Returns the first such weekday on or after `date`.
pub(super) fn on_or_after(date: NaiveDate, weekday: Weekday) -> NaiveDate {
    let days = (7 + weekday.num_days_from_monday() - date.weekday().num_days_from_monday()) % 7;
    date + Days::new(u64::from(days))
}

/// True on Saturdays and Sundays.
pub(super) fn is_weekend(date: NaiveDate) -> bool {
    matches!(date.weekday(), Weekday::Sat | Weekday::Sun)
}

/// Easter Sunday of the Gregorian calendar (the "anonymous" algorithm; Meeus, Astronomical Algorithms, ch. 8).
fn easter_sunday(year: i32) -> Option<NaiveDate> {
    let (a, b, c) = (year % 19, year / 100, year % 100);
    let (d, e) = (b / 4, b % 4);
    let g = (b - (b + 8) / 25 + 1) / 3;
    let h = (19 * a + b - d - g + 15) % 30;
    let l = (32 + 2 * e + 2 * (c / 4) - h - c % 4) % 7;
    let m = (a + 11 * h + 22 * l) / 451;
    let n = h + l - 7 * m + 114;
    NaiveDate::from_ymd_opt(year, (n / 31) as u32, (n % 31 + 1) as u32)
}
