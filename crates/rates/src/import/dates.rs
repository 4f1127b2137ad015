//! Dates as they are written. In: the text of a cell. Out: a day, or the parts of a date whose order the whole file
//! has to decide.

#[cfg(test)]
mod tests;

use super::words::{folded, is_weekday, month};
use chrono::{DateTime, Datelike, NaiveDate};
use std::{fmt, str::FromStr};

/// Order of day, month and year in dates such as 02/01/2025.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateOrder {
    /// Day, month, year.
    DayMonthYear,
    /// Month, day, year.
    MonthDayYear,
    /// Year, month, day.
    YearMonthDay,
}

impl DateOrder {
    /// All orders.
    pub(super) const ALL: [Self; 3] = [Self::DayMonthYear, Self::MonthDayYear, Self::YearMonthDay];

    /// Returns the form of a date with this order, as `--date-format` takes it.
    pub(super) fn form(self, short_year: bool) -> &'static str {
        match (self, short_year) {
            (Self::DayMonthYear, false) => "dd/mm/yyyy",
            (Self::DayMonthYear, true) => "dd/mm/yy",
            (Self::MonthDayYear, false) => "mm/dd/yyyy",
            (Self::MonthDayYear, true) => "mm/dd/yy",
            (Self::YearMonthDay, false) => "yyyy/mm/dd",
            (Self::YearMonthDay, true) => "yy/mm/dd",
        }
    }
}

impl fmt::Display for DateOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.form(false))
    }
}

impl FromStr for DateOrder {
    type Err = String;

    /// Reads a pattern such as `%d/%m/%Y`, `dd/mm/yyyy`, `mm-dd-yy` or `dd/mm/aaaa`. Only the order of its parts
    /// counts.
    fn from_str(pattern: &str) -> Result<Self, String> {
        let pattern = match pattern.trim() {
            "%F" => "%Y-%m-%d",
            "%D" => "%m/%d/%y",
            other => other,
        };
        // The time of day follows, where `m` means minutes.
        let date = pattern.split([' ', 'T', 'h', 'H', '%']).collect::<Vec<_>>();
        let date = if pattern.contains('%') { date.concat() } else { (*date.first().unwrap_or(&"")).to_owned() };
        let (mut order, mut unknown) = (String::new(), false);
        for letter in date.chars().filter(|c| c.is_alphabetic()) {
            let part = match letter {
                'd' | 'D' | 'e' => 'd',
                'm' | 'b' | 'B' => 'm',
                // Minutes come after the date in a pattern of the first kind.
                'M' | 'S' | 'z' | 'p' | 'I' | 'f' if order.len() == 3 => continue,
                'M' if !pattern.contains('%') => 'm',
                'y' | 'Y' | 'a' | 'A' => 'y',
                _ => {
                    unknown = true;
                    continue;
                }
            };
            if !order.contains(part) {
                order.push(part);
            }
        }
        match order.as_str() {
            "dmy" if !unknown => Ok(Self::DayMonthYear),
            "mdy" if !unknown => Ok(Self::MonthDayYear),
            "ymd" if !unknown => Ok(Self::YearMonthDay),
            _ => Err("expected the order of day, month and year: dd/mm/yyyy, mm/dd/yyyy, yyyy-mm-dd, or a pattern \
                      such as %d/%m/%Y"
                .to_owned()),
        }
    }
}

/// Date of a cell, as far as the cell alone tells it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum WrittenDate {
    /// A day that can be read in one way.
    Day(NaiveDate, DateForm),
    /// Three numbers whose order is open, with their separator.
    Open([u32; 3], char),
}

/// Form of a date that can be read in one way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DateForm {
    /// `2025-01-31`, `2025/1/31`.
    YearFirst,
    /// `20250131`, `31012025`.
    Compact,
    /// `31-ene-2025`, `Jan 31, 2025`.
    NamedMonth,
    /// `2025-01`, `Ene 2025`: dated the first day.
    Month,
    /// Date of a workbook.
    SheetDate,
    /// Number of days in a workbook.
    SheetDays,
    /// Seconds or milliseconds since 1970.
    UnixTime,
}

impl DateForm {
    pub(super) fn describe(self) -> &'static str {
        match self {
            Self::YearFirst => "yyyy-mm-dd",
            Self::Compact => "eight digits",
            Self::NamedMonth => "with the month's name",
            Self::Month => "months, dated the first day",
            Self::SheetDate => "dates of the sheet",
            Self::SheetDays => "day numbers of the sheet",
            Self::UnixTime => "Unix time, in UTC",
        }
    }
}

