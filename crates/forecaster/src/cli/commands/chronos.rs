//! `forecaster chronos`: shows the guard state of Chronos for each horizon, and suspends or resumes Chronos.

use crate::cli::args::ChronosCommand;
use crate::cli::output::{print, print_json};
use crate::config::settings::Config;
use crate::failure::{CommandOutcome, Failure};
use crate::guard;
use crate::guard::rollout::{self, ChronosRun, RolloutStage};
use crate::host::clock::now;
use crate::run::ledger::open_ledger;
use chrono::{DateTime, SecondsFormat, Utc};
use chrono_tz::Tz;
use forecaster_domain::Horizon;
use forecaster_ledger::{GuardEvent, GuardState, Ledger};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write;

/// Events shown per horizon.
const EVENTS_SHOWN: usize = 5;

/// Shows the state of Chronos, suspends it or resumes it.
pub(crate) fn chronos(command: &ChronosCommand, config: &Config) -> Result<CommandOutcome, Failure> {
    let ledger = open_ledger(config)?;
    match command {
        ChronosCommand::Status { json } => status(*json, &ledger, config),
        ChronosCommand::Suspend { horizon, reason } => {
            let said = if guard::suspend(&ledger, config, *horizon, reason)? {
                format!("Chronos is suspended in {horizon}: {reason}\n")
            } else {
                format!("Chronos is suspended in {horizon} already: forecaster chronos status\n")
            };
            print(&said)?;
            Ok(CommandOutcome::Done)
        }
        ChronosCommand::Resume { horizon } => resume(*horizon, &ledger, config),
    }
}

fn resume(horizon: Horizon, ledger: &Ledger, config: &Config) -> Result<CommandOutcome, Failure> {
    let was_suspended = guard::resume(ledger, config, horizon)?;
    let mut said = if was_suspended {
        format!("Chronos takes part in {horizon} again, from the next run on\n")
    } else {
        format!("Chronos is not suspended in {horizon}\n")
    };
    if !config.horizons.get(horizon).chronos.enabled {
        let _ = writeln!(
            said,
            "but it is off in the configuration; to switch it on: horizons.{horizon}.chronos.enabled = true"
        );
    }
    print(&said)?;
    Ok(CommandOutcome::Done)
}

/// Document of `forecaster chronos status --json`. The schema is docs/schema/chronos-status.schema.json.
#[derive(Debug, Serialize)]
struct StatusDocument {
    generated_at: String,
    model: String,
    limits: LimitsDocument,
    horizons: BTreeMap<&'static str, HorizonDocument>,
}

#[derive(Debug, Serialize)]
struct LimitsDocument {
    max_consecutive_failures: u32,
    max_peak_rss_mb: u64,
    max_extra_seconds: u64,
}

#[derive(Debug, Serialize)]
struct HorizonDocument {
    /// `on`, `off` or `suspended`.
    state: &'static str,
    enabled: bool,
    enabled_since: Option<String>,
    suspended: Option<SuspensionDocument>,
    consecutive_failures: u32,
    consecutive_heavy_runs: u32,
    context_length: usize,
    last_run: Option<ChronosRun>,
    advice: Vec<String>,
    next_stage: Option<RolloutStage>,
    events: Vec<EventDocument>,
}

#[derive(Debug, Serialize)]
struct SuspensionDocument {
    since: String,
    cause: String,
    reason: String,
}

#[derive(Debug, Serialize)]
struct EventDocument {
    at: String,
    kind: String,
    run_id: Option<String>,
    detail: String,
}

fn status(json: bool, ledger: &Ledger, config: &Config) -> Result<CommandOutcome, Failure> {
    let now = now(config);
    let mut horizons = BTreeMap::new();
    for horizon in Horizon::ALL {
        horizons.insert(horizon.key(), document(horizon, ledger, config, now)?);
    }
    let limits = LimitsDocument {
        max_consecutive_failures: config.guard.max_consecutive_failures,
        max_peak_rss_mb: config.guard.max_peak_rss_mb,
        max_extra_seconds: config.guard.max_extra_seconds,
    };
    let document =
        StatusDocument { generated_at: now.to_rfc3339(), model: config.chronos.model.clone(), limits, horizons };
    if json {
        print_json(&document)?;
    } else {
        print(&table(&document, now.timezone()))?;
    }
    Ok(CommandOutcome::Done)
}

