//! One run of one horizon: validation, models, pool. In: what is known of the market. Out: a [`Forecast`], which
//! everything that is written or printed is derived from. Nothing is written here but the validation cache.

use crate::config::Config;
use crate::failure::Failure;
use crate::market::Market;
use crate::models::{BENCHMARK, Lineup};
use crate::progress;
use forecaster_domain::{Horizon, Model, ModelForecast, QuantileForecast, Target, paths};
use forecaster_ensemble::{
    ForecastCache, Judged, Pool, forecast_origins, grid_origins, guarded_forecast, judge_model, judge_pool, pool_at,
    prequential, reliability,
};
use forecaster_report::RoundLevel;
use rayon::prelude::*;
use std::time::Instant;

/// Sample paths for the probabilities of touching a level: the standard error of a share is at most 0.6 %.
const SAMPLE_PATHS: usize = 8000;
/// Seed of the sample paths.
const PATHS_SEED: u64 = 7;

/// A model's part in a run.
#[derive(Debug, Clone)]
pub(crate) struct ModelResult {
    /// Its name.
    pub name: String,
    /// Its weight in the pool; 0 when it is judged only.
    pub weight: f64,
    /// Its forecast and what it settled on.
    pub answer: ModelForecast,
    /// Its out-of-sample scores.
    pub judged: Option<Judged>,
    /// Seconds in the model, validation included, summed over threads.
    pub seconds: f64,
}

/// A past forecast of the pool for the last target date of a validation origin.
#[derive(Debug, Clone)]
pub(crate) struct PastPool {
    /// The forecast as it would have been issued.
    pub forecast: QuantileForecast,
    /// What happened on its last target date.
    pub actual: Option<f64>,
}

/// Everything a run found out.
#[derive(Debug, Clone)]
pub(crate) struct Forecast {
    /// The horizon.
    pub horizon: Horizon,
    /// The pooled, calibrated forecast.
    pub ensemble: QuantileForecast,
    /// Weights, by position of the models in the lineup, and calibration.
    pub pool: Pool,
    /// The pool's out-of-sample scores.
    pub ensemble_judged: Option<Judged>,
    /// Every model that has a forecast, in the order of the lineup.
    pub models: Vec<ModelResult>,
    /// Models without one, and why.
    pub left_out: Vec<(String, String)>,
    /// The pool at each validation origin, oldest first.
    pub past: Vec<PastPool>,
    /// Level and share of actuals at or below it, out of sample.
    pub reliability: Vec<(f64, f64)>,
    /// Round prices around the end of the horizon.
    pub price_levels: Vec<RoundLevel>,
    /// Forecasts taken from the cache.
    pub cached: usize,
    /// Forecasts made anew.
    pub computed: usize,
}

/// Forecasts `horizon` as of the market's last observation.
///
/// # Errors
/// When no target date lies in the horizon or no model has a forecast.
pub(crate) fn forecast(
    config: &Config,
    market: &Market,
    horizon: Horizon,
    cache: &dyn ForecastCache,
) -> Result<Forecast, Failure> {
    let settings = config.horizons.get(horizon);
    let lineup = Lineup::new(horizon, settings);
    let models = lineup.models();
    let target = Target { horizon, dates: market.calendar.target_dates(market.as_of(), horizon) };
    if target.dates.is_empty() {
        return Err(Failure::failed(format!("no business day within {horizon} of {}", market.as_of())));
    }

    let validated = validate(config, market, horizon, &models, cache);
    let answers = current_answers(&models, market, settings.lookback, &target);
    let forecasts: Vec<Option<QuantileForecast>> =
        answers.iter().map(|(a, _)| a.as_ref().ok().map(|a| a.quantiles.clone())).collect();
    let present: Vec<usize> = lineup.members.iter().copied().filter(|m| forecasts[*m].is_some()).collect();
    let count = config.ensemble.origins;
    let pool_settings = config.ensemble.pool();
    let pool = pool_at(market.as_of(), &validated.origins, count, &present, BENCHMARK, &pool_settings);
    let ensemble = pool.apply(&forecasts).map_err(|_| no_model_left(&lineup, &answers))?;

    let issued = prequential(&validated.origins, &validated.origins, count, &present, BENCHMARK, &pool_settings);
    let (results, left_out) =
        results(&lineup, &pool, answers, &validated.seconds, |m| judge_model(&validated.origins, m, BENCHMARK));
    let past = issued
        .iter()
        .map(|i| PastPool { forecast: i.forecast.clone(), actual: i.origin.origin.actuals.last().copied().flatten() })
        .collect();
    Ok(Forecast {
        horizon,
        price_levels: price_levels(&ensemble, market.history.pair().last_value()),
        ensemble_judged: judge_pool(&issued, BENCHMARK),
        reliability: reliability(&issued),
        ensemble,
        pool,
        models: results,
        left_out,
        past,
        cached: validated.cached,
        computed: validated.computed,
    })
}

