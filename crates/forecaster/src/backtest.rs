//! The backtest: forecasts of the past as they would have been issued, and their scores.
//!
//! At each origin weights and calibration know only what had happened by then, as in production.

use crate::config::Config;
use crate::failure::Failure;
use crate::market::{MIN_OBSERVATIONS, Market};
use crate::models::{BENCHMARK, Lineup};
use crate::progress;
use chrono::NaiveDate;
use forecaster_domain::Horizon;
use forecaster_domain::scores::{Scores, skill};
use forecaster_ensemble::{
    ForecastCache, Origin, OriginForecasts, forecast_origins, grid_origins, model_scores, origin_at, pooled_scores,
    prequential,
};
use serde::Serialize;
use std::collections::BTreeMap;

/// Which origins to replay.
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
#[derive(Debug, Serialize)]
pub(crate) struct HorizonScores {
    /// Origins replayed whose horizon had passed by the end of the data.
    pub origins: usize,
    /// Scores by model; `ensemble` and `random_walk` are always among them.
    pub models: BTreeMap<String, ModelScores>,
}

/// Scores of a model or pool over the origins.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ModelScores {
    /// Origins scored.
    pub n: usize,
    /// Weighted quantile loss over the deciles and all target dates.
    pub wql: f64,
    /// Of the median at the last target date, price units.
    pub rmse: f64,
    /// Of the median at the last target date, percent.
    pub mape: f64,
    /// Of the median over all target dates, against the one-day naive error.
    pub mase: f64,
    /// Share of actuals inside the 80 % interval.
    pub coverage80: f64,
    /// Share of actuals inside the 95 % interval.
    pub coverage95: f64,
    /// 1 - WQL / WQL of the random walk over the same origins.
    pub skill: f64,
}

impl ModelScores {
    fn new(scores: Scores, benchmark_wql: f64) -> Self {
        Self {
            n: scores.n,
            wql: scores.wql,
            rmse: scores.rmse,
            mape: scores.mape,
            mase: scores.mase,
            coverage80: scores.coverage80,
            coverage95: scores.coverage95,
            skill: skill(scores.wql, benchmark_wql),
        }
    }
}

/// Replays one horizon.
///
/// # Errors
/// When the period holds no origin with enough history before it and its horizon after it.
pub(crate) fn backtest(
    config: &Config,
    market: &Market,
    horizon: Horizon,
    period: &Period,
    models: Option<&[String]>,
    cache: &dyn ForecastCache,
) -> Result<HorizonScores, Failure> {
    let mut settings = config.horizons.get(horizon).clone();
    if let Some(models) = models {
        settings.models = models.to_vec();
    }
    let lineup = Lineup::new(horizon, &settings);
    let origins = period_origins(market, horizon, period)?;
    let grid = validation_grid(config, market, horizon, &origins);
    let all_models = lineup.models();
    let bar = progress::bar(&format!("{horizon} backtest"), ((origins.len() + grid.len()) * all_models.len()) as u64);
    let replay = |origins: Vec<Origin>| {
        forecast_origins(&all_models, &market.history, settings.lookback, origins, cache, &|| bar.inc(1))
    };
    let (grid, replayed) = (replay(grid), replay(origins));
    progress::finish(&bar);
    for (name, failure) in lineup.names().iter().zip(&replayed.failures) {
        if let Some((count, error)) = failure {
            tracing::warn!(%horizon, model = name, origins = count, "no forecast at some origins: {error}");
        }
    }
    let count = config.ensemble.origins;
    let pool = config.ensemble.pool();
    let issued = prequential(&replayed.origins, &grid.origins, count, &lineup.members, BENCHMARK, &pool);
    let rows: Vec<&OriginForecasts> = replayed.origins.iter().collect();
    let benchmark = model_scores(&rows, BENCHMARK)
        .ok_or_else(|| Failure::failed(format!("{horizon}: the random walk has no scored forecast in the period")))?;
    let mut scores = BTreeMap::new();
    for (position, name) in lineup.names().into_iter().enumerate() {
        if let Some(own) = model_scores(&rows, position) {
            let same: Vec<&OriginForecasts> =
                rows.iter().copied().filter(|o| o.forecasts[position].is_some()).collect();
            let reference = model_scores(&same, BENCHMARK).map_or(benchmark.wql, |s| s.wql);
            scores.insert(name, ModelScores::new(own, reference));
        }
    }
    if let Some(pooled) = pooled_scores(&issued) {
        scores.insert("ensemble".into(), ModelScores::new(pooled, benchmark.wql));
    }
    Ok(HorizonScores { origins: rows.len(), models: scores })
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
        .filter(|origin| origin.matures() <= market.as_of())
        .collect();
    if origins.is_empty() {
        let first = pair.dates().get(MIN_OBSERVATIONS).copied().unwrap_or(market.as_of());
        let message = format!(
            "{horizon}: no origin from {} to {} has {MIN_OBSERVATIONS} observations before it and its outcome after it",
            period.from, period.to
        );
        let hint = format!("origins are possible from {first}, and outcomes are known up to {}", market.as_of());
        return Err(Failure::usage(message).hint(hint));
    }
    Ok(origins)
}

/// The validation origins that any of `origins` can look back on: those of production, for each of them.
fn validation_grid(config: &Config, market: &Market, horizon: Horizon, origins: &[Origin]) -> Vec<Origin> {
    let (Some(first), Some(last)) = (origins.first(), origins.last()) else { return Vec::new() };
    let stride = config.ensemble.stride;
    let span = market.calendar.business_days_between(first.as_of, last.as_of).max(0) as usize;
    let Ok(history) = market.history.until(last.as_of) else { return Vec::new() };
    let count = config.ensemble.origins + span / stride + 1;
    grid_origins(&history, &market.calendar, horizon, count, stride, MIN_OBSERVATIONS)
}
