//! Ledger record of a run, for tests that need no forecast.

use crate::assignment::Assignment;
use chrono::Utc;
use forecaster_ledger::{RunRecord, RunStatus};

/// Returns the record of a successful run: 1011.8 -> 1009.2.
pub(crate) fn record(assignment: &Assignment) -> RunRecord {
    RunRecord {
        run_id: assignment.run_id.clone(),
        pair: "USD/CLP".into(),
        horizon: assignment.horizon,
        as_of: None,
        scheduled_for: assignment.scheduled_for,
        started_at: Utc::now(),
        finished_at: Utc::now(),
        status: RunStatus::Ok,
        report_html: None,
        report_pdf: None,
        report_json: None,
        metrics: format!(
            r#"{{"last_value":1011.8,"forecast":{{"median":1009.2}},"run_id":"{}"}}"#,
            assignment.run_id
        ),
        forecasts: Vec::new(),
        drift: None,
        mail: Vec::new(),
        guard: None,
    }
}
