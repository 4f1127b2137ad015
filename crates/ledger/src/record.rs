//! What the ledger keeps of a run, and what it lists of one: plain values, without a word of SQL.
//!
//! A [`RunRecord`] goes in, whole, with its mails and what it adds to the guard's memory; a [`RunSummary`] comes out.

use crate::guard::GuardUpdate;
use crate::outbox::OutgoingMail;
use chrono::{DateTime, NaiveDate, Utc};
use forecaster_domain::{Horizon, QuantileForecast};
use std::path::PathBuf;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunStatus {
    /// All as configured.
    Ok,
    /// A report was issued, but data was stale or a model was left out.
    Degraded,
    /// No report.
    Failed,
}

impl RunStatus {
    /// The word in the ledger and in the metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            RunStatus::Ok => "ok",
            RunStatus::Degraded => "degraded",
            RunStatus::Failed => "failed",
        }
    }
}

/// A forecast that was issued in a run.
#[derive(Debug, Clone)]
pub struct IssuedForecast {
    /// Model, or `ensemble`, or `ensemble_without_chronos`.
    pub model: String,
    /// Its weight in the pool; `None` for pools.
    pub weight: Option<f64>,
    /// The forecast.
    pub forecast: QuantileForecast,
}

/// Everything the ledger keeps of a run.
#[derive(Debug, Clone)]
pub struct RunRecord {
    /// Identifier of the run, a UUID.
    pub run_id: String,
    /// The pair, as in USD/CLP.
    pub pair: String,
    /// The horizon.
    pub horizon: Horizon,
    /// Date of the last observation used; `None` when the run failed before it knew.
    pub as_of: Option<NaiveDate>,
    /// The instant of the schedule that it answers; `None` when it was asked for by hand.
    pub scheduled_for: Option<DateTime<Utc>>,
    /// When it started.
    pub started_at: DateTime<Utc>,
    /// When it ended.
    pub finished_at: DateTime<Utc>,
    /// How it ended.
    pub status: RunStatus,
    /// Where the HTML report is.
    pub report_html: Option<PathBuf>,
    /// Where the PDF report is.
    pub report_pdf: Option<PathBuf>,
    /// Where the JSON of the forecast is.
    pub report_json: Option<PathBuf>,
    /// The line for metrics.jsonl, without line end.
    pub metrics: String,
    /// Every model's forecast and the pools'.
    pub forecasts: Vec<IssuedForecast>,
    /// The tests for drift and the regime of volatility as of its as-of date, as JSON; `None` when it found none.
    pub drift: Option<String>,
    /// The mails that tell of it.
    pub mail: Vec<OutgoingMail>,
    /// What it adds to the guard's memory.
    pub guard: Option<GuardUpdate>,
}

/// A run as listed.
#[derive(Debug, Clone, PartialEq)]
pub struct RunSummary {
    /// Identifier of the run.
    pub run_id: String,
    /// Date of the last observation used; `None` when the run failed before it knew.
    pub as_of: Option<NaiveDate>,
    /// When it ended.
    pub finished_at: DateTime<Utc>,
    /// The word for its status.
    pub status: String,
    /// Its metrics line.
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
