//! The line of a run in metrics.jsonl. Its schema is docs/schema/metrics.schema.json.

use crate::config::CHRONOS;
use crate::document::{LeftOut, RunIdentity, ScoresDocument, left_out};
use crate::market::Market;
use crate::pipeline::Forecast;
use crate::resources::Usage;
use chrono::NaiveDate;
use forecaster_domain::Horizon;
use forecaster_ledger::RunStatus;
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Debug, Serialize)]
struct MetricsLine {
    run_id: String,
    timestamp: String,
    pair: String,
    horizon: &'static str,
    as_of: NaiveDate,
    status: &'static str,
    error: Option<String>,
    models: BTreeMap<String, ModelMetrics>,
    ensemble: Option<ScoresDocument>,
    ensemble_without_chronos: Option<ScoresDocument>,
    left_out: Vec<LeftOut>,
    resources: ResourceMetrics,
    data: DataMetrics,
}

#[derive(Debug, Serialize)]
struct ModelMetrics {
    weight: f64,
    #[serde(flatten)]
    scores: ScoresDocument,
    seconds: f64,
}

#[derive(Debug, Serialize)]
struct ResourceMetrics {
    peak_rss_mb: f64,
    rss_after_mb: f64,
    seconds_total: f64,
    /// Part of the peak: the process that ran Chronos; null in a run without.
    peak_rss_chronos_mb: Option<f64>,
    /// Null in a run without Chronos.
    seconds_chronos: Option<f64>,
    forecasts_cached: usize,
    forecasts_computed: usize,
}

#[derive(Debug, Serialize)]
struct DataMetrics {
    provider: String,
    last_observation: NaiveDate,
    stale: bool,
}

fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

fn data(market: &Market, stale: bool) -> DataMetrics {
    DataMetrics {
        provider: market.sources.first().map_or_else(String::new, |s| s.provider.clone()),
        last_observation: market.as_of(),
        stale,
    }
}

fn resources(usage: &Usage) -> ResourceMetrics {
    let rss_after_mb = forecaster_chronos::memory::rss_mb();
    ResourceMetrics {
        // The kernel's peak is counted in batches and may lag a little behind.
        peak_rss_mb: rounded(usage.peak_rss_mb().max(rss_after_mb)),
        rss_after_mb: rounded(rss_after_mb),
        seconds_total: rounded(usage.seconds()),
        peak_rss_chronos_mb: Some(usage.worker_peak_mb()).filter(|peak| *peak > 0.0).map(rounded),
        seconds_chronos: None,
        forecasts_cached: 0,
        forecasts_computed: 0,
    }
}

/// The line of a run that issued a forecast.
///
/// # Errors
/// When a number cannot be written as JSON; with scores from [`forecaster_domain::scores`] that does not happen.
pub(crate) fn line(
    identity: &RunIdentity,
    market: &Market,
    forecast: &Forecast,
    usage: &Usage,
) -> serde_json::Result<String> {
    let models = forecast.models.iter().map(|m| {
        let metrics = ModelMetrics { weight: m.weight, scores: m.judged.into(), seconds: rounded(m.seconds) };
        (m.name.clone(), metrics)
    });
    let empty = empty_line(identity, market, forecast.horizon, usage);
    serde_json::to_string(&MetricsLine {
        models: models.collect(),
        ensemble: forecast.ensemble_judged.map(|judged| Some(judged).into()),
        ensemble_without_chronos: forecast.without_chronos.as_ref().map(|without| without.judged.into()),
        left_out: left_out(forecast),
        resources: ResourceMetrics {
            seconds_chronos: forecast.models.iter().find(|m| m.name == CHRONOS).map(|m| rounded(m.seconds)),
            forecasts_cached: forecast.cached,
            forecasts_computed: forecast.computed,
            ..empty.resources
        },
        ..empty
    })
}

/// The line of a run that issued none.
///
/// # Errors
/// When a number cannot be written as JSON.
pub(crate) fn failed_line(
    identity: &RunIdentity,
    market: &Market,
    horizon: Horizon,
    error: &str,
    usage: &Usage,
) -> serde_json::Result<String> {
    serde_json::to_string(&MetricsLine {
        status: RunStatus::Failed.as_str(),
        error: Some(error.to_owned()),
        ..empty_line(identity, market, horizon, usage)
    })
}

/// What every line says, with nothing forecast.
fn empty_line(identity: &RunIdentity, market: &Market, horizon: Horizon, usage: &Usage) -> MetricsLine {
    MetricsLine {
        run_id: identity.run_id.clone(),
        timestamp: identity.generated_at.to_rfc3339(),
        pair: market.pair.to_string(),
        horizon: horizon.key(),
        as_of: market.as_of(),
        status: identity.status.as_str(),
        error: None,
        models: BTreeMap::new(),
        ensemble: None,
        ensemble_without_chronos: None,
        left_out: Vec::new(),
        resources: resources(usage),
        data: data(market, identity.stale),
    }
}
