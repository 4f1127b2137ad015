//! Business days by rule. Chile's are the days on which the dólar observado is published; for a pair whose calendar
//! is unknown, every weekday is one.
//!
//! The law behind each Chilean rule is cited beside it. Only one-off holidays, each created by a law of its own, are
//! listed by date. The tables cover 1990 to 2100; outside those years only weekends are excluded.

use crate::horizon::Horizon;
use crate::pair::Pair;
use chrono::{Datelike, Days, NaiveDate, TimeDelta, Weekday};
use std::{collections::BTreeMap, sync::OnceLock};

const FIRST_YEAR: i32 = 1990;
const LAST_YEAR: i32 = 2100;

/// Set of rules that decides which days are business days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CalendarKind {
    /// Chilean bank business days.
    Chile,
    /// Monday to Friday, no holidays.
    Weekdays,
}

/// Business-day calendar: decides which days are business days, counts them and lists them.
///
/// ```
/// use forecaster_domain::{BusinessCalendar, Horizon};
/// let day = |text: &str| text.parse().unwrap();
/// let chile = BusinessCalendar::chile();
/// assert_eq!(chile.holiday(day("2024-09-20")), Some("Feriado adicional de Fiestas Patrias"));
/// // Good Friday 2024 falls inside the week.
/// let dates = chile.target_dates(day("2024-03-25"), Horizon::D7);
/// assert_eq!(dates, [day("2024-03-26"), day("2024-03-27"), day("2024-03-28"), day("2024-04-01")]);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct BusinessCalendar {
    kind: CalendarKind,
    table: &'static HolidayTable,
}

impl BusinessCalendar {
    /// Returns the calendar of Chilean bank business days.
    pub fn chile() -> Self {
        static TABLE: OnceLock<HolidayTable> = OnceLock::new();
        let table = TABLE.get_or_init(|| HolidayTable::new(chilean_holidays));
        Self { kind: CalendarKind::Chile, table }
    }

    /// Returns the calendar of all days from Monday to Friday.
    pub fn weekdays() -> Self {
        static TABLE: OnceLock<HolidayTable> = OnceLock::new();
        let table = TABLE.get_or_init(|| HolidayTable::new(|_| BTreeMap::new()));
        Self { kind: CalendarKind::Weekdays, table }
    }

    /// Returns a pair's calendar: Chile's when one currency is the peso, otherwise plain weekdays.
    pub fn for_pair(pair: &Pair) -> Self {
        if [pair.base(), pair.quote()].contains(&"CLP") { Self::chile() } else { Self::weekdays() }
    }

    /// Rules in force.
    pub fn kind(&self) -> CalendarKind {
        self.kind
    }

    /// Official (Spanish) name of the holiday on `date`; `None` on other days, including ordinary weekends.
    pub fn holiday(&self, date: NaiveDate) -> Option<&'static str> {
        self.table.holidays.get(&date).copied()
    }

    /// True on weekdays that are not holidays.
    pub fn is_business_day(&self, date: NaiveDate) -> bool {
        !is_weekend(date) && self.holiday(date).is_none()
    }

    /// Business days after `as_of` up to and including `as_of` + the horizon's calendar days.
    pub fn target_dates(&self, as_of: NaiveDate, horizon: Horizon) -> Vec<NaiveDate> {
        let end = as_of + Days::new(horizon.days());
        as_of.iter_days().skip(1).take_while(|d| *d <= end).filter(|d| self.is_business_day(*d)).collect()
    }

    /// Number of business days after `from` up to and including `to`; negative when `to` is before `from`.
    pub fn business_days_between(&self, from: NaiveDate, to: NaiveDate) -> i64 {
        self.ordinal(to) - self.ordinal(from)
    }

    /// Running number of business days up to and including `date`: a grid that does not move when history
    /// is added at either end.
    pub fn ordinal(&self, date: NaiveDate) -> i64 {
        let weekdays = |date: NaiveDate| {
            let days = i64::from(date.num_days_from_ce());
            days.div_euclid(7) * 5 + days.rem_euclid(7).min(5)
        };
        weekdays(date) - self.table.weekday_holidays.partition_point(|d| *d <= date) as i64
    }
}

#[derive(Debug)]
struct HolidayTable {
    holidays: BTreeMap<NaiveDate, &'static str>,
    weekday_holidays: Vec<NaiveDate>,
}

