//! What the daemon says of itself: to systemd's status line, and over HTTP. The supervisor publishes a new one whenever
//! something has changed.

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use forecaster_domain::Horizon;
use std::path::PathBuf;

/// What is told of the daemon.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct DaemonState {
    /// When it started.
    pub started_at: DateTime<Utc>,
    /// Configuration, ledger and schedule are up.
    pub ready: bool,
    /// It was asked to stop.
    pub stopping: bool,
    /// Zone in which instants are told.
    pub zone: Tz,
    /// Where the reports are.
    pub reports_dir: PathBuf,
    /// Each horizon, the shortest first.
    pub horizons: Vec<HorizonState>,
    /// The configuration in force.
    pub configuration: ConfigurationState,
}

/// The configuration in force.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ConfigurationState {
    /// Its file; `None` for the built-in defaults.
    pub file: Option<PathBuf>,
    /// When it was taken over.
    pub accepted_at: DateTime<Utc>,
    /// Why the last one that was offered was refused; `None` when it was not.
    pub refused: Option<String>,
}

/// What is told of a horizon.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct HorizonState {
    /// The horizon.
    pub horizon: Horizon,
    /// Whether it is scheduled.
    pub enabled: bool,
    /// When it is due next.
    pub next: Option<DateTime<Utc>>,
    /// Since when its run has been in progress.
    pub running_since: Option<DateTime<Utc>>,
    /// How its last run ended, by hand or by schedule.
    pub last: Option<LastRun>,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LastRun {
    /// When it ended.
    pub finished_at: DateTime<Utc>,
    /// `ok`, `degraded` or `failed`.
    pub status: String,
    /// Date of the last observation.
    pub as_of: Option<NaiveDate>,
    /// The last observation, and the median at the last target date, quote currency per unit of base currency.
    pub figures: Option<(f64, f64)>,
    /// Why it failed.
    pub error: Option<String>,
}
