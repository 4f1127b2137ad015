//! What is looked back on, and the figures of runs and models.

use crate::review::issued::was_ahead;
use chrono::{Days, NaiveDate};
use chrono_tz::Tz;
use forecaster_domain::scores::Parts;
use forecaster_ledger::{PastRun, ScoredForecast};
use serde::Serialize;
use std::collections::BTreeMap;

/// What is looked back on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Scope {
    /// First day.
    pub from: NaiveDate,
    /// Last day.
    pub to: NaiveDate,
    /// Whether forecasts count that were made when their outcome was known, each dated at its as-of date.
    pub replays: bool,
}

impl Scope {
    /// The `days` up to and with `to`.
    pub(crate) fn last_days(days: u64, to: NaiveDate, replays: bool) -> Self {
        Self { from: to - Days::new(days.saturating_sub(1)), to, replays }
    }

    /// Whether a day lies in it.
    pub(super) fn holds(&self, date: NaiveDate) -> bool {
        self.from <= date && date <= self.to
    }

    /// A run that issued something is dated at its as-of date when it was made afterwards, any other when it ended.
    pub(super) fn counts(&self, past: &PastRun, zone: Tz) -> bool {
        let finished_at = past.run.finished_at;
        match past.end_date {
            Some(end) if !was_ahead(finished_at, end, zone) => {
                self.replays && past.run.as_of.is_some_and(|as_of| self.holds(as_of))
            }
            _ => self.holds(finished_at.with_timezone(&zone).date_naive()),
        }
    }
}

/// A model or pool over a period. What nothing is known of is null.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct ModelFigures {
    /// Runs it took part in.
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
    /// Its standard error, overlap of the forecasts accounted for.
    pub skill_se: Option<f64>,
    /// Of the difference from the random walk; null with fewer than [`crate::review::comparisons::LEAST_FORECASTS`].
    pub p_value: Option<f64>,
    /// Its weights in the pool.
    pub weight: Option<WeightRange>,
    /// Seconds in it, validation included, summed over threads.
    pub seconds: Option<MeanAndMax>,
}

/// Scored forecasts by model, each oldest first.
pub(super) type ByModel<'a> = BTreeMap<&'a str, Vec<&'a ScoredForecast>>;

/// Groups what was scored.
pub(super) fn by_model(scored: &[ScoredForecast]) -> ByModel<'_> {
    let mut by_model = ByModel::new();
    for forecast in scored {
        by_model.entry(forecast.model.as_str()).or_default().push(forecast);
    }
    by_model
}

/// The parts of their scores.
pub(super) fn parts<'a>(forecasts: &[&'a ScoredForecast]) -> impl Iterator<Item = &'a Parts> {
    forecasts.iter().map(|forecast| &forecast.parts)
}

/// The runs of a horizon.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(crate) struct RunFigures {
    /// All of them.
    pub total: usize,
    /// As configured.
    pub ok: usize,
    /// With stale data, or without a model.
    pub degraded: usize,
    /// Without a report.
    pub failed: usize,
    /// Peak resident memory, MiB, with that of the process that ran Chronos.
    pub peak_rss_mb: Option<MeanAndMax>,
    /// That of the process that ran Chronos, over the runs that had one.
    pub peak_rss_chronos_mb: Option<MeanAndMax>,
    /// Seconds a run took.
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
    /// `None` of nothing.
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
    /// `None` of nothing.
    pub(super) fn of(values: &[f64]) -> Option<Self> {
        let (min, max) = (values.iter().copied().reduce(f64::min)?, values.iter().copied().reduce(f64::max)?);
        Some(Self { mean: mean(values), min, max })
    }
}

/// The mean of some values.
pub(super) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}
