//! Helpers shared by the models: the conversion of return quantiles into a price forecast, and the check that a
//! history is long enough.

use chrono::NaiveDate;
use forecaster_domain::{LEVELS, ModelError, QuantileForecast, Target};
use ndarray::Array2;

/// Converts quantiles of the cumulated log return into a price forecast: `last` x exp(quantile), in price units.
/// `quantile(step, level_index)` is called for each 0-based step and each position in [`LEVELS`].
pub(crate) fn price_forecast(
    last: f64,
    as_of: NaiveDate,
    target: &Target,
    quantile: impl Fn(usize, usize) -> f64,
) -> Result<QuantileForecast, ModelError> {
    let values =
        Array2::from_shape_fn((target.dates.len(), LEVELS.len()), |(step, level)| last * quantile(step, level).exp());
    Ok(QuantileForecast::new(as_of, target.dates.clone(), values)?)
}

/// Returns the "too short" model error for a history of fewer than `needed` observations.
pub(crate) fn require(needed: usize, available: usize) -> Result<(), ModelError> {
    if available < needed { Err(ModelError::TooShort { needed, available }) } else { Ok(()) }
}