/// Returns a day in the years 1900 to 2200.
pub(super) fn day(year: u32, month: u32, day: u32) -> Option<NaiveDate> {
    let year = i32::try_from(year).ok().filter(|year| (1900..=2200).contains(year))?;
    NaiveDate::from_ymd_opt(year, month, day)
}

impl WrittenDate {
    /// Returns the date when its open parts have this order.
    pub(super) fn under(self, order: DateOrder) -> Option<NaiveDate> {
        let (parts, _) = match self {
            Self::Day(date, _) => return Some(date),
            Self::Open(parts, separator) => (parts, separator),
        };
        let [a, b, c] = parts;
        let full = |year: u32| match year {
            // The rule of POSIX (strptime, %y).
            0..=68 => year + 2000,
            69..=99 => year + 1900,
            _ => year,
        };
        match order {
            DateOrder::DayMonthYear => day(full(c), b, a),
            DateOrder::MonthDayYear => day(full(c), a, b),
            DateOrder::YearMonthDay => day(full(a), b, c),
        }
    }

    /// True if the year has two digits.
    pub(super) fn is_short(self) -> bool {
        matches!(self, Self::Open([_, _, year], _) if year < 100)
    }
}

/// Parts of a text: numbers with their count of digits, words, and marks between them.
#[derive(Debug, PartialEq)]
enum Part<'a> {
    Number(u32, usize),
    Word(&'a str),
    Mark(char),
}

/// Splits the time of day from a date: `2025-01-31T12:00`, `31/01/2025 4:00 pm`.
pub(super) fn split_time(text: &str) -> (&str, Option<&str>) {
    let Some(colon) = text.find(':') else { return (text, None) };
    let digits = text[..colon].trim_end_matches(|c: char| c.is_ascii_digit());
    let is_hour = (1..=2).contains(&(colon - digits.len()));
    let before = digits.strip_suffix(['T', 't', ' ', ',']).filter(|_| is_hour);
    match before {
        Some(date) => (date.trim_end_matches([' ', ',']), Some(text[digits.len()..].trim())),
        None => (text, None),
    }
}

/// Reads the date of a cell, with the time of day that follows it unless that is midnight.
pub(super) fn read_date(text: &str) -> Option<(WrittenDate, Option<&str>)> {
    // No date is longer, not even that of a browser with the name of its zone.
    if text.len() > 100 {
        return None;
    }
    let (date, time) = split_time(text);
    // A zone may name months and contain numbers: it is not part of the date.
    let folded = folded(date);
    let written = assemble(parts(&folded)?)?;
    let is_midnight = |time: &&str| time.starts_with("00:00") || time.starts_with("0:00");
    Some((written, time.filter(|time| !is_midnight(time))))
}

fn parts(text: &str) -> Option<Vec<Part<'_>>> {
    let (mut parts, mut rest) = (Vec::new(), text);
    while let Some(first) = rest.chars().next() {
        let same = |c: char| {
            if first.is_ascii_digit() { c.is_ascii_digit() } else { first.is_alphabetic() && c.is_alphabetic() }
        };
        let length = rest.find(|c: char| !same(c)).unwrap_or(rest.len()).max(first.len_utf8());
        let (part, after) = rest.split_at(length);
        rest = after;
        match first {
            '0'..='9' => parts.push(Part::Number(part.parse().ok()?, part.len())),
            '-' | '/' | '.' | ',' | ' ' => parts.push(Part::Mark(first)),
            'º' | '°' | '\'' => {}
            _ if first.is_alphabetic() => parts.push(Part::Word(part)),
            _ => return None,
        }
    }
    (parts.len() <= 16).then_some(parts)
}

