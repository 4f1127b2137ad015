//! From models to one pooled forecast: rolling-origin validation, weights, quantile averaging, calibration.
//!
//! [`grid_origins`] picks the origins, [`forecast_origins`] computes every model's forecast from each of them
//! (through a [`ForecastCache`]), [`Pool::fit`] turns the outcomes known at some date into weights and a calibration,
//! and [`prequential`] replays that at every origin, so that the ensemble's own scores are out of sample too.
//! [`diebold_mariano`] tests whether two forecasters truly differ; [`drift_tests`] and [`volatility_regime`] describe
//! recent moves of the pair itself.
//!
//! Each module imports only from those to the right of it:
//!
//! ```text
//! {scoring, drift} -> {pool, comparison} -> {calibration, validation} -> origins
//! ```

mod calibration;
mod comparison;
mod drift;
mod origins;
mod pool;
mod scoring;
mod validation;

pub use calibration::Calibration;
pub use comparison::{EqualAccuracy, POWER, SIGNIFICANCE, diebold_mariano, overlap};
pub use drift::{
    AUTOCORRELATION_LAGS, DriftTest, DriftTests, EARLIER_RETURNS, MissingDrift, RECENT_RETURNS, RegimeKind,
    VolatilityRegime, drift_tests, volatility_regime,
};
pub use origins::{Origin, grid_origins, origin_at};
pub use pool::{Pool, PoolSettings, Roles, WeightError};
pub use scoring::{
    Evaluation, ReplayedForecast, Skill, evaluate_model, evaluate_pool, pool_at, prequential, reliability,
};
pub use validation::{
    ForecastCache, NoCache, OriginForecasts, ValidationForecasts, forecast_origins, guarded_forecast,
};