impl HolidayTable {
    fn new(holidays_of: impl Fn(i32) -> BTreeMap<NaiveDate, &'static str>) -> Self {
        let holidays: BTreeMap<_, _> = (FIRST_YEAR..=LAST_YEAR).flat_map(holidays_of).collect();
        let weekday_holidays = holidays.keys().copied().filter(|d| !is_weekend(*d)).collect();
        Self { holidays, weekday_holidays }
    }
}

fn is_weekend(date: NaiveDate) -> bool {
    matches!(date.weekday(), Weekday::Sat | Weekday::Sun)
}

/// Returns every holiday of `year` on which Chilean banks close, with its official name.
fn chilean_holidays(year: i32) -> BTreeMap<NaiveDate, &'static str> {
    let mut holidays = BTreeMap::new();
    let mut add = |date: Option<NaiveDate>, name: &'static str| {
        if let Some(date) = date {
            holidays.entry(date).or_insert(name);
        }
    };
    let on = |month, day| NaiveDate::from_ymd_opt(year, month, day);
    let easter = easter_sunday(year);
    let weekday = |month, day| on(month, day).map(|d| d.weekday());

    // Fixed and Easter holidays: Ley 2.977 (1915) and later.
    add(on(1, 1), "Año Nuevo");
    add(easter.and_then(|d| d.checked_sub_days(Days::new(2))), "Viernes Santo");
    add(on(5, 1), "Día del Trabajo");
    add(on(5, 21), "Día de las Glorias Navales");
    add(on(8, 15), "Asunción de la Virgen");
    add(on(9, 18), "Independencia Nacional");
    add(on(9, 19), "Día de las Glorias del Ejército");
    add(on(11, 1), "Día de Todos los Santos");
    add(on(12, 8), "Inmaculada Concepción");
    add(on(12, 25), "Navidad");
    // Bank holiday: Ley General de Bancos.
    add(on(12, 31), "Feriado bancario");
    // Moved to a Monday since 2000: Ley 19.668.
    add(on(6, 29).map(|d| moved_to_monday(d, year)), "San Pedro y San Pablo");
    add(on(10, 12).map(|d| moved_to_monday(d, year)), "Encuentro de Dos Mundos");
    // Corpus Christi was replaced by the Virgen del Carmen in 2007: Ley 20.148.
    if year >= 2007 {
        add(on(7, 16), "Virgen del Carmen");
    } else {
        add(easter.map(|d| moved_to_monday(d + Days::new(60), year)), "Corpus Christi");
    }
    // Bridge holidays: Ley 20.215 (Monday 17th, Friday 20th), Ley 20.983 (Friday 17th, Monday 2 January).
    let bridge = "Feriado adicional de Fiestas Patrias";
    if year >= 2007 && weekday(9, 17) == Some(Weekday::Mon) {
        add(on(9, 17), bridge);
    }
    if year >= 2007 && weekday(9, 20) == Some(Weekday::Fri) {
        add(on(9, 20), bridge);
    }
    if year >= 2017 && weekday(9, 17) == Some(Weekday::Fri) {
        add(on(9, 17), bridge);
    }
    if year >= 2017 && weekday(1, 2) == Some(Weekday::Mon) {
        add(on(1, 2), "Feriado adicional de Año Nuevo");
    }
    // Evangelical churches: Ley 20.299; a Tuesday moves to the Friday before, a Wednesday to the Friday after.
    if year >= 2008 {
        let date = match weekday(10, 31) {
            Some(Weekday::Tue) => on(10, 27),
            Some(Weekday::Wed) => on(11, 2),
            _ => on(10, 31),
        };
        add(date, "Día de las Iglesias Evangélicas y Protestantes");
    }
    // Indigenous peoples, on the winter solstice: Ley 21.357, which sets 21 June for 2021.
    if year >= 2021 {
        let date = if year == 2021 { on(6, 21) } else { june_solstice(year) };
        add(date, "Día Nacional de los Pueblos Indígenas");
    }
    for (date, name) in ONE_OFF_HOLIDAYS.iter().filter(|((y, _, _), _)| *y == year) {
        add(NaiveDate::from_ymd_opt(date.0, date.1, date.2), name);
    }
    holidays
}

