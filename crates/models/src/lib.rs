//! The forecasting models, one file a model. Each takes a [`forecaster_domain::History`] and gives a matrix of
//! price quantiles; each is pure: the same history and target give the same answer, seeds included.
//!
//! The estimation routines under the models ([`arma`], [`garch`], [`VarFit`]) are public so that they can be
//! checked against reference implementations.

mod arima_garch;
pub mod arma;
mod ewma_walk;
mod forest;
pub mod garch;
mod market_walk;
mod optimize;
mod random_forest;
mod random_walk;
mod spot_ahead;
mod student;
#[cfg(test)]
mod test_history;
mod vector_autoregression;

pub use arima_garch::{ArimaGarch, ArimaGarchSettings};
pub use ewma_walk::EwmaWalk;
pub use market_walk::MarketWalk;
pub use random_forest::{RandomForest, RandomForestSettings};
pub use random_walk::RandomWalk;
pub use spot_ahead::SpotAhead;
pub use vector_autoregression::{Var, VarFit, VarSettings};

use forecaster_domain::{LEVELS, ModelError, QuantileForecast, Target};
use ndarray::Array2;

/// Turns quantiles of the cumulated log return into a price forecast: `last` x exp(quantile), in price units.
/// `quantile(step, level_index)` is asked for each 0-based step and each position in [`LEVELS`].
fn price_forecast(
    last: f64,
    as_of: chrono::NaiveDate,
    target: &Target,
    quantile: impl Fn(usize, usize) -> f64,
) -> Result<QuantileForecast, ModelError> {
    let values =
        Array2::from_shape_fn((target.dates.len(), LEVELS.len()), |(step, level)| last * quantile(step, level).exp());
    Ok(QuantileForecast::new(as_of, target.dates.clone(), values)?)
}

/// Fails with the model error for a history shorter than `needed` observations.
fn require(needed: usize, available: usize) -> Result<(), ModelError> {
    if available < needed { Err(ModelError::TooShort { needed, available }) } else { Ok(()) }
}
