//! Business days of Japan's banks, on which the Bank of Japan publishes rates.
//!
//! Source: the Public Holiday Act (Act 178 of 1948) with its amendments, and the Order for Enforcement of the Banking
//! Act, article 5, which adds 31 December to 3 January.

use super::rules::{Holidays, OneOff, YearOfHolidays};
use chrono::{
    Datelike, NaiveDate,
    Weekday::{Mon, Sun},
};

/// Days with an act of their own: enthronements of 1990 and 2019, and the wedding of 1993.
const ONE_OFFS: [OneOff; 4] = [
    (1990, 11, 12, "即位礼正殿の儀"),
    (1993, 6, 9, "結婚の儀"),
    (2019, 5, 1, "天皇の即位の日"),
    (2019, 10, 22, "即位礼正殿の儀が行われる日"),
];

/// Returns the holidays of `year` on which Japanese banks close.
pub(super) fn holidays(year: i32) -> Holidays {
    let national = national_holidays(year);
    let mut of = YearOfHolidays::new(year);
    for (date, name) in &national {
        of.add(Some(*date), name);
    }
    // Article 3 (2): for a holiday on a Sunday, the next day that is none. Until 2006 it was the Monday, and no
    // holiday fell on a Monday after one on a Sunday.
    for sunday in national.keys().filter(|date| date.weekday() == Sun) {
        of.add(sunday.iter_days().find(|day| !national.contains_key(day)), "振替休日");
    }
    // Article 3 (3), since 1985: a day between two holidays.
    for before in national.keys() {
        let mut next = before.iter_days().skip(1);
        let (between, after) = (next.next(), next.next());
        if after.is_some_and(|after| national.contains_key(&after)) {
            of.add(between.filter(|day| day.weekday() != Sun), "国民の休日");
        }
    }
    for (month, day) in [(1, 2), (1, 3), (12, 31)] {
        of.add_on(month, day, "銀行休業日");
    }
    of.into_holidays()
}

/// Returns the holidays that the Public Holiday Act names, without those that follow from them.
fn national_holidays(year: i32) -> Holidays {
    let mut of = YearOfHolidays::new(year);
    of.add_on(1, 1, "元日");
    // Moved to Mondays: act 141 of 1998 (two days, from 2000) and act 59 of 2001 (two days, from 2003).
    let coming_of_age = if year >= 2000 { of.nth(2, Mon, 1) } else { of.on(1, 15) };
    of.add(coming_of_age, "成人の日");
    of.add_on(2, 11, "建国記念の日");
    of.add(equinox(year, 3, 20.8431, 21.8510), "春分の日");
    of.add_on(4, 29, if year >= 2007 { "昭和の日" } else { "みどりの日" });
    of.add_on(5, 3, "憲法記念日");
    if year >= 2007 {
        of.add_on(5, 4, "みどりの日");
    }
    of.add_on(5, 5, "こどもの日");
    // The three days that the Olympic Games of Tokyo moved in 2020 and 2021.
    let marine = match year {
        2020 => of.on(7, 23),
        2021 => of.on(7, 22),
        2003.. => of.nth(3, Mon, 7),
        1996.. => of.on(7, 20),
        _ => None,
    };
    of.add(marine, "海の日");
    let mountain = match year {
        2020 => of.on(8, 10),
        2021 => of.on(8, 8),
        2016.. => of.on(8, 11),
        _ => None,
    };
    of.add(mountain, "山の日");
    let sports = match year {
        2020 => of.on(7, 24),
        2021 => of.on(7, 23),
        2000.. => of.nth(2, Mon, 10),
        _ => of.on(10, 10),
    };
    of.add(sports, if year >= 2020 { "スポーツの日" } else { "体育の日" });
    let aged = if year >= 2003 { of.nth(3, Mon, 9) } else { of.on(9, 15) };
    of.add(aged, "敬老の日");
    of.add(equinox(year, 9, 23.2488, 24.2488), "秋分の日");
    of.add_on(11, 3, "文化の日");
    of.add_on(11, 23, "勤労感謝の日");
    // The emperor's birthday; in 2019, the year of the abdication, there was none.
    let birthday = match year {
        2020.. => of.on(2, 23),
        2019 => None,
        _ => of.on(12, 23),
    };
    of.add(birthday, "天皇誕生日");
    of.add_one_offs(&ONE_OFFS);
    of.into_holidays()
}

/// Returns the day of the equinox in Japan in `month`, by the usual formula for the years 1980 to 2099, whose constant
/// is `in_1980`, and from 2100 to 2150 with `from_2100` (Shin koyomi benrichō, 1991). The National Astronomical
/// Observatory announces each day on 1 February of the year before.
fn equinox(year: i32, month: u32, in_1980: f64, from_2100: f64) -> Option<NaiveDate> {
    let constant = if year >= 2100 { from_2100 } else { in_1980 };
    let years = year - 1980;
    let day = (constant + 0.242_194 * f64::from(years)).floor() - f64::from(years.div_euclid(4));
    NaiveDate::from_ymd_opt(year, month, day as u32)
}
