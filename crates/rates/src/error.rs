//! Errors of the rates room. Each names the file, line, date or series, what was found and what was expected,
//! and says what to do next.

use chrono::NaiveDate;
use std::path::{Path, PathBuf};

/// Why rates could not be read, checked or kept.
#[derive(Debug, thiserror::Error)]
pub enum RatesError {
    /// The whole series is later than the date asked for.
    #[error("series '{name}' starts on {first}; there is nothing on or before {until}")]
    NothingUntil {
        /// Name of the series.
        name: String,
        /// The date asked for.
        until: NaiveDate,
        /// The first date of the series.
        first: NaiveDate,
    },
    /// A series name that could not be a file name on every system.
    #[error("'{name}' is not a series name; expected 1 to 64 lower-case letters, digits or '_', such as usdclp")]
    SeriesName {
        /// The name given.
        name: String,
    },
    /// Neither the snapshot nor the store has the series.
    #[error(
        "there is no series '{name}'; available: {available}. \
         Fetch it: forecaster rates sync --series {name}, or add it: forecaster rates import FILE.csv --series {name}"
    )]
    UnknownSeries {
        /// The name asked for.
        name: String,
        /// The names there are, separated by commas.
        available: String,
    },
    /// No series gives the pair's rates.
    #[error(
        "{pair} cannot be had: there is no {series} and no {opposite}{legs}. \
         Fetch what the providers have with: forecaster rates sync. \
         Or add it with: forecaster rates import FILE.csv --series {series}"
    )]
    NoPair {
        /// The pair.
        pair: String,
        /// Its own series.
        series: String,
        /// The series that could be turned over.
        opposite: String,
        /// The series that would have to be there for a cross, in words, or nothing.
        legs: String,
    },
    /// Not one observation of a series passed the quality checks.
    #[error("series '{series}' has no usable observation: {reason}")]
    NothingUsable {
        /// Name of the series.
        series: String,
        /// How many were given, and the first finding.
        reason: String,
    },
    /// A value that is not a positive finite number was about to be kept.
    #[error(
        "series '{series}': {date} has value {value}; only positive finite numbers are kept. \
         Nothing was changed; correct or remove the row and try again"
    )]
    BadValue {
        /// Name of the series.
        series: String,
        /// Date of the value.
        date: NaiveDate,
        /// The value itself.
        value: f64,
    },
    /// The operating system refused to read or write.
    #[error("cannot {action} {path}: {source}; check that it exists, its permissions and the free disk space")]
    Io {
        /// What was tried: "read", "create", "lock" ...
        action: &'static str,
        /// File or folder.
        path: PathBuf,
        /// The system's own words.
        source: std::io::Error,
    },
    /// A store file that is not what the store writes.
    #[error(
        "{path} is not a readable rates file: {reason}. It was left as it is. Move it away \
         (mv {path} {path}.bad), then fetch or import the series again, or restore it from a backup"
    )]
    CorruptStore {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A store file could not be encoded.
    #[error("cannot encode the observations for {path}: {reason}; the file was left as it is")]
    Encode {
        /// The file that was to be written.
        path: PathBuf,
        /// polars' own words.
        reason: String,
    },
    /// No connection can be made at all.
    #[error("{reason}")]
    NoClient {
        /// Why, and what to do.
        reason: String,
    },
    /// The embedded snapshot does not decode: a broken build.
    #[error("the embedded snapshot is broken: {reason}; reinstall the program or rebuild it from clean sources")]
    Snapshot {
        /// What is wrong with it.
        reason: String,
    },
    /// A CSV file whose first line is not the expected header.
    #[error("{path}, line 1: found '{found}', expected the header 'date,value'{hint}")]
    CsvHeader {
        /// The file.
        path: PathBuf,
        /// The line found.
        found: String,
        /// What to do, or nothing.
        hint: &'static str,
    },
    /// A CSV row that cannot be understood.
    #[error("{path}, line {line}: found '{found}', expected {expected}")]
    CsvRow {
        /// The file.
        path: PathBuf,
        /// Line number, from 1.
        line: u64,
        /// The cell or row found.
        found: String,
        /// What was expected, with a hint.
        expected: &'static str,
    },
    /// A CSV file without a single observation.
    #[error("{path} has no observations; expected the header 'date,value' and rows such as 2024-01-02,877.12")]
    CsvEmpty {
        /// The file.
        path: PathBuf,
    },
}

impl RatesError {
    /// For `map_err`: what was tried on which path.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { action, path, source }
    }
}
