//! Checks the calendar against an independent reference, fifteen years of published rates. Each Chilean business day
//! by our rules must have a rate or a known reason to have none, and each rate on another day must be one that the
//! source made up.

// clippy.toml allows unwrap in test functions, but not in the functions they call.
#![allow(clippy::unwrap_used)]

use chrono::{Datelike, Days, NaiveDate, Weekday};
use forecaster_domain::BusinessCalendar;
use forecaster_rates::{RawObservation, embedded};
use std::collections::BTreeSet;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn on(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

/// Returns the source's usdclp, from 2010 to its end.
fn usdclp() -> Vec<RawObservation> {
    embedded().unwrap()["usdclp"].iter().copied().filter(|o| o.date >= day("2010-01-01")).collect()
}

/// Returns the US federal holidays of `year` on which the source has no rates, moved from a Saturday to the Friday
/// before and from a Sunday to the Monday after, and the day after Thanksgiving. The source does publish on Veterans
/// Day.
fn days_off_in_washington(year: i32) -> Vec<NaiveDate> {
    let observed = |date: NaiveDate| match date.weekday() {
        Weekday::Sat => date - Days::new(1),
        Weekday::Sun => date + Days::new(1),
        _ => date,
    };
    let nth = |month, weekday, n| NaiveDate::from_weekday_of_month_opt(year, month, weekday, n).unwrap();
    let last_of_may = on(year, 5, 31);
    let memorial_day = last_of_may - Days::new(u64::from(last_of_may.weekday().num_days_from_monday()));
    let thanksgiving = nth(11, Weekday::Thu, 4);
    let mut days = vec![
        observed(on(year, 1, 1)),
        nth(1, Weekday::Mon, 3),
        nth(2, Weekday::Mon, 3),
        memorial_day,
        observed(on(year, 7, 4)),
        nth(9, Weekday::Mon, 1),
        nth(10, Weekday::Mon, 2),
        thanksgiving,
        thanksgiving + Days::new(1),
        observed(on(year, 12, 25)),
    ];
    if year >= 2022 {
        days.push(observed(on(year, 6, 19)));
    }
    days
}

/// Last days of December and first days of January: the source's year ends early and begins late.
#[rustfmt::skip]
const YEAR_ENDS: [&str; 27] = [
    "2012-12-24", "2014-12-26", "2015-01-02", "2018-12-24", "2019-12-24", "2020-01-02", "2020-01-03", "2020-12-24",
    "2020-12-28", "2020-12-29", "2020-12-30", "2021-12-27", "2021-12-28", "2021-12-29", "2021-12-30", "2022-12-27",
    "2022-12-28", "2022-12-29", "2022-12-30", "2023-12-26", "2023-12-27", "2023-12-28", "2023-12-29", "2024-12-24",
    "2024-12-26", "2024-12-27", "2024-12-30",
];

/// Days on which the federal offices in Washington were closed for other reasons: hurricane Sandy, snow, the
/// inauguration of 2017, the mourning for George H. W. Bush.
#[rustfmt::skip]
const WASHINGTON_SHUT: [&str; 11] = [
    "2012-10-29", "2012-10-30", "2013-03-06", "2013-12-10", "2014-01-21", "2014-03-03", "2014-03-17", "2015-02-17",
    "2017-01-20", "2018-03-21", "2018-12-05",
];

/// Single days that the source lacks, many of them next to a US holiday. One rate is known from elsewhere: 641.89 on
/// 2017-02-15 (mindicador.cl).
#[rustfmt::skip]
const SINGLE_DAYS: [&str; 61] = [
    "2010-11-08", "2011-02-11", "2011-03-30", "2011-07-28", "2011-10-13", "2011-10-14", "2011-10-20", "2011-11-07",
    "2011-11-08", "2012-12-11", "2013-01-29", "2013-07-05", "2013-09-27", "2013-12-09", "2014-02-04", "2015-11-10",
    "2015-11-12", "2015-12-07", "2016-01-07", "2016-02-22", "2016-02-25", "2016-05-04", "2016-08-22", "2016-12-05",
    "2016-12-06", "2016-12-16", "2017-01-10", "2017-01-11", "2017-01-19", "2017-02-13", "2017-02-15", "2017-03-02",
    "2017-03-03", "2017-03-14", "2017-04-21", "2017-07-03", "2019-03-04", "2019-07-05", "2019-10-08", "2019-10-11",
    "2019-11-14", "2020-01-16", "2020-07-06", "2020-09-04", "2021-05-28", "2021-07-02", "2021-08-16", "2021-08-17",
    "2021-09-02", "2021-09-03", "2021-09-13", "2021-12-13", "2021-12-15", "2022-02-01", "2022-07-15", "2023-02-14",
    "2023-06-09", "2023-07-03", "2023-11-27", "2024-05-13", "2024-07-05",
];

#[test]
fn every_chilean_business_day_has_a_rate_or_a_known_reason_to_have_none() {
    let published: BTreeSet<NaiveDate> = usdclp().iter().map(|o| o.date).collect();
    let off: BTreeSet<NaiveDate> = (2010..=2025).flat_map(days_off_in_washington).collect();
    let business_days = || chilean_business_days(day("2010-01-01"), day("2025-01-03"));

    let unexplained: Vec<NaiveDate> =
        business_days().filter(|d| !published.contains(d) && !off.contains(d)).collect();
    let mut exceptions: Vec<NaiveDate> =
        YEAR_ENDS.iter().chain(&WASHINGTON_SHUT).chain(&SINGLE_DAYS).map(|text| day(text)).collect();
    exceptions.sort();
    assert_eq!(unexplained, exceptions);

    // The rule must not explain too much. The last two are month ends, which the source makes up.
    let published_all_the_same: Vec<String> =
        business_days().filter(|d| published.contains(d) && off.contains(d)).map(|d| d.to_string()).collect();
    assert_eq!(published_all_the_same, ["2010-01-18", "2010-02-15", "2010-05-31", "2021-05-31"]);
}

fn chilean_business_days(first: NaiveDate, last: NaiveDate) -> impl Iterator<Item = NaiveDate> {
    let chile = BusinessCalendar::chile();
    first.iter_days().take_while(move |d| *d <= last).filter(move |d| chile.is_business_day(*d))
}

/// Labour Day 2017 has its own value: apparently that of 2017-05-02, for which the source has the value of the day
/// after.
const OWN_VALUE_ON_A_HOLIDAY: [&str; 1] = ["2017-05-01"];

#[test]
fn every_rate_on_another_day_is_a_weekend_month_end_or_carried_from_a_neighbour() {
    let chile = BusinessCalendar::chile();
    let rates = usdclp();
    let own_value: Vec<String> = (1..rates.len() - 1)
        .filter(|&i| !chile.is_business_day(rates[i].date) && !is_weekend_month_end(rates[i].date))
        .filter(|&i| [i - 1, i + 1].iter().all(|&n| !carried(rates[i].value, rates[n].value)))
        .map(|i| rates[i].date.to_string())
        .collect();
    assert_eq!(own_value, OWN_VALUE_ON_A_HOLIDAY);
}

/// True when two values are equal except for the noise of the source's conversion.
fn carried(value: f64, neighbour: f64) -> bool {
    (value / neighbour - 1.0).abs() < 1e-4
}

fn is_weekend_month_end(date: NaiveDate) -> bool {
    matches!(date.weekday(), Weekday::Sat | Weekday::Sun) && (date + Days::new(1)).day() == 1
}
