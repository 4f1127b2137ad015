//! Rules of the guard: from its previous state and the observations of a run to its next state. No clock, no ledger.

use super::events::event_of;
use crate::config::guard::GuardSettings;
use chrono::{DateTime, Utc};
use forecaster_ledger::{GuardEvent, GuardState, GuardUpdate, Suspension};

/// Consecutive runs over the memory limit that suspend Chronos.
const HEAVY_RUNS: u32 = 2;

/// Observations about Chronos in a run.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct RunObservations {
    /// Reason why it had no forecast, or failed in the validation; `None` when all went well.
    pub failure: Option<String>,
    /// Seconds that it added to the run.
    pub seconds: f64,
    /// Peak resident memory of the run with its processes, MiB.
    pub peak_rss_mb: f64,
    /// Set when the out-of-memory killer ended it, or the run with it.
    pub oom_kill: bool,
}

/// Judges a run. Of several reasons to suspend, records the worst: killed for memory, too slow,
/// too much memory, failures.
pub(super) fn apply_rules(
    state: &GuardState,
    settings: &GuardSettings,
    observations: &RunObservations,
    run_id: &str,
    now: DateTime<Utc>,
) -> GuardUpdate {
    let failures = if observations.failure.is_some() { state.failures.saturating_add(1) } else { 0 };
    let limit = settings.max_peak_rss_mb;
    let is_heavy = observations.peak_rss_mb > limit as f64;
    let heavy_runs = if is_heavy { state.heavy_runs.saturating_add(1) } else { 0 };
    let slow = observations.seconds > settings.max_extra_seconds as f64;
    let mut events = Vec::new();
    if let Some(reason) = &observations.failure {
        events.push(event_of(state, "failed", &format!("failure {failures} in a row: {reason}"), Some(run_id), now));
    }
    if is_heavy {
        let detail =
            format!("peak memory {:.0} MB, limit {limit}; run {heavy_runs} in a row", observations.peak_rss_mb);
        events.push(event_of(state, "heavy", &detail, Some(run_id), now));
    }
    let last = || observations.failure.as_ref().map(|reason| format!(", the last: {reason}")).unwrap_or_default();
    let suspended = if observations.oom_kill {
        Some(("killed", "the out-of-memory killer ended it".to_owned()))
    } else if slow {
        let (took, allowed) = (observations.seconds, settings.max_extra_seconds);
        Some(("slow", format!("it took {took:.1} s; the limit is {allowed} s (guard.max_extra_seconds)")))
    } else if heavy_runs >= HEAVY_RUNS {
        let peak = observations.peak_rss_mb;
        let reason =
            format!("{heavy_runs} runs in a row over {limit} MB (guard.max_peak_rss_mb), the last with {peak:.0} MB");
        Some(("memory", reason))
    } else if failures > settings.max_consecutive_failures {
        let times = if failures == 1 { "1 failure".to_owned() } else { format!("{failures} failures in a row") };
        Some(("failures", format!("{times}{}", last())))
    } else {
        None
    };
    let suspension = suspended.map(|(cause, reason)| Suspension { at: now, cause: cause.to_owned(), reason });
    let told = suspension.iter().map(|it| event_of(state, "suspended", &it.reason, Some(run_id), now));
    events.extend(told.collect::<Vec<GuardEvent>>());
    GuardUpdate { horizon: state.horizon, failures, heavy_runs, suspension, events }
}

/// Records a run that was ended by a power cut or a restart of the machine: not a failure.
pub(super) fn interrupted(state: &GuardState, run_id: &str, now: DateTime<Utc>) -> GuardUpdate {
    let detail = "the machine was restarted while Chronos was in a run; not counted as a failure";
    GuardUpdate {
        horizon: state.horizon,
        failures: state.failures,
        heavy_runs: state.heavy_runs,
        suspension: None,
        events: vec![event_of(state, "interrupted", detail, Some(run_id), now)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use forecaster_domain::Horizon;

    fn state(failures: u32, heavy_runs: u32) -> GuardState {
        let horizon = Horizon::D7;
        GuardState { horizon, enabled: true, enabled_since: None, failures, heavy_runs, suspension: None }
    }

    fn after(state: &GuardState, observations: &RunObservations) -> GuardUpdate {
        apply_rules(state, &GuardSettings::default(), observations, "run", DateTime::UNIX_EPOCH)
    }

    fn cause(update: &GuardUpdate) -> Option<&str> {
        update.suspension.as_ref().map(|it| it.cause.as_str())
    }

    fn kinds(update: &GuardUpdate) -> Vec<&str> {
        update.events.iter().map(|it| it.kind.as_str()).collect()
    }

    #[test]
    fn the_failure_after_the_last_that_is_borne_suspends_and_a_success_forgets() {
        let observations = RunObservations { failure: Some("no model".into()), ..RunObservations::default() };
        let second = after(&state(1, 0), &observations);
        assert_eq!((second.failures, cause(&second), kinds(&second)), (2, None, vec!["failed"]));
        let third = after(&state(2, 0), &observations);
        assert_eq!(
            (third.failures, cause(&third), kinds(&third)),
            (3, Some("failures"), vec!["failed", "suspended"])
        );
        assert_eq!(third.suspension.unwrap().reason, "3 failures in a row, the last: no model");
        let well = after(&state(2, 1), &RunObservations::default());
        assert_eq!((well.failures, well.heavy_runs, cause(&well)), (0, 0, None));
    }

    #[test]
    fn two_runs_in_a_row_over_the_limit_of_memory_suspend_and_one_does_not() {
        let observations = RunObservations { peak_rss_mb: 3500.5, ..RunObservations::default() };
        let first = after(&state(0, 0), &observations);
        assert_eq!((first.heavy_runs, cause(&first), kinds(&first)), (1, None, vec!["heavy"]));
        assert_eq!(cause(&after(&state(0, 1), &observations)), Some("memory"));
        assert_eq!(
            after(&state(0, 1), &RunObservations { peak_rss_mb: 3500.0, ..RunObservations::default() }).heavy_runs,
            0
        );
    }

    #[test]
    fn too_slow_once_or_killed_for_memory_once_is_enough() {
        let slow = after(&state(0, 0), &RunObservations { seconds: 20.1, ..RunObservations::default() });
        assert_eq!(cause(&slow), Some("slow"));
        assert!(slow.suspension.unwrap().reason.contains("20.1 s; the limit is 20 s"));
        assert_eq!(
            cause(&after(&state(0, 0), &RunObservations { seconds: 20.0, ..RunObservations::default() })),
            None
        );
        let killed =
            RunObservations { failure: Some("signal 9".into()), oom_kill: true, ..RunObservations::default() };
        assert_eq!(cause(&after(&state(0, 0), &killed)), Some("killed"));
    }

    #[test]
    fn a_restart_of_the_machine_is_noted_and_not_counted() {
        let update = interrupted(&state(2, 1), "run", DateTime::UNIX_EPOCH);
        assert_eq!((update.failures, update.heavy_runs, cause(&update)), (2, 1, None));
        assert_eq!(kinds(&update), ["interrupted"]);
    }
}
