//! Metric families. docs/HTTP.md lists them; a test keeps the two equal.

use super::ledger::{HorizonRuns, ModelSample, Runs};
use crate::daemon::state::DaemonState;
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use forecaster_domain::{ENSEMBLE, ENSEMBLE_WITHOUT_CHRONOS, Horizon};
use forecaster_ledger::{OutboxCounts, RunStatus};
use prometheus::{GaugeVec, IntCounterVec, Opts, Registry, Result};
use std::iter::once;

const STATUSES: [RunStatus; 3] = [RunStatus::Ok, RunStatus::Degraded, RunStatus::Failed];

/// Gauge whose samples are added one by one; without any it is not in the answer.
struct Gauge(GaugeVec);

impl Gauge {
    fn new(registry: &Registry, name: &str, help: &str, labels: &[&str]) -> Result<Self> {
        let gauge = GaugeVec::new(Opts::new(name, help), labels)?;
        registry.register(Box::new(gauge.clone()))?;
        Ok(Self(gauge))
    }

    /// Sets a sample; leaves out values that are unknown or not a finite number.
    fn set(&self, labels: &[&str], value: impl Into<Option<f64>>) -> Result<()> {
        match value.into().filter(|value| value.is_finite()) {
            Some(value) => self.0.get_metric_with_label_values(labels).map(|sample| sample.set(value)),
            None => Ok(()),
        }
    }
}

fn seconds(instant: DateTime<Utc>) -> f64 {
    instant.timestamp_millis() as f64 / 1000.0
}

/// Converts the date of an observation or target to its timestamp, midnight in UTC.
fn midnight(date: NaiveDate) -> f64 {
    seconds(date.and_time(NaiveTime::MIN).and_utc())
}

fn flag(value: bool) -> f64 {
    f64::from(u8::from(value))
}

/// Registers every known value.
///
/// # Errors
/// When a family breaks Prometheus' rules, which a test would have shown.
pub(super) fn register(registry: &Registry, state: &DaemonState, runs: &Runs) -> Result<()> {
    daemon(registry, state)?;
    schedule(registry, state)?;
    counts(registry, runs)?;
    mail(registry, runs.mail)?;
    last_runs(registry, &runs.horizons)?;
    rates(registry, &runs.horizons)?;
    forecasts(registry, &runs.horizons)?;
    models(registry, &runs.horizons)
}

fn daemon(registry: &Registry, state: &DaemonState) -> Result<()> {
    let one = |name, help, value: f64| Gauge::new(registry, name, help, &[])?.set(&[], value);
    let build = Gauge::new(registry, "forecaster_build_info", "The daemon's version; always 1.", &["version"])?;
    build.set(&[env!("CARGO_PKG_VERSION")], 1.0)?;
    let ready = flag(state.is_ready());
    one("forecaster_ready", "Whether the daemon is up, not stopping and able to begin runs.", ready)?;
    let accepted = seconds(state.configuration.accepted_at);
    let help = "When the configuration in force was taken over.";
    one("forecaster_config_accepted_timestamp_seconds", help, accepted)?;
    let refused = flag(state.configuration.refused.is_some());
    one("forecaster_config_refused", "Whether the configuration offered last was refused.", refused)?;
    one("process_start_time_seconds", "When the daemon started.", seconds(state.started_at))?;
    let resident = forecaster_chronos::memory::rss_mb() * f64::from(1 << 20);
    let memory = Gauge::new(registry, "process_resident_memory_bytes", "Resident memory of the daemon.", &[])?;
    // 0 when the kernel does not report it.
    memory.set(&[], Some(resident).filter(|bytes| *bytes > 0.0))
}

