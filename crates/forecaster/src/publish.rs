//! Output of a run: report files, the ledger's transaction, the metrics line, in that order. Each step is atomic: a
//! crash in between leaves at most report files that no run refers to.

pub(crate) mod document;
mod drift_document;
mod earlier;
mod metrics;
mod paths;
mod track_record;
mod view;

use crate::assignment::RunIdentity;
use crate::config::settings::Config;
use crate::failure::Failure;
use crate::forecast::result::Forecast;
use crate::guard::GuardOutcome;
use crate::host::files::write_atomically;
use crate::host::resources::Usage;
use crate::market::Market;
use crate::notify::alerts;
use crate::notify::letters;
use crate::publish::document::RunDocument;
use crate::publish::drift_document::DriftDocument;
use crate::publish::earlier::EarlierRuns;
use crate::publish::paths::ReportPaths;
use crate::publish::view::view;
use chrono::Utc;
use forecaster_domain::{ENSEMBLE, ENSEMBLE_WITHOUT_CHRONOS, Horizon, Pair};
use forecaster_ledger::{IssuedForecast, Ledger, OutgoingMail, RunRecord, RunStatus};
use forecaster_report::ReportView;
use std::path::PathBuf;

/// Inputs and destinations for publishing a run.
#[derive(Clone, Copy)]
pub(crate) struct PublishContext<'a> {
    /// The configuration.
    pub config: &'a Config,
    /// Market data that the run used.
    pub market: &'a Market,
    /// Ledger that the run is recorded in.
    pub ledger: &'a Ledger,
    /// True when the run is to be reported by mail.
    pub email: bool,
}

/// A run that was published.
#[derive(Debug)]
pub(crate) struct Published {
    /// JSON document, as printed by `--json`.
    pub document: RunDocument,
    /// Paths of the report files.
    pub paths: ReportPaths,
    /// Status: ok or degraded.
    pub status: RunStatus,
}

/// Writes reports and JSON, records the run with its mails and appends the metrics line. A failure to make the PDF
/// degrades the run.
///
/// # Errors
/// When a file or the ledger cannot be written. A metrics log that cannot be written causes only a warning: its line
/// is kept in the ledger.
pub(crate) fn publish(
    identity: &RunIdentity,
    destination: &PublishContext<'_>,
    forecast: &Forecast,
    usage: &Usage,
    finding: GuardOutcome,
) -> Result<Published, Failure> {
    let PublishContext { config, market, ledger, email } = *destination;
    let paths = ReportPaths::new(config, market, forecast.horizon, &identity.run_id);
    let earlier = EarlierRuns::read(ledger, market, forecast, config.zone());
    let mut view = view(identity, config, market, forecast, &earlier, usage);
    view.track_record = track_record::read(ledger, config, market, forecast.horizon);
    let (pdf, html) = rayon::join(|| forecaster_report::pdf(&view), || forecaster_report::html(&view));
    let pdf = pdf.inspect_err(|error| tracing::error!("the report has no PDF: {error}")).ok();
    let status = if pdf.is_none() { RunStatus::Degraded } else { identity.status };
    let identity = &RunIdentity { status, ..identity.clone() };
    let document = RunDocument::new(identity, config, market, forecast, &earlier, (&paths, pdf.is_some()));
    let json = serde_json::to_string_pretty(&document)?;
    let metrics = metrics::line(identity, market, forecast, usage, finding.suspension())?;
    let drift = serde_json::to_string(&DriftDocument::from(&forecast.drift))?;
    let files =
        [(&paths.html, Some(html.as_bytes())), (&paths.pdf, pdf.as_deref()), (&paths.json, Some(json.as_bytes()))];
    let mut mail = if email { mail(identity, config, market, &view, pdf.as_deref()) } else { Vec::new() };
    if let Some(suspension) = finding.suspension().filter(|_| email) {
        mail.extend(alerts::suspended(
            config,
            (&identity.run_id, identity.generated_at),
            forecast.horizon,
            suspension,
        ));
    }
    let record = RunRecord {
        report_html: Some(paths.html.clone()),
        report_pdf: pdf.is_some().then(|| paths.pdf.clone()),
        report_json: Some(paths.json.clone()),
        forecasts: issued(forecast),
        drift: Some(drift),
        mail,
        guard: finding.update,
        ..bare_record(identity, &market.pair, Some(market), forecast.horizon, metrics)
    };
    write_and_record(&files, &record, ledger)?;
    flush_metrics(ledger, config);
    Ok(Published { document, paths, status })
}

/// Writes the files, then the ledger's transaction; when either fails, no file is left.
fn write_and_record(files: &[(&PathBuf, Option<&[u8]>)], record: &RunRecord, ledger: &Ledger) -> Result<(), Failure> {
    let write = || -> Result<(), Failure> {
        for (path, bytes) in files {
            bytes.map_or(Ok(()), |bytes| write_atomically(path, bytes))?;
        }
        Ok(ledger.record(record)?)
    };
    write().inspect_err(|_| {
        // No run refers to these files, so they are removed, unless another process has recorded this very run.
        if !matches!(ledger.has_run(&record.run_id), Ok(true)) {
            files.iter().for_each(|(path, _)| drop(std::fs::remove_file(path)));
        }
    })
}

