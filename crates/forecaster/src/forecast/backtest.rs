//! The backtest: forecasts of the past as they would have been issued, and their scores.
//!
//! At each origin, weights and calibration use only what had happened by then, as in production.

use crate::config::settings::Config;
use crate::failure::Failure;
use crate::forecast::chronos::ChronosSource;
use crate::forecast::left_out::{LeftOut, warn_left_out, warn_of_failures};
use crate::forecast::lineup::{BENCHMARK, Lineup, MARKET_WALK};
use crate::forecast::medians::hold_at_origins;
use crate::host::progress;
use crate::market::Market;
use crate::market::series::MIN_OBSERVATIONS;
use chrono::NaiveDate;
use forecaster_domain::{ENSEMBLE, ENSEMBLE_WITHOUT_CHRONOS, Horizon, LeftOutReason, ModelError, ModelId};
use forecaster_ensemble::{
    Evaluation, ForecastCache, Origin, ValidationForecasts, evaluate_model, evaluate_pool, forecast_origins,
    grid_origins, hold_medians_at, origin_at, prequential,
};
use std::collections::BTreeMap;

/// Origins to replay.
#[derive(Debug, Clone)]
pub(crate) struct Period {
    /// First origin, or the first observation after it.
    pub from: NaiveDate,
    /// Last origin.
    pub to: NaiveDate,
    /// Observations between origins.
    pub every: usize,
}

/// Scores of one horizon.
#[derive(Debug)]
pub(crate) struct HorizonScores {
    /// Replayed origins whose horizon had ended by the end of the data.
    pub origins: usize,
    /// Scores by model; `ensemble` and `random_walk` are always among them.
    pub models: BTreeMap<String, Evaluation>,
    /// Models without scores, with the reason.
    pub left_out: Vec<LeftOut>,
}

/// Replays one horizon.
///
/// # Errors
/// When no origin in the period has enough history before it and its full horizon after it.
pub(crate) fn backtest(
    config: &Config,
    market: &Market,
    horizon: Horizon,
    period: &Period,
    models: Option<&[ModelId]>,
    cache: &dyn ForecastCache,
    chronos: &ChronosSource,
) -> Result<HorizonScores, Failure> {
    let span = tracing::info_span!("backtest", %horizon);
    let _entered = span.enter();
    let market = &market.seen_by(config, horizon);
    let settings = config.horizons.get(horizon);
    let takes_part = models.map_or(settings.chronos.enabled, |models| models.contains(&ModelId::Chronos));
    let chronos = takes_part.then(|| chronos.model(config, horizon, &market.calendar));
    let lineup = Lineup::new(horizon, models.unwrap_or(&settings.models), chronos, market.history.spot().is_some());
    let origins = period_origins(market, horizon, period)?;
    let grid = validation_grid(config, market, horizon, &origins);
    let all_models = lineup.models();
    let bar = progress::bar(&format!("{horizon} backtest"), ((origins.len() + grid.len()) * all_models.len()) as u64);
    let replay = |origins: Vec<Origin>| {
        forecast_origins(&all_models, &market.history, settings.lookback, origins, cache, &|| bar.inc(1))
    };
    let (mut grid, mut replayed) = (replay(grid), replay(origins));
    hold_medians_at(&mut replayed.origins, &grid.origins, MARKET_WALK, config.ensemble.origins);
    hold_at_origins(&mut grid.origins, config.ensemble.origins);
    progress::finish(&bar);
    warn_of_failures(&all_models, &replayed);
    // With a model that was missing for part of the period, the pool would be neither one with it nor one without it.
    let absent = absent(&lineup, [&grid, &replayed]);
    let roles = lineup.roles.retain(|member| absent.iter().all(|(position, _)| *position != member));
    let count = config.ensemble.origins;
    let pool = config.ensemble.pool();
    let issued = prequential(&replayed.origins, &grid.origins, count, &roles, &pool);
    let (mut scores, left_out) = judge_each(&lineup, &replayed, &absent);
    let pooled = evaluate_pool(&issued, BENCHMARK).ok_or(Failure::NothingScored(horizon))?;
    scores.insert(ENSEMBLE.to_owned(), pooled);
    let chronos_scored = scores.contains_key(ModelId::Chronos.as_str());
    if let Some(others) = lineup.without_chronos(&roles).filter(|_| chronos_scored) {
        let issued = prequential(&replayed.origins, &grid.origins, count, &others, &pool);
        scores.extend(evaluate_pool(&issued, BENCHMARK).map(|judged| (ENSEMBLE_WITHOUT_CHRONOS.to_owned(), judged)));
    }
    Ok(HorizonScores { origins: replayed.origins.len(), models: scores, left_out })
}

