//! Advice on the rollout of Chronos: whether its results in one horizon justify the next one. In: the guard's state
//! and the last runs of each horizon. Out: criteria, each with its figure. It never edits the configuration.

use super::standing::{ModelScores, of_horizon};
use crate::config::settings::Config;
use crate::failure::Failure;
use chrono::{DateTime, TimeDelta, Utc};
use forecaster_domain::{ENSEMBLE, ENSEMBLE_WITHOUT_CHRONOS, Horizon, ModelId, decimals_of_small, format_error};
use forecaster_ledger::{GuardState, Ledger};
use serde::Serialize;
use serde_json::Value;

const CHRONOS: &str = ModelId::Chronos.as_str();

/// Days without a failure that the next stage requires.
const PROBATION_DAYS: i64 = 14;
/// Fewest runs that must have included Chronos.
const RUNS: usize = 2;
/// Largest error relative to the better of ARIMA and VAR: 5 % above, about the standard error
/// of a ratio over 60 origins.
const COMPETITIVE: f64 = 1.05;
/// Largest ratio of the ensemble's loss with Chronos to that without: half a percent more.
const NO_HARM: f64 = 1.005;
/// Usual weights; others are reported. From the manual checklist of the previous system.
pub(crate) const USUAL_WEIGHT: std::ops::RangeInclusive<f64> = 0.10..=0.40;
/// Latest runs read per horizon.
const RUNS_SEEN: usize = 40;

/// Condition of the next stage.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Criterion {
    /// Name of the condition, in a few words.
    pub name: String,
    /// True when the condition is met.
    pub met: bool,
    /// Figure found.
    pub figure: String,
    /// Figure required.
    pub needed: String,
}

/// Next horizon and its conditions.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct RolloutStage {
    /// Next horizon, as in `15d`.
    pub horizon: &'static str,
    /// True when Chronos is already enabled there.
    pub enabled: bool,
    /// True when all criteria are met.
    pub ready: bool,
    /// Conditions of the stage.
    pub criteria: Vec<Criterion>,
}

/// Chronos in one run of a horizon, from the run's metrics line.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct ChronosRun {
    /// Identifier of the run.
    pub run_id: String,
    /// End of the run.
    pub finished_at: DateTime<Utc>,
    /// Weight of Chronos in the pool; `None` when it was left out.
    pub weight: Option<f64>,
    /// Seconds spent in Chronos.
    pub seconds: Option<f64>,
    /// Peak resident memory of the run, MiB.
    pub peak_rss_mb: Option<f64>,
    /// Reason why Chronos was left out.
    pub left_out: Option<String>,
}

/// Returns the last runs of `horizon` in which Chronos was to take part, newest first.
///
/// # Errors
/// When the ledger cannot be read.
pub(crate) fn runs(ledger: &Ledger, horizon: Horizon) -> Result<Vec<ChronosRun>, Failure> {
    let of_run = |run: forecaster_ledger::RunSummary| {
        let metrics: Value = serde_json::from_str(&run.metrics).unwrap_or_default();
        let left_out = metrics["left_out"].as_array().into_iter().flatten();
        let left_out = left_out.filter(|it| it["name"] == CHRONOS).find_map(|it| it["reason"].as_str());
        let weight = metrics["models"][CHRONOS]["weight"].as_f64();
        let took_part = weight.is_some() || left_out.is_some();
        took_part.then(|| ChronosRun {
            run_id: run.run_id,
            finished_at: run.finished_at,
            weight,
            seconds: metrics["resources"]["seconds_chronos"].as_f64(),
            peak_rss_mb: metrics["resources"]["peak_rss_mb"].as_f64(),
            left_out: left_out.map(str::to_owned),
        })
    };
    Ok(ledger.runs(horizon, RUNS_SEEN)?.into_iter().filter_map(of_run).collect())
}

/// Returns the stage after the horizon of `state`; `None` after the last.
///
/// # Errors
/// When the ledger cannot be read.
pub(crate) fn next_stage(
    ledger: &Ledger,
    config: &Config,
    state: &GuardState,
    runs: &[ChronosRun],
    now: DateTime<Utc>,
) -> Result<Option<RolloutStage>, Failure> {
    let from = state.horizon;
    let next = match from {
        Horizon::D7 => Horizon::D15,
        Horizon::D15 => Horizon::D30,
        Horizon::D30 => Horizon::D90,
        Horizon::D90 => return Ok(None),
    };
    let mut criteria = probation_criteria(state, runs, now);
    let scores = of_horizon(ledger, config, from)?;
    criteria.extend([competitive(scores.as_ref()), ensemble_criterion(scores.as_ref())]);
    if next == Horizon::D90 {
        for horizon in [Horizon::D7, Horizon::D15, Horizon::D30] {
            criteria.push(below_arima(horizon, of_horizon(ledger, config, horizon)?.as_ref()));
        }
    }
    let context = match next {
        Horizon::D30 => Some(90),
        Horizon::D90 => Some(365),
        Horizon::D7 | Horizon::D15 => None,
    };
    let found = config.horizons.get(next).chronos.context_length;
    criteria.extend(context.map(|needed| Criterion {
        name: format!("context of {next}"),
        met: found == needed,
        figure: format!("{found} days"),
        needed: format!("horizons.{next}.chronos.context_length = {needed}"),
    }));
    let enabled = config.horizons.get(next).chronos.enabled;
    Ok(Some(RolloutStage { horizon: next.key(), enabled, ready: criteria.iter().all(|it| it.met), criteria }))
}

