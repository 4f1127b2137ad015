//! What a model is: history in, quantile matrix out.

use crate::error::ModelError;
use crate::history::History;
use crate::horizon::Horizon;
use crate::quantile::QuantileForecast;
use chrono::NaiveDate;

/// What to forecast: the horizon and its target dates.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// The horizon asked for.
    pub horizon: Horizon,
    /// Business days inside the horizon `[n]`, increasing; step i is `dates[i - 1]`.
    pub dates: Vec<NaiveDate>,
}

/// A model's answer.
#[derive(Debug, Clone)]
pub struct ModelForecast {
    /// Price quantiles `[n dates, 11 levels]`, quote currency per unit of base currency.
    pub quantiles: QuantileForecast,
    /// What the model settled on for this history (order, degrees of freedom, regressors ...), for the
    /// methodology section: name and value, in the order to be shown.
    pub details: Vec<(String, String)>,
    /// How volatile the model thinks the returns are, when it has a model of that.
    pub volatility: Option<VolatilityPath>,
}

impl ModelForecast {
    /// An answer of a model without a volatility of its own.
    pub fn new(quantiles: QuantileForecast, details: Vec<(String, String)>) -> Self {
        Self { quantiles, details, volatility: None }
    }
}

/// Conditional standard deviations of single returns, log units.
#[derive(Debug, Clone, PartialEq)]
pub struct VolatilityPath {
    /// Of the returns that were observed `[len - 1]`, oldest first: each as it was expected the day before.
    pub past: Vec<f64>,
    /// Expected of each target date's own return `[n dates]`: the root of the expected variance.
    pub ahead: Vec<f64>,
    /// Where it tends to.
    pub long_run: f64,
}

/// Under which a forecast can be kept and found again: equal keys mean equal forecasts.
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

/// A forecasting model. Pure: the same history and target give the same answer, to the last bit unless a model says how
/// much less it promises.
pub trait Model: Send + Sync {
    /// Its name in the configuration, the metrics and the reports, such as `random_walk`.
    fn name(&self) -> &str;

    /// Everything besides history and target that its answer depends on, as one line: settings, seed and a
    /// revision that changes whenever the code's answers do. Cached forecasts are kept under it.
    fn fingerprint(&self) -> String;

    /// Forecasts `target` from `history`, which the caller has cut to the horizon's lookback.
    ///
    /// # Errors
    /// When the history is too short or the estimation fails; the ensemble then goes on without the model.
    fn forecast(&self, history: &History, target: &Target) -> Result<ModelForecast, ModelError>;

    /// Whether [`Model::forecast_batch`] is much quicker than its parts one by one, or from several threads.
    fn prefers_batches(&self) -> bool {
        false
    }

    /// [`Model::forecast`] for each of `requests`, in their order.
    fn forecast_batch(&self, requests: &[(&History, &Target)]) -> Vec<Result<ModelForecast, ModelError>> {
        requests.iter().map(|(history, target)| self.forecast(history, target)).collect()
    }
}