/// One-off holidays. The regional holiday of 2018-01-16 closed the banks of Santiago, and no rate was published.
const ONE_OFF_HOLIDAYS: [((i32, u32, u32), &str); 7] = [
    ((2002, 4, 24), "Censo 2002"),
    ((2004, 9, 17), "Feriado de Fiestas Patrias (Ley 19.973)"),
    ((2010, 9, 17), "Bicentenario (Ley 20.450)"),
    ((2010, 9, 20), "Bicentenario (Ley 20.450)"),
    ((2017, 4, 19), "Censo 2017"),
    ((2018, 1, 16), "Visita papal (Región Metropolitana)"),
    ((2022, 9, 16), "Feriado de Fiestas Patrias (Ley 21.482)"),
];

/// Applies Ley 19.668: Tuesday to Thursday moves to the Monday before, Friday to the Monday after.
fn moved_to_monday(date: NaiveDate, year: i32) -> NaiveDate {
    if year < 2000 {
        return date;
    }
    match date.weekday() {
        Weekday::Tue => date - Days::new(1),
        Weekday::Wed => date - Days::new(2),
        Weekday::Thu => date - Days::new(3),
        Weekday::Fri => date + Days::new(3),
        _ => date,
    }
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

/// Day of the June solstice in Chile's winter time (UTC-4).
///
/// Mean solstice of Meeus, Astronomical Algorithms, table 27.B, accurate to about a quarter of an hour; between 2022
/// and 2040 no solstice falls within an hour of midnight in Chile.
fn june_solstice(year: i32) -> Option<NaiveDate> {
    let y = (f64::from(year) - 2000.0) / 1000.0;
    let julian_day = 2_451_716.567_67 + y * (365_241.626_03 + y * (0.003_25 + y * (0.008_88 - y * 0.000_30)));
    let hours_after_2000 = (julian_day - 2_451_544.5) * 24.0 - 4.0;
    let start = NaiveDate::from_ymd_opt(2000, 1, 1)?.and_hms_opt(0, 0, 0)?;
    Some((start + TimeDelta::minutes((hours_after_2000 * 60.0) as i64)).date())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    /// Independent reference: the Python package `holidays` (see `fixtures/chile_holidays.py`), categories public and
    /// bank, 2003 to 2040.
    #[test]
    fn chilean_holidays_agree_with_the_holidays_package() {
        let reference: Vec<NaiveDate> =
            include_str!("../fixtures/chile_holidays.csv").lines().skip(1).map(|l| day(&l[..10])).collect();
        let chile = BusinessCalendar::chile();
        let ours: Vec<NaiveDate> = day("2003-01-01")
            .iter_days()
            .take_while(|d| *d <= day("2040-12-31"))
            .filter(|d| !is_weekend(*d) && chile.holiday(*d).is_some())
            .collect();
        let only_ours: Vec<String> =
            ours.iter().filter(|d| !reference.contains(d)).map(ToString::to_string).collect();
        let only_theirs: Vec<String> =
            reference.iter().filter(|d| !ours.contains(d)).map(ToString::to_string).collect();
        // A regional holiday, which the package lists under the region.
        assert_eq!(only_ours, ["2018-01-16"]);
        assert!(only_theirs.is_empty(), "{only_theirs:?}");
    }

    #[test]
    fn no_solstice_up_to_2040_is_too_close_to_midnight_for_the_formula() {
        for year in 2022..=2040 {
            let y = (f64::from(year) - 2000.0) / 1000.0;
            let jd = 2_451_716.567_67 + y * 365_241.626_03;
            let hour = ((jd - 0.5) * 24.0 - 4.0).rem_euclid(24.0);
            assert!((1.0..23.0).contains(&hour), "{year}: {hour}");
        }
    }

    #[test]
    fn ordinals_count_business_days_one_by_one() {
        for calendar in [BusinessCalendar::chile(), BusinessCalendar::weekdays()] {
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

    #[test]
    fn the_calendar_follows_the_pair() {
        let kind = |text: &str| BusinessCalendar::for_pair(&text.parse().unwrap()).kind();
        assert_eq!(kind("EUR/CLP"), CalendarKind::Chile);
        assert_eq!(kind("USD/MXN"), CalendarKind::Weekdays);
    }
}
