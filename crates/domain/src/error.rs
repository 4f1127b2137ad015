//! Errors of the shared types. Each names what was found and what was expected.

use chrono::NaiveDate;

/// A value that breaks a rule of the domain types.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum DomainError {
    /// The text is not a currency pair.
    #[error("'{0}' is not a currency pair; expected two ISO 4217 codes such as USD/CLP")]
    BadPair(String),
    /// The text is not one of the horizons.
    #[error("'{0}' is not a horizon; expected 7d, 15d, 30d or 90d")]
    BadHorizon(String),
    /// The text is not the name of a model.
    #[error("'{0}' is not a model; expected one such as arima_garch")]
    BadModel(String),
    /// The text is not a time of day with its zone.
    #[error("'{0}' is not a time with its zone; expected one such as 12:15 Europe/Warsaw")]
    BadClockTime(String),
    /// A series with no observations.
    #[error("series '{series}' has no observations")]
    EmptySeries {
        /// Name of the series.
        series: String,
    },
    /// A series whose dates do not strictly increase.
    #[error("series '{series}': date {date} does not come after {previous}; dates must strictly increase")]
    UnorderedSeries {
        /// Name of the series.
        series: String,
        /// The offending date.
        date: NaiveDate,
        /// The date before it.
        previous: NaiveDate,
    },
    /// A value that is not a positive finite number.
    #[error("series '{series}': {date} has value {value}; a rate must be a positive finite number")]
    BadValue {
        /// Name of the series.
        series: String,
        /// Date of the value.
        date: NaiveDate,
        /// The value itself.
        value: f64,
    },
    /// No observation on or before the requested date.
    #[error("series '{series}' starts on {first}; it has no values on or before {as_of}")]
    AsOfBeforeHistory {
        /// Name of the series.
        series: String,
        /// First date of the series.
        first: NaiveDate,
        /// The requested date.
        as_of: NaiveDate,
    },
    /// A forecast whose shape does not fit its dates and levels.
    #[error("a forecast of {dates} dates and 11 levels needs a matrix [{dates}, 11], not {rows} x {columns}")]
    ForecastShape {
        /// Number of target dates.
        dates: usize,
        /// Rows given.
        rows: usize,
        /// Columns given.
        columns: usize,
    },
    /// A forecast value that is not a positive finite price.
    #[error("the forecast for {date} at level {level} is {value}; a price must be a positive finite number")]
    ForecastValue {
        /// Target date.
        date: NaiveDate,
        /// Quantile level.
        level: f64,
        /// The value itself.
        value: f64,
    },
    /// Quantiles that decrease from one level to the next.
    #[error("the forecast for {date} crosses: level {level} is below the level before it")]
    CrossingQuantiles {
        /// Target date.
        date: NaiveDate,
        /// The level that is lower than its predecessor.
        level: f64,
    },
    /// Target dates that are empty, not increasing, or not after the as-of date.
    #[error("target dates must increase strictly and lie after the as-of date {as_of}")]
    TargetDates {
        /// The as-of date.
        as_of: NaiveDate,
    },
}
