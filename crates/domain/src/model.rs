//! Interface of a model: history in, quantile matrix out.

use crate::history::History;
use crate::horizon::Horizon;
use crate::model_error::ModelError;
use crate::quantile::QuantileForecast;
use crate::regressor::ExclusionReason;
use chrono::NaiveDate;

/// Target of a forecast: the horizon and its target dates.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// Requested horizon.
    pub horizon: Horizon,
    /// Business days inside the horizon `[n]`, increasing; step i is `dates[i - 1]`.
    pub dates: Vec<NaiveDate>,
}

/// Forecast of one model.
#[derive(Debug, Clone)]
pub struct ModelForecast {
    /// Price quantiles `[n dates, 11 levels]`, quote currency per unit of base currency.
    pub quantiles: QuantileForecast,
    /// Settings that the model chose for this history (order, degrees of freedom, regressors ...), for the
    /// methodology section: name and value, in display order.
    pub details: Vec<(String, String)>,
    /// Reason why the model did without the market's quote; `None` when it used it, or there is no series of quotes.
    pub quote_left_out: Option<ExclusionReason>,
    /// Volatility of the returns; `None` when the model does not estimate it.
    pub volatility: Option<VolatilityPath>,
}

impl ModelForecast {
    /// Creates the forecast of a model that does not estimate volatility.
    pub fn new(quantiles: QuantileForecast, details: Vec<(String, String)>) -> Self {
        Self { quantiles, details, quote_left_out: None, volatility: None }
    }
}

/// Conditional standard deviations of single returns, log units.
#[derive(Debug, Clone, PartialEq)]
pub struct VolatilityPath {
    /// Deviations of the observed returns `[len - 1]`, oldest first, each as expected the day before.
    pub past: Vec<f64>,
    /// Deviations expected of each target date's own return `[n dates]`: the root of the expected variance.
    pub ahead: Vec<f64>,
    /// Long-run value that the deviations tend to.
    pub long_run: f64,
}

/// Key under which a forecast is cached: equal keys mean equal forecasts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ForecastKey {
    /// The model's fingerprint.
    pub model: String,
    /// The horizon.
    pub horizon: Horizon,
    /// The as-of date.
    pub origin: NaiveDate,
    /// Hash of everything the model could see: dates and values of the pair in the lookback and of its aligned
    /// regressors, and the target dates. Hexadecimal.
    pub history: String,
}

/// A forecasting model. Pure: the same history and target give the same forecast, to the last bit unless a model
/// documents a weaker promise.
pub trait Model: Send + Sync {
    /// Name in the configuration, the metrics and the reports, such as `random_walk`.
    fn name(&self) -> &str;

    /// Everything besides history and target that the forecast depends on, as one line: settings, seed, and a
    /// revision that changes whenever the code's results do. Cached forecasts are stored under it.
    fn fingerprint(&self) -> String;

    /// Forecasts `target` from `history`, which the caller has cut to the horizon's lookback.
    ///
    /// # Errors
    /// When the history is too short or the estimation fails; the ensemble then continues without the model.
    fn forecast(&self, history: &History, target: &Target) -> Result<ModelForecast, ModelError>;

    /// True when [`Model::forecast_batch`] is much faster than forecasts one by one or from several threads.
    fn prefers_batches(&self) -> bool {
        false
    }

    /// Returns [`Model::forecast`] for each of `requests`, in their order.
    fn forecast_batch(&self, requests: &[(&History, &Target)]) -> Vec<Result<ModelForecast, ModelError>> {
        requests.iter().map(|(history, target)| self.forecast(history, target)).collect()
    }
}
