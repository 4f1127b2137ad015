//! The forecasting models, one file per model. Each takes a [`forecaster_domain::History`] and returns a matrix of
//! price quantiles. Each is pure: the same history and target give the same answer, because seeds are fixed.
//!
//! The estimation routines under the models ([`arma`], [`garch`], [`VarFit`]) are public so that they can be checked
//! against reference implementations.
//!
//! Each module imports only from those to the right of it:
//!
//! ```text
//! {arima_garch, ewma_walk, market_walk, random_forest}
//!     -> {arma, forest, garch, random_walk, spot_ahead, student, vector_autoregression} -> {forecast, optimize}
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
