//! The guard over Chronos: decides whether it may take part in a run, and updates its record after the run.
//!
//! Before a run [`admit`] decides and writes a mark to the ledger; after the forecast [`ChronosPass::check_run`] removes
//! the mark and turns the observations into a [`GuardUpdate`] for the run's transaction. A mark whose process is
//! gone was left by a run that was killed inside Chronos: [`count_killed_run`] counts it. The rules themselves are in
//! `rules`, without clock and ledger.

mod events;
mod kernel;
pub(crate) mod rollout;
pub(crate) mod rules;
mod standing;

use crate::config::settings::Config;
use crate::failure::Failure;
use crate::forecast::left_out::LeftOut;
use crate::guard::events::event_of;
use crate::guard::rules::RunObservations;
use crate::notify::alerts;
use chrono::{DateTime, Utc};
use forecaster_domain::{Horizon, LeftOutReason, ModelId, SuspensionCause};
use forecaster_ledger::{ChronosMark, GuardState, GuardUpdate, Ledger, Suspension};

/// Cause of a suspension by `forecaster chronos suspend`.
const BY_HAND: &str = "hand";

/// Decision on Chronos for one run.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Admission {
    /// Switched off in the configuration.
    Off,
    /// Suspended: Chronos as left out, with the reason.
    Suspended(LeftOut),
    /// Admitted, with the pass for this run.
    Admitted(ChronosPass),
}

/// Pass of one run: issued by [`admit`], ended by [`ChronosPass::check_run`] or [`ChronosPass::withdraw`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ChronosPass {
    state: GuardState,
    run_id: String,
    oom_kills: Option<i64>,
}

/// Result of the guard's check of one run.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct GuardOutcome {
    /// Update for the ledger; `None` when Chronos was not to take part.
    pub update: Option<GuardUpdate>,
}

impl GuardOutcome {
    /// Returns the suspension that the run caused.
    pub(crate) fn suspension(&self) -> Option<&Suspension> {
        self.update.as_ref()?.suspension.as_ref()
    }
}

/// Decides whether Chronos may take part in the run `run_id`, which holds the lock of its horizon. When the guard
/// cannot be read or written, logs a warning and admits Chronos: a broken ledger ends the run soon enough.
pub(crate) fn admit(ledger: &Ledger, config: &Config, horizon: Horizon, run_id: &str) -> Admission {
    let now = Utc::now();
    let state = record_configuration(ledger, config, horizon, now).and_then(|state| {
        // The run that left a mark is gone: this run now holds the lock of the horizon.
        match ledger.chronos_mark(horizon)? {
            Some(mark) => Ok(count_killed_run(ledger, config, &mark)?.0),
            None => Ok(state),
        }
    });
    let state = state.unwrap_or_else(|error| {
        tracing::warn!("the guard over Chronos cannot be asked: {error}");
        first_seen(config, horizon, now)
    });
    if !config.horizons.get(horizon).chronos.enabled {
        return Admission::Off;
    }
    if let Some(suspension) = &state.suspension {
        let cause = LeftOutReason::Suspended {
            since: suspension.at.with_timezone(&config.zone()).date_naive(),
            cause: SuspensionCause::named(&suspension.cause),
        };
        let reason = suspension_text(suspension, horizon, config);
        return Admission::Suspended(LeftOut::new(ModelId::Chronos, reason, cause));
    }
    let mark = ChronosMark {
        horizon,
        run_id: run_id.to_owned(),
        begun_at: now,
        boot: kernel::boot(),
        oom_kills: kernel::oom_kills(),
    };
    if let Err(error) = ledger.mark_chronos(&mark) {
        tracing::warn!("the guard over Chronos cannot be told: {error}");
    }
    Admission::Admitted(ChronosPass { state, run_id: mark.run_id, oom_kills: mark.oom_kills })
}

