//! Models without a forecast, and the warnings about them.

use forecaster_domain::{Model, ModelError, ModelId};
use forecaster_ensemble::ValidationForecasts;
use serde::{Serialize, Serializer};

/// A model without a forecast.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct LeftOut {
    /// The model.
    #[serde(rename = "name", serialize_with = "by_name")]
    pub model: ModelId,
    /// Reason it has no forecast.
    pub reason: String,
}

fn by_name<S: Serializer>(model: &ModelId, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(model.as_str())
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
        if let Some((count, error)) = failure.as_ref().filter(|(_, e)| !matches!(e, ModelError::Unavailable(_))) {
            tracing::warn!(model = model.name(), origins = count, "no forecast at some origins: {error}");
        }
    }
}
