//! Models without a forecast, and the warnings about them.

use forecaster_domain::{LeftOutReason, Model, ModelError, ModelId, SuspensionCause};
use forecaster_ensemble::ValidationForecasts;
use serde::{Serialize, Serializer};

/// A model without a forecast. In JSON it has its name, the reason in English, and the reason's code.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct LeftOut {
    /// The model.
    #[serde(rename = "name", serialize_with = "by_name")]
    pub model: ModelId,
    /// Reason it has no forecast, for the operator, in English.
    pub reason: String,
    /// The same reason as a value, which the report words in its own language.
    #[serde(rename = "code", serialize_with = "by_code")]
    pub cause: LeftOutReason,
    /// Cause for which the guard suspended the model after this run; `None` when it did not.
    #[serde(skip)]
    pub suspended_now: Option<SuspensionCause>,
}

impl LeftOut {
    /// Returns a model left out for `cause`, described to the operator by `reason`.
    pub(crate) fn new(model: ModelId, reason: String, cause: LeftOutReason) -> Self {
        Self { model, reason, cause, suspended_now: None }
    }

    /// Returns a model left out because of its own error.
    pub(crate) fn failed(model: ModelId, error: ModelError) -> Self {
        Self::new(model, error.to_string(), LeftOutReason::NoForecast(error))
    }
}

fn by_name<S: Serializer>(model: &ModelId, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(model.as_str())
}

fn by_code<S: Serializer>(cause: &LeftOutReason, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(cause.code())
}

/// Warns of a model that has no forecast.
pub(crate) fn warn_left_out(model: ModelId, reason: &str) {
    if model == ModelId::Chronos {
        tracing::warn!(model = model.as_str(), "Chronos left out: {reason}");
    } else {
        tracing::warn!(model = model.as_str(), "model left out: {reason}");
    }
}

/// Warns of models that failed at some origins. A model that is unavailable is reported only where it is left out.
pub(crate) fn warn_of_failures(models: &[&dyn Model], computed: &ValidationForecasts) {
    for (model, failure) in models.iter().zip(&computed.failures) {
        if let Some((count, error)) = failure.as_ref().filter(|(_, e)| !matches!(e, ModelError::Unavailable { .. })) {
            tracing::warn!(model = model.name(), origins = count, "no forecast at some origins: {error}");
        }
    }
}
