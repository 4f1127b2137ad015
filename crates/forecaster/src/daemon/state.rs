//! State of the daemon, for systemd's status line and over HTTP. The supervisor publishes a new one
//! whenever something has changed.

use super::mailer::MailState;
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use forecaster_domain::{Horizon, PriceFormat};
use forecaster_ledger::{GuardState, RunSummary};
use serde_json::Value;
use std::path::PathBuf;

/// Published state of the daemon.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct DaemonState {
    /// Start of the daemon.
    pub started_at: DateTime<Utc>,
    /// Set when configuration, ledger and schedule are up.
    pub ready: bool,
    /// Set when it was asked to stop.
    pub stopping: bool,
    /// Zone in which instants are shown.
    pub zone: Tz,
    /// Directory of the reports.
    pub reports_dir: PathBuf,
    /// State of each horizon, the shortest first.
    pub horizons: Vec<HorizonState>,
    /// Horizons with a run that is due and has not started.
    pub waiting: Vec<Horizon>,
    /// Reason why no run can be started; `None` when all is well.
    pub run_blocker: Option<String>,
    /// Configuration in force.
    pub configuration: ConfigurationState,
    /// State of the mail.
    pub mail: MailState,
}

impl DaemonState {
    /// True when it is up, not stopping, and able to start runs.
    pub(crate) fn is_ready(&self) -> bool {
        self.ready && !self.stopping && self.run_blocker.is_none()
    }
}

/// Configuration in force.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ConfigurationState {
    /// File it was read from; `None` for the built-in defaults.
    pub file: Option<PathBuf>,
    /// Time at which it was adopted.
    pub accepted_at: DateTime<Utc>,
    /// Reason why the last configuration offered was refused; `None` when it was not.
    pub refused: Option<String>,
}

/// Published state of a horizon.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct HorizonState {
    /// Horizon that is described.
    pub horizon: Horizon,
    /// True when it is scheduled.
    pub enabled: bool,
    /// Next instant at which it is due.
    pub next: Option<DateTime<Utc>>,
    /// Start of its run in progress.
    pub running_since: Option<DateTime<Utc>>,
    /// Result of its last run, by hand or by schedule.
    pub last: Option<LastRun>,
    /// State of Chronos in it.
    pub chronos: ChronosState,
}

/// Published state of Chronos in a horizon.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct ChronosState {
    /// True when the configuration enables it.
    pub enabled: bool,
    /// Consecutive failures.
    pub failures: u32,
    /// Start and reason of the suspension; `None` when it is not suspended, or is off.
    pub suspended: Option<(DateTime<Utc>, String)>,
}

impl ChronosState {
    /// Combines the configuration and the guard's state.
    pub(crate) fn of(enabled: bool, guard: Option<GuardState>) -> Self {
        let failures = guard.as_ref().map_or(0, |guard| guard.failures);
        let suspension = guard.and_then(|guard| guard.suspension).filter(|_| enabled);
        Self { enabled, failures, suspended: suspension.map(|it| (it.at, it.reason)) }
    }
}

/// Result of a run.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LastRun {
    /// End of the run.
    pub finished_at: DateTime<Utc>,
    /// `ok`, `degraded` or `failed`.
    pub status: String,
    /// Date of the last observation.
    pub as_of: Option<NaiveDate>,
    /// Last observation, and the median at the last target date, quote currency per unit of base currency.
    pub figures: Option<(f64, f64)>,
    /// Reason why it failed.
    pub error: Option<String>,
}

impl LastRun {
    /// Extracts the result from the ledger's summary of a run.
    pub(crate) fn of(run: &RunSummary) -> Self {
        let metrics: Value = serde_json::from_str(&run.metrics).unwrap_or_default();
        let figures = metrics["last_value"].as_f64().zip(metrics["forecast"]["median"].as_f64());
        Self {
            finished_at: run.finished_at,
            status: run.status.clone(),
            as_of: run.as_of,
            figures,
            error: metrics["error"].as_str().map(str::to_owned),
        }
    }
}

