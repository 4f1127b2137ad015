//! Market quote of the pair, and skills with their standard errors, as plain values.

use chrono::{DateTime, FixedOffset};

/// Market quote known to a forecast; it is more recent than the official rate.
#[derive(Debug, Clone, PartialEq)]
pub struct QuoteView {
    /// The quote, price units.
    pub value: f64,
    /// Provider of the quote.
    pub source: String,
    /// Time since when the quote was known, in the configured time zone.
    pub known_at: DateTime<FixedOffset>,
}

/// A skill with its standard error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SkillView {
    /// 1 - loss / loss of the random walk.
    pub value: f64,
    /// Standard error in the same unit; `None` when not known.
    pub error: Option<f64>,
}
