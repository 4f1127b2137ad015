//! A doubt about the newest value of a series: a sync has it of the answers that it compares, memory keeps it from one
//! sync to the next, and a report tells of it.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A newest value that is taken but not confirmed: a jump that nobody else has seen, or one that differs from another
/// source's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Doubt {
    /// The series.
    pub series: String,
    /// Who says so.
    pub provider: String,
    /// Its date.
    pub date: NaiveDate,
    /// The value.
    pub value: f64,
    /// The value before it.
    pub before: f64,
    /// Who has something else, and what.
    pub instead: Option<(String, f64)>,
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { series, provider, date, value, before, instead } = self;
        write!(f, "{series}: {provider} has {value} on {date}, after {before}, ")?;
        match instead {
            Some((other, instead)) => write!(f, "where {other} has {instead}: check which is right"),
            None => f.write_str("and nobody else confirms such a jump: check it"),
        }
    }
}