/// Scores by model, and the models without scores: those that are `absent`, and those without a forecast at any
/// origin.
fn judge_each(
    lineup: &Lineup,
    replayed: &ValidationForecasts,
    absent: &[(usize, LeftOut)],
) -> (BTreeMap<String, Evaluation>, Vec<LeftOut>) {
    let mut scores = BTreeMap::new();
    let mut left_out = Vec::new();
    for (position, id) in lineup.ids().into_iter().enumerate() {
        let away = absent.iter().find(|(absent, _)| *absent == position).map(|(_, left_out)| left_out.clone());
        let judged = evaluate_model(&replayed.origins, position, BENCHMARK).filter(|_| away.is_none());
        if let Some(judged) = judged {
            scores.insert(id.to_string(), judged);
            continue;
        }
        let failure = || replayed.failures[position].as_ref().map(|(_, error)| LeftOut::failed(id, error.clone()));
        let unscored = || LeftOut::new(id, "no outcome was published".to_owned(), LeftOutReason::NoOutcome);
        let one = away.or_else(failure).unwrap_or_else(unscored);
        warn_left_out(id, &one.reason);
        left_out.push(one);
    }
    (scores, left_out)
}

/// Models that were unavailable at some origin, by position, with the reason: a killed worker, too little memory.
fn absent(lineup: &Lineup, computed: [&ValidationForecasts; 2]) -> Vec<(usize, LeftOut)> {
    let away = |(position, id): (usize, ModelId)| {
        let failures = computed.iter().filter_map(|c| c.failures[position].as_ref());
        let mut unavailable = failures.filter(|(_, error)| matches!(error, ModelError::Unavailable { .. }));
        let origins: usize = computed.iter().map(|c| c.origins.len()).sum();
        let (count, error) = unavailable.next()?;
        let count = count + unavailable.map(|(count, _)| count).sum::<usize>();
        let reason = format!("{error} (at {count} of {origins} origins)");
        Some((position, LeftOut::new(id, reason, LeftOutReason::NoForecast(error.clone()))))
    };
    lineup.ids().into_iter().enumerate().filter_map(away).collect()
}

fn period_origins(market: &Market, horizon: Horizon, period: &Period) -> Result<Vec<Origin>, Failure> {
    let pair = market.history.pair();
    let origins: Vec<Origin> = pair
        .dates()
        .iter()
        .skip(MIN_OBSERVATIONS)
        .copied()
        .filter(|date| (period.from..=period.to).contains(date))
        .step_by(period.every)
        .filter_map(|date| origin_at(pair, &market.calendar, horizon, date))
        // No forecast is scored against quotes that stand in for official rates.
        .filter(|origin| origin.maturity_date() <= market.last_official())
        .filter(|origin| !market.has_stand_in(&origin.target.dates))
        .collect();
    if origins.is_empty() {
        let first = pair.dates().get(MIN_OBSERVATIONS).copied().unwrap_or(market.as_of());
        return Err(Failure::NoOrigin {
            horizon,
            from: period.from,
            to: period.to,
            needed: MIN_OBSERVATIONS,
            first,
            last: market.last_official(),
        });
    }
    Ok(origins)
}

/// All validation origins that any of `origins` looks back on, the same as in production.
fn validation_grid(config: &Config, market: &Market, horizon: Horizon, origins: &[Origin]) -> Vec<Origin> {
    let (Some(first), Some(last)) = (origins.first(), origins.last()) else { return Vec::new() };
    let stride = config.ensemble.stride;
    let span = market.calendar.business_days_between(first.as_of, last.as_of).max(0) as usize;
    let Ok(history) = market.history.until(last.as_of) else { return Vec::new() };
    let count = config.ensemble.origins + span / stride + 1;
    grid_origins(&history, &market.calendar, horizon, count, stride, MIN_OBSERVATIONS)
}
