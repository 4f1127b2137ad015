//! Findings of the checks, each with its one-line text for the operator.

use chrono::NaiveDate;
use std::fmt;

/// Greatest number of values shown for one date.
const SHOWN: usize = 5;

/// A finding in a series; its `Display` is one line that states the problem and the action taken.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// Date concerned; the first of several.
    pub date: NaiveDate,
    /// Problem found.
    pub problem: DataProblem,
    /// Action taken on it.
    pub action: Action,
}

/// Problem found in a series. Values are in the series' unit.
#[derive(Debug, Clone, PartialEq)]
pub enum DataProblem {
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
    /// Dated after today.
    AfterToday {
        /// The value.
        value: f64,
        /// Date of the check.
        today: NaiveDate,
    },
    /// Dates earlier than the date above them.
    Unordered {
        /// Number of such dates.
        count: usize,
    },
    /// Several values for one date.
    Duplicate {
        /// All values, in the order given.
        values: Vec<f64>,
    },
    /// A value on a Saturday or Sunday.
    Weekend {
        /// The value.
        value: f64,
        /// Neighbouring date whose value it repeats; `None` when it repeats neither.
        carried_from: Option<NaiveDate>,
    },
    /// A value on a weekday that is a holiday.
    Holiday {
        /// The value.
        value: f64,
        /// Official name of the holiday.
        holiday: &'static str,
        /// Neighbouring date whose value it repeats; `None` when it repeats neither.
        carried_from: Option<NaiveDate>,
    },
    /// One value far off, with the next one back near the one before.
    Spike {
        /// Value before the spike.
        before: f64,
        /// Value far off.
        value: f64,
        /// Value after the spike.
        after: f64,
        /// Size of the jump in robust standard deviations.
        deviations: f64,
    },
    /// A jump that lasted, or that is too new to judge.
    Jump {
        /// Value before the jump.
        before: f64,
        /// Value after the jump.
        value: f64,
        /// Size of the jump in robust standard deviations.
        deviations: f64,
        /// True when the jump is on the last date of the series: only the next value can show whether it lasts.
        newest: bool,
    },
    /// A jump or a spike that a person has accepted.
    AcceptedJump {
        /// Value before the jump.
        before: f64,
        /// Value after the jump.
        value: f64,
        /// Size of the jump in robust standard deviations.
        deviations: f64,
    },
    /// A jump that another source does not have.
    Contradicted {
        /// The value.
        value: f64,
        /// Name of the other source.
        by: String,
        /// Value of the other source.
        instead: f64,
    },
    /// Out of all proportion to the value before it.
    Implausible {
        /// The value.
        value: f64,
        /// Value before it.
        before: f64,
        /// Date of the value before.
        before_date: NaiveDate,
    },
    /// Business days without a value; `date` is the first.
    Hole {
        /// Last business day without a value.
        to: NaiveDate,
        /// Number of business days.
        days: u32,
    },
}

/// Action taken on a problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Repaired without losing a date; the text describes the repair.
    Repaired(&'static str),
    /// Observation left out.
    Refused,
    /// No change; the observation stays.
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
            // There is no observation to keep.
            DataProblem::Hole { .. } => write!(f, "{}: {}; not filled", self.date, self.problem),
            problem => write!(f, "{}: {problem}; {}", self.date, self.action),
        }
    }
}

impl fmt::Display for DataProblem {
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
                f.write_str(if *newest { ", not yet confirmed by a later value" } else { ", it lasted" })
            }
            Self::AcceptedJump { before, value, deviations } => {
                write!(f, "a jump of {deviations:.0} deviations, {before} -> {value}, accepted by hand")
            }
            Self::Contradicted { value, by, instead } => write!(f, "{value}, but {by} has {instead}"),
            Self::Implausible { value, before, before_date: on } => {
                write!(f, "{value} is out of proportion to {before} on {on}")
            }
            Self::Hole { to, days } => write!(f, "no value on {days} business days up to {to}"),
        }
    }
}

fn repeating(carried_from: Option<NaiveDate>) -> String {
    carried_from.map_or_else(String::new, |date| format!(", repeating the value of {date}"))
}
