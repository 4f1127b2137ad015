//! Metrics line of a run in metrics.jsonl. The schema is docs/schema/metrics.schema.json.

use crate::assignment::RunIdentity;
use crate::forecast::left_out::LeftOut;
use crate::forecast::result::Forecast;
use crate::host::logging::rounded;
use crate::host::resources::Usage;
use crate::market::Market;
use crate::market::conditions::ConditionDocument;
use crate::publish::document::{FaultDocument, ScoresDocument, faults};
use crate::publish::drift_document::DriftDocument;
use chrono::NaiveDate;
use forecaster_domain::{Horizon, Pair, QuantileForecast};
use forecaster_ledger::Suspension;
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Debug, Serialize)]
struct MetricsLine {
    run_id: String,
    timestamp: String,
    /// Null for a run started by hand.
    scheduled_for: Option<String>,
    pair: String,
    horizon: &'static str,
    /// Null when the run failed before the date was known.
    as_of: Option<NaiveDate>,
    status: &'static str,
    error: Option<String>,
    last_value: Option<f64>,
    /// Null when no forecast was issued.
    forecast: Option<ForecastMetrics>,
    models: BTreeMap<String, ModelMetrics>,
    ensemble: Option<ScoresDocument>,
    ensemble_without_chronos: Option<ScoresDocument>,
    left_out: Vec<LeftOut>,
    /// Reason that this run suspended Chronos for the next ones; null when it did not.
    chronos_suspended: Option<String>,
    /// Null when no forecast was issued.
    drift: Option<DriftDocument>,
    resources: ResourceMetrics,
    /// Null when the run failed before it had read the rates.
    data: Option<DataMetrics>,
}

/// The ensemble at the last target date.
#[derive(Debug, Serialize)]
struct ForecastMetrics {
    date: NaiveDate,
    median: f64,
    low80: f64,
    high80: f64,
    low95: f64,
    high95: f64,
}

#[derive(Debug, Serialize)]
struct ModelMetrics {
    weight: f64,
    /// Checkpoint of Chronos.
    #[serde(skip_serializing_if = "Option::is_none")]
    checkpoint: Option<String>,
    #[serde(flatten)]
    scores: ScoresDocument,
    seconds: f64,
}

#[derive(Debug, Serialize)]
struct ResourceMetrics {
    /// Peak memory; this and the next field are null when the run's process ended before it could report them.
    peak_rss_mb: Option<f64>,
    rss_after_mb: Option<f64>,
    seconds_total: f64,
    /// Part of the peak: the Chronos process; null in a run without one.
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
    provider_failures: Vec<FaultDocument>,
    cautions: Vec<String>,
    conditions: Vec<ConditionDocument>,
}

fn data(market: &Market, stale: bool) -> DataMetrics {
    DataMetrics {
        provider: market.sources.first().map_or_else(String::new, |s| s.provider.clone()),
        last_observation: market.as_of(),
        stale,
        provider_failures: faults(market),
        cautions: market.cautions(),
        conditions: market.conditions.documents(),
    }
}

fn resources(usage: &Usage) -> ResourceMetrics {
    let rss_after_mb = forecaster_chronos::memory::rss_mb();
    ResourceMetrics {
        // The kernel counts its peak in batches, so it may lag a little.
        peak_rss_mb: Some(rounded(usage.peak_rss_mb().max(rss_after_mb))),
        rss_after_mb: Some(rounded(rss_after_mb)),
        peak_rss_chronos_mb: Some(usage.worker_peak_mb()).filter(|peak| *peak > 0.0).map(rounded),
        ..unknown_resources(usage.seconds())
    }
}

/// Resources when only the time is known.
fn unknown_resources(seconds: f64) -> ResourceMetrics {
    ResourceMetrics {
        peak_rss_mb: None,
        rss_after_mb: None,
        seconds_total: rounded(seconds),
        peak_rss_chronos_mb: None,
        seconds_chronos: None,
        forecasts_cached: 0,
        forecasts_computed: 0,
    }
}

