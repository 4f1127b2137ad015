//! Business days of TARGET, the euro area's payment system, on which the European Central Bank publishes its reference
//! rates.
//!
//! Source: the bank's press releases of 1998-09-03 and 1999-07-15 (days of 1999 and 2000), 2000-05-25 (2001) and
//! 2000-12-14 (from 2002 on). For the years before the euro, which have no such days, those from 2002 on are assumed.

use super::rules::{Holidays, OneOff, YearOfHolidays};

/// Days of single years, for the change to the year 2000 and to the euro's notes and coins.
const ONE_OFFS: [OneOff; 2] = [(1999, 12, 31, "Additional closing day"), (2001, 12, 31, "Additional closing day")];

/// Returns the holidays of `year` on which TARGET is closed.
pub(super) fn holidays(year: i32) -> Holidays {
    let mut of = YearOfHolidays::new(year);
    of.add_on(1, 1, "New Year's Day");
    of.add_on(12, 25, "Christmas Day");
    // Open in 1999, the first year.
    if year != 1999 {
        of.add(of.easter(-2), "Good Friday");
        of.add(of.easter(1), "Easter Monday");
        of.add_on(5, 1, "Labour Day");
        of.add_on(12, 26, "Christmas Holiday");
    }
    of.add_one_offs(&ONE_OFFS);
    of.into_holidays()
}
