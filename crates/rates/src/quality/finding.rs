//! What a check can find, and its one-line text for the operator.

use chrono::NaiveDate;
use std::fmt;

/// Values of one date that are shown.
const SHOWN: usize = 5;

/// One thing found in a series; its `Display` is a line that says what was found and what was done.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The date concerned; the first one where there are several.
    pub date: NaiveDate,
    /// What was found.
    pub problem: Problem,
    /// What was done about it.
    pub action: Action,
}

/// What was found. Values are in the series' unit.
#[derive(Debug, Clone, PartialEq)]
pub enum Problem {
    /// NaN or infinite.
    NotANumber {
        /// The value.
        value: f64,
    },
    /// Zero or negative.
    NotPositive {
        /// The value.
        value: f64,
    },
    /// Dated in the future.
    AfterToday {
        /// The value.
        value: f64,
        /// The day it is.
        today: NaiveDate,
    },
    /// Dates that come before the date above them.
    Unordered {
        /// How many.
        count: usize,
    },
    /// Several values for one date.
    Duplicate {
        /// All of them, in the order given.
        values: Vec<f64>,
    },
    /// A value on a Saturday or Sunday.
    Weekend {
        /// The value.
        value: f64,
        /// The neighbouring date whose value it repeats.
        carried_from: Option<NaiveDate>,
    },
    /// A value on a weekday that is a holiday.
    Holiday {
        /// The value.
        value: f64,
        /// Official name of the holiday.
        holiday: &'static str,
        /// The neighbouring date whose value it repeats.
        carried_from: Option<NaiveDate>,
    },
    /// One value far off, the next one back near the one before.
    Spike {
        /// The value before.
        before: f64,
        /// The value far off.
        value: f64,
        /// The value after.
        after: f64,
        /// Size of the jump in robust standard deviations.
        deviations: f64,
    },
    /// A jump that stayed, or that is too new to tell.
    Jump {
        /// The value before.
        before: f64,
        /// The value after the jump.
        value: f64,
        /// Size of the jump in robust standard deviations.
        deviations: f64,
        /// True on the last date of the series: the next value will tell.
        newest: bool,
    },
    /// A jump that another source does not have.
    Contradicted {
        /// The value.
        value: f64,
        /// The other source.
        by: String,
        /// What it has.
        instead: f64,
    },
    /// Out of all proportion to the value before it.
    Implausible {
        /// The value.
        value: f64,
        /// The value before.
        before: f64,
        /// Its date.
        on: NaiveDate,
    },
    /// Business days without a value, `date` being the first.
    Hole {
        /// Last business day without a value.
        to: NaiveDate,
        /// How many business days.
        days: u32,
    },
}

/// What was done about a problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Mended without losing a date, in the way told.
    Repaired(&'static str),
    /// The observation was left out.
    Refused,
    /// Nothing; the observation stays.
    Noted,
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Repaired(how) => f.write_str(how),
            Self::Refused => f.write_str("refused"),
            Self::Noted => f.write_str("kept"),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.problem {
            // Nothing is there to be kept.
            Problem::Hole { .. } => write!(f, "{}: {}; not filled", self.date, self.problem),
            problem => write!(f, "{}: {problem}; {}", self.date, self.action),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotANumber { value } => write!(f, "{value} is not a number"),
            Self::NotPositive { value } => write!(f, "{value} is not positive"),
            Self::AfterToday { value, today } => write!(f, "{value} is dated after today ({today})"),
            Self::Unordered { count: 1 } => write!(f, "this date comes after a later one"),
            Self::Unordered { count } => {
                write!(f, "this date and {} more come after a later one", count - 1)
            }
            Self::Duplicate { values } => {
                let shown: Vec<String> = values.iter().take(SHOWN).map(ToString::to_string).collect();
                let more = if values.len() > SHOWN { " ..." } else { "" };
                write!(f, "{} values for one date ({}{more})", values.len(), shown.join(", "))
            }
            Self::Weekend { value, carried_from } => {
                write!(f, "{value} on a weekend{}", repeating(*carried_from))
            }
            Self::Holiday { value, holiday, carried_from } => {
                write!(f, "{value} on a holiday ({holiday}){}", repeating(*carried_from))
            }
            Self::Spike { before, value, after, deviations } => {
                write!(f, "a spike of {deviations:.0} deviations, {before} -> {value} -> {after}")
            }
            Self::Jump { before, value, deviations, newest } => {
                write!(f, "a jump of {deviations:.0} deviations, {before} -> {value}")?;
                f.write_str(if *newest { ", the next value will tell" } else { ", it lasted" })
            }
            Self::Contradicted { value, by, instead } => write!(f, "{value}, where {by} has {instead}"),
            Self::Implausible { value, before, on } => {
                write!(f, "{value} is out of proportion to {before} on {on}")
            }
            Self::Hole { to, days } => write!(f, "no value on {days} business days up to {to}"),
        }
    }
}

fn repeating(carried_from: Option<NaiveDate>) -> String {
    carried_from.map_or_else(String::new, |date| format!(", repeating the value of {date}"))
}
