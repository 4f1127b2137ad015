//! How a command ends: done, degraded, or failed with a sentence, a hint and an exit code.

use crate::config::ConfigError;
use std::fmt;

/// A command that was carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// All as configured: exit 0.
    Done,
    /// Done, but with stale data or without a model: exit 3.
    Degraded,
}

impl Outcome {
    /// The exit code.
    pub fn code(self) -> u8 {
        match self {
            Outcome::Done => 0,
            Outcome::Degraded => 3,
        }
    }

    /// The worse of two.
    pub fn and(self, other: Self) -> Self {
        if self == Outcome::Done { other } else { self }
    }
}

/// A command that was not carried out.
#[derive(Debug)]
pub struct Failure {
    /// 1 failed, 2 usage or configuration.
    pub code: u8,
    /// What to do next.
    pub hint: Option<String>,
    /// Whether the same may go well later: a lock, a full disk.
    pub may_pass: bool,
    message: String,
}

impl Failure {
    /// The work failed: exit 1.
    pub fn failed(error: impl fmt::Display) -> Self {
        Self { code: 1, hint: None, may_pass: false, message: error.to_string() }
    }

    /// The request makes no sense: exit 2.
    pub fn usage(error: impl fmt::Display) -> Self {
        Self { code: 2, hint: None, may_pass: false, message: error.to_string() }
    }

    /// Adds what to do next.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// A configuration that cannot be used: exit 2.
    pub fn from_config(error: ConfigError) -> Self {
        Self::usage(error).hint("config/forecasters.toml in the repository shows every key with its default")
    }

    /// A file that cannot be read or written: exit 1.
    pub fn from_io(action: &str, path: &std::path::Path, error: &std::io::Error) -> Self {
        let full = matches!(error.kind(), std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded);
        let failure = Self::failed(format!("cannot {action} {}: {error}", path.display()));
        Self { may_pass: full, ..failure }.hint("check that the directory exists, is writable and has free space")
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<forecaster_rates::RatesError> for Failure {
    fn from(error: forecaster_rates::RatesError) -> Self {
        match error {
            forecaster_rates::RatesError::NothingUntil { .. } => {
                Self::usage(error).hint("choose a later --as-of, or add history: forecaster rates import FILE.csv")
            }
            error @ forecaster_rates::RatesError::SeriesName { .. } => Self::usage(error),
            error => Self::failed(error),
        }
    }
}

impl From<forecaster_ledger::LedgerError> for Failure {
    fn from(error: forecaster_ledger::LedgerError) -> Self {
        Self { may_pass: error.may_pass(), ..Self::failed(error) }
    }
}

impl From<forecaster_chronos::ChronosError> for Failure {
    fn from(error: forecaster_chronos::ChronosError) -> Self {
        match error {
            error @ forecaster_chronos::ChronosError::NoModel(_) => Self::usage(error),
            error => Self::failed(error),
        }
    }
}
