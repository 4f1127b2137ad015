//! A single run of one horizon: validation, models, pool. In: the market data known so far. Out: a [`Forecast`], from
//! which everything written or printed is derived. Only the validation cache is written here.

pub(crate) mod backtest;
pub(crate) mod cache;
pub(crate) mod checkpoint;
pub(crate) mod chronos;
pub(crate) mod drift;
pub(crate) mod left_out;
mod levels;
pub(crate) mod lineup;
pub(crate) mod medians;
pub(crate) mod result;
#[cfg(test)]
mod shifts;
#[cfg(test)]
mod worlds;

use crate::config::settings::Config;
use crate::failure::Failure;
use crate::forecast::chronos::ChronosSource;
use crate::forecast::drift::Drift;
use crate::forecast::left_out::{LeftOut, warn_left_out, warn_of_failures};
use crate::forecast::levels::{add_paths, price_levels};
use crate::forecast::lineup::{BENCHMARK, Lineup, MARKET_WALK};
use crate::forecast::medians::{hold_at_origins, hold_now};
use crate::forecast::result::{Forecast, ModelResult, PastPool, WithoutChronos};
use crate::host::progress;
use crate::market::Market;
use crate::market::series::MIN_OBSERVATIONS;
use forecaster_domain::scores::{Outcome, quantile_loss_parts};
use forecaster_domain::{
    Horizon, Model, ModelError, ModelForecast, ModelId, OriginLoss, PastWeights, PriceFormat, QuantileForecast,
    Target,
};
use forecaster_ensemble::{
    Evaluation, ForecastCache, Pool, ReplayedForecast, ValidationForecasts, evaluate_model, evaluate_pool,
    forecast_origins, grid_origins, guarded_forecast, pool_at, prequential, reliability,
};
use rayon::prelude::*;
use std::time::Instant;

/// Forecasts `horizon` as of the market's last observation. `suspended` is Chronos when the guard leaves it out
/// although it is switched on.
///
/// # Errors
/// When no target date lies in the horizon or no model has a forecast.
pub(crate) fn forecast(
    config: &Config,
    market: &Market,
    horizon: Horizon,
    cache: &dyn ForecastCache,
    chronos: &ChronosSource,
    suspended: Option<&LeftOut>,
) -> Result<Forecast, Failure> {
    let settings = config.horizons.get(horizon);
    let takes_part = settings.chronos.enabled && suspended.is_none();
    let chronos = takes_part.then(|| chronos.model(config, horizon, &market.calendar));
    let lineup = Lineup::new(horizon, &settings.models, chronos, market.history.spot().is_some());
    let models = lineup.models();
    let target = Target { horizon, dates: market.calendar.target_dates(market.as_of(), horizon) };
    if target.dates.is_empty() {
        return Err(Failure::NoTargetDate { horizon, as_of: market.as_of() });
    }

    let mut validated = validate(config, market, horizon, &models, cache);
    let mut answers = current_answers(&models, market, settings.lookback, &target);
    let current = answers.iter_mut().map(|(answer, _)| answer.as_mut().ok());
    hold_now(current, market.as_of(), &validated.origins, config.ensemble.origins);
    hold_at_origins(&mut validated.origins, config.ensemble.origins);
    let forecasts: Vec<Option<QuantileForecast>> =
        answers.iter().map(|(a, _)| a.as_ref().ok().map(|a| a.quantiles.clone())).collect();
    let present = lineup.roles.retain(|member| forecasts[member].is_some());
    let count = config.ensemble.origins;
    let pool_settings = config.ensemble.pool();
    let pool = pool_at(market.as_of(), &validated.origins, count, &present, &pool_settings);
    let ensemble = pool.apply(&forecasts).map_err(|_| no_model_left(&lineup, &answers))?;

    let issued = prequential(&validated.origins, &validated.origins, count, &present, &pool_settings);
    let without_chronos = lineup.without_chronos(&present).and_then(|others| {
        let pool = pool_at(market.as_of(), &validated.origins, count, &others, &pool_settings);
        let issued = prequential(&validated.origins, &validated.origins, count, &others, &pool_settings);
        Some(WithoutChronos { forecast: pool.apply(&forecasts).ok()?, judged: evaluate_pool(&issued, BENCHMARK) })
    });
    let chronos_seconds = lineup.chronos.map(|position| validated.seconds[position] + answers[position].1);
    let suspended = suspended.filter(|_| settings.chronos.enabled);
    let (mut results, left_out) = results(&lineup, &pool, answers, &validated, suspended);
    let last = market.history.pair().last_value();
    let price_levels = price_levels(&ensemble, last);
    if let Some(result) = results.iter_mut().find(|result| result.id == ModelId::Chronos) {
        add_paths(result, settings.chronos.num_samples, last, &price_levels);
        log_validation(result, PriceFormat::of(last));
    }
    let ids = lineup.ids();
    Ok(Forecast {
        horizon,
        weights: issued.iter().map(|i| weights_at(i, &ids)).collect(),
        losses: issued.iter().filter_map(losses_at).collect(),
        price_levels,
        drift: Drift::of(market),
        without_chronos,
        ensemble_judged: evaluate_pool(&issued, BENCHMARK),
        beyond_quote: evaluate_pool(&issued, MARKET_WALK),
        reliability: reliability(&issued),
        ensemble,
        pool,
        models: results,
        left_out,
        past: issued.iter().map(past_at).collect(),
        cached: validated.cached,
        computed: validated.computed,
        chronos_seconds,
    })
}

