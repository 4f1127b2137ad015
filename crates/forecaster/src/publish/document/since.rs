//! Changes since the last run of the horizon, as JSON.

use chrono::NaiveDate;
use forecaster_domain::Observation;
use forecaster_report::{ChangeUnit, MedianChange, Move, SinceLast};
use serde::Serialize;
use std::collections::BTreeMap;

/// Changes since the last run with an earlier as-of date.
#[derive(Debug, Serialize)]
pub(crate) struct SinceDocument {
    as_of: NaiveDate,
    last_value: f64,
    end_date: NaiveDate,
    median: f64,
    interval80: [f64; 2],
    for_now: Option<ForNowDocument>,
    moves: Vec<MoveDocument>,
    change: Option<ChangeDocument>,
}

#[derive(Debug, Serialize)]
struct ForNowDocument {
    median: f64,
    interval80: [f64; 2],
    interval95: [f64; 2],
}

#[derive(Debug, Serialize)]
struct MoveDocument {
    series: String,
    measure: &'static str,
    from: ValueDocument,
    to: ValueDocument,
}

#[derive(Debug, Serialize)]
struct ValueDocument {
    date: NaiveDate,
    value: f64,
}

#[derive(Debug, Serialize)]
struct ChangeDocument {
    data: f64,
    models: f64,
    weights: f64,
    by_model: BTreeMap<String, f64>,
    joined: Vec<String>,
    left: Vec<String>,
}

impl From<&SinceLast> for SinceDocument {
    fn from(since: &SinceLast) -> Self {
        Self {
            as_of: since.as_of,
            last_value: since.last_value,
            end_date: since.end_date,
            median: since.median,
            interval80: since.interval80.into(),
            for_now: since.forecast_for_today.map(|(median, interval80, interval95)| ForNowDocument {
                median,
                interval80: interval80.into(),
                interval95: interval95.into(),
            }),
            moves: since.moves.iter().map(Into::into).collect(),
            change: since.change.as_ref().map(Into::into),
        }
    }
}

impl From<&Move> for MoveDocument {
    fn from(moved: &Move) -> Self {
        let value = |observation: Observation| ValueDocument { date: observation.date, value: observation.value };
        let measure = match moved.measure {
            ChangeUnit::Percent => "percent",
            ChangeUnit::Points => "points",
            ChangeUnit::PercentagePoints => "percentage points",
        };
        Self { series: moved.series.clone(), measure, from: value(moved.from), to: value(moved.to) }
    }
}

impl From<&MedianChange> for ChangeDocument {
    fn from(change: &MedianChange) -> Self {
        Self {
            data: change.data,
            models: change.models,
            weights: change.weights,
            by_model: change.by_model.iter().cloned().collect(),
            joined: change.joined.clone(),
            left: change.left.clone(),
        }
    }
}
