//! The market's quote of the pair, and skills with their errors, as plain values.

use chrono::{DateTime, FixedOffset};

/// The market's quote that a forecast knows: later news than the official rate.
#[derive(Debug, Clone, PartialEq)]
pub struct QuoteView {
    /// The quote, price units.
    pub value: f64,
    /// Whose it is: a provider.
    pub source: String,
    /// From when it was known, in the configured zone.
    pub known_at: DateTime<FixedOffset>,
}

/// A skill with its error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SkillView {
    /// 1 - loss / loss of the random walk.
    pub value: f64,
    /// Its standard error in the same unit; `None` where that is not known.
    pub error: Option<f64>,
}