impl ChronosPass {
    /// Removes the run's mark without recording a result.
    pub(crate) fn withdraw(&self, ledger: &Ledger) {
        clear_mark(ledger, &self.run_id);
    }

    /// Judges the forecast of this run and removes its mark.
    pub(crate) fn check_run(&self, ledger: &Ledger, config: &Config, observations: &RunObservations) -> GuardOutcome {
        self.withdraw(ledger);
        let observations = RunObservations {
            oom_kill: observations.oom_kill || self.was_oom_killed(observations),
            ..observations.clone()
        };
        let update = rules::apply_rules(&self.state, &config.guard, &observations, &self.run_id, Utc::now());
        if let Some(suspension) = &update.suspension {
            warn_suspended(self.state.horizon, suspension);
        }
        GuardOutcome { update: Some(update) }
    }

    /// True when the worker was killed (signal 9) while the kernel counted an out-of-memory kill.
    fn was_oom_killed(&self, observations: &RunObservations) -> bool {
        let killed = observations.failure.as_ref().is_some_and(|reason| reason.contains("signal 9"));
        killed && kernel::has_killed_since(self.oom_kills)
    }
}

/// Removes a run's mark: the run has left Chronos, or is cut off in an orderly way.
pub(crate) fn clear_mark(ledger: &Ledger, run_id: &str) {
    if let Err(error) = ledger.clear_chronos_mark(run_id) {
        tracing::warn!("the guard over Chronos cannot be told: {error}");
    }
}

/// Counts a run that was killed inside Chronos, unless the machine has been restarted since. Returns the guard's new
/// state, and the suspension when the run caused one.
///
/// # Errors
/// When the ledger cannot be written.
pub(crate) fn count_killed_run(
    ledger: &Ledger,
    config: &Config,
    mark: &ChronosMark,
) -> Result<(GuardState, Option<Suspension>), Failure> {
    let now = Utc::now();
    let state = ledger.guard(mark.horizon)?.unwrap_or_else(|| first_seen(config, mark.horizon, now));
    let update = if mark.boot == kernel::boot() {
        let observations = RunObservations {
            failure: Some("the run's process was killed while it was running Chronos".to_owned()),
            oom_kill: kernel::has_killed_since(mark.oom_kills),
            ..RunObservations::default()
        };
        rules::apply_rules(&state, &config.guard, &observations, &mark.run_id, now)
    } else {
        rules::interrupted(&state, &mark.run_id, now)
    };
    ledger.update_guard(&update)?;
    ledger.clear_chronos_mark(&mark.run_id)?;
    let suspension = update.suspension.filter(|_| state.suspension.is_none());
    if let Some(suspension) = &suspension {
        warn_suspended(mark.horizon, suspension);
        let by = (mark.run_id.as_str(), now.with_timezone(&config.zone()));
        if let Some(alert) = alerts::suspended(config, by, mark.horizon, suspension) {
            ledger.enqueue(&alert)?;
        }
    }
    Ok((ledger.guard(mark.horizon)?.unwrap_or(state), suspension))
}

/// Records whether the configuration enables Chronos in `horizon`, and when that changed. Switching it off and
/// on again ends a suspension.
///
/// # Errors
/// When the ledger cannot be read or written.
pub(crate) fn record_configuration(
    ledger: &Ledger,
    config: &Config,
    horizon: Horizon,
    now: DateTime<Utc>,
) -> Result<GuardState, Failure> {
    let known = ledger.guard(horizon)?;
    let before = known.as_ref().map(|state| (state.enabled, state.suspension.is_some()));
    let next = as_configured(known, config, horizon, now);
    let event = match before {
        Some((enabled, _)) if enabled == next.enabled => return Ok(next),
        Some((true, _)) => Some(("disabled", "switched off in the configuration")),
        Some((false, true)) => Some(("enabled", "switched on in the configuration; it is no longer suspended")),
        Some((false, false)) => Some(("enabled", "switched on in the configuration")),
        None => next.enabled.then_some(("enabled", "enabled when the guard first checked it")),
    };
    let event = event.map(|(kind, detail)| event_of(&next, kind, detail, None, now));
    if let Some(event) = event.as_ref().filter(|_| before.is_some()) {
        tracing::info!(%horizon, "Chronos in {horizon}: {}", event.detail);
    }
    ledger.set_guard(&next, event.as_slice())?;
    Ok(next)
}

