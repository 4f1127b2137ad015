//! Scope of a review, and the figures of runs and models.

use crate::review::issued::made_before_outcome;
use chrono::{Days, NaiveDate};
use chrono_tz::Tz;
use forecaster_domain::scores::ScoreSums;
use forecaster_ledger::{PastRun, ScoredForecast};
use serde::Serialize;
use std::collections::BTreeMap;

/// Scope of a review.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Scope {
    /// First day.
    pub from: NaiveDate,
    /// Last day.
    pub to: NaiveDate,
    /// True when forecasts made after their outcome was known count too, each dated at its as-of date.
    pub replays: bool,
}

impl Scope {
    /// The `days` days up to and including `to`.
    pub(crate) fn last_days(days: u64, to: NaiveDate, replays: bool) -> Self {
        Self { from: to - Days::new(days.saturating_sub(1)), to, replays }
    }

    /// True when the day lies in the scope.
    pub(super) fn holds(&self, date: NaiveDate) -> bool {
        self.from <= date && date <= self.to
    }

    /// True when the run counts. A forecast made after its outcome is dated at its as-of date, any other run when it
    /// ended.
    pub(super) fn counts(&self, past: &PastRun, zone: Tz) -> bool {
        let finished_at = past.run.finished_at;
        match past.end_date {
            Some(end) if !made_before_outcome(finished_at, end, zone) => {
                self.replays && past.run.as_of.is_some_and(|as_of| self.holds(as_of))
            }
            _ => self.holds(finished_at.with_timezone(&zone).date_naive()),
        }
    }
}

/// Figures of a model or pool over a period. Unknown figures are null.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct ModelFigures {
    /// Runs in which it took part.
    pub runs: usize,
    /// Runs in which it was left out.
    pub left_out: usize,
    /// Forecasts scored.
    pub n: usize,
    /// Root mean square error of the median at the last target date, price units.
    pub rmse: Option<f64>,
    /// Mean absolute percentage error of the median at the last target date, percent.
    pub mape: Option<f64>,
    /// Weighted quantile loss.
    pub wql: Option<f64>,
    /// Share of actuals inside the 80 % interval.
    pub coverage80: Option<f64>,
    /// Share of actuals inside the 95 % interval.
    pub coverage95: Option<f64>,
    /// 1 - WQL / WQL of the random walk in the same runs.
    pub skill: Option<f64>,
    /// Standard error of the skill, overlap of the forecasts accounted for.
    pub skill_se: Option<f64>,
    /// P-value of the difference from the random walk; null with fewer than
    /// [`crate::review::comparisons::LEAST_FORECASTS`].
    pub p_value: Option<f64>,
    /// Weights in the pool.
    pub weight: Option<WeightRange>,
    /// Seconds in the model, validation included, summed over threads.
    pub seconds: Option<MeanAndMax>,
}

/// Scored forecasts by model, each oldest first.
pub(super) type ByModel<'a> = BTreeMap<&'a str, Vec<&'a ScoredForecast>>;

/// Groups scored forecasts by model.
pub(super) fn by_model(scored: &[ScoredForecast]) -> ByModel<'_> {
    let mut by_model = ByModel::new();
    for forecast in scored {
        by_model.entry(forecast.model.as_str()).or_default().push(forecast);
    }
    by_model
}

/// Parts of the forecasts' scores.
pub(super) fn parts<'a>(forecasts: &[&'a ScoredForecast]) -> impl Iterator<Item = &'a ScoreSums> {
    forecasts.iter().map(|forecast| &forecast.parts)
}

/// Figures of the runs of a horizon.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(crate) struct RunFigures {
    /// All runs.
    pub total: usize,
    /// Runs that went as configured.
    pub ok: usize,
    /// Runs with stale data, or without a model.
    pub degraded: usize,
    /// Runs without a report.
    pub failed: usize,
    /// Peak resident memory, MiB, including the Chronos process.
    pub peak_rss_mb: Option<MeanAndMax>,
    /// Peak resident memory of the Chronos process, MiB, over the runs that had one.
    pub peak_rss_chronos_mb: Option<MeanAndMax>,
    /// Seconds per run.
    pub seconds: Option<MeanAndMax>,
}

/// Mean and largest value.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct MeanAndMax {
    /// Mean.
    pub mean: f64,
    /// Largest value.
    pub max: f64,
}

impl MeanAndMax {
    /// `None` when `values` is empty.
    pub(super) fn of(values: &[f64]) -> Option<Self> {
        let max = values.iter().copied().reduce(f64::max)?;
        Some(Self { mean: mean(values), max })
    }
}

/// A model's weights in the pool, between 0 and 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct WeightRange {
    /// Mean.
    pub mean: f64,
    /// Smallest.
    pub min: f64,
    /// Largest.
    pub max: f64,
}

impl WeightRange {
    /// `None` when `values` is empty.
    pub(super) fn of(values: &[f64]) -> Option<Self> {
        let (min, max) = (values.iter().copied().reduce(f64::min)?, values.iter().copied().reduce(f64::max)?);
        Some(Self { mean: mean(values), min, max })
    }
}

/// Arithmetic mean of `values`.
pub(super) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}
