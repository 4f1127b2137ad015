//! Bank holidays of England and Wales, on which the Bank of England publishes no rates.
//!
//! Source: Banking and Financial Dealings Act 1971, schedule 1, and the proclamations under its section 1, which moved
//! or added single days.

use super::rules::{Holidays, OneOff, YearOfHolidays, on_or_after};
use chrono::{
    Datelike, Days,
    Weekday::{Fri, Mon, Sat, Sun},
};

/// Days that a proclamation added.
const ONE_OFFS: [OneOff; 7] = [
    (1999, 12, 31, "Millennium Eve"),
    (2002, 6, 3, "Golden Jubilee"),
    (2011, 4, 29, "Royal Wedding"),
    (2012, 6, 5, "Diamond Jubilee"),
    (2022, 6, 3, "Platinum Jubilee"),
    (2022, 9, 19, "State Funeral of Queen Elizabeth II"),
    (2023, 5, 8, "Coronation of King Charles III"),
];

/// Returns the bank holidays of `year`.
pub(super) fn holidays(year: i32) -> Holidays {
    let mut of = YearOfHolidays::new(year);
    let new_year = of.on(1, 1).map(|date| match date.weekday() {
        Sat | Sun => on_or_after(date, Mon),
        _ => date,
    });
    of.add(new_year, "New Year's Day");
    of.add(of.easter(-2), "Good Friday");
    of.add(of.easter(1), "Easter Monday");
    // Moved to 8 May for the 50th and the 75th anniversary of the end of the war in Europe.
    let early_may = if matches!(year, 1995 | 2020) { of.on(5, 8) } else { of.nth(1, Mon, 5) };
    of.add(early_may, "Early May bank holiday");
    // Moved next to a jubilee of Queen Elizabeth II.
    let spring = match year {
        2002 | 2012 => of.on(6, 4),
        2022 => of.on(6, 2),
        _ => of.last_monday(5),
    };
    of.add(spring, "Spring bank holiday");
    of.add(of.last_monday(8), "Summer bank holiday");
    let christmas = of.on(12, 25);
    let (christmas_day, boxing_day) = match christmas.map(|date| date.weekday()) {
        Some(Fri) => (0, 3),
        Some(Sat) => (2, 3),
        Some(Sun) => (2, 1),
        _ => (0, 1),
    };
    of.add(christmas.map(|date| date + Days::new(christmas_day)), "Christmas Day");
    of.add(christmas.map(|date| date + Days::new(boxing_day)), "Boxing Day");
    of.add_one_offs(&ONE_OFFS);
    of.into_holidays()
}
