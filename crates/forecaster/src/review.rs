//! Review of how the forecasts of a period turned out. In: the ledger's runs and scores. Out: for each horizon,
//! figures of its runs and models, and comparisons between models.
//!
//! Accuracy covers the forecasts whose last target date lies in the period; of several runs with one as-of date, only
//! the first counts. Runs, failures, weights, memory and seconds cover every run of the period. The exact rules are
//! [`COUNTED_FORECASTS`] and [`COUNTED_RUNS`].

pub(crate) mod comparisons;
pub(crate) mod document;
pub(crate) mod figures;
pub(crate) mod issued;
mod runs;
pub(crate) mod scoring;
pub(crate) mod table;

use crate::review::comparisons::Comparison;
use crate::review::figures::{ByModel, ModelFigures, RunFigures, Scope, by_model, parts};
use crate::review::issued::made_before_outcome;
use chrono_tz::Tz;
use forecaster_domain::scores::pool;
use forecaster_domain::{Horizon, PriceFormat};
use forecaster_ledger::{Ledger, LedgerError, ScoredForecast};
use serde::Serialize;
use std::collections::BTreeMap;

/// Rule for accuracy, in words.
pub(crate) const COUNTED_FORECASTS: &str = "n, accuracy and comparisons: forecasts whose last target date lies in the \
    period and that were issued, which means made before that date; of several runs of one as-of date the first; with \
    replays also those made afterwards by run --as-of";
/// Rule for all other figures, in words.
pub(crate) const COUNTED_RUNS: &str = "runs, failures, weights, memory and seconds: every run that ended on a day of \
    the period in the configured time zone, failed ones too; with replays also those made afterwards, each at its as-of \
    date";

/// Review of one horizon over a period.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct HorizonReview {
    /// Figures of the runs.
    pub runs: RunFigures,
    /// Note that there is nothing to review, or null.
    pub note: Option<&'static str>,
    /// Models and pools by name.
    pub models: BTreeMap<String, ModelFigures>,
    /// Comparisons between models.
    pub comparisons: Vec<Comparison>,
    /// Decimals of the pair's prices, by the latest outcome.
    #[serde(skip)]
    pub format: PriceFormat,
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
    let mut scored = ledger.scored_forecasts(pair, horizon, scope.from, scope.to)?;
    scored.retain(|forecast| scope.replays || made_before_outcome(forecast.finished_at, forecast.end_date, zone));
    let note = match (runs.is_empty(), scored.is_empty()) {
        (true, true) => Some("no run in this period"),
        (true, false) => Some("no run in this period, but forecasts of earlier runs have matured in it"),
        _ => None,
    };
    let latest = scored.iter().filter_map(|forecast| Some((forecast.end_date, forecast.parts.end?.0)));
    let format = PriceFormat::of(latest.max_by_key(|(date, _)| *date).map_or(f64::NAN, |(_, actual)| actual));
    let by_model = by_model(&scored);
    let (figures, mut models) = runs::figures(&runs);
    for (model, forecasts) in &by_model {
        models.entry((*model).to_owned()).or_default().add_scores(model, forecasts, &by_model);
    }
    Ok(HorizonReview { runs: figures, note, models, comparisons: comparisons::all(&by_model), format })
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