fn schedule(registry: &Registry, state: &DaemonState) -> Result<()> {
    let gauge = |name, help| Gauge::new(registry, name, help, &["horizon"]);
    let enabled = gauge("forecaster_horizon_enabled", "Whether the horizon is scheduled.")?;
    let next = gauge("forecaster_next_run_timestamp_seconds", "When the horizon is due next.")?;
    let running = gauge("forecaster_run_in_progress", "Whether a run of the horizon is in progress.")?;
    let waiting = gauge("forecaster_run_waiting", "Whether a run of the horizon is due and has not begun.")?;
    let chronos = gauge("forecaster_chronos_enabled", "Whether the configuration has Chronos on in the horizon.")?;
    let suspended = gauge("forecaster_chronos_suspended", "Whether Chronos is suspended in the horizon.")?;
    let help = "Runs in a row in which Chronos failed.";
    let failures = gauge("forecaster_chronos_consecutive_failures", help)?;
    for horizon in &state.horizons {
        let labels = [horizon.horizon.key()];
        chronos.set(&labels, flag(horizon.chronos.enabled))?;
        suspended.set(&labels, flag(horizon.chronos.suspended.is_some()))?;
        failures.set(&labels, f64::from(horizon.chronos.failures))?;
        enabled.set(&labels, flag(horizon.enabled))?;
        next.set(&labels, horizon.next.map(seconds))?;
        running.set(&labels, flag(horizon.running_since.is_some()))?;
        waiting.set(&labels, flag(state.waiting.contains(&horizon.horizon)))?;
    }
    Ok(())
}

fn counts(registry: &Registry, runs: &Runs) -> Result<()> {
    let options = Opts::new("forecaster_runs_total", "Runs in the ledger, by how they ended.");
    let total = IntCounterVec::new(options, &["horizon", "status"])?;
    registry.register(Box::new(total.clone()))?;
    for horizon in Horizon::ALL {
        for status in STATUSES {
            total.get_metric_with_label_values(&[horizon.key(), status.as_str()])?;
        }
    }
    for (horizon, status, count) in &runs.counts {
        total.get_metric_with_label_values(&[horizon.key(), status])?.inc_by(*count);
    }
    Ok(())
}

fn mail(registry: &Registry, counts: OutboxCounts) -> Result<()> {
    let help = "Recipients of mails, by what became of them; a mail to three counts three times.";
    let recipients = Gauge::new(registry, "forecaster_mail_recipients", help, &["state"])?;
    let OutboxCounts { waiting, sent, refused, expired } = counts;
    for (state, count) in [("waiting", waiting), ("sent", sent), ("refused", refused), ("expired", expired)] {
        recipients.set(&[state], count as f64)?;
    }
    Ok(())
}

fn last_runs(registry: &Registry, horizons: &[HorizonRuns]) -> Result<()> {
    let gauge = |name, help| Gauge::new(registry, name, help, &["horizon"]);
    let ended = gauge("forecaster_last_run_timestamp_seconds", "When the last run ended, however it did.")?;
    let succeeded =
        gauge("forecaster_last_success_timestamp_seconds", "When the last run that issued a forecast ended.")?;
    let duration = gauge("forecaster_run_duration_seconds", "How long the last run took.")?;
    let chronos = gauge("forecaster_run_chronos_duration_seconds", "How long Chronos took in the last run.")?;
    let memory = gauge("forecaster_run_peak_rss_bytes", "Peak resident memory of the last run, Chronos included.")?;
    let left_out = gauge("forecaster_run_models_left_out", "Models that the last run had to do without.")?;
    let help = "How the last run ended: 1 for the status that it has, 0 for the others.";
    let status = Gauge::new(registry, "forecaster_last_run_status", help, &["horizon", "status"])?;
    for HorizonRuns { horizon, last, issued } in horizons {
        let labels = [horizon.key()];
        let resources = &last.measured.resources;
        ended.set(&labels, seconds(last.finished_at))?;
        succeeded.set(&labels, issued.as_ref().map(|(run, _)| seconds(run.finished_at)))?;
        duration.set(&labels, resources.seconds_total)?;
        chronos.set(&labels, resources.seconds_chronos)?;
        memory.set(&labels, resources.peak_rss_mb.map(|mebibytes| (mebibytes * f64::from(1 << 20)).round()))?;
        left_out.set(&labels, last.measured.left_out.len() as f64)?;
        for known in STATUSES {
            status.set(&[horizon.key(), known.as_str()], flag(last.status == known.as_str()))?;
        }
    }
    Ok(())
}

