//! Types shared by all crates of the forecaster.
//!
//! Rates come in as [`Series`], are combined into a [`History`] that ends at its *as-of* date, and leave a [`Model`]
//! as a [`QuantileForecast`]: a matrix of price quantiles, target dates x [`LEVELS`], in units of the quote currency
//! per unit of the base currency. [`scores`] rates every model in the same way.
//!
//! No I/O, no async, no clock: "today" is always an argument.
//!
//! Imports go from left to right:
//!
//! ```text
//! {calendar, model, paths, scores} -> {history, horizon, model_id, pair, past, quantile} -> spot -> regressor
//!     -> {publication, series} -> error
//! ```

mod calendar;
mod error;
mod history;
mod horizon;
mod model;
mod model_id;
mod pair;
mod past;
pub mod paths;
mod publication;
mod quantile;
mod regressor;
pub mod scores;
mod series;
mod spot;

pub use calendar::{BusinessCalendar, CalendarKind};
pub use error::{DomainError, ModelError};
pub use history::History;
pub use horizon::Horizon;
pub use model::{ForecastKey, Model, ModelForecast, Target, VolatilityPath};
pub use model_id::{ENSEMBLE, ENSEMBLE_WITHOUT_CHRONOS, ModelId};
pub use pair::Pair;
pub use past::{OriginLoss, PastWeights, RoundLevel};
pub use publication::ClockTime;
pub use quantile::{DECILES, LEVELS, MEDIAN, QuantileForecast, standard_normal_quantile, weighted_quantile};
pub use regressor::{AlignedRegressor, ExclusionReason, Regressor, RegressorStatus, SourceProblem};
pub use series::{Observation, Series, Superseded};
pub use spot::SpotGap;
