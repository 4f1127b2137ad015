//! Runs in the ledger, as far as they become metrics.

use chrono::{DateTime, NaiveDate, Utc};
use forecaster_domain::Horizon;
use forecaster_ledger::{Ledger, OutboxCounts, RunSummary};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Latest runs searched for one that issued a forecast.
const LOOK_BACK: usize = 20;

/// Runs so far.
#[derive(Debug)]
pub(super) struct Runs {
    /// Number of runs by horizon and status.
    pub counts: Vec<(Horizon, String, u64)>,
    /// Recipients of mails, by state.
    pub mail: OutboxCounts,
    /// Last runs of each horizon that has any.
    pub horizons: Vec<HorizonRuns>,
}

/// Last runs of a horizon.
#[derive(Debug)]
pub(super) struct HorizonRuns {
    pub horizon: Horizon,
    /// Last run, whatever its status.
    pub last: Run,
    /// Last run that issued a forecast, and the forecast: it still holds when a later run fails.
    pub issued: Option<(Run, Headline)>,
}

/// One run in the ledger.
#[derive(Debug, Clone)]
pub(super) struct Run {
    pub finished_at: DateTime<Utc>,
    pub status: String,
    pub measured: RunMeasurements,
}

/// Part of a metrics line that becomes metrics. docs/schema/metrics.schema.json describes each field.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct RunMeasurements {
    pub pair: String,
    pub last_value: Option<f64>,
    pub forecast: Option<Headline>,
    pub models: BTreeMap<String, ModelSample>,
    pub ensemble: Option<ModelSample>,
    pub ensemble_without_chronos: Option<ModelSample>,
    pub left_out: Vec<serde::de::IgnoredAny>,
    pub resources: Resources,
    pub data: Option<ObservedRates>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Headline {
    pub date: NaiveDate,
    pub median: f64,
    pub low80: f64,
    pub high80: f64,
    pub low95: f64,
    pub high95: f64,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct ModelSample {
    pub weight: Option<f64>,
    pub wql: Option<f64>,
    pub rmse: Option<f64>,
    pub skill: Option<f64>,
    pub coverage80: Option<f64>,
    pub coverage95: Option<f64>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Resources {
    pub peak_rss_mb: Option<f64>,
    pub seconds_total: Option<f64>,
    pub seconds_chronos: Option<f64>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct ObservedRates {
    pub last_observation: NaiveDate,
    pub stale: bool,
    /// Conditions of the series; absent from the lines of earlier versions.
    #[serde(default)]
    pub conditions: Vec<ObservedCondition>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct ObservedCondition {
    pub series: String,
    pub kind: String,
    pub degrades: bool,
}

impl Runs {
    /// Reads the runs. Waits for the ledger.
    ///
    /// # Errors
    /// A sentence when the ledger cannot be read, or a metrics line in it is invalid.
    pub(super) fn read(ledger: &Ledger) -> Result<Self, String> {
        let counts = ledger.run_counts().map_err(|error| error.to_string())?;
        let horizons: Result<Vec<_>, String> =
            Horizon::ALL.into_iter().filter_map(|horizon| HorizonRuns::read(ledger, horizon).transpose()).collect();
        let mail = ledger.outbox_counts().map_err(|error| error.to_string())?;
        Ok(Self { counts, mail, horizons: horizons? })
    }
}

impl HorizonRuns {
    fn read(ledger: &Ledger, horizon: Horizon) -> Result<Option<Self>, String> {
        let runs = ledger.runs(horizon, LOOK_BACK).map_err(|error| error.to_string())?;
        let runs = runs.into_iter().map(Run::parse).collect::<Result<Vec<_>, _>>()?;
        let issued = runs.iter().find_map(|run| Some((run.clone(), run.measured.forecast.clone()?)));
        Ok(runs.into_iter().next().map(|last| Self { horizon, last, issued }))
    }
}

impl Run {
    fn parse(run: RunSummary) -> Result<Self, String> {
        let measured = serde_json::from_str(&run.metrics)
            .map_err(|error| format!("the ledger's metrics line of run {} cannot be read: {error}", run.run_id))?;
        Ok(Self { finished_at: run.finished_at, status: run.status, measured })
    }
}