/// The pool's forecast at the last target date, unrounded.
fn headline(ensemble: &QuantileForecast) -> ForecastMetrics {
    let end = ensemble.last_step();
    let ((low80, high80), (low95, high95)) = (ensemble.interval80(end), ensemble.interval95(end));
    ForecastMetrics { date: ensemble.dates()[end], median: ensemble.median(end), low80, high80, low95, high95 }
}

/// Builds the line of a run that issued a forecast.
///
/// # Errors
/// When a number cannot be written as JSON; with scores from [`forecaster_domain::scores`] that does not happen.
pub(crate) fn line(
    identity: &RunIdentity,
    market: &Market,
    forecast: &Forecast,
    usage: &Usage,
    suspension: Option<&Suspension>,
) -> serde_json::Result<String> {
    let models = forecast.models.iter().map(|m| {
        let metrics = ModelMetrics {
            weight: m.weight,
            checkpoint: m.checkpoint().map(str::to_owned),
            scores: m.judged.into(),
            seconds: rounded(m.seconds),
        };
        (m.id.to_string(), metrics)
    });
    let empty = empty_line(identity, &market.pair, forecast.horizon);
    serde_json::to_string(&MetricsLine {
        as_of: Some(market.as_of()),
        last_value: Some(market.history.pair().last_value()),
        forecast: Some(headline(&forecast.ensemble)),
        models: models.collect(),
        ensemble: forecast.ensemble_judged.map(|judged| Some(judged).into()),
        ensemble_without_chronos: forecast.without_chronos.as_ref().map(|without| without.judged.into()),
        left_out: forecast.left_out.clone(),
        chronos_suspended: suspension.map(|it| it.reason.clone()),
        drift: Some(DriftDocument::from(&forecast.drift)),
        resources: ResourceMetrics {
            seconds_chronos: forecast.chronos_seconds.map(rounded),
            forecasts_cached: forecast.cached,
            forecasts_computed: forecast.computed,
            ..resources(usage)
        },
        data: Some(data(market, identity.stale)),
        ..empty
    })
}

/// Builds the line of a run that issued none. `market` is `None` when the run failed before it had one.
///
/// # Errors
/// When a number cannot be written as JSON.
pub(crate) fn failed_line(
    identity: &RunIdentity,
    pair: &Pair,
    market: Option<&Market>,
    horizon: Horizon,
    error: &str,
    usage: &Usage,
) -> serde_json::Result<String> {
    serde_json::to_string(&MetricsLine {
        as_of: market.map(Market::as_of),
        last_value: market.map(|market| market.history.pair().last_value()),
        error: Some(error.to_owned()),
        resources: resources(usage),
        data: market.map(|market| data(market, identity.stale)),
        ..empty_line(identity, pair, horizon)
    })
}

/// Builds the line of a run whose process ended, after `seconds`, without giving a reason.
///
/// # Errors
/// When a number cannot be written as JSON.
pub(crate) fn lost_line(
    identity: &RunIdentity,
    pair: &Pair,
    horizon: Horizon,
    error: &str,
    seconds: f64,
) -> serde_json::Result<String> {
    serde_json::to_string(&MetricsLine {
        error: Some(error.to_owned()),
        resources: unknown_resources(seconds),
        ..empty_line(identity, pair, horizon)
    })
}

/// Fields of every line, with nothing forecast.
fn empty_line(identity: &RunIdentity, pair: &Pair, horizon: Horizon) -> MetricsLine {
    MetricsLine {
        run_id: identity.run_id.clone(),
        timestamp: identity.generated_at.to_rfc3339(),
        scheduled_for: identity
            .scheduled_for
            .map(|instant| instant.with_timezone(&identity.generated_at.timezone()).to_rfc3339()),
        pair: pair.to_string(),
        horizon: horizon.key(),
        as_of: None,
        status: identity.status.as_str(),
        error: None,
        last_value: None,
        forecast: None,
        models: BTreeMap::new(),
        ensemble: None,
        ensemble_without_chronos: None,
        left_out: Vec::new(),
        chronos_suspended: None,
        drift: None,
        resources: unknown_resources(0.0),
        data: None,
    }
}
