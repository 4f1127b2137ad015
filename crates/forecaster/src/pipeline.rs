//! One run of one horizon: validation, models, pool. In: what is known of the market. Out: a [`Forecast`], which
//! everything that is written or printed is derived from. Nothing is written here but the validation cache.

use crate::chronos::ChronosSource;
use crate::config::{CHRONOS, Config};
use crate::drift::Drift;
use crate::failure::Failure;
use crate::market::Market;
use crate::models::{BENCHMARK, Lineup, MARKET_WALK};
use crate::progress;
use forecaster_chronos::CHECKPOINT_DETAIL;
use forecaster_domain::scores::{Outcome, quantile_loss_parts};
use forecaster_domain::{Horizon, Model, ModelError, ModelForecast, QuantileForecast, Target, paths};
use forecaster_ensemble::{
    Computed, ForecastCache, Issued, Judged, Pool, forecast_origins, grid_origins, guarded_forecast, judge_model,
    judge_pool, pool_at, prequential, reliability,
};
use forecaster_report::{OriginLoss, PastWeights, RoundLevel};
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
    /// Figures that depend on the way to the end and not only on the end, for models that are asked for them.
    pub paths: Option<PathFigures>,
}

impl ModelResult {
    /// Name of the trained checkpoint behind it, where there is one.
    pub(crate) fn checkpoint(&self) -> Option<&str> {
        self.answer
            .details
            .iter()
            .find(|(name, _)| name == CHECKPOINT_DETAIL)
            .map(|(_, checkpoint)| checkpoint.as_str())
    }
}

/// Figures from sample paths through a forecast.
#[derive(Debug, Clone)]
pub(crate) struct PathFigures {
    /// Number of paths.
    pub samples: usize,
    /// Mean of the lowest price on the way, the last observation included.
    pub expected_low: f64,
    /// Mean of the highest.
    pub expected_high: f64,
    /// Round prices, and the share of paths that touch each.
    pub touched: Vec<(f64, f64)>,
}

/// The pool as it would be without Chronos, in a run that has it.
#[derive(Debug, Clone)]
pub(crate) struct WithoutChronos {
    /// Its forecast.
    pub forecast: QuantileForecast,
    /// Its out-of-sample scores.
    pub judged: Option<Judged>,
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
    /// The same against the market walk instead of the random walk: what the models add to the quote.
    pub beyond_quote: Option<Judged>,
    /// The same without Chronos, when that took part.
    pub without_chronos: Option<WithoutChronos>,
    /// Every model that has a forecast, in the order of the lineup.
    pub models: Vec<ModelResult>,
    /// Models without one, and why.
    pub left_out: Vec<(String, String)>,
    /// The pool at each validation origin, oldest first.
    pub past: Vec<PastPool>,
    /// Its weights there.
    pub weights: Vec<PastWeights>,
    /// What it and the random walk lost there, where both could be judged.
    pub losses: Vec<OriginLoss>,
    /// Level and share of actuals at or below it, out of sample.
    pub reliability: Vec<(f64, f64)>,
    /// Round prices around the end of the horizon.
    pub price_levels: Vec<RoundLevel>,
    /// How the pair has moved of late.
    pub drift: Drift,
    /// Forecasts taken from the cache.
    pub cached: usize,
    /// Forecasts made anew.
    pub computed: usize,
    /// Seconds in Chronos, whether or not it had a forecast; `None` when it was not to take part.
    pub chronos_seconds: Option<f64>,
}

impl Forecast {
    /// Has the report tell that Chronos takes no part from the next run on: where it was left out, or among its details.
    pub(crate) fn note_suspended(&mut self, reason: &str) {
        let name = "suspended after this run";
        for (_, left_out) in self.left_out.iter_mut().filter(|(model, _)| model == CHRONOS) {
            left_out.push_str(&format!("; {name} ({reason})"));
        }
        for result in self.models.iter_mut().filter(|result| result.name == CHRONOS) {
            result.answer.details.push((name.to_owned(), reason.to_owned()));
        }
    }

    /// Why a model has no forecast; `None` when it has one.
    pub(crate) fn why_left_out(&self, name: &str) -> Option<&str> {
        self.left_out.iter().find(|(model, _)| model == name).map(|(_, reason)| reason.as_str())
    }
}