fn validate(
    config: &Config,
    market: &Market,
    horizon: Horizon,
    models: &[&dyn Model],
    cache: &dyn ForecastCache,
) -> forecaster_ensemble::Computed {
    let ensemble = &config.ensemble;
    let lookback = config.horizons.get(horizon).lookback;
    let origins = grid_origins(
        &market.history,
        &market.calendar,
        horizon,
        ensemble.origins,
        ensemble.stride,
        crate::market::MIN_OBSERVATIONS,
    );
    let bar = progress::bar(&format!("{horizon} validation"), (origins.len() * models.len()) as u64);
    let computed = forecast_origins(models, &market.history, lookback, origins, cache, &|| bar.inc(1));
    progress::finish(&bar);
    for (model, failure) in models.iter().zip(&computed.failures) {
        if let Some((count, error)) = failure {
            tracing::warn!(%horizon, model = model.name(), origins = count, "no forecast at some origins: {error}");
        }
    }
    computed
}

type Answer = (Result<ModelForecast, String>, f64);

/// Each model's answer at the as-of date, with the seconds it took.
fn current_answers(models: &[&dyn Model], market: &Market, lookback: usize, target: &Target) -> Vec<Answer> {
    let window = market.history.window(lookback);
    models
        .par_iter()
        .map(|model| {
            let start = Instant::now();
            let answer = guarded_forecast(*model, &window, target).map_err(|error| error.to_string());
            (answer, start.elapsed().as_secs_f64())
        })
        .collect()
}

fn no_model_left(lineup: &Lineup, answers: &[Answer]) -> Failure {
    let reasons: Vec<String> = lineup
        .members
        .iter()
        .filter_map(|m| answers[*m].0.as_ref().err().map(|reason| format!("{}: {reason}", lineup.names()[*m])))
        .collect();
    Failure::failed(format!("no model is left for the forecast ({})", reasons.join("; ")))
        .hint("forecaster rates check shows the state of the series")
}

fn results(
    lineup: &Lineup,
    pool: &Pool,
    answers: Vec<Answer>,
    validation_seconds: &[f64],
    judge: impl Fn(usize) -> Option<Judged>,
) -> (Vec<ModelResult>, Vec<(String, String)>) {
    let mut results = Vec::new();
    let mut left_out = Vec::new();
    for (position, (name, (answer, seconds))) in lineup.names().into_iter().zip(answers).enumerate() {
        match answer {
            Ok(answer) => results.push(ModelResult {
                weight: pool.weights.get(position).copied().unwrap_or(0.0),
                judged: judge(position),
                seconds: seconds + validation_seconds[position],
                name,
                answer,
            }),
            Err(reason) => {
                tracing::warn!(model = name, "model left out: {reason}");
                left_out.push((name, reason));
            }
        }
    }
    (results, left_out)
}

/// Round prices over the 95 % interval at the end of the horizon: multiples of 1, 2 or 5 times a power of ten, 5 to
/// 12 of them, with the probability of ending above and of being touched on the way.
fn price_levels(ensemble: &QuantileForecast, last: f64) -> Vec<RoundLevel> {
    let step = ensemble.last_step();
    let (low, high) = ensemble.interval95(step);
    if high / low < 1.0 + 1e-9 {
        return Vec::new();
    }
    let spacing = round_spacing((high - low) / 5.0);
    let paths = paths::sample(ensemble, SAMPLE_PATHS, PATHS_SEED);
    let first = (low / spacing).ceil() as i64;
    let end = (high / spacing).floor() as i64;
    (first..=end)
        .take(20)
        .map(|i| i as f64 * spacing)
        .map(|price| RoundLevel {
            price,
            above_at_end: ensemble.probability_above(step, price),
            touched: paths::touch_probability(&paths, last, price),
        })
        .collect()
}

/// The largest of 1, 2, 5 times a power of ten that is not above `width`.
fn round_spacing(width: f64) -> f64 {
    if !(width.is_finite() && width > 0.0) {
        return 1.0;
    }
    let power = 10f64.powf(width.log10().floor());
    [5.0, 2.0, 1.0].into_iter().map(|m| m * power).find(|s| *s <= width * (1.0 + 1e-12)).unwrap_or(power)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spacings_are_round_and_not_above_the_width() {
        for (width, spacing) in [(1.0, 1.0), (7.3, 5.0), (19.9, 10.0), (0.034, 0.02), (5.0, 5.0), (f64::NAN, 1.0)] {
            assert!((round_spacing(width) - spacing).abs() < 1e-12, "{width}");
        }
    }
}