/// Calls [`record_configuration`] for every horizon; logs a warning and stops at the first error.
pub(crate) fn follow_all(ledger: &Ledger, config: &Config, now: DateTime<Utc>) {
    for horizon in Horizon::ALL {
        if let Err(error) = record_configuration(ledger, config, horizon, now) {
            tracing::warn!("the guard over Chronos cannot be told: {error}");
            return;
        }
    }
}

/// Suspends Chronos in `horizon` by hand; returns false when it was suspended already.
///
/// # Errors
/// When the ledger cannot be written.
pub(crate) fn suspend(ledger: &Ledger, config: &Config, horizon: Horizon, reason: &str) -> Result<bool, Failure> {
    let now = Utc::now();
    let state = record_configuration(ledger, config, horizon, now)?;
    if state.suspension.is_some() {
        return Ok(false);
    }
    let suspension = Suspension { at: now, cause: BY_HAND.to_owned(), reason: reason.to_owned() };
    let event = event_of(&state, "suspended", reason, None, now);
    ledger.set_guard(&GuardState { suspension: Some(suspension), ..state }, &[event])?;
    Ok(true)
}

/// Resumes Chronos in `horizon` with its counts at zero; returns true when it was suspended.
///
/// # Errors
/// When the ledger cannot be written.
pub(crate) fn resume(ledger: &Ledger, config: &Config, horizon: Horizon) -> Result<bool, Failure> {
    let now = Utc::now();
    let state = record_configuration(ledger, config, horizon, now)?;
    let Some(suspension) = &state.suspension else { return Ok(false) };
    let detail = format!("resumed; it had been suspended since {}: {}", instant(suspension.at), suspension.reason);
    let event = event_of(&state, "resumed", &detail, None, now);
    ledger.set_guard(&GuardState { suspension: None, failures: 0, heavy_runs: 0, ..state }, &[event])?;
    Ok(true)
}

/// Returns the state that [`record_configuration`] would record, without writing anything.
pub(crate) fn as_configured(
    known: Option<GuardState>,
    config: &Config,
    horizon: Horizon,
    now: DateTime<Utc>,
) -> GuardState {
    let enabled = config.horizons.get(horizon).chronos.enabled;
    match known {
        Some(state) if state.enabled == enabled => state,
        Some(state) if !enabled => GuardState { enabled: false, enabled_since: None, ..state },
        _ => first_seen(config, horizon, now),
    }
}

/// Returns the initial state of a horizon without a record.
fn first_seen(config: &Config, horizon: Horizon, now: DateTime<Utc>) -> GuardState {
    let enabled = config.horizons.get(horizon).chronos.enabled;
    let enabled_since = enabled.then_some(now);
    GuardState { horizon, enabled, enabled_since, failures: 0, heavy_runs: 0, suspension: None }
}

/// Formats the reason for a suspension and the command that ends it.
pub(crate) fn suspension_text(suspension: &Suspension, horizon: Horizon, config: &Config) -> String {
    let since = suspension.at.with_timezone(&config.zone()).format("%Y-%m-%d %H:%M");
    format!("suspended since {since}: {}; back with: forecaster chronos resume {horizon}", suspension.reason)
}

fn warn_suspended(horizon: Horizon, suspension: &Suspension) {
    let reason = &suspension.reason;
    tracing::warn!(
        %horizon,
        cause = suspension.cause,
        "Chronos suspended in {horizon}: {reason}; the ensemble goes on without it; back with: forecaster chronos resume \
         {horizon}"
    );
}

fn instant(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}
