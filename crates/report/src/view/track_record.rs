//! Results of the forecasts that were actually issued, as plain values.

use chrono::NaiveDate;

/// Scores of the issued forecasts that have come due.
#[derive(Debug, Clone, PartialEq)]
pub struct TrackRecord {
    /// First day of the period that their last target dates lie in.
    pub from: NaiveDate,
    /// Last day of that period.
    pub to: NaiveDate,
    /// One row per model or pool.
    pub rows: Vec<TrackRow>,
    /// Pairwise comparisons of models or pools.
    pub comparisons: Vec<TrackComparison>,
}

/// Scores of one model or pool.
#[derive(Debug, Clone, PartialEq)]
pub struct TrackRow {
    /// Name: `ensemble`, `ensemble_without_chronos` or a model's.
    pub model: String,
    /// Number of forecasts scored.
    pub n: usize,
    /// RMSE of the median on the last target date, price units.
    pub rmse: f64,
    /// MAPE of the median on the last target date, percent.
    pub mape: f64,
    /// Weighted quantile loss over all target dates.
    pub wql: f64,
    /// Share of observed rates inside the 80 % interval, 0-1.
    pub coverage80: f64,
    /// Share of observed rates inside the 95 % interval, 0-1.
    pub coverage95: f64,
    /// 1 - WQL / WQL of the random walk; `None` when no random walk was issued alongside.
    pub skill: Option<f64>,
}

/// One model or pool compared with another, over the forecasts that both issued.
#[derive(Debug, Clone, PartialEq)]
pub struct TrackComparison {
    /// Name of the model or pool.
    pub model: String,
    /// Name of the one it is compared with.
    pub against: String,
    /// Number of forecasts compared.
    pub n: usize,
    /// 1 - WQL of `model` / WQL of `against`.
    pub skill: f64,
    /// Probability of a difference at least as large by chance; `None` when there are too few forecasts to test.
    pub p_value: Option<f64>,
    /// Conclusion of the comparison.
    pub verdict: TrackVerdict,
}

/// Conclusion of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrackVerdict {
    /// Better, by more than chance explains.
    Better,
    /// Worse, by more than chance explains.
    Worse,
    /// The difference may be chance.
    CannotTellYet {
        /// Approximate number of further runs needed for a conclusion if the difference stays the same; `None` when
        /// it cannot be estimated.
        more_runs: Option<usize>,
    },
}
