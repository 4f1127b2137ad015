//! How the forecasts of a period turned out. In: what the ledger keeps of runs and scores. Out: for each horizon the
//! figures of its runs and models, and whether one model is better than another.
//!
//! Accuracy covers the forecasts whose last target date lies in the period, of several runs of one as-of date the
//! first; runs, failures, weights, memory and seconds cover every run of the period. What counts is in
//! [`COUNTED_FORECASTS`] and [`COUNTED_RUNS`].

pub(crate) mod comparisons;
mod document;
mod runs;
mod table;

pub(crate) use comparisons::{Comparison, LEAST_FORECASTS};
pub(crate) use document::ReviewDocument;
pub(crate) use runs::{MeanAndMax, RunFigures, WeightRange};
pub(crate) use table::table;

use crate::earlier::was_ahead;
use chrono::{Days, NaiveDate};
use chrono_tz::Tz;
use forecaster_domain::Horizon;
use forecaster_domain::scores::{Parts, pool};
use forecaster_ledger::{Ledger, LedgerError, PastRun, ScoredForecast};
use serde::Serialize;
use std::collections::BTreeMap;

/// The rule for accuracy, in words.
pub(crate) const COUNTED_FORECASTS: &str = "n, accuracy and comparisons: forecasts whose last target date lies in the \
    period and that were issued, which means made before that date; of several runs of one as-of date the first; with \
    replays also those made afterwards by run --as-of";
/// The rule for everything else.
pub(crate) const COUNTED_RUNS: &str = "runs, failures, weights, memory and seconds: every run that ended on a day of \
    the period in the configured time zone, failed ones too; with replays also those made afterwards, each at its as-of \
    date";

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

    fn holds(&self, date: NaiveDate) -> bool {
        self.from <= date && date <= self.to
    }

    /// A run that issued something is dated at its as-of date when it was made afterwards, any other when it ended.
    fn counts(&self, past: &PastRun, zone: Tz) -> bool {
        let finished_at = past.run.finished_at;
        match past.end_date {
            Some(end) if !was_ahead(finished_at, end, zone) => {
                self.replays && past.run.as_of.is_some_and(|as_of| self.holds(as_of))
            }
            _ => self.holds(finished_at.with_timezone(&zone).date_naive()),
        }
    }
}

/// One horizon over a period.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct HorizonReview {
    /// Its runs.
    pub runs: RunFigures,
    /// That there is nothing to review, or null.
    pub note: Option<&'static str>,
    /// Models and pools by name.
    pub models: BTreeMap<String, ModelFigures>,
    /// Who is better than whom.
    pub comparisons: Vec<Comparison>,
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
    /// Of the difference from the random walk; null with fewer than [`LEAST_FORECASTS`].
    pub p_value: Option<f64>,
    /// Its weights in the pool.
    pub weight: Option<WeightRange>,
    /// Seconds in it, validation included, summed over threads.
    pub seconds: Option<MeanAndMax>,
}

/// Reviews `horizon` of `pair`; days are those of `zone`.
///
/// # Errors
/// When the ledger cannot be read.
pub(crate) fn horizon(
    ledger: &Ledger,
    pair: &str,
    horizon: Horizon,
    scope: &Scope,
    zone: Tz,
) -> Result<HorizonReview, LedgerError> {
    let mut runs = ledger.runs_between(pair, horizon, scope.from, scope.to)?;
    runs.retain(|past| scope.counts(past, zone));
    let mut scored = ledger.scored(pair, horizon, scope.from, scope.to)?;
    scored.retain(|forecast| scope.replays || was_ahead(forecast.finished_at, forecast.end_date, zone));
    let note = match (runs.is_empty(), scored.is_empty()) {
        (true, true) => Some("no run in this period"),
        (true, false) => Some("no run in this period, but forecasts of earlier runs have matured in it"),
        _ => None,
    };
    let by_model = by_model(&scored);
    let (figures, mut models) = runs::figures(&runs);
    for (model, forecasts) in &by_model {
        models.entry((*model).to_owned()).or_default().add_scores(model, forecasts, &by_model);
    }
    Ok(HorizonReview { runs: figures, note, models, comparisons: comparisons::all(&by_model) })
}

/// Scored forecasts by model, each oldest first.
type ByModel<'a> = BTreeMap<&'a str, Vec<&'a ScoredForecast>>;

fn by_model(scored: &[ScoredForecast]) -> ByModel<'_> {
    let mut by_model = ByModel::new();
    for forecast in scored {
        by_model.entry(forecast.model.as_str()).or_default().push(forecast);
    }
    by_model
}

fn parts<'a>(forecasts: &[&'a ScoredForecast]) -> impl Iterator<Item = &'a Parts> {
    forecasts.iter().map(|forecast| &forecast.parts)
}

impl ModelFigures {
    fn add_scores(&mut self, model: &str, forecasts: &[&ScoredForecast], by_model: &ByModel<'_>) {
        let Some(pooled) = pool(parts(forecasts)) else { return };
        let benchmark = comparisons::against_random_walk(model, by_model);
        self.n = pooled.n;
        (self.rmse, self.mape, self.wql) = (pooled.rmse, pooled.mape, Some(pooled.wql));
        (self.coverage80, self.coverage95) = (Some(pooled.coverage80), Some(pooled.coverage95));
        (self.skill, self.skill_se, self.p_value) = (benchmark.skill, benchmark.skill_error, benchmark.p_value);
    }
}
