//! Paths of a run's report files.

use crate::config::settings::Config;
use crate::market::Market;
use forecaster_domain::Horizon;
use std::path::PathBuf;

/// Paths of a run's report files.
#[derive(Debug, Clone)]
pub(crate) struct ReportPaths {
    /// The HTML report.
    pub html: PathBuf,
    /// The PDF report.
    pub pdf: PathBuf,
    /// The JSON of the complete forecast.
    pub json: PathBuf,
}

impl ReportPaths {
    /// Builds the paths `reports/<horizon>/<as-of>-<run id>.*`.
    pub(crate) fn new(config: &Config, market: &Market, horizon: Horizon, run_id: &str) -> Self {
        let stem = config.service.reports_dir.join(horizon.key()).join(format!("{}-{run_id}", market.as_of()));
        let with = |extension: &str| PathBuf::from(format!("{}.{extension}", stem.display()));
        Self { html: with("html"), pdf: with("pdf"), json: with("json") }
    }
}
