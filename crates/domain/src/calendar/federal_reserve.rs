//! Business days of the Federal Reserve Banks, for which the Board publishes rates of the dollar (release H.10).
//!
//! Source: United States Code, title 5, section 6103, and the Federal Reserve's list K.8: a holiday on a Sunday is
//! observed on the Monday after it, one on a Saturday is not moved.

use super::rules::{Holidays, YearOfHolidays};
use chrono::{
    Datelike, Days,
    Weekday::{Mon, Sun, Thu},
};

/// Returns the holidays of `year` on which the Federal Reserve Banks close.
pub(super) fn holidays(year: i32) -> Holidays {
    let mut of = YearOfHolidays::new(year);
    of.add(of.nth(3, Mon, 1), "Birthday of Martin Luther King, Jr.");
    of.add(of.nth(3, Mon, 2), "Washington's Birthday");
    of.add(of.last_monday(5), "Memorial Day");
    of.add(of.nth(1, Mon, 9), "Labor Day");
    of.add(of.nth(2, Mon, 10), "Columbus Day");
    of.add(of.nth(4, Thu, 11), "Thanksgiving Day");
    let mut fixed = vec![
        (1, 1, "New Year's Day"),
        (7, 4, "Independence Day"),
        (11, 11, "Veterans Day"),
        (12, 25, "Christmas Day"),
    ];
    // Public Law 117-17, of 2021-06-17; 19 June 2021 was a Saturday.
    if year >= 2021 {
        fixed.push((6, 19, "Juneteenth National Independence Day"));
    }
    for (month, day, name) in fixed {
        let date = of.on(month, day);
        of.add(date.map(|date| if date.weekday() == Sun { date + Days::new(1) } else { date }), name);
    }
    of.into_holidays()
}