/// Forecasts `horizon` as of the market's last observation. `suspended`: why Chronos is left out although it is switched on.
///
/// # Errors
/// When no target date lies in the horizon or no model has a forecast.
pub(crate) fn forecast(
    config: &Config,
    market: &Market,
    horizon: Horizon,
    cache: &dyn ForecastCache,
    chronos: &ChronosSource,
    suspended: Option<&str>,
) -> Result<Forecast, Failure> {
    let settings = config.horizons.get(horizon);
    let takes_part = settings.chronos.enabled && suspended.is_none();
    let chronos = takes_part.then(|| chronos.model(config, horizon, &market.calendar));
    let lineup = Lineup::new(horizon, &settings.models, chronos, market.history.spot().is_some());
    let models = lineup.models();
    let target = Target { horizon, dates: market.calendar.target_dates(market.as_of(), horizon) };
    if target.dates.is_empty() {
        return Err(Failure::failed(format!("no business day within {horizon} of {}", market.as_of())));
    }

    let validated = validate(config, market, horizon, &models, cache);
    let answers = current_answers(&models, market, settings.lookback, &target);
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
        Some(WithoutChronos { forecast: pool.apply(&forecasts).ok()?, judged: judge_pool(&issued, BENCHMARK) })
    });
    let chronos_seconds = lineup.chronos.map(|position| validated.seconds[position] + answers[position].1);
    let (mut results, mut left_out) =
        results(&lineup, &pool, answers, &validated.seconds, |m| judge_model(&validated.origins, m, BENCHMARK));
    if let Some(reason) = suspended.filter(|_| settings.chronos.enabled) {
        warn_left_out(CHRONOS, reason);
        left_out.push((CHRONOS.to_owned(), reason.to_owned()));
    }
    let last = market.history.pair().last_value();
    let price_levels = price_levels(&ensemble, last);
    if let Some(result) = results.iter_mut().find(|result| result.name == CHRONOS) {
        add_paths(result, settings.chronos.num_samples, last, &price_levels);
        log_validation(result);
    }
    let past = issued
        .iter()
        .map(|i| PastPool { forecast: i.forecast.clone(), actual: i.origin.origin.actuals.last().copied().flatten() })
        .collect();
    let names = lineup.names();
    Ok(Forecast {
        horizon,
        weights: issued.iter().map(|i| weights_at(i, &names)).collect(),
        losses: issued.iter().filter_map(losses_at).collect(),
        price_levels,
        drift: Drift::of(market),
        without_chronos,
        ensemble_judged: judge_pool(&issued, BENCHMARK),
        beyond_quote: judge_pool(&issued, MARKET_WALK),
        reliability: reliability(&issued),
        ensemble,
        pool,
        models: results,
        left_out,
        past,
        cached: validated.cached,
        computed: validated.computed,
        chronos_seconds,
    })
}

fn weights_at(issued: &Issued<'_>, names: &[String]) -> PastWeights {
    let weights = names.iter().cloned().zip(issued.pool.weights.iter().copied());
    PastWeights {
        as_of: issued.origin.origin.as_of,
        issued: false,
        weights: weights.filter(|(_, weight)| *weight > 0.0).collect(),
    }
}

fn losses_at(issued: &Issued<'_>) -> Option<OriginLoss> {
    let origin = &issued.origin.origin;
    let outcome = |forecast| Outcome { forecast, actuals: &origin.actuals, naive_mae: origin.naive_mae };
    let (ensemble, scale) = quantile_loss_parts(&outcome(&issued.forecast));
    let (random_walk, _) = quantile_loss_parts(&outcome(issued.origin.forecasts.get(BENCHMARK)?.as_ref()?));
    (scale > 0.0).then_some(OriginLoss { origin: origin.as_of, matured: origin.matures(), ensemble, random_walk })
}

fn validate(
    config: &Config,
    market: &Market,
    horizon: Horizon,
    models: &[&dyn Model],
    cache: &dyn ForecastCache,
) -> Computed {
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
    warn_of_failures(models, &computed);
    computed
}

/// Warns of models that failed at some origins. What is not there at all is told once, where it is left out.
pub(crate) fn warn_of_failures(models: &[&dyn Model], computed: &Computed) {
    for (model, failure) in models.iter().zip(&computed.failures) {
        if let Some((count, error)) = failure.as_ref().filter(|(_, e)| !matches!(e, ModelError::Unavailable(_))) {
            tracing::warn!(model = model.name(), origins = count, "no forecast at some origins: {error}");
        }
    }
}

/// Warns of a model that has no forecast.
pub(crate) fn warn_left_out(name: &str, reason: &str) {
    if name == CHRONOS {
        tracing::warn!(model = name, "Chronos left out: {reason}");
    } else {
        tracing::warn!(model = name, "model left out: {reason}");
    }
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
        .roles
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
                paths: None,
                name,
                answer,
            }),
            Err(reason) => {
                warn_left_out(&name, &reason);
                left_out.push((name, reason));
            }
        }
    }
    (results, left_out)
}

/// The line that operators grep for.
fn log_validation(chronos: &ModelResult) {
    if let Some(Judged { scores, .. }) = &chronos.judged {
        tracing::info!(model = CHRONOS, origins = scores.n, "Chronos pseudo-validation RMSE: {:.2}", scores.rmse);
    }
}

/// Draws `samples` paths through the forecast of `result` and adds what they tell, to the report's details too.
fn add_paths(result: &mut ModelResult, samples: usize, last: f64, levels: &[RoundLevel]) {
    let paths = paths::sample(&result.answer.quantiles, samples, PATHS_SEED);
    let (expected_low, expected_high) = paths::expected_extremes(&paths, last);
    let touched = levels.iter().map(|l| (l.price, paths::touch_probability(&paths, last, l.price))).collect();
    let samples = paths.nrows();
    result.answer.details.extend([
        ("sample paths".to_owned(), samples.to_string()),
        ("expected low".to_owned(), format!("{expected_low:.2}")),
        ("expected high".to_owned(), format!("{expected_high:.2}")),
    ]);
    result.paths = Some(PathFigures { samples, expected_low, expected_high, touched });
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