/// Returns the criteria of the probation: on for long enough, in enough runs, without a failure.
fn probation_criteria(state: &GuardState, runs: &[ChronosRun], now: DateTime<Utc>) -> Vec<Criterion> {
    let since = state.enabled_since.filter(|_| state.enabled);
    let days = since.map(|since| (now - since).num_days());
    let figure = match (&state.suspension, days) {
        (Some(suspension), _) => format!("suspended: {}", suspension.reason),
        (None, Some(days)) => format!("on for {days} days"),
        (None, None) => "off".to_owned(),
    };
    let recent = now - TimeDelta::days(PROBATION_DAYS);
    let counted = runs.iter().enumerate().filter(|(place, run)| *place < RUNS || run.finished_at >= recent);
    let failures = counted.filter(|(_, run)| run.left_out.is_some()).count();
    let taken_part = runs.iter().filter(|run| run.weight.is_some() && since.is_some_and(|s| run.finished_at >= s));
    let taken_part = taken_part.count();
    vec![
        Criterion {
            name: "on and not suspended".to_owned(),
            met: state.suspension.is_none() && days.is_some_and(|days| days >= PROBATION_DAYS),
            figure,
            needed: format!("{PROBATION_DAYS} days"),
        },
        Criterion {
            name: "runs with Chronos".to_owned(),
            met: taken_part >= RUNS,
            figure: taken_part.to_string(),
            needed: format!("at least {RUNS}"),
        },
        Criterion {
            name: "failures".to_owned(),
            met: failures == 0,
            figure: failures.to_string(),
            needed: format!("none in {PROBATION_DAYS} days and the last {RUNS} runs"),
        },
    ]
}

const UNKNOWN: &str = "no run with Chronos yet";

/// Formats a weighted quantile loss.
fn loss(wql: f64) -> String {
    format!("{wql:.*}", decimals_of_small(wql, 5))
}

fn competitive(scores: Option<&ModelScores>) -> Criterion {
    let figures = scores.and_then(|it| {
        let own = it.rmse(CHRONOS)?;
        let others = [ModelId::ArimaGarch, ModelId::Var].into_iter().filter_map(|id| it.rmse(id.as_str()));
        Some((own, others.reduce(f64::min)?, &it.source))
    });
    Criterion {
        name: "RMSE against ARIMA and VAR".to_owned(),
        met: figures.is_some_and(|(own, best, _)| own <= COMPETITIVE * best),
        figure: figures.map_or_else(
            || UNKNOWN.to_owned(),
            |(own, best, source)| {
                format!("{}; the better of the two has {} ({source})", format_error(own), format_error(best))
            },
        ),
        needed: format!("at most {:.0} % more", 100.0 * (COMPETITIVE - 1.0)),
    }
}

fn ensemble_criterion(scores: Option<&ModelScores>) -> Criterion {
    let figures = scores.and_then(|it| Some((it.wql(ENSEMBLE)?, it.wql(ENSEMBLE_WITHOUT_CHRONOS)?, &it.source)));
    Criterion {
        name: "ensemble with against without".to_owned(),
        met: figures.is_some_and(|(with, without, _)| with <= NO_HARM * without),
        figure: figures.map_or_else(
            || UNKNOWN.to_owned(),
            |(with, without, source)| format!("WQL {}, without {} ({source})", loss(with), loss(without)),
        ),
        needed: format!("at most {:.1} % more", 100.0 * (NO_HARM - 1.0)),
    }
}

fn below_arima(horizon: Horizon, scores: Option<&ModelScores>) -> Criterion {
    let figures = scores.and_then(|it| Some((it.rmse(CHRONOS)?, it.rmse(ModelId::ArimaGarch.as_str())?, &it.source)));
    Criterion {
        name: format!("RMSE below ARIMA's in {horizon}"),
        met: figures.is_some_and(|(own, arima, _)| own < arima),
        figure: figures.map_or_else(
            || UNKNOWN.to_owned(),
            |(own, arima, source)| format!("{}, ARIMA's {} ({source})", format_error(own), format_error(arima)),
        ),
        needed: "below".to_owned(),
    }
}

/// Returns findings that deserve a look but suspend nothing.
///
/// # Errors
/// When the ledger cannot be read.
pub(crate) fn advice(
    ledger: &Ledger,
    config: &Config,
    horizon: Horizon,
    runs: &[ChronosRun],
) -> Result<Vec<String>, Failure> {
    let mut advice = Vec::new();
    if let Some(weight) = runs.first().and_then(|run| run.weight).filter(|weight| !USUAL_WEIGHT.contains(weight)) {
        advice.push(format!("its weight is {:.1} %; the usual range is 10 to 40 %", 100.0 * weight));
    }
    if let Some(scores) = of_horizon(ledger, config, horizon)? {
        let others = ["random_walk", "arima_garch", "var", "random_forest"];
        let best = others.into_iter().filter_map(|name| scores.wql(name)).fold(f64::NEG_INFINITY, f64::max);
        if let Some(own) = scores.wql(CHRONOS).filter(|own| best.is_finite() && *own > best) {
            advice.push(format!(
                "its loss is above that of every other model: WQL {}, the worst of the others has {} ({})",
                loss(own),
                loss(best),
                scores.source
            ));
        }
    }
    Ok(advice)
}
