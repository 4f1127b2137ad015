//! The calendars against outside authorities: other libraries, and the days on which central banks published rates.
//! Every difference is listed with its reason. The tables are made by `fixtures/official_days.py` and
//! `fixtures/chile_holidays.py`, which name the sources and their versions.

use super::*;
use std::collections::{BTreeMap, BTreeSet};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// Weekdays that a source counts as holidays, and the days that it covers.
#[derive(Debug, Default)]
struct Reference {
    covered: BTreeSet<NaiveDate>,
    holidays: BTreeSet<NaiveDate>,
}

impl Reference {
    /// Returns our holidays that the source does not have, and its holidays that we do not have.
    fn differences(&self, kind: CalendarKind) -> (Vec<String>, Vec<String>) {
        let calendar = BusinessCalendar::of(kind);
        let is_ours = |date: &NaiveDate| !is_weekend(*date) && !calendar.is_business_day(*date);
        let ours = self.covered.iter().filter(|date| is_ours(date) && !self.holidays.contains(date));
        let theirs = self.holidays.iter().filter(|date| !is_ours(date));
        (ours.map(ToString::to_string).collect(), theirs.map(ToString::to_string).collect())
    }
}

/// Reads a table with the rows source, calendar, first day, last day, days.
fn references(table: &str) -> BTreeMap<(String, String), Reference> {
    let mut references: BTreeMap<(String, String), Reference> = BTreeMap::new();
    for line in table.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let [source, calendar, first, last, days] = cells[..] else { panic!("{line}") };
        let reference = references.entry((source.to_owned(), calendar.to_owned())).or_default();
        reference.covered.extend(day(first).iter_days().take_while(|date| *date <= day(last)));
        reference.holidays.extend(days.split_whitespace().map(|text| day(&format!("{}-{text}", &first[..4]))));
    }
    references
}

fn kind_named(name: &str) -> CalendarKind {
    match name {
        "mexico" => CalendarKind::Mexico,
        "brazil" => CalendarKind::Brazil,
        "colombia" => CalendarKind::Colombia,
        "peru" => CalendarKind::Peru,
        "federal_reserve" => CalendarKind::FederalReserve,
        "target" => CalendarKind::Target,
        "united_kingdom" => CalendarKind::UnitedKingdom,
        "japan" => CalendarKind::Japan,
        other => panic!("{other}"),
    }
}

