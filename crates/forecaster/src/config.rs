//! The configuration: read from config/forecasters.toml and the environment, checked completely, then trusted.
//!
//! In: a TOML file and variables FORECASTER__SECTION__KEY. Out: a valid [`Config`](settings::Config), or a sentence
//! that names the file, the key, the value found and the value expected.

mod addresses;
pub(crate) mod changes;
mod check;
pub(crate) mod guard;
pub(crate) mod horizons;
pub(crate) mod load;
pub(crate) mod mail;
pub(crate) mod parsed;
mod problem;
pub(crate) mod providers;
pub(crate) mod settings;
pub(crate) mod snapshots;
pub(crate) mod time_of_day;