fn past_at(issued: &ReplayedForecast<'_>) -> PastPool {
    let actual = issued.origin.origin.actuals.last().copied().flatten();
    PastPool { forecast: issued.forecast.clone(), actual }
}

fn weights_at(issued: &ReplayedForecast<'_>, ids: &[ModelId]) -> PastWeights {
    let weights = ids.iter().map(ToString::to_string).zip(issued.pool.weights.iter().copied());
    PastWeights {
        as_of: issued.origin.origin.as_of,
        issued: false,
        weights: weights.filter(|(_, weight)| *weight > 0.0).collect(),
    }
}

fn losses_at(issued: &ReplayedForecast<'_>) -> Option<OriginLoss> {
    let origin = &issued.origin.origin;
    let outcome = |forecast| Outcome { forecast, actuals: &origin.actuals, naive_mae: origin.naive_mae };
    let (ensemble, scale) = quantile_loss_parts(&outcome(&issued.forecast));
    let (random_walk, _) = quantile_loss_parts(&outcome(issued.origin.forecasts.get(BENCHMARK)?.as_ref()?));
    (scale > 0.0).then_some(OriginLoss {
        origin: origin.as_of,
        matured: origin.maturity_date(),
        ensemble,
        random_walk,
    })
}

fn validate(
    config: &Config,
    market: &Market,
    horizon: Horizon,
    models: &[&dyn Model],
    cache: &dyn ForecastCache,
) -> ValidationForecasts {
    let ensemble = &config.ensemble;
    let lookback = config.horizons.get(horizon).lookback;
    let origins =
        grid_origins(&market.history, &market.calendar, horizon, ensemble.origins, ensemble.stride, MIN_OBSERVATIONS);
    let bar = progress::bar(&format!("{horizon} validation"), (origins.len() * models.len()) as u64);
    let computed = forecast_origins(models, &market.history, lookback, origins, cache, &|| bar.inc(1));
    progress::finish(&bar);
    warn_of_failures(models, &computed);
    computed
}

type TimedForecast = (Result<ModelForecast, ModelError>, f64);

/// Forecasts of all models at the as-of date, each with the seconds it took.
fn current_answers(models: &[&dyn Model], market: &Market, lookback: usize, target: &Target) -> Vec<TimedForecast> {
    let window = market.history.modelled(lookback);
    models
        .par_iter()
        .map(|model| {
            let start = Instant::now();
            let answer = guarded_forecast(*model, &window, target);
            (answer, start.elapsed().as_secs_f64())
        })
        .collect()
}

fn no_model_left(lineup: &Lineup, answers: &[TimedForecast]) -> Failure {
    let reasons: Vec<String> = lineup
        .roles
        .members
        .iter()
        .filter_map(|m| answers[*m].0.as_ref().err().map(|error| format!("{}: {error}", lineup.ids()[*m])))
        .collect();
    Failure::NoModelLeft(reasons.join("; "))
}

/// Splits the models into those with a forecast and those without; `suspended` is Chronos when it is in neither
/// group yet.
fn results(
    lineup: &Lineup,
    pool: &Pool,
    answers: Vec<TimedForecast>,
    validated: &ValidationForecasts,
    suspended: Option<&LeftOut>,
) -> (Vec<ModelResult>, Vec<LeftOut>) {
    let mut results = Vec::new();
    let mut left_out = Vec::new();
    for (position, (id, (answer, seconds))) in lineup.ids().into_iter().zip(answers).enumerate() {
        match answer {
            Ok(answer) => results.push(ModelResult {
                weight: pool.weights.get(position).copied().unwrap_or(0.0),
                judged: evaluate_model(&validated.origins, position, BENCHMARK),
                seconds: seconds + validated.seconds[position],
                paths: None,
                suspended: None,
                id,
                forecast: answer,
            }),
            Err(error) => left_out.push(LeftOut::failed(id, error)),
        }
    }
    left_out.extend(suspended.cloned());
    left_out.iter().for_each(|it| warn_left_out(it.model, &it.reason));
    (results, left_out)
}

/// Logs the line that operators grep for.
fn log_validation(chronos: &ModelResult, format: PriceFormat) {
    if let Some(Evaluation { scores, .. }) = &chronos.judged {
        tracing::info!(
            model = ModelId::Chronos.as_str(),
            origins = scores.n,
            "Chronos pseudo-validation RMSE: {}",
            format.difference(scores.rmse)
        );
    }
}