fn document(
    horizon: Horizon,
    ledger: &Ledger,
    config: &Config,
    now: DateTime<Tz>,
) -> Result<HorizonDocument, Failure> {
    let time = |at: DateTime<Utc>| at.with_timezone(&now.timezone()).to_rfc3339_opts(SecondsFormat::Secs, false);
    // Nothing is written here: a switch that no run and no daemon has recorded yet counts from now.
    let state = guard::as_configured(ledger.guard(horizon)?, config, horizon, now.to_utc());
    let runs = rollout::runs(ledger, horizon)?;
    let next_stage = rollout::next_stage(ledger, config, &state, &runs, now.to_utc())?;
    let GuardState { enabled, enabled_since, failures, heavy_runs, suspension, .. } = state;
    let suspension = suspension.filter(|_| enabled);
    let events = ledger.guard_events(horizon, EVENTS_SHOWN)?;
    let event =
        |it: GuardEvent| EventDocument { at: time(it.at), kind: it.kind, run_id: it.run_id, detail: it.detail };
    Ok(HorizonDocument {
        state: match (enabled, &suspension) {
            (false, _) => "off",
            (true, None) => "on",
            (true, Some(_)) => "suspended",
        },
        enabled,
        enabled_since: enabled_since.map(time),
        suspended: suspension.map(|it| SuspensionDocument { since: time(it.at), cause: it.cause, reason: it.reason }),
        consecutive_failures: failures,
        consecutive_heavy_runs: heavy_runs,
        context_length: config.horizons.get(horizon).chronos.context_length,
        advice: if enabled { rollout::advice(ledger, config, horizon, &runs)? } else { Vec::new() },
        last_run: runs.into_iter().next(),
        next_stage,
        events: events.into_iter().map(event).collect(),
    })
}

fn table(document: &StatusDocument, zone: Tz) -> String {
    let mut text = format!("Chronos, model {}\n", document.model);
    for horizon in Horizon::ALL {
        if let Some(it) = document.horizons.get(horizon.key()) {
            text.push('\n');
            text.push_str(&paragraph(horizon, it, zone));
        }
    }
    text
}

/// Date and minute, such as `2026-11-23 08:00`.
fn minute(rfc3339: &str) -> String {
    rfc3339.get(..16).unwrap_or(rfc3339).replace('T', " ")
}

fn paragraph(horizon: Horizon, it: &HorizonDocument, zone: Tz) -> String {
    let mut text = String::new();
    let head = match (&it.suspended, &it.enabled_since) {
        (Some(suspension), _) => format!("SUSPENDED since {}: {}", minute(&suspension.since), suspension.reason),
        (None, Some(since)) if it.enabled => format!("on since {}", minute(since)),
        _ => it.state.to_owned(),
    };
    let _ = writeln!(text, "{:<5}{head}", horizon.key());
    if it.suspended.is_some() {
        let _ = writeln!(text, "     back with: forecaster chronos resume {horizon}");
    }
    if let Some(run) = &it.last_run {
        let when = run.finished_at.with_timezone(&zone).format("%Y-%m-%d %H:%M");
        let what = match (run.weight, &run.left_out) {
            (Some(weight), _) => format!("weight {:.1} %", 100.0 * weight),
            (None, reason) => format!("left out: {}", reason.as_deref().unwrap_or("no reason recorded")),
        };
        let seconds = run.seconds.map(|s| format!(", {s:.1} s")).unwrap_or_default();
        let memory = run.peak_rss_mb.map(|mb| format!(", peak memory of the run {mb:.0} MB")).unwrap_or_default();
        let _ = writeln!(text, "     last run {when}: {what}{seconds}{memory}");
    }
    if it.enabled && it.consecutive_failures > 0 {
        let _ = writeln!(text, "     failures in a row: {}", it.consecutive_failures);
    }
    for advice in &it.advice {
        let _ = writeln!(text, "     advice: {advice}");
    }
    match &it.next_stage {
        Some(stage) if it.enabled => text.push_str(&stage_lines(stage)),
        _ => {}
    }
    text
}

fn stage_lines(stage: &RolloutStage) -> String {
    let open = stage.criteria.iter().filter(|it| !it.met).count();
    let all = stage.criteria.len();
    let verdict = match (stage.enabled, stage.ready) {
        (true, _) => format!("on already; {} of {all} criteria met", all - open),
        (false, true) => format!("ready: set horizons.{0}.chronos.enabled = true", stage.horizon),
        (false, false) => format!("not yet, {open} of {all} criteria open"),
    };
    let mut text = format!("     next stage {}: {verdict}\n", stage.horizon);
    let width = stage.criteria.iter().map(|it| it.name.chars().count()).max().unwrap_or(0);
    for it in &stage.criteria {
        let mark = if it.met { "met " } else { "open" };
        let needed = if it.met { String::new() } else { format!("; needed: {}", it.needed) };
        let _ = writeln!(text, "       {mark}  {:<width$}  {}{needed}", it.name, it.figure);
    }
    text
}
