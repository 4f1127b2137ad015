//! What a run found out: the pool, its members with their scores, and how each would have done before.

use crate::forecast::drift::Drift;
use crate::forecast::left_out::LeftOut;
use forecaster_chronos::CHECKPOINT_DETAIL;
use forecaster_domain::{Horizon, ModelForecast, ModelId, OriginLoss, PastWeights, QuantileForecast, RoundLevel};
use forecaster_ensemble::{Judged, Pool};

/// A model's part in a run.
#[derive(Debug, Clone)]
pub(crate) struct ModelResult {
    /// Which it is.
    pub id: ModelId,
    /// Its weight in the pool; 0 when it is judged only.
    pub weight: f64,
    /// Its forecast and what it settled on.
    pub answer: ModelForecast,
    /// Its out-of-sample scores.
    pub judged: Option<Judged>,
    /// Seconds in the model, validation included, summed over threads.
    pub seconds: f64,
    /// Figures that depend on the way to the end and not only on the end, for models that are asked for them.
    pub paths: Option<PathFigures>,
}

/// Figures from sample paths through a forecast.
#[derive(Debug, Clone)]
pub(crate) struct PathFigures {
    /// Number of paths.
    pub samples: usize,
    /// Mean of the lowest price on the way, the last observation included.
    pub expected_low: f64,
    /// Mean of the highest.
    pub expected_high: f64,
    /// Round prices, and the share of paths that touch each.
    pub touched: Vec<(f64, f64)>,
}

impl ModelResult {
    /// Name of the trained checkpoint behind it, where there is one.
    pub(crate) fn checkpoint(&self) -> Option<&str> {
        self.answer
            .details
            .iter()
            .find(|(name, _)| name == CHECKPOINT_DETAIL)
            .map(|(_, checkpoint)| checkpoint.as_str())
    }
}

/// The pool as it would be without Chronos, in a run that has it.
#[derive(Debug, Clone)]
pub(crate) struct WithoutChronos {
    /// Its forecast.
    pub forecast: QuantileForecast,
    /// Its out-of-sample scores.
    pub judged: Option<Judged>,
}

/// A past forecast of the pool for the last target date of a validation origin.
#[derive(Debug, Clone)]
pub(crate) struct PastPool {
    /// The forecast as it would have been issued.
    pub forecast: QuantileForecast,
    /// What happened on its last target date.
    pub actual: Option<f64>,
}

/// Everything a run found out.
#[derive(Debug, Clone)]
pub(crate) struct Forecast {
    /// The horizon.
    pub horizon: Horizon,
    /// The pooled, calibrated forecast.
    pub ensemble: QuantileForecast,
    /// Weights, by position of the models in the lineup, and calibration.
    pub pool: Pool,
    /// The pool's out-of-sample scores.
    pub ensemble_judged: Option<Judged>,
    /// The same against the market walk instead of the random walk: what the models add to the quote.
    pub beyond_quote: Option<Judged>,
    /// The same without Chronos, when that took part.
    pub without_chronos: Option<WithoutChronos>,
    /// Every model that has a forecast, in the order of the lineup.
    pub models: Vec<ModelResult>,
    /// Models without one, and why.
    pub left_out: Vec<LeftOut>,
    /// The pool at each validation origin, oldest first.
    pub past: Vec<PastPool>,
    /// Its weights there.
    pub weights: Vec<PastWeights>,
    /// What it and the random walk lost there, where both could be judged.
    pub losses: Vec<OriginLoss>,
    /// Level and share of actuals at or below it, out of sample.
    pub reliability: Vec<(f64, f64)>,
    /// Round prices around the end of the horizon.
    pub price_levels: Vec<RoundLevel>,
    /// How the pair has moved of late.
    pub drift: Drift,
    /// Forecasts taken from the cache.
    pub cached: usize,
    /// Forecasts made anew.
    pub computed: usize,
    /// Seconds in Chronos, whether or not it had a forecast; `None` when it was not to take part.
    pub chronos_seconds: Option<f64>,
}

impl Forecast {
    /// Has the report tell that Chronos takes no part from the next run on: where it was left out, or among its details.
    pub(crate) fn note_suspended(&mut self, reason: &str) {
        let name = "suspended after this run";
        for left_out in self.left_out.iter_mut().filter(|it| it.model == ModelId::Chronos) {
            left_out.reason.push_str(&format!("; {name} ({reason})"));
        }
        for result in self.models.iter_mut().filter(|result| result.id == ModelId::Chronos) {
            result.answer.details.push((name.to_owned(), reason.to_owned()));
        }
    }

    /// Why a model has no forecast; `None` when it has one.
    pub(crate) fn why_left_out(&self, model: ModelId) -> Option<&str> {
        self.left_out.iter().find(|it| it.model == model).map(|it| it.reason.as_str())
    }
}
