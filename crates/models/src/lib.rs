//! The forecasting models, one file per model.
//!
//! In: a [`History`](forecaster_domain::History) and the target dates. Out: price quantiles, target dates x
//! [`LEVELS`](forecaster_domain::LEVELS). Every model is pure: the same history and target give the same forecast, because
//! seeds are fixed. The estimation routines under the models ([`arma`], [`garch`], [`VarFit`]) are public so that they can
//! be checked against reference implementations.
//!
//! # Example
//!
//! ```
//! use chrono::NaiveDate;
//! use forecaster_domain::{BusinessCalendar, History, Horizon, Model, Observation, Series, Target};
//! use forecaster_models::RandomWalk;
//!
//! let calendar = BusinessCalendar::weekdays();
//! let days = NaiveDate::from_ymd_opt(2023, 1, 2).unwrap().iter_days().filter(|day| calendar.is_business_day(*day));
//! let rates: Vec<Observation> = days
//!     .take(400)
//!     .enumerate()
//!     .map(|(i, date)| Observation { date, value: 900.0 * (0.01 * (i as f64).sin()).exp() })
//!     .collect();
//! let history = History::new(Series::new("usdclp", &rates)?, vec![]);
//! let dates = calendar.target_dates(history.as_of(), Horizon::D30);
//!
//! let forecast = RandomWalk::new().forecast(&history, &Target { horizon: Horizon::D30, dates })?.quantiles;
//! // No direction, and an interval that widens with time.
//! let last = history.pair().last_value();
//! assert!((forecast.median(forecast.last_step()) / last - 1.0).abs() < 1e-9);
//! let width = |step| forecast.interval80(step).1 - forecast.interval80(step).0;
//! assert!(width(forecast.last_step()) > width(0));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Neighbours
//!
//! `forecaster_chronos` has the one model that is not here. `forecaster_ensemble` judges models and pools them; the crate
//! `forecaster` builds them (its module `forecast::lineup`).
//!
//! # Order of imports
//!
//! Each module imports only from those to the right of it:
//!
//! ```text
//! {arima_garch, ewma_walk, market_walk, random_forest}
//!     -> {arma, forest, garch, random_walk, robust, spot_ahead, student, vector_autoregression}
//!     -> {forecast, optimize}
//! ```

mod arima_garch;
pub mod arma;
mod ewma_walk;
mod forecast;
mod forest;
pub mod garch;
mod market_walk;
mod optimize;
mod random_forest;
mod random_walk;
mod robust;
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
pub use robust::Robust;
pub use spot_ahead::SpotAhead;
pub use vector_autoregression::{Var, VarFit, VarSettings};