/// Mails about a run: its report, and an alert when its rates are stale or the last one is in doubt.
fn mail(
    identity: &RunIdentity,
    config: &Config,
    market: &Market,
    view: &ReportView,
    pdf: Option<&[u8]>,
) -> Vec<OutgoingMail> {
    let stale = identity.stale.then(|| alerts::stale(config, identity, market, view.horizon)).flatten();
    let doubtful = market.is_held_back().then(|| alerts::doubtful(config, identity, view)).flatten();
    let is_wanted = letters::wants_report(config, identity, view.horizon, market.is_held_back());
    let report = is_wanted.then(|| letters::report(config, identity, view, pdf));
    report.flatten().into_iter().chain(stale).chain(doubtful).collect()
}

/// A run that failed.
pub(crate) struct FailedRun<'a> {
    /// Market data; `None` when the run failed before it was loaded.
    pub market: Option<&'a Market>,
    /// The horizon.
    pub horizon: Horizon,
    /// Cause of the failure.
    pub error: &'a Failure,
    /// True when the failure is to be reported by mail.
    pub email: bool,
}

/// Records a run that failed; when even that fails, only logs it.
pub(crate) fn record_failure(
    identity: &RunIdentity,
    config: &Config,
    failed: &FailedRun<'_>,
    ledger: &Ledger,
    usage: &Usage,
) {
    let FailedRun { market, horizon, error, email } = *failed;
    let identity = RunIdentity { status: RunStatus::Failed, ..identity.clone() };
    let record = || -> Result<(), Failure> {
        let pair = config.pair();
        let metrics = metrics::failed_line(&identity, pair, market, horizon, &error.to_string(), usage)?;
        let alert = email.then(|| alerts::failed(config, &identity, horizon, &error.to_string())).flatten();
        let record = bare_record(&identity, pair, market, horizon, metrics);
        Ok(ledger.record(&RunRecord { mail: alert.into_iter().collect(), ..record })?)
    };
    match record() {
        Ok(()) => flush_metrics(ledger, config),
        Err(second) => tracing::warn!("the failed run could not be recorded: {second}"),
    }
}

/// Records a run whose process ended, after `seconds`, before it could record itself.
///
/// # Errors
/// When the ledger cannot be written.
pub(crate) fn record_lost(
    identity: &RunIdentity,
    config: &Config,
    horizon: Horizon,
    error: &str,
    ledger: &Ledger,
    seconds: f64,
) -> Result<(), Failure> {
    let pair = config.pair();
    let metrics = metrics::lost_line(identity, pair, horizon, error, seconds)?;
    let alert = alerts::failed(config, identity, horizon, error);
    let record = bare_record(identity, pair, None, horizon, metrics);
    ledger.record(&RunRecord { mail: alert.into_iter().collect(), ..record })?;
    flush_metrics(ledger, config);
    Ok(())
}

/// Fields that the ledger keeps of every run, with nothing issued.
fn bare_record(
    identity: &RunIdentity,
    pair: &Pair,
    market: Option<&Market>,
    horizon: Horizon,
    metrics: String,
) -> RunRecord {
    RunRecord {
        run_id: identity.run_id.clone(),
        pair: pair.to_string(),
        horizon,
        as_of: market.map(Market::as_of),
        scheduled_for: identity.scheduled_for,
        started_at: identity.generated_at.with_timezone(&Utc),
        finished_at: Utc::now(),
        status: identity.status,
        report_html: None,
        report_pdf: None,
        report_json: None,
        metrics,
        forecasts: Vec::new(),
        drift: None,
        mail: Vec::new(),
        guard: None,
    }
}

pub(crate) fn flush_metrics(ledger: &Ledger, config: &Config) {
    if let Err(error) = ledger.flush_metrics(&config.service.metrics_log) {
        tracing::warn!("{error}");
    }
}

fn issued(forecast: &Forecast) -> Vec<IssuedForecast> {
    let pool = IssuedForecast { model: ENSEMBLE.to_owned(), weight: None, forecast: forecast.ensemble.clone() };
    let without = forecast.without_chronos.iter().map(|without| IssuedForecast {
        model: ENSEMBLE_WITHOUT_CHRONOS.to_owned(),
        weight: None,
        forecast: without.forecast.clone(),
    });
    let models = forecast.models.iter().map(|m| IssuedForecast {
        model: m.id.to_string(),
        weight: Some(m.weight),
        forecast: m.forecast.quantiles.clone(),
    });
    std::iter::once(pool).chain(without).chain(models).collect()
}
