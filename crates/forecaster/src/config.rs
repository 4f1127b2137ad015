//! The configuration: read from config/forecasters.toml and the environment, checked whole, then trusted.
//!
//! In: a TOML file and variables FORECASTER__SECTION__KEY. Out: a [`Config`] that is valid, or a sentence that
//! names the file, the key, what was found and what was expected.

mod changes;
mod check;
mod guard;
mod load;
mod mail;
mod settings;
pub(crate) mod snapshots;
mod time_of_day;

pub(crate) use changes::changes;
pub(crate) use guard::GuardSettings;
pub(crate) use load::{ConfigError, Loaded, data_dir, find, load};
pub(crate) use mail::{HorizonEmail, MailSettings};
pub(crate) use settings::{
    CHRONOS, ChronosDevice, Config, HttpSettings, LogFormat, LogSettings, MODEL_NAMES, Quantize, ReportLanguage,
};
pub(crate) use time_of_day::first_time_of_day;
