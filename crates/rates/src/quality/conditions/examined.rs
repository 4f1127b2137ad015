//! Result of an examination, and what its steps share.

use crate::snapshot::RawObservation;
use chrono::NaiveDate;
use forecaster_domain::{BusinessCalendar, Gap, SeriesFact};

/// Relative difference up to which two values are equal: the noise of conversions, far below a tick.
const SAME: f64 = 1e-8;

/// Result of an examination.
#[derive(Debug, Clone, Default)]
pub(crate) struct Examined {
    /// Observations in the unit of the newest one.
    pub(crate) observations: Vec<RawObservation>,
    /// The facts, in the order of the examination.
    pub(crate) facts: Vec<SeriesFact>,
    /// Gaps between the observations over which models bridge.
    pub(crate) gaps: Vec<Gap>,
    /// Factors for the values before each date, cumulative.
    pub(crate) rescaled: Vec<(NaiveDate, f64)>,
}

impl Examined {
    /// Returns the factor from the stored to the present unit for a value of `date`.
    pub(crate) fn factor_on(&self, date: NaiveDate) -> f64 {
        self.rescaled.iter().filter(|(before, _)| date < *before).map(|(_, factor)| factor).product()
    }
}

/// Returns the log move from one observation to the next, and the business days that it took, at least one.
pub(super) fn log_move(from: RawObservation, to: RawObservation, calendar: BusinessCalendar) -> (f64, f64) {
    let days = calendar.business_days_between(from.date, to.date).max(1);
    ((to.value / from.value).ln(), days as f64)
}

/// True when two values are equal apart from the noise of a conversion.
pub(super) fn is_same(a: f64, b: f64) -> bool {
    (a / b - 1.0).abs() <= SAME
}
