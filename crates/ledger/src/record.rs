//! Values that the ledger stores and lists of a run, free of SQL.
//!
//! In: a [`RunRecord`], complete, with its mails and its changes to the guard's state. Out: a [`RunSummary`].

use crate::guard::GuardUpdate;
use crate::outbox::OutgoingMail;
use chrono::{DateTime, NaiveDate, Utc};
use forecaster_domain::{Horizon, QuantileForecast};
use std::path::PathBuf;

/// Status of a finished run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunStatus {
    /// Everything as configured.
    Ok,
    /// A report was issued, but data was stale or a model was left out.
    Degraded,
    /// No report was issued.
    Failed,
}

impl RunStatus {
    /// Returns the word used in the ledger and in the metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            RunStatus::Ok => "ok",
            RunStatus::Degraded => "degraded",
            RunStatus::Failed => "failed",
        }
    }
}

/// A forecast issued by a run.
#[derive(Debug, Clone)]
pub struct IssuedForecast {
    /// Name of the model, or `ensemble`, or `ensemble_without_chronos`.
    pub model: String,
    /// Weight in the pool; `None` for pools.
    pub weight: Option<f64>,
    /// The forecast.
    pub forecast: QuantileForecast,
}

/// Everything the ledger stores of a run.
#[derive(Debug, Clone)]
pub struct RunRecord {
    /// Identifier of the run, a UUID.
    pub run_id: String,
    /// The pair, such as USD/CLP.
    pub pair: String,
    /// The horizon.
    pub horizon: Horizon,
    /// Date of the last observation used; `None` when the run failed before that date was known.
    pub as_of: Option<NaiveDate>,
    /// Scheduled instant of the run's slot; `None` when the run was requested by hand.
    pub scheduled_for: Option<DateTime<Utc>>,
    /// Start of the run.
    pub started_at: DateTime<Utc>,
    /// End of the run.
    pub finished_at: DateTime<Utc>,
    /// Status of the run.
    pub status: RunStatus,
    /// Path of the HTML report.
    pub report_html: Option<PathBuf>,
    /// Path of the PDF report.
    pub report_pdf: Option<PathBuf>,
    /// Path of the forecast's JSON.
    pub report_json: Option<PathBuf>,
    /// Line for metrics.jsonl, without line end.
    pub metrics: String,
    /// Forecasts of every model and of the pools.
    pub forecasts: Vec<IssuedForecast>,
    /// Drift tests and volatility regime as of the as-of date, as JSON; `None` when the run found none.
    pub drift: Option<String>,
    /// Mails that report the run.
    pub mail: Vec<OutgoingMail>,
    /// Changes to the guard's state.
    pub guard: Option<GuardUpdate>,
}

/// A run in a list.
#[derive(Debug, Clone, PartialEq)]
pub struct RunSummary {
    /// Identifier of the run.
    pub run_id: String,
    /// Date of the last observation used; `None` when the run failed before that date was known.
    pub as_of: Option<NaiveDate>,
    /// End of the run.
    pub finished_at: DateTime<Utc>,
    /// Status, as a word.
    pub status: String,
    /// Metrics line of the run.
    pub metrics: String,
}

#[cfg(test)]
pub(crate) mod samples {
    use super::*;
    use ndarray::Array2;

    pub(crate) fn forecast(level: f64) -> QuantileForecast {
        let day = |d| NaiveDate::from_ymd_opt(2025, 1, d).unwrap();
        let values = Array2::from_shape_fn((3, 11), |(i, j)| level + i as f64 + 0.1 * j as f64);
        QuantileForecast::new(day(3), vec![day(6), day(7), day(8)], values).unwrap()
    }

    pub(crate) fn run(run_id: &str) -> RunRecord {
        RunRecord {
            run_id: run_id.into(),
            pair: "USD/CLP".into(),
            horizon: Horizon::D7,
            as_of: NaiveDate::from_ymd_opt(2025, 1, 3),
            scheduled_for: None,
            started_at: Utc::now(),
            finished_at: Utc::now(),
            status: RunStatus::Ok,
            report_html: Some("reports/7d/x.html".into()),
            report_pdf: None,
            report_json: None,
            metrics: format!("{{\"run_id\":\"{run_id}\"}}"),
            forecasts: vec![IssuedForecast { model: "ensemble".into(), weight: None, forecast: forecast(1000.0) }],
            drift: None,
            mail: Vec::new(),
            guard: None,
        }
    }
}
