//! Types shared by all crates of the forecaster: pair, horizon and calendar, series and history, quantile forecasts,
//! the [`Model`] trait and the scores. No I/O, no async, no clock: "today" is always an argument.
//!
//! Rates come in as [`Series`], are bound into a [`History`] that ends at its *as-of* date, and leave a [`Model`] as a
//! [`QuantileForecast`]: a matrix of price quantiles, target dates x [`LEVELS`], in units of the quote currency per unit
//! of the base currency. [`scores`] judges every model by the same measures.
//!
//! # Example
//!
//! A model that repeats the last value, and its score:
//!
//! ```
//! use chrono::NaiveDate;
//! use forecaster_domain::scores::{Outcome, score};
//! use forecaster_domain::{
//!     BusinessCalendar, History, Horizon, LEVELS, Model, ModelError, ModelForecast, Observation, QuantileForecast,
//!     Series, Target,
//! };
//! use ndarray::Array2;
//!
//! struct Last;
//!
//! impl Model for Last {
//!     fn name(&self) -> &str {
//!         "last"
//!     }
//!
//!     fn fingerprint(&self) -> String {
//!         "last 1".into()
//!     }
//!
//!     fn forecast(&self, history: &History, target: &Target) -> Result<ModelForecast, ModelError> {
//!         let last = history.pair().last_value();
//!         // 0.4 % between two levels, in log price, the median at the last value.
//!         let values = Array2::from_shape_fn((target.dates.len(), LEVELS.len()), |(_, level)| {
//!             last * (0.004 * (level as f64 - 5.0)).exp()
//!         });
//!         let quantiles = QuantileForecast::new(history.as_of(), target.dates.clone(), values)?;
//!         Ok(ModelForecast::new(quantiles, vec![]))
//!     }
//! }
//!
//! let day = |d| NaiveDate::from_ymd_opt(2024, 12, d).unwrap();
//! let rates = [(16, 983.2), (17, 985.9), (18, 990.4), (19, 991.0), (20, 991.2)];
//! let rates = rates.map(|(d, value)| Observation { date: day(d), value });
//! let history = History::new(Series::new("usdclp", &rates)?, vec![]);
//! assert_eq!(history.as_of(), day(20));
//!
//! let dates = BusinessCalendar::chile().target_dates(history.as_of(), Horizon::D7);
//! let target = Target { horizon: Horizon::D7, dates };
//! let forecast = Last.forecast(&history, &target)?.quantiles;
//! assert_eq!((forecast.steps(), forecast.median(0)), (target.dates.len(), 991.2));
//!
//! let actuals = vec![Some(990.0); forecast.steps()];
//! let outcome = Outcome { forecast: &forecast, actuals: &actuals, naive_mae: 2.0 };
//! assert_eq!(score([outcome]).unwrap().coverage80, 1.0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Neighbours
//!
//! `forecaster_rates` makes series, `forecaster_models` and `forecaster_chronos` implement [`Model`],
//! `forecaster_ensemble` pools forecasts, `forecaster_ledger` records them. They know this crate and not each other.
//!
//! # Order of imports
//!
//! Each module imports only from those to the right of it:
//!
//! ```text
//! {calendar, condition, model, paths, scores, standstill}
//!     -> {history, horizon, model_error, model_id, pair, past, quantile} -> spot -> regressor
//!     -> {gap, publication, returns, series} -> {error, file_advice, price_format}
//! ```

mod calendar;
mod condition;
mod error;
mod file_advice;
mod gap;
mod history;
mod horizon;
mod model;
mod model_error;
mod model_id;
mod pair;
mod past;
pub mod paths;
mod price_format;
mod publication;
mod quantile;
mod regressor;
mod returns;
pub mod scores;
mod series;
mod spot;
mod standstill;

pub use calendar::{BusinessCalendar, CalendarKind};
pub use condition::{Frequency, SeriesCondition, SeriesFact};
pub use error::DomainError;
pub use file_advice::file_advice;
pub use gap::Gap;
pub use history::{BoundedHistory, History};
pub use horizon::Horizon;
pub use model::{ForecastKey, Model, ModelForecast, Target, VolatilityPath};
pub use model_error::{EstimationFailure, LeftOutReason, ModelError, SuspensionCause, Unavailability};
pub use model_id::{ENSEMBLE, ENSEMBLE_WITHOUT_CHRONOS, ModelId};
pub use pair::Pair;
pub use past::{OriginLoss, PastWeights, RoundLevel};
pub use price_format::{PriceFormat, decimals_of_small, format_error};
pub use publication::ClockTime;
pub use quantile::{DECILES, LEVELS, MEDIAN, QuantileForecast, standard_normal_quantile, weighted_quantile};
pub use regressor::{AlignedRegressor, ExclusionReason, Regressor, RegressorStatus, SourceFault, SourceProblem};
pub use returns::{BoundedReturns, WithheldVariance};
pub use series::{Observation, Series, Superseded};
pub use spot::SpotGap;
pub use standstill::{PRICE_NOISE, STANDSTILL, is_constant, standstill};
