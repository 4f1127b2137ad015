//! Results of a run: the pool, its members with their scores, and how each would have performed before.

use crate::forecast::drift::Drift;
use crate::forecast::left_out::LeftOut;
use forecaster_chronos::CHECKPOINT_DETAIL;
use forecaster_domain::{
    Horizon, ModelForecast, ModelId, OriginLoss, PastWeights, QuantileForecast, RoundLevel, SuspensionCause,
};
use forecaster_ensemble::{Evaluation, Pool};
use forecaster_ledger::Suspension;

/// Name of the suspension in the details and reasons of JSON.
const SUSPENDED_NOW: &str = "suspended after this run";

/// Result of one model in a run.
#[derive(Debug, Clone)]
pub(crate) struct ModelResult {
    /// The model.
    pub id: ModelId,
    /// Weight in the pool; 0 when the model is only judged.
    pub weight: f64,
    /// Forecast, with the details that the model chose for it.
    pub forecast: ModelForecast,
    /// Out-of-sample scores.
    pub judged: Option<Evaluation>,
    /// Seconds in the model, validation included, summed over threads.
    pub seconds: f64,
    /// Figures that depend on the whole path and not only on its end, for models that provide them.
    pub paths: Option<PathFigures>,
    /// Suspension of the model by the guard after this run.
    pub suspended: Option<Suspension>,
}

/// Figures from sample paths through a forecast.
#[derive(Debug, Clone)]
pub(crate) struct PathFigures {
    /// Number of paths.
    pub samples: usize,
    /// Mean of the lowest price on the way, including the last observation.
    pub expected_low: f64,
    /// Mean of the highest price on the way, likewise.
    pub expected_high: f64,
    /// Round prices, and the share of paths that touch each.
    pub touched: Vec<(f64, f64)>,
}

impl ModelResult {
    /// Details of the forecast for JSON, name and value: those of the model, then what it had to do without.
    pub(crate) fn details(&self) -> impl Iterator<Item = (String, String)> {
        let quote = self.forecast.quote_left_out.map(|reason| ("spot quote left out".to_owned(), reason.to_string()));
        let suspended = self.suspended.as_ref().map(|it| (SUSPENDED_NOW.to_owned(), it.reason.clone()));
        self.forecast.details.iter().cloned().chain(quote).chain(suspended)
    }

    /// Name of the trained checkpoint behind the model, if there is one.
    pub(crate) fn checkpoint(&self) -> Option<&str> {
        self.forecast
            .details
            .iter()
            .find(|(name, _)| name == CHECKPOINT_DETAIL)
            .map(|(_, checkpoint)| checkpoint.as_str())
    }
}

/// The pool as it would be without Chronos, in a run that includes it.
#[derive(Debug, Clone)]
pub(crate) struct WithoutChronos {
    /// Forecast of that pool.
    pub forecast: QuantileForecast,
    /// Out-of-sample scores of that pool.
    pub judged: Option<Evaluation>,
}

/// A past forecast of the pool for the last target date of a validation origin.
#[derive(Debug, Clone)]
pub(crate) struct PastPool {
    /// The forecast as it would have been issued.
    pub forecast: QuantileForecast,
    /// Actual value on the last target date.
    pub actual: Option<f64>,
}

/// Complete result of a run.
#[derive(Debug, Clone)]
pub(crate) struct Forecast {
    /// The horizon.
    pub horizon: Horizon,
    /// The pooled, calibrated forecast.
    pub ensemble: QuantileForecast,
    /// Weights, by position in the lineup, and calibration.
    pub pool: Pool,
    /// The pool's out-of-sample scores.
    pub ensemble_judged: Option<Evaluation>,
    /// Scores against the market walk instead of the random walk: the gain of the models over the quote.
    pub beyond_quote: Option<Evaluation>,
    /// The pool without Chronos, when Chronos took part.
    pub without_chronos: Option<WithoutChronos>,
    /// Every model that has a forecast, in the order of the lineup.
    pub models: Vec<ModelResult>,
    /// Models without a forecast, with the reason.
    pub left_out: Vec<LeftOut>,
    /// The pool at each validation origin, oldest first.
    pub past: Vec<PastPool>,
    /// The pool's weights at each validation origin.
    pub weights: Vec<PastWeights>,
    /// Losses of the pool and the random walk at each validation origin where both could be judged.
    pub losses: Vec<OriginLoss>,
    /// Quantile levels, each with the share of actuals at or below it, out of sample.
    pub reliability: Vec<(f64, f64)>,
    /// Round prices around the end of the horizon.
    pub price_levels: Vec<RoundLevel>,
    /// Recent movement of the pair.
    pub drift: Drift,
    /// Forecasts taken from the cache.
    pub cached: usize,
    /// Forecasts computed in this run.
    pub computed: usize,
    /// Seconds in Chronos, even when it had no forecast; `None` when it was not meant to take part.
    pub chronos_seconds: Option<f64>,
}

impl Forecast {
    /// Adds to the report that Chronos is suspended from the next run on: to its reason for being left out, or to its
    /// details.
    pub(crate) fn note_suspended(&mut self, suspension: &Suspension) {
        for left_out in self.left_out.iter_mut().filter(|it| it.model == ModelId::Chronos) {
            left_out.reason.push_str(&format!("; {SUSPENDED_NOW} ({})", suspension.reason));
            left_out.suspended_now = Some(SuspensionCause::named(&suspension.cause));
        }
        for result in self.models.iter_mut().filter(|result| result.id == ModelId::Chronos) {
            result.suspended = Some(suspension.clone());
        }
    }

    /// Reason a model has no forecast; `None` when it has one.
    pub(crate) fn why_left_out(&self, model: ModelId) -> Option<&str> {
        self.left_out.iter().find(|it| it.model == model).map(|it| it.reason.as_str())
    }
}
