//! Conditions of a series: facts about its values that decide how far a forecast from them can be trusted. The checks
//! of the rates find them; runs, reports, mails and metrics tell them.

use std::fmt;

mod fact;
mod sentence;

pub use fact::{Frequency, SeriesFact};

/// A fact about a series, with the name of the series. Its `Display` is a sentence for the operator, with the remedy
/// where there is one.
#[derive(Debug, Clone, PartialEq)]
pub struct SeriesCondition {
    /// Name of the series.
    pub series: String,
    /// The fact.
    pub fact: SeriesFact,
}

impl SeriesCondition {
    /// True when a forecast that uses the series must be marked degraded.
    pub fn is_degrading(&self) -> bool {
        self.fact.is_degrading()
    }
}

impl fmt::Display for SeriesCondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.series, sentence::of(&self.series, &self.fact))
    }
}

#[cfg(test)]
mod tests;
