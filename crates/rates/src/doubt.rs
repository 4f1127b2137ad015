//! A doubt about the newest value of a series. A sync raises it when it compares answers, memory keeps it from one
//! sync to the next, and a report shows it.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A newest value that was taken but not confirmed: a jump that no other source has seen, or a value that differs
/// from another source's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Doubt {
    /// The series.
    pub series: String,
    /// Provider of the value.
    pub provider: String,
    /// Date of the value.
    pub date: NaiveDate,
    /// The value in doubt.
    pub value: f64,
    /// The value before it.
    pub before: f64,
    /// Other source and its different value; `None` when no other source confirms the jump.
    pub instead: Option<(String, f64)>,
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { series, provider, date, value, before, instead } = self;
        write!(f, "{series}: {provider} has {value} on {date}, after {before}, ")?;
        match instead {
            Some((other, instead)) => write!(f, "but {other} has {instead}: check which is right"),
            None => f.write_str("a jump that no other source confirms: check it"),
        }
    }
}
