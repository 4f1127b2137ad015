//! Freshness of a series: its newest value and the source of that, against the newest date that has been published by
//! now.

use crate::{
    catalogue::overlay, error::RatesError, listings::is_stand_in, quality::QualityRules, request::SeriesRequest,
    store::RatesStore,
};
use chrono::NaiveDate;
use std::fmt;

/// Newest value of a series, and the newest date that can be expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Freshness {
    /// Date and source of the newest value that a run would use; `None` when the series is unknown.
    pub newest: Option<(NaiveDate, String)>,
    /// Newest date that has been published by now, by the usual delay of the series.
    pub expected: NaiveDate,
    /// State of the newest value.
    pub state: FreshnessState,
}

/// State of the newest value of a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FreshnessState {
    /// It is of the expected date or later.
    AsExpected,
    /// It is of the expected date, but a market quote that stands in for the official rate.
    StandIn,
    /// It is older than the expected date.
    Late,
    /// There is none.
    Unknown,
}

impl Freshness {
    /// Returns the freshness of the series `name` with a newest value, if it has one.
    pub fn new(name: &str, newest: Option<(NaiveDate, String)>, expected: NaiveDate) -> Self {
        let state = match &newest {
            None => FreshnessState::Unknown,
            Some((date, _)) if *date < expected => FreshnessState::Late,
            Some((_, source)) if is_stand_in(name, source) => FreshnessState::StandIn,
            Some(_) => FreshnessState::AsExpected,
        };
        Self { newest, expected, state }
    }
}

impl fmt::Display for Freshness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.state {
            FreshnessState::AsExpected => f.write_str("as expected"),
            FreshnessState::StandIn => f.write_str("market quote, no official rate yet"),
            FreshnessState::Late => write!(f, "late: {} is expected", self.expected),
            FreshnessState::Unknown => f.write_str("nothing is known of it"),
        }
    }
}

/// Returns the freshness of the series `name` in a store, by the calendar and the day in `rules`.
///
/// # Errors
/// When the series' file cannot be read.
pub fn freshness(store: &RatesStore, name: &str, rules: QualityRules) -> Result<Freshness, RatesError> {
    let newest = match overlay(store, name, rules.today, None) {
        Ok(known) => known.by_date.last_key_value().map(|(date, (_, source))| (*date, source.clone())),
        Err(RatesError::UnknownSeries { .. }) => None,
        Err(error) => return Err(error),
    };
    Ok(Freshness::new(name, newest, SeriesRequest::new(name, rules).expected))
}
