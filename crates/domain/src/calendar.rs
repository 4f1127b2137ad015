//! Business days by rule: those of nine countries and of the euro area, and of a currency pair.
//!
//! A pair's business days are those on which its official rate is published ([`BusinessCalendar::for_pair`]). Each
//! country has a file of its own, in which the law or the official source behind each rule is cited; only holidays of
//! a single year are listed by date. The tables cover 1990 to 2100; outside those years only weekends are excluded.

mod brazil;
mod chile;
mod colombia;
mod federal_reserve;
mod japan;
mod mexico;
mod peru;
mod rules;
mod target;
#[cfg(test)]
mod tests;
mod united_kingdom;

use crate::horizon::Horizon;
use crate::pair::Pair;
use chrono::{Datelike, Days, NaiveDate};
use rules::{Holidays, is_weekend};
use std::sync::OnceLock;

const FIRST_YEAR: i32 = 1990;
const LAST_YEAR: i32 = 2100;

/// Set of rules that decides which days are business days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CalendarKind {
    /// Monday to Friday, no holidays.
    Weekdays,
    /// Chilean bank business days.
    Chile,
    /// Mexican bank business days.
    Mexico,
    /// Brazilian bank business days.
    Brazil,
    /// Colombian business days.
    Colombia,
    /// Peruvian business days.
    Peru,
    /// Business days of the Federal Reserve Banks of the United States.
    FederalReserve,
    /// Business days of TARGET, the payment system of the euro area.
    Target,
    /// Business days of England and Wales.
    UnitedKingdom,
    /// Japanese bank business days.
    Japan,
}

impl CalendarKind {
    /// Every kind.
    pub const ALL: [Self; 10] = [
        Self::Weekdays,
        Self::Chile,
        Self::Mexico,
        Self::Brazil,
        Self::Colombia,
        Self::Peru,
        Self::FederalReserve,
        Self::Target,
        Self::UnitedKingdom,
        Self::Japan,
    ];

    /// Returns the calendar by which official rates of a currency are published; `None` for the dollar, whose rates
    /// are published by the other currency's country, and for currencies without a calendar here.
    fn of_currency(code: &str) -> Option<Self> {
        match code {
            "CLP" => Some(Self::Chile),
            "MXN" => Some(Self::Mexico),
            "BRL" => Some(Self::Brazil),
            "COP" => Some(Self::Colombia),
            "PEN" => Some(Self::Peru),
            "EUR" => Some(Self::Target),
            "GBP" => Some(Self::UnitedKingdom),
            "JPY" => Some(Self::Japan),
            _ => None,
        }
    }

    /// Returns the holidays of `year`.
    fn holidays(self, year: i32) -> Holidays {
        match self {
            Self::Weekdays => Holidays::new(),
            Self::Chile => chile::holidays(year),
            Self::Mexico => mexico::holidays(year),
            Self::Brazil => brazil::holidays(year),
            Self::Colombia => colombia::holidays(year),
            Self::Peru => peru::holidays(year),
            Self::FederalReserve => federal_reserve::holidays(year),
            Self::Target => target::holidays(year),
            Self::UnitedKingdom => united_kingdom::holidays(year),
            Self::Japan => japan::holidays(year),
        }
    }
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
    /// Kinds whose holidays are excluded, twice the same when there is one.
    kinds: [CalendarKind; 2],
    table: &'static HolidayTable,
}

impl BusinessCalendar {
    /// Returns the calendar of Chilean bank business days.
    pub fn chile() -> Self {
        Self::of(CalendarKind::Chile)
    }

    /// Returns the calendar of all days from Monday to Friday.
    pub fn weekdays() -> Self {
        Self::of(CalendarKind::Weekdays)
    }

    /// Returns the calendar of one kind.
    pub fn of(kind: CalendarKind) -> Self {
        Self::common([kind; 2])
    }

    /// Returns the calendar of the days that are business days of both kinds.
    fn common(kinds: [CalendarKind; 2]) -> Self {
        const KINDS: usize = CalendarKind::ALL.len();
        static TABLES: [[OnceLock<HolidayTable>; KINDS]; KINDS] =
            [const { [const { OnceLock::new() }; KINDS] }; KINDS];
        let [first, second] = kinds.map(|kind| kind as usize);
        let table = TABLES[first][second].get_or_init(|| HolidayTable::new(kinds));
        Self { kinds, table }
    }

    /// Returns a pair's calendar: the days on which its official rate is published.
    ///
    /// - One currency is the Chilean peso: Chile's business days.
    /// - Both currencies have a calendar, such as EUR/MXN: the days that are business days of both.
    /// - One of them has, such as USD/MXN or MXN/SEK: its business days. The rate against the dollar is published by
    ///   the other currency's central bank, also on holidays of the United States.
    /// - Neither has: every weekday. This includes the dollar against a currency without a calendar, since sources
    ///   other than the Federal Reserve have its rate on American holidays too.
    pub fn for_pair(pair: &Pair) -> Self {
        let currencies = [pair.base(), pair.quote()];
        match currencies.map(CalendarKind::of_currency) {
            [Some(CalendarKind::Chile), _] | [_, Some(CalendarKind::Chile)] => Self::chile(),
            [Some(base), Some(quote)] => Self::common([base, quote]),
            [Some(one), None] | [None, Some(one)] => Self::of(one),
            [None, None] => Self::weekdays(),
        }
    }

    /// Rules in force; those of the base currency when there are two.
    pub fn kind(&self) -> CalendarKind {
        self.kinds[0]
    }

    /// Name of the holiday on `date`, in the language of its country; `None` on other days, including ordinary
    /// weekends.
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
    holidays: Holidays,
    weekday_holidays: Vec<NaiveDate>,
}

impl HolidayTable {
    /// Creates the table of the holidays of both kinds; on a holiday of both, the name is that of the first.
    fn new([first, second]: [CalendarKind; 2]) -> Self {
        let of = |kind: CalendarKind| (FIRST_YEAR..=LAST_YEAR).flat_map(move |year| kind.holidays(year));
        let holidays: Holidays = of(second).chain(of(first)).collect();
        let weekday_holidays = holidays.keys().copied().filter(|d| !is_weekend(*d)).collect();
        Self { holidays, weekday_holidays }
    }
}
