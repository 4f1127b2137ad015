//! How the forecasts that were truly issued turned out, as plain values.

use chrono::NaiveDate;

/// Scores of the issued forecasts that have come due.
#[derive(Debug, Clone, PartialEq)]
pub struct TrackRecord {
    /// Their last target dates lie between this date
    pub from: NaiveDate,
    /// and this one.
    pub to: NaiveDate,
    /// One row a model or pool.
    pub rows: Vec<TrackRow>,
    /// What can be said of one against another.
    pub comparisons: Vec<TrackComparison>,
}

/// Scores of one model or pool.
#[derive(Debug, Clone, PartialEq)]
pub struct TrackRow {
    /// Its name: `ensemble`, `ensemble_without_chronos` or a model's.
    pub model: String,
    /// Forecasts scored.
    pub n: usize,
    /// Of the median on the last target date, price units.
    pub rmse: f64,
    /// The same in percent.
    pub mape: f64,
    /// Weighted quantile loss over all target dates.
    pub wql: f64,
    /// Share of outcomes inside the 80 % interval, 0-1.
    pub coverage80: f64,
    /// The same of the 95 % interval.
    pub coverage95: f64,
    /// 1 - WQL / WQL of the random walk; `None` where that was not issued beside it.
    pub skill: Option<f64>,
}

/// One model or pool against another, over the forecasts that both issued.
#[derive(Debug, Clone, PartialEq)]
pub struct TrackComparison {
    /// The one.
    pub model: String,
    /// The other.
    pub against: String,
    /// Forecasts compared.
    pub n: usize,
    /// 1 - WQL / WQL of the other.
    pub skill: f64,
    /// Probability of a difference at least as large by chance; `None` where there are too few to test.
    pub p_value: Option<f64>,
    /// What can be said.
    pub verdict: TrackVerdict,
}

/// What can be said of one against another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrackVerdict {
    /// Better, and more than chance explains.
    Better,
    /// Worse, and more than chance explains.
    Worse,
    /// The difference may be chance.
    CannotTellYet {
        /// About how many more runs would tell if the difference stays as it is; `None` when that cannot be said.
        more_runs: Option<usize>,
    },
}
