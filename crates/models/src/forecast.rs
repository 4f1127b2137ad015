//! What the models share: the way from quantiles of a return to a forecast of prices, and the refusal of a history that
//! is too short.

use chrono::NaiveDate;
use forecaster_domain::{LEVELS, ModelError, QuantileForecast, Target};
use ndarray::Array2;

/// Turns quantiles of the cumulated log return into a price forecast: `last` x exp(quantile), in price units.
/// `quantile(step, level_index)` is asked for each 0-based step and each position in [`LEVELS`].
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

/// Fails with the model error for a history shorter than `needed` observations.
pub(crate) fn require(needed: usize, available: usize) -> Result<(), ModelError> {
    if available < needed { Err(ModelError::TooShort { needed, available }) } else { Ok(()) }
}