/// A source, a calendar, our holidays that the source does not have, and its holidays that we do not have.
type Differences<'a> = (&'a str, &'a str, &'a [&'a str], &'a [&'a str]);

fn assert_differences(references: &BTreeMap<(String, String), Reference>, known: &[Differences]) {
    for ((source, calendar), reference) in references {
        let (ours, theirs) = reference.differences(kind_named(calendar));
        let known = known.iter().find(|(of, name, ..)| of == source && name == calendar);
        let (known_ours, known_theirs) = known.map_or((&[][..], &[][..]), |(.., ours, theirs)| (*ours, *theirs));
        assert_eq!(ours, known_ours, "only ours: {source}, {calendar}");
        assert_eq!(theirs, known_theirs, "only theirs: {source}, {calendar}");
    }
}

#[test]
fn the_calendars_agree_with_other_libraries_from_2000_to_2030() {
    #[rustfmt::skip]
    let known: [Differences; 3] = [
        // QuantLib has one rule for all years. The Banco de México published no FIX on our days, and one on theirs.
        ("quantlib", "mexico",
            &["2000-05-05", "2000-12-01", "2006-03-21", "2006-12-01", "2010-09-17"],
            &["2001-11-02", "2004-11-02", "2005-11-02", "2006-03-20"]),
        // Until 2006 the act did not name 4 May, so its Sunday in 2003 was not moved: Japan published a rate on the 6th.
        ("quantlib", "japan", &[], &["2003-05-06"]),
        // The package lists only what the law names.
        ("holidays", "peru",
            &["2012-10-01", "2012-10-02", "2015-01-02", "2015-07-27", "2016-11-17", "2016-11-18", "2018-04-13"], &[]),
    ];
    let references = references(include_str!("../../fixtures/official_holidays.csv"));
    assert_eq!(references.len(), 14);
    assert_differences(&references, &known);
}

/// Returns the references by days without rates. Days on which the IMF was closed do not count for those of the IMF.
fn days_without_rates() -> BTreeMap<(String, String), Reference> {
    let key = |source: &str, calendar: &str| (source.to_owned(), calendar.to_owned());
    let mut references = references(include_str!("../../fixtures/days_without_rates.csv"));
    let closed = references.remove(&key("imf", "closed")).unwrap().holidays;
    for (_, reference) in references.iter_mut().filter(|((source, _), _)| source == "imf") {
        reference.covered.retain(|date| !closed.contains(date));
        reference.holidays.retain(|date| !closed.contains(date));
    }
    references
}

#[test]
fn central_banks_publish_on_our_business_days_and_on_no_other() {
    #[rustfmt::skip]
    let known: [Differences; 2] = [
        ("h10", "federal_reserve",
            // The series repeats the rates of the day before.
            &["2007-09-03", "2007-10-08", "2007-11-22"],
            // The Reserve Banks were open, but not the offices that make the release: the attacks of 2001; since 2010
            // the Friday before a holiday on a Saturday, and days off for all federal offices (about Christmas 2014,
            // 2018 and 2020, and the mourning of 2018); inaugurations; snow in 2019; the day after Thanksgiving 2020.
            &["2001-09-11", "2010-12-24", "2010-12-31", "2014-12-26", "2015-07-03", "2017-01-20", "2017-11-10",
                "2018-12-05", "2018-12-24", "2019-01-14", "2019-02-20", "2020-07-03", "2020-11-27", "2020-12-24",
                "2021-01-20", "2021-12-24", "2021-12-31", "2023-11-10"]),
        ("imf", "japan",
            // Days at the end of a month, which the IMF fills, and one more.
            &["2007-04-30", "2008-11-24", "2016-04-29", "2018-04-30", "2019-04-30", "2020-01-03", "2022-04-29"],
            // Single days that the IMF lacks.
            &["2006-12-27", "2023-12-26"]),
    ];
    let mut references = days_without_rates();
    // The IMF lacks a tenth of Peru's days: only the holidays can be compared.
    let peru = references.remove(&("imf".to_owned(), "peru".to_owned())).unwrap();
    assert_eq!(peru.differences(CalendarKind::Peru).0, ["2010-08-30", "2011-06-29"]);
    assert_eq!(references.len(), 4);
    assert_differences(&references, &known);
}

/// Independent reference: the Python package `holidays` (see `fixtures/chile_holidays.py`), categories public and
/// bank, 2003 to 2040.
#[test]
fn chilean_holidays_agree_with_the_holidays_package() {
    let table = include_str!("../../fixtures/chile_holidays.csv");
    let reference = Reference {
        covered: day("2003-01-01").iter_days().take_while(|date| *date <= day("2040-12-31")).collect(),
        holidays: table.lines().skip(1).map(|line| day(&line[..10])).collect(),
    };
    let (ours, theirs) = reference.differences(CalendarKind::Chile);
    // A regional holiday, which the package lists under the region.
    assert_eq!(ours, ["2018-01-16"]);
    assert!(theirs.is_empty(), "{theirs:?}");
}

#[test]
fn single_days_by_their_official_sources() {
    use CalendarKind::{Brazil, Colombia, FederalReserve, Japan, Mexico, Peru, Target, UnitedKingdom};
    let name = |kind, date| BusinessCalendar::of(kind).holiday(day(date));
    // Since 2024 the power changes hands on 1 October.
    assert_eq!(name(Mexico, "2018-12-01"), Some("Transmisión del Poder Ejecutivo Federal"));
    assert_eq!(name(Mexico, "2024-10-01"), Some("Transmisión del Poder Ejecutivo Federal"));
    assert_eq!((name(Mexico, "2024-12-01"), name(Mexico, "2025-10-01")), (None, None));
    assert_eq!((name(Brazil, "2023-11-20"), name(Brazil, "2024-11-20").is_some()), (None, true));
    // Until 1999 Brazil's banks closed on Maundy Thursday.
    assert_eq!((name(Brazil, "1999-04-01"), name(Brazil, "2000-04-20")), (Some("Quinta-feira Santa"), None));
    assert_eq!(name(Colombia, "2026-07-13"), Some("Virgen de Chiquinquirá"));
    assert_eq!((name(Colombia, "2025-07-14"), name(Peru, "2023-06-07")), (None, None));
    assert_eq!(name(Peru, "2024-06-07"), Some("Batalla de Arica y Día de la Bandera"));
    // 4 July on a Saturday in 2020, on a Sunday in 2021.
    assert!(BusinessCalendar::of(FederalReserve).is_business_day(day("2020-07-03")));
    assert_eq!(name(FederalReserve, "2021-07-05"), Some("Independence Day"));
    assert_eq!(name(FederalReserve, "2022-06-20"), Some("Juneteenth National Independence Day"));
    assert_eq!((name(Target, "1999-04-02"), name(Target, "2000-04-21")), (None, Some("Good Friday")));
    assert_eq!((name(UnitedKingdom, "2020-05-04"), name(UnitedKingdom, "2022-05-30")), (None, None));
    assert_eq!(name(UnitedKingdom, "2022-06-02"), Some("Spring bank holiday"));
    assert_eq!((name(Japan, "2019-04-30"), name(Japan, "2019-05-06")), (Some("国民の休日"), Some("振替休日")));
    assert_eq!((name(Japan, "2021-07-22"), name(Japan, "2021-07-19")), (Some("海の日"), None));
}

#[test]
fn ordinals_count_business_days_one_by_one() {
    let kinds = CalendarKind::ALL.map(BusinessCalendar::of);
    let cross = BusinessCalendar::for_pair(&"EUR/MXN".parse().unwrap());
    for calendar in kinds.into_iter().chain([cross]) {
        let mut count = calendar.ordinal(day("2016-12-30"));
        for date in day("2016-12-31").iter_days().take(900) {
            count += i64::from(calendar.is_business_day(date));
            assert_eq!(calendar.ordinal(date), count, "{date}");
        }
    }
    let chile = BusinessCalendar::chile();
    assert_eq!(chile.business_days_between(day("2025-01-03"), day("2025-01-06")), 1);
    assert_eq!(chile.business_days_between(day("2024-12-30"), day("2025-01-02")), 1);
}

#[test]
fn target_dates_stay_inside_the_calendar_days_of_the_horizon() {
    let chile = BusinessCalendar::chile();
    for horizon in Horizon::ALL {
        let dates = chile.target_dates(day("2024-08-30"), horizon);
        assert!(dates.iter().all(|d| chile.is_business_day(*d)));
        assert!(*dates.last().unwrap() <= day("2024-08-30") + Days::new(horizon.days()));
    }
    assert_eq!(chile.target_dates(day("2024-09-13"), Horizon::D7), [day("2024-09-16"), day("2024-09-17")]);
}

/// Business days of a pair from 2000 to 2030.
fn business_days(calendar: BusinessCalendar) -> Vec<NaiveDate> {
    let days = day("2000-01-01").iter_days().take_while(|date| *date <= day("2030-12-31"));
    days.filter(|date| calendar.is_business_day(*date)).collect()
}

#[test]
fn the_calendar_follows_the_pair() {
    let of_pair = |text: &str| BusinessCalendar::for_pair(&text.parse().unwrap());
    #[rustfmt::skip]
    let pairs = [
        ("EUR/CLP", CalendarKind::Chile), ("CLP/JPY", CalendarKind::Chile),
        ("USD/MXN", CalendarKind::Mexico), ("MXN/USD", CalendarKind::Mexico), ("MXN/SEK", CalendarKind::Mexico),
        ("USD/BRL", CalendarKind::Brazil), ("USD/COP", CalendarKind::Colombia), ("USD/PEN", CalendarKind::Peru),
        ("EUR/USD", CalendarKind::Target), ("GBP/USD", CalendarKind::UnitedKingdom), ("USD/JPY", CalendarKind::Japan),
        ("USD/CAD", CalendarKind::Weekdays), ("AUD/USD", CalendarKind::Weekdays), ("NZD/CAD", CalendarKind::Weekdays),
    ];
    for (pair, kind) in pairs {
        assert_eq!(of_pair(pair).kind(), kind, "{pair}");
        assert_eq!(business_days(of_pair(pair)), business_days(BusinessCalendar::of(kind)), "{pair}");
    }
}

#[test]
fn a_cross_of_two_known_currencies_needs_both_to_be_open() {
    let of_pair = |text: &str| BusinessCalendar::for_pair(&text.parse().unwrap());
    let (target, mexico) = (BusinessCalendar::of(CalendarKind::Target), BusinessCalendar::of(CalendarKind::Mexico));
    let both: Vec<NaiveDate> =
        business_days(target).into_iter().filter(|date| mexico.is_business_day(*date)).collect();
    assert_eq!(business_days(of_pair("EUR/MXN")), both);
    assert_eq!(business_days(of_pair("MXN/EUR")), both);
    assert_eq!(of_pair("EUR/MXN").holiday(day("2024-09-16")), Some("Día de la Independencia"));
    // On a holiday of both, the name is that of the base currency.
    assert_eq!(of_pair("EUR/MXN").holiday(day("2024-12-25")), Some("Christmas Day"));
    assert_eq!(of_pair("MXN/EUR").holiday(day("2024-12-25")), Some("Navidad"));
}
