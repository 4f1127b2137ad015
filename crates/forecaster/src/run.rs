//! One run of one horizon, from the forecast to its output: started by hand, or by the daemon in a process of its
//! own.

pub(crate) mod context;
pub(crate) mod interrupt;
pub(crate) mod ledger;

use crate::assignment::{Assignment, RunIdentity};
use crate::config::settings::Config;
use crate::failure::{CommandOutcome, Failure};
use crate::forecast::cache::LedgerCache;
use crate::forecast::forecast;
use crate::forecast::result::{Forecast, ModelResult};
use crate::guard::rules::RunObservations;
use crate::guard::{self, Admission, GuardOutcome};
use crate::host::logging::rounded;
use crate::host::resources::Usage;
use crate::market::Market;
use crate::publish::{self, FailedRun, PublishContext, Published};
use crate::review::scoring;
use crate::run::context::{PublishLock, RunContext};
use forecaster_domain::{Horizon, ModelId};
use forecaster_ledger::RunStatus;

/// A run that ended with a report.
pub(crate) struct CompletedRun {
    /// The forecast.
    pub forecast: Forecast,
    /// The published output.
    pub published: Published,
    /// ok or degraded.
    pub status: RunStatus,
}

impl CompletedRun {
    /// Returns the outcome of the command that carried out the run.
    pub(crate) fn outcome(&self) -> CommandOutcome {
        if self.status == RunStatus::Degraded { CommandOutcome::Degraded } else { CommandOutcome::Done }
    }
}

/// Executes a run, by hand or for the daemon. Every log line on the way has the horizon and the run's identifier.
///
/// # Errors
/// When no forecast can be made or nothing can be written. The failure is logged and recorded. There is one exception:
/// when a scheduled run fails for a reason that [may pass by itself](Failure::is_transient), its slot stays open, and
/// the daemon starts it again.
pub(crate) fn execute_assignment(
    assignment: &Assignment,
    context: &RunContext<'_>,
    publishing: &PublishLock,
) -> Result<CompletedRun, Failure> {
    let span = tracing::info_span!("run", horizon = %assignment.horizon, run_id = assignment.run_id);
    let _entered = span.enter();
    let mut usage = Usage::start();
    let market = context.market.seen_by(context.config, assignment.horizon);
    let context = &RunContext { market: &market, ..*context };
    let identity = assignment.identity(context.config, RunStatus::Ok);
    let identity = RunIdentity { stale: is_stale(context), ..identity };
    tracing::info!(as_of = %context.market.as_of(), "run started");
    attempt(assignment.horizon, identity.clone(), context, publishing, &mut usage).inspect_err(|error| {
        tracing::error!(seconds = rounded(usage.seconds()), "run failed: {error}");
        if error.is_transient() && assignment.scheduled_for.is_some() {
            return;
        }
        let _writing = publishing.hold();
        let RunContext { config, market, ledger, email, .. } = *context;
        let failed = FailedRun { market: Some(market), horizon: assignment.horizon, error, email };
        publish::record_failure(&identity, config, &failed, ledger, &usage);
    })
}

fn attempt(
    horizon: Horizon,
    mut identity: RunIdentity,
    context: &RunContext<'_>,
    publishing: &PublishLock,
    usage: &mut Usage,
) -> Result<CompletedRun, Failure> {
    let RunContext { config, market, ledger, chronos, release, .. } = *context;
    if identity.stale {
        warn_stale(config, market);
    }
    for caution in market.cautions() {
        tracing::warn!("{caution}");
    }
    market.conditions.log();
    let cache = LedgerCache { ledger, today: identity.generated_at.date_naive() };
    let admission = guard::admit(ledger, config, horizon, &identity.run_id);
    let suspended = if let Admission::Suspended(chronos) = &admission { Some(chronos) } else { None };
    let forecast = forecast(config, market, horizon, &cache, chronos, suspended);
    usage.record_worker_peak(chronos.take_peak_rss_mb());
    if release {
        chronos.release();
    }
    let finding = check_guard(&admission, context, forecast.as_ref().ok(), usage);
    let mut forecast = forecast?;
    if let Some(suspension) = finding.suspension() {
        forecast.note_suspended(suspension);
    }
    if identity.stale || misses_model(market, &forecast) || market.is_degraded() {
        identity.status = RunStatus::Degraded;
    }
    log_models(&forecast);
    forecast.drift.log();
    let writing = publishing.hold();
    scoring::score_with_run_rates(ledger, market, identity.generated_at.date_naive());
    let destination = PublishContext { config, market, ledger, email: context.email };
    let published = publish::publish(&identity, &destination, &forecast, usage, finding)?;
    drop(writing);
    identity.status = published.status;
    tracing::info!(
        status = identity.status.as_str(),
        seconds = rounded(usage.seconds()),
        cached = forecast.cached,
        computed = forecast.computed,
        report = %published.paths.html.display(),
        "run finished: {}",
        identity.status.as_str()
    );
    Ok(CompletedRun { forecast, published, status: identity.status })
}

/// True when a model is missing that should have a forecast. Most models cannot be estimated from a pair that does not
/// vary, and are not needed for it.
fn misses_model(market: &Market, forecast: &Forecast) -> bool {
    let is_needed = |model: ModelId| model == ModelId::Chronos || !market.conditions.is_constant();
    forecast.left_out.iter().any(|left_out| is_needed(left_out.model))
}

/// Judges the run for the guard over Chronos; a run without any forecast gives no finding.
fn check_guard(
    admission: &Admission,
    context: &RunContext<'_>,
    forecast: Option<&Forecast>,
    usage: &Usage,
) -> GuardOutcome {
    let Admission::Admitted(pass) = admission else { return GuardOutcome::default() };
    let Some(forecast) = forecast else {
        pass.withdraw(context.ledger);
        return GuardOutcome::default();
    };
    let seen = RunObservations {
        failure: forecast.why_left_out(ModelId::Chronos).map(str::to_owned),
        seconds: forecast.chronos_seconds.unwrap_or_default(),
        peak_rss_mb: usage.peak_rss_mb(),
        oom_kill: false,
    };
    pass.check_run(context.ledger, context.config, &seen)
}

fn is_stale(context: &RunContext<'_>) -> bool {
    context.market.age() > i64::from(context.config.rates.max_age_business_days)
}

fn warn_stale(config: &Config, market: &Market) {
    tracing::warn!(
        "the newest rate is of {}, {} business days old (limit {}): the forecast starts there; newer rates come in \
         with: forecaster rates sync, or forecaster rates import FILE.csv --series {}",
        market.as_of(),
        market.age(),
        config.rates.max_age_business_days,
        market.pair.series_name()
    );
}

fn log_models(forecast: &Forecast) {
    for model in &forecast.models {
        let skill = model.judged.as_ref().map(|judged| rounded(judged.skill)).filter(|skill| skill.is_finite());
        tracing::info!(
            model = model.id.as_str(),
            weight = rounded(model.weight),
            skill,
            seconds = rounded(model.seconds),
            "{} scored",
            model.id
        );
    }
    tracing::info!("Ensemble weights: {}", weights(forecast));
}

/// `{"random_walk": 0.25, "var": 0.75}`
fn weights(forecast: &Forecast) -> String {
    let one = |m: &ModelResult| format!("\"{}\": {:.3}", m.id, m.weight);
    format!("{{{}}}", forecast.models.iter().map(one).collect::<Vec<_>>().join(", "))
}