fn assemble(parts: Vec<Part<'_>>) -> Option<WrittenDate> {
    let marks: Vec<char> =
        parts.iter().filter_map(|p| if let Part::Mark(mark) = p { Some(*mark) } else { None }).collect();
    let mut numbers = Vec::new();
    let mut months = Vec::new();
    let mut words = Vec::new();
    for part in &parts {
        match part {
            Part::Number(number, digits) => numbers.push((*number, *digits)),
            Part::Word(word) if is_weekday(word) || matches!(*word, "de" | "del" | "of" | "the") => {}
            Part::Word("st" | "nd" | "rd" | "th") if !numbers.is_empty() => {}
            Part::Word(word) => match month(word) {
                Some(month) => months.push((month, *word, numbers.len())),
                None => words.push(*word),
            },
            Part::Mark(_) => {}
        }
    }
    // `mar` is Tuesday where another month follows.
    if let [(_, "mar", 0), _] = months.as_slice() {
        months.remove(0);
    }
    match (numbers.as_slice(), months.as_slice(), words.as_slice()) {
        ([(year, 4), (month, digits)], [], ["m"]) if *digits <= 2 => first_of(*year, *month),
        (_, _, [_, ..]) => None,
        (numbers, [(month, _, before)], []) => named(numbers, *month, *before),
        ([(number, 8)], [], []) if parts.len() == 1 => compact(*number),
        ([(a, first), (b, second)], [], []) if matches!(marks.as_slice(), ['-' | '/']) => match (first, second) {
            (4, 1..=2) => first_of(*a, *b),
            (1..=2, 4) => first_of(*b, *a),
            _ => None,
        },
        ([(a, first), (b, second), (c, third)], [], []) => {
            let [mark, other] = marks.as_slice() else { return None };
            let is_separated = mark == other && parts.len() == 5 && *second <= 2;
            match (first, third) {
                _ if !is_separated => None,
                (4, 1..=2) => day(*a, *b, *c).map(|date| WrittenDate::Day(date, DateForm::YearFirst)),
                (1..=2, 4) if *c >= 100 => Some(WrittenDate::Open([*a, *b, *c], *mark)),
                (1..=2, 2) => Some(WrittenDate::Open([*a, *b, *c], *mark)),
                _ => None,
            }
        }
        _ => None,
    }
}

fn first_of(year: u32, month: u32) -> Option<WrittenDate> {
    day(year, month, 1).map(|date| WrittenDate::Day(date, DateForm::Month))
}

/// Reads a date with the name of a month, before which `before` of the numbers stand.
fn named(numbers: &[(u32, usize)], month: u32, before: usize) -> Option<WrittenDate> {
    let full = |(year, digits): (u32, usize)| match digits {
        4 => Some(year),
        2 => Some(if year <= 68 { year + 2000 } else { year + 1900 }),
        _ => None,
    };
    let (year, of_month) = match (numbers, before) {
        ([year @ (_, 4)], 0 | 1) => return first_of(year.0, month),
        ([(year, 4), (of_month, 1..=2)], 1) => (*year, *of_month),
        ([(of_month, 1..=2), year], 0 | 1) => (full(*year)?, *of_month),
        _ => return None,
    };
    day(year, month, of_month).map(|date| WrittenDate::Day(date, DateForm::NamedMonth))
}

/// Reads eight digits. Never both orders are possible: a month is no century.
fn compact(number: u32) -> Option<WrittenDate> {
    let ending = [number / 1_000_000, number / 10_000 % 100, number % 10_000];
    match day(number / 10_000, number / 100 % 100, number % 100) {
        Some(date) => Some(WrittenDate::Day(date, DateForm::Compact)),
        None if (1900..=2200).contains(&ending[2]) => Some(WrittenDate::Open(ending, ' ')),
        None => None,
    }
}

/// Reads the number of a workbook as a date: days since 1900, or eight digits.
pub(super) fn sheet_number(number: f64) -> Option<WrittenDate> {
    if number.fract() == 0.0 && (19_000_101.0..=22_001_231.0).contains(&number) {
        return compact(number as u32);
    }
    // From 1954 on: smaller numbers are years, or values.
    if !(20_000.0..=109_941.0).contains(&number) {
        return None;
    }
    let epoch = NaiveDate::from_ymd_opt(1899, 12, 30)?;
    let date = epoch.checked_add_days(chrono::Days::new(number as u64))?;
    Some(WrittenDate::Day(date, DateForm::SheetDays))
}

/// Reads ten digits as seconds since 1970, thirteen as milliseconds, with the time of day.
pub(super) fn unix_time(text: &str) -> Option<(WrittenDate, Option<String>)> {
    let is_time = matches!(text.len(), 10 | 13) && text.bytes().all(|byte| byte.is_ascii_digit());
    let number: i64 = text.parse().ok().filter(|_| is_time)?;
    let instant = DateTime::from_timestamp(if text.len() == 13 { number / 1000 } else { number }, 0)?;
    let date = instant.date_naive();
    let time = instant.format("%H:%M:%S").to_string();
    (date.year() <= 2200)
        .then_some((WrittenDate::Day(date, DateForm::UnixTime), Some(time).filter(|time| time != "00:00:00")))
}

/// True for a text that was meant as a date, though it may be none: digits, and no words but names of months and days.
pub(super) fn is_attempt(text: &str) -> bool {
    let folded = folded(split_time(text).0);
    let is_word = |word: &&str| word.chars().count() > 2 && month(word).is_none() && !is_weekday(word);
    folded.contains(|c: char| c.is_ascii_digit()) && !folded.split(|c: char| !c.is_alphabetic()).any(|w| is_word(&w))
}
