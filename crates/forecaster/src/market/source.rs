//! One series of the market: its provider, its extent, and the reason when it is left out.

use chrono::NaiveDate;
use forecaster_domain::SourceProblem;

/// One series of the market.
#[derive(Debug, Clone)]
pub(crate) struct SeriesSource {
    /// Name of the series.
    pub name: String,
    /// Formula when it has no observations of its own: "usdclp / usdeur".
    pub made_of: Option<String>,
    /// Provider of the newest observation.
    pub provider: String,
    /// Date of the first observation; `None` for a series without any.
    pub first_date: Option<NaiveDate>,
    /// Date of the last usable observation; `None` for a series without any.
    pub last_date: Option<NaiveDate>,
    /// Number of observations accepted.
    pub observations: usize,
    /// Number of observations refused or repaired by the quality checks.
    pub corrected: usize,
    /// Reason why it is unavailable or unusable; models run without it.
    pub left_out: Option<SourceProblem>,
}