/// Builds the line of `systemctl status`: the run in progress, else the last result; and the next run.
pub(crate) fn status_line(state: &DaemonState) -> String {
    let time = |instant: DateTime<Utc>| instant.with_timezone(&state.zone).format("%Y-%m-%d %H:%M").to_string();
    let running = state.horizons.iter().find_map(|it| Some((it.horizon, it.running_since?)));
    let last = state.horizons.iter().filter_map(|it| Some((it.horizon, it.last.as_ref()?)));
    let last = last.max_by_key(|(_, last)| last.finished_at);
    let mut parts = Vec::new();
    if state.stopping {
        parts.push("stopping".to_owned());
    }
    match (running, last) {
        (Some((horizon, since)), _) => parts.push(format!("{horizon} running since {}", time(since))),
        (None, Some((horizon, last))) => parts.push(format!("{horizon} {}", result(last, &time(last.finished_at)))),
        (None, None) => parts.push("no run yet".to_owned()),
    }
    let next = state.horizons.iter().filter_map(|it| Some((it.next?, it.horizon))).min();
    match next {
        _ if state.stopping => {}
        Some((instant, horizon)) => parts.push(format!("next {horizon} {}", time(instant))),
        None => parts.push("next: none, every horizon is off".to_owned()),
    }
    let suspended = |it: &HorizonState| {
        let (since, reason) = it.chronos.suspended.as_ref()?;
        Some(format!("Chronos suspended in {} since {}: {reason}", it.horizon, time(*since)))
    };
    parts.extend(state.horizons.iter().filter_map(suspended));
    if let Some(trouble) = &state.run_blocker {
        parts.push(format!("in trouble: {trouble}"));
    }
    if let MailState { waiting: waiting @ 1.., reason: Some(reason) } = &state.mail {
        parts.push(format!("{waiting} mails wait: {reason}"));
    }
    if let Some(reason) = &state.configuration.refused {
        parts.push(format!("configuration refused, the earlier one serves: {reason}"));
    }
    parts.join("; ")
}

fn result(last: &LastRun, finished: &str) -> String {
    let figures = last.figures.map(|(value, median)| {
        let format = PriceFormat::of(value);
        format!(", {} -> {}", format.short(value), format.short(median))
    });
    let error = last.error.as_ref().map(|error| format!(": {error}"));
    format!("{} {finished}{}{}", last.status, figures.unwrap_or_default(), error.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> DaemonState {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let horizon = |horizon| HorizonState {
            horizon,
            enabled: true,
            next: None,
            running_since: None,
            last: None,
            chronos: ChronosState::default(),
        };
        let mut horizons: Vec<_> = Horizon::ALL.map(horizon).into();
        horizons[0].last = Some(LastRun {
            finished_at: at("2025-01-06T11:00:01Z"),
            status: "ok".into(),
            as_of: None,
            figures: Some((1011.82, 1009.24)),
            error: None,
        });
        horizons[0].next = Some(at("2025-01-20T11:00:00Z"));
        horizons[1].next = Some(at("2025-01-15T12:00:00Z"));
        DaemonState {
            started_at: at("2025-01-01T00:00:00Z"),
            ready: true,
            stopping: false,
            zone: Tz::America__Santiago,
            reports_dir: "reports".into(),
            horizons,
            waiting: Vec::new(),
            run_blocker: None,
            configuration: ConfigurationState { file: None, accepted_at: at("2025-01-01T00:00:00Z"), refused: None },
            mail: MailState::default(),
        }
    }

    #[test]
    fn the_status_line_tells_the_last_result_and_the_next_run() {
        assert_eq!(status_line(&state()), "7d ok 2025-01-06 08:00, 1011.8 -> 1009.2; next 15d 2025-01-15 09:00");
    }

    #[test]
    fn the_status_line_shows_the_digits_of_a_pair_of_any_size() {
        let mut state = state();
        state.horizons[0].last.as_mut().unwrap().figures = Some((0.001012, 0.0010093));
        assert!(status_line(&state).contains(", 0.001012 -> 0.001009;"), "{}", status_line(&state));
        state.horizons[0].last.as_mut().unwrap().figures = Some((17.256, 17.3));
        assert!(status_line(&state).contains(", 17.26 -> 17.30;"), "{}", status_line(&state));
    }

    #[test]
    fn the_status_line_tells_a_run_in_progress_a_failure_and_a_refusal() {
        let mut state = state();
        state.horizons[2].running_since = Some("2025-01-06T11:02:00Z".parse().unwrap());
        state.configuration.refused = Some("horizons.7d.schedule: bad".into());
        assert_eq!(
            status_line(&state),
            "30d running since 2025-01-06 08:02; next 15d 2025-01-15 09:00; configuration refused, the earlier one \
             serves: horizons.7d.schedule: bad"
        );
        state.horizons[2].running_since = None;
        let last = state.horizons[0].last.as_mut().unwrap();
        (last.status, last.figures, last.error) = ("failed".into(), None, Some("disk full".into()));
        assert!(status_line(&state).starts_with("7d failed 2025-01-06 08:00: disk full; next"));
        state.stopping = true;
        assert!(status_line(&state).starts_with("stopping; 7d failed"));
    }

    #[test]
    fn the_status_line_tells_where_chronos_is_suspended_since_when_and_why() {
        let mut state = state();
        let since: DateTime<Utc> = "2025-01-06T11:00:01Z".parse().unwrap();
        state.horizons[0].chronos =
            ChronosState { enabled: true, failures: 3, suspended: Some((since, "3 failures in a row".into())) };
        let line = status_line(&state);
        assert!(line.ends_with("; Chronos suspended in 7d since 2025-01-06 08:00: 3 failures in a row"), "{line}");
    }
}