/// Registers the rates of the last run that got as far as reading them.
fn rates(registry: &Registry, horizons: &[HorizonRuns]) -> Result<()> {
    let gauge = |name, help| Gauge::new(registry, name, help, &["horizon"]);
    let last_observation = gauge(
        "forecaster_data_last_observation_timestamp_seconds",
        "Date of the last observation that the last run used, at midnight UTC.",
    )?;
    let stale = gauge("forecaster_data_stale", "Whether the last run found the rates older than allowed.")?;
    let help = "Conditions of the series that the last run found: 1 when it degraded the run, else 0.";
    let conditions = Gauge::new(registry, "forecaster_data_condition", help, &["horizon", "series", "condition"])?;
    for HorizonRuns { horizon, last, issued } in horizons {
        let before = || issued.as_ref().and_then(|(run, _)| run.measured.data.as_ref());
        if let Some(observed) = last.measured.data.as_ref().or_else(before) {
            last_observation.set(&[horizon.key()], midnight(observed.last_observation))?;
            stale.set(&[horizon.key()], flag(observed.stale))?;
            for found in &observed.conditions {
                conditions.set(&[horizon.key(), &found.series, &found.kind], flag(found.degrades))?;
            }
        }
    }
    Ok(())
}

fn forecasts(registry: &Registry, horizons: &[HorizonRuns]) -> Result<()> {
    let of_pair = ["horizon", "pair"];
    let help = "The ensemble's quantiles at the last target date, quote currency per unit of base currency.";
    let quantiles = Gauge::new(registry, "forecaster_forecast_price", help, &["horizon", "pair", "level"])?;
    let help = "The last target date of the forecast, at midnight UTC.";
    let target = Gauge::new(registry, "forecaster_forecast_target_timestamp_seconds", help, &of_pair)?;
    let help = "The observation that the forecast starts from, quote currency per unit of base currency.";
    let last_price = Gauge::new(registry, "forecaster_last_price", help, &of_pair)?;
    for HorizonRuns { horizon, issued, .. } in horizons {
        let Some((run, headline)) = issued else { continue };
        let (horizon, pair) = (horizon.key(), run.measured.pair.as_str());
        last_price.set(&[horizon, pair], run.measured.last_value)?;
        target.set(&[horizon, pair], midnight(headline.date))?;
        let levels = [
            ("0.025", headline.low95),
            ("0.1", headline.low80),
            ("0.5", headline.median),
            ("0.9", headline.high80),
            ("0.975", headline.high95),
        ];
        for (level, price) in levels {
            quantiles.set(&[horizon, pair, level], price)?;
        }
    }
    Ok(())
}

fn models(registry: &Registry, horizons: &[HorizonRuns]) -> Result<()> {
    let gauge = |name, help| Gauge::new(registry, name, help, &["horizon", "model"]);
    let weight = gauge("forecaster_model_weight", "Weight of the model in the ensemble.")?;
    let help = "1 - WQL / WQL of the random walk on the same origins; above 0 is better than the random walk.";
    let skill = gauge("forecaster_model_skill", help)?;
    let wql = gauge("forecaster_model_wql", "Weighted quantile loss over deciles and target dates.")?;
    let rmse = gauge("forecaster_model_rmse", "Error of the median at the last target date, quote currency.")?;
    let help = "Share of the outcomes within the interval of that nominal coverage.";
    let coverage = Gauge::new(registry, "forecaster_model_coverage_ratio", help, &["horizon", "model", "interval"])?;
    for HorizonRuns { horizon, issued, .. } in horizons {
        let Some((run, _)) = issued else { continue };
        let measured = &run.measured;
        let pools = once((ENSEMBLE, measured.ensemble.as_ref()))
            .chain(once((ENSEMBLE_WITHOUT_CHRONOS, measured.ensemble_without_chronos.as_ref())));
        let models = measured.models.iter().map(|(name, judged)| (name.as_str(), Some(judged)));
        let known =
            models.chain(pools).filter_map(|(name, judged): (&str, Option<&ModelSample>)| Some((name, judged?)));
        for (model, judged) in known {
            let labels = [horizon.key(), model];
            weight.set(&labels, judged.weight)?;
            skill.set(&labels, judged.skill)?;
            wql.set(&labels, judged.wql)?;
            rmse.set(&labels, judged.rmse)?;
            coverage.set(&[horizon.key(), model, "0.8"], judged.coverage80)?;
            coverage.set(&[horizon.key(), model, "0.95"], judged.coverage95)?;
        }
    }
    Ok(())
}
