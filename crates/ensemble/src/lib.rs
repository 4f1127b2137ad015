//! From models to one pooled forecast: rolling-origin validation, weights, quantile averaging, calibration.
//!
//! - [`grid_origins`] picks the origins, and [`forecast_origins`] computes every model's forecast from each of them, through a
//!   [`ForecastCache`].
//! - [`hold_medians`] keeps every model's median within what its own record justifies.
//! - [`Pool::fit`] turns the outcomes known at some date into weights and a calibration; [`Pool::apply`] pools forecasts.
//! - [`prequential`] replays that at every origin, so that the ensemble's own scores are out of sample too.
//! - [`diebold_mariano`] tests whether two forecasters differ; [`drift_tests`] and [`volatility_regime`] describe recent
//!   moves of the pair.
//!
//! # Example
//!
//! Two models, weighted by their losses on past origins:
//!
//! ```
//! use chrono::NaiveDate;
//! use forecaster_domain::{
//!     BusinessCalendar, History, Horizon, LEVELS, Model, ModelError, ModelForecast, Observation, QuantileForecast,
//!     Series, Target,
//! };
//! use forecaster_ensemble::{NoCache, Pool, PoolSettings, Roles, forecast_origins, grid_origins};
//! use ndarray::Array2;
//!
//! /// The last value, moved by a share and with that spread between two levels.
//! struct Moved(&'static str, f64, f64);
//!
//! impl Model for Moved {
//!     fn name(&self) -> &str {
//!         self.0
//!     }
//!
//!     fn fingerprint(&self) -> String {
//!         self.0.into()
//!     }
//!
//!     fn forecast(&self, history: &History, target: &Target) -> Result<ModelForecast, ModelError> {
//!         let last = history.pair().last_value();
//!         let values = Array2::from_shape_fn((target.dates.len(), LEVELS.len()), |(_, level)| {
//!             last * (self.1 + self.2 * (level as f64 - 5.0)).exp()
//!         });
//!         let quantiles = QuantileForecast::new(history.as_of(), target.dates.clone(), values)?;
//!         Ok(ModelForecast::new(quantiles, vec![]))
//!     }
//! }
//!
//! let calendar = BusinessCalendar::weekdays();
//! let days = NaiveDate::from_ymd_opt(2023, 1, 2).unwrap().iter_days().filter(|day| calendar.is_business_day(*day));
//! let rates: Vec<Observation> = days
//!     .take(400)
//!     .enumerate()
//!     .map(|(i, date)| Observation { date, value: 900.0 * (0.01 * (i as f64).sin()).exp() })
//!     .collect();
//! let history = History::new(Series::new("usdclp", &rates)?, vec![]);
//!
//! let (steady, biased) = (Moved("steady", 0.0, 0.002), Moved("biased", 0.05, 0.002));
//! let models: [&dyn Model; 2] = [&steady, &biased];
//! let origins = grid_origins(&history, &calendar, Horizon::D7, 40, 5, 50);
//! let validated = forecast_origins(&models, &history, 250, origins, &NoCache, &|| ());
//!
//! let past: Vec<_> = validated.origins.iter().collect();
//! let settings = PoolSettings { half_life: 30.0, shrinkage: 0.3, weight_floor: 0.0, weight_cap: 1.0 };
//! let pool = Pool::fit(&past, &Roles::without_simple(&[0, 1], 0), &settings);
//! assert!((pool.weights.iter().sum::<f64>() - 1.0).abs() < 1e-12);
//! // All but the share that does not depend on losses.
//! assert!(pool.weights[0] > 0.84);
//!
//! let pooled = pool.apply(&validated.origins[0].forecasts)?;
//! assert_eq!(pooled.dates(), validated.origins[0].origin.target.dates);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Neighbours
//!
//! Models come from `forecaster_models` and `forecaster_chronos`; `forecaster_ledger` holds the cache. The crate
//! `forecaster` joins them (its module `forecast`).
//!
//! # Order of imports
//!
//! Each module imports only from those to the right of it:
//!
//! ```text
//! {scoring, drift} -> {median_record, pool, comparison} -> {calibration, validation} -> origins
//! ```

mod calibration;
mod comparison;
mod drift;
mod median_record;
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
pub use median_record::{hold_medians, hold_medians_at};
pub use origins::{Origin, grid_origins, origin_at};
pub use pool::{Pool, PoolSettings, Roles, WeightError};
pub use scoring::{
    Evaluation, ReplayedForecast, Skill, evaluate_model, evaluate_pool, pool_at, prequential, reliability,
};
pub use validation::{
    ForecastCache, NoCache, OriginForecasts, ValidationForecasts, forecast_origins, guarded_forecast,
};
