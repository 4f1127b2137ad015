//! Errors of this crate. Each names the file, line, date or series, what was found and what was expected, and says
//! what to do next.

mod file;

pub use file::{FileComplaint, FileComplaints, Place, WrittenCell};

use chrono::NaiveDate;
use forecaster_domain::file_advice;
use std::path::{Path, PathBuf};

/// Reasons why rates could not be read, checked or stored.
#[derive(Debug, thiserror::Error)]
pub enum RatesError {
    /// A series that begins after the requested date.
    #[error("series '{name}' starts on {first}; it has no values on or before {until}")]
    NothingUntil {
        /// Name of the series.
        name: String,
        /// Requested date.
        until: NaiveDate,
        /// First date of the series.
        first: NaiveDate,
    },
    /// A series name that would not be a valid file name on every system.
    #[error("'{name}' is not a series name; expected 1 to 64 lower-case letters, digits or '_', such as usdclp")]
    SeriesName {
        /// Name as given.
        name: String,
    },
    /// An unknown series: neither the snapshot nor the store has it.
    #[error(
        "there is no series '{name}'; available: {available}. \
         Fetch it: forecaster rates sync --series {name}, or add it: forecaster rates import FILE.csv --series {name}"
    )]
    UnknownSeries {
        /// Requested name.
        name: String,
        /// Available names, separated by commas.
        available: String,
    },
    /// A pair without rates: no series gives them directly, inverted or as a cross.
    #[error(
        "{pair} is not available: there is no series {series} or {opposite}{legs}. Try to fetch it with: forecaster \
         rates sync. Or add it with: forecaster rates import FILE.csv --series {series}"
    )]
    NoPair {
        /// The pair.
        pair: String,
        /// The pair's own series.
        series: String,
        /// Series of the inverse pair.
        opposite: String,
        /// Series that a cross would need, in words; may be empty.
        legs: String,
    },
    /// A series of which no observation passed the quality checks.
    #[error("series '{series}' has no usable observation: {reason}")]
    NothingUsable {
        /// Name of the series.
        series: String,
        /// Number of observations given, and the first finding.
        reason: String,
    },
    /// A file whose values are implausible beside the known ones, or by themselves.
    #[error("nothing was taken for the series '{series}', whose values are implausible:\n  {}", reasons.join("\n  "))]
    ImportRefused {
        /// Name of the series.
        series: String,
        /// Faults found, one line each.
        reasons: Vec<String>,
    },
    /// A value to be stored that is not a positive finite number.
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
    /// A read or write refused by the operating system.
    #[error("cannot {action} {path}: {source}{}", advice(source))]
    Io {
        /// Attempted action: "read", "create", "lock" ...
        action: &'static str,
        /// File or folder.
        path: PathBuf,
        /// Error from the operating system.
        source: std::io::Error,
    },
    /// The store's lock, held by another process for too long.
    #[error("another process has held the lock {path} for too long; find a forecaster that is stuck: fuser {path}")]
    Locked {
        /// The lock file.
        path: PathBuf,
    },
    /// A store file that is not in the store's format.
    #[error(
        "{path} is not a readable rates file: {reason}. It was left as it is. Move it away \
         (mv {path} {path}.bad), then fetch or import the series again, or restore it from a backup"
    )]
    CorruptStore {
        /// The file.
        path: PathBuf,
        /// Defect found.
        reason: String,
    },
    /// Failure to encode a store file.
    #[error("cannot encode the observations for {path}: {reason}; the file was left as it is")]
    Encode {
        /// File that was being written.
        path: PathBuf,
        /// Error message from polars.
        reason: String,
    },
    /// Failure to create an HTTP client.
    #[error("{reason}")]
    NoClient {
        /// Cause, and what to do.
        reason: String,
    },
    /// An embedded snapshot that cannot be decoded: a broken build.
    #[error("the embedded snapshot is broken: {reason}; reinstall the program or rebuild it from clean sources")]
    Snapshot {
        /// Defect found.
        reason: String,
    },
    /// A file to import that is not a table of rates, or that can be read in two ways.
    #[error("{path}{complaints}")]
    UnreadableFile {
        /// The file.
        path: PathBuf,
        /// All complaints about it.
        complaints: FileComplaints,
    },
}

/// Returns the advice for an error of the file system, with its separator; empty when there is none.
fn advice(source: &std::io::Error) -> String {
    file_advice(source).map_or_else(String::new, |advice| format!("; {advice}"))
}

impl RatesError {
    /// Returns a closure for `map_err` that adds the attempted action and the path.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { action, path, source }
    }
}
