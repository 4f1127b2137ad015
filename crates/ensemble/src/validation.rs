//! Forecasts of every model from every origin, in parallel; forecasts found in the cache are not computed again.

use crate::origins::Origin;
use forecaster_domain::scores::Outcome;
use forecaster_domain::{ForecastKey, History, Model, ModelError, ModelForecast, QuantileForecast, Target};
use rayon::prelude::*;
use std::time::{Duration, Instant};

/// A store of earlier forecasts. Losing it costs only time, so implementations log their errors instead of returning
/// them.
pub trait ForecastCache {
    /// Loads the forecasts stored under `keys`; `None` for each missing one.
    fn load(&self, keys: &[ForecastKey]) -> Vec<Option<QuantileForecast>>;
    /// Stores `forecasts`.
    fn store(&self, forecasts: &[(ForecastKey, QuantileForecast)]);
}

/// A cache that stores nothing.
#[derive(Debug, Clone, Copy)]
pub struct NoCache;

impl ForecastCache for NoCache {
    fn load(&self, keys: &[ForecastKey]) -> Vec<Option<QuantileForecast>> {
        vec![None; keys.len()]
    }

    fn store(&self, _: &[(ForecastKey, QuantileForecast)]) {}
}

/// An origin with each model's forecast from it.
#[derive(Debug, Clone)]
pub struct OriginForecasts {
    /// The origin itself.
    pub origin: Origin,
    /// Forecasts `[models]` in the order of the models; `None` when a model failed.
    pub forecasts: Vec<Option<QuantileForecast>>,
}

/// Pairs `forecast` with the actual rates of `origin` for scoring.
pub(crate) fn outcome<'a>(origin: &'a OriginForecasts, forecast: &'a QuantileForecast) -> Outcome<'a> {
    Outcome { forecast, actuals: &origin.origin.actuals, naive_mae: origin.origin.naive_mae }
}

/// Result of [`forecast_origins`].
#[derive(Debug, Clone)]
pub struct ValidationForecasts {
    /// Every origin with its forecasts, in the order of the origins.
    pub origins: Vec<OriginForecasts>,
    /// Time spent in each model `[models]`, summed over threads.
    pub seconds: Vec<f64>,
    /// Number of forecasts taken from the cache.
    pub cached: usize,
    /// Number of newly computed forecasts.
    pub computed: usize,
    /// Number of failed origins and the last error of each model `[models]`; `None` when it never failed.
    pub failures: Vec<Option<(usize, ModelError)>>,
}

/// Computes every model's forecast from every origin, each from only the last `lookback` observations up to the
/// origin.
///
/// `history` may extend beyond the origins; it is cut at each. `progress` is called after each newly computed
/// forecast.
pub fn forecast_origins(
    models: &[&dyn Model],
    history: &History,
    lookback: usize,
    origins: Vec<Origin>,
    cache: &dyn ForecastCache,
    progress: &(dyn Fn() + Sync),
) -> ValidationForecasts {
    let windows: Vec<Option<History>> =
        origins.par_iter().map(|o| history.until(o.as_of).ok().map(|h| h.modelled(lookback))).collect();
    let keys = keys(models, &windows, &origins);
    let mut forecasts = cache.load(&keys);
    let missing: Vec<usize> = (0..keys.len()).filter(|i| forecasts[*i].is_none()).collect();
    let (batched, single): (Vec<usize>, Vec<usize>) =
        missing.into_iter().partition(|i| models[i % models.len()].prefers_batches());
    let mut made: Vec<FreshForecast> = single
        .into_par_iter()
        .filter_map(|i| {
            let (origin, model) = (i / models.len(), i % models.len());
            let window = windows[origin].as_ref()?;
            let start = Instant::now();
            let answer = guarded_forecast(models[model], window, &origins[origin].target).map(|f| f.quantiles);
            progress();
            Some((i, answer, start.elapsed()))
        })
        .collect();
    made.extend(batches(models, &windows, &origins, &batched));
    batched.iter().for_each(|_| progress());
    let mut seconds = vec![0.0; models.len()];
    let mut failures: Vec<Option<(usize, ModelError)>> = vec![None; models.len()];
    let mut fresh = Vec::with_capacity(made.len());
    let cached = keys.len() - made.len();
    for (i, answer, elapsed) in made {
        let model = i % models.len();
        seconds[model] += elapsed.as_secs_f64();
        match answer {
            Ok(forecast) => {
                fresh.push((keys[i].clone(), forecast.clone()));
                forecasts[i] = Some(forecast);
            }
            Err(error) => {
                let count = failures[model].as_ref().map_or(0, |(n, _)| *n);
                failures[model] = Some((count + 1, error));
            }
        }
    }
    cache.store(&fresh);
    let mut rows = forecasts.into_iter();
    let origins = origins
        .into_iter()
        .map(|origin| OriginForecasts { origin, forecasts: rows.by_ref().take(models.len()).collect() })
        .collect();
    ValidationForecasts { origins, seconds, cached, computed: fresh.len(), failures }
}

/// A newly computed forecast: its position in `[origins x models]`, the result, and the time it took.
type FreshForecast = (usize, Result<QuantileForecast, ModelError>, Duration);

/// Computes the forecasts at positions `batched`, of models that prefer batches: one batch per model.
fn batches(
    models: &[&dyn Model],
    windows: &[Option<History>],
    origins: &[Origin],
    batched: &[usize],
) -> Vec<FreshForecast> {
    let mut made = Vec::with_capacity(batched.len());
    for (position, model) in models.iter().enumerate() {
        let (places, requests): (Vec<usize>, Vec<(&History, &Target)>) = batched
            .iter()
            .filter(|i| *i % models.len() == position)
            .filter_map(|i| {
                let origin = i / models.len();
                Some((*i, (windows[origin].as_ref()?, &origins[origin].target)))
            })
            .unzip();
        if requests.is_empty() {
            continue;
        }
        let start = Instant::now();
        let answers = guarded_batch(*model, &requests);
        let each = start.elapsed() / requests.len() as u32;
        made.extend(places.into_iter().zip(answers).map(|(i, answer)| (i, answer.map(|f| f.quantiles), each)));
    }
    made
}

/// Cache keys `[origins x models]`; the models of one origin are adjacent.
fn keys(models: &[&dyn Model], windows: &[Option<History>], origins: &[Origin]) -> Vec<ForecastKey> {
    let hashes: Vec<String> = windows
        .par_iter()
        .zip(origins)
        .map(|(window, origin)| window.as_ref().map_or_else(String::new, |w| hash(w, origin)))
        .collect();
    let fingerprints: Vec<String> = models.iter().map(|m| m.fingerprint()).collect();
    let one_origin = |(origin, hash): (&Origin, &String)| -> Vec<ForecastKey> {
        let key = |fingerprint: &String| ForecastKey {
            model: fingerprint.clone(),
            horizon: origin.target.horizon,
            origin: origin.as_of,
            history: hash.clone(),
        };
        fingerprints.iter().map(key).collect()
    };
    origins.iter().zip(&hashes).flat_map(one_origin).collect()
}

/// Computes a model's forecast and turns a panic into an error of that model alone.
///
/// # Errors
/// The model's own error, or [`ModelError::Panicked`].
pub fn guarded_forecast(model: &dyn Model, history: &History, target: &Target) -> Result<ModelForecast, ModelError> {
    // Models have no state that a panic could leave half changed.
    let attempt = std::panic::AssertUnwindSafe(|| model.forecast(history, target));
    std::panic::catch_unwind(attempt).unwrap_or(Err(ModelError::Panicked))
}

/// Computes a model's forecasts for several requests at once; a panic fails all of them.
fn guarded_batch(model: &dyn Model, requests: &[(&History, &Target)]) -> Vec<Result<ModelForecast, ModelError>> {
    let attempt = std::panic::AssertUnwindSafe(|| model.forecast_batch(requests));
    let mut answers = std::panic::catch_unwind(attempt).unwrap_or_default();
    // The model panicked, or returned fewer answers than requests.
    answers.resize(requests.len(), Err(ModelError::Panicked));
    answers
}

/// Hash of everything that a model reads from a window and a target.
fn hash(window: &History, origin: &Origin) -> String {
    let mut hasher = blake3::Hasher::new();
    let mut numbers = |values: &[f64]| {
        let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_bits().to_le_bytes()).collect();
        hasher.update(&(values.len() as u64).to_le_bytes());
        hasher.update(&bytes);
    };
    let day = |date: &chrono::NaiveDate| f64::from(chrono::Datelike::num_days_from_ce(date));
    numbers(&window.pair().dates().iter().map(day).collect::<Vec<_>>());
    numbers(window.pair().values());
    numbers(&origin.target.dates.iter().map(day).collect::<Vec<_>>());
    let (regressors, _) = window.aligned_regressors();
    for regressor in &regressors {
        numbers(&regressor.name.bytes().map(f64::from).collect::<Vec<_>>());
        numbers(&regressor.values);
    }
    if let Ok(Some(gap)) = window.spot_gap() {
        numbers(&gap.name.bytes().map(f64::from).collect::<Vec<_>>());
        numbers(&gap.values.iter().map(|value| value.unwrap_or(f64::NAN)).collect::<Vec<_>>());
    }
    hasher.finalize().to_hex().to_string()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::origins::grid_origins;
    use forecaster_domain::{BusinessCalendar, EstimationFailure, Horizon, LEVELS, Observation, Regressor, Series};
    use ndarray::Array2;
    use std::cell::RefCell;
    use std::collections::HashMap;

    /// A slow sine wave on weekdays from 2015 on, and a regressor with a lag of one day.
    pub(crate) fn weekday_history(count: usize) -> History {
        let calendar = BusinessCalendar::weekdays();
        let start: chrono::NaiveDate = "2015-01-01".parse().unwrap();
        let observations: Vec<_> = start
            .iter_days()
            .filter(|d| calendar.is_business_day(*d))
            .take(count)
            .enumerate()
            .map(|(i, date)| Observation { date, value: 700.0 + 20.0 * (i as f64 / 9.0).sin() })
            .collect();
        let pair = Series::new("usdclp", &observations).unwrap();
        let dxy = Series::new("dxy", &observations).unwrap();
        History::new(pair, vec![Regressor::new(dxy, 1)])
    }

    /// Forecasts the last observation x (1 + shift), with a spread of +-2 %; fails for a NaN shift, panics for an
    /// infinite one.
    pub(crate) struct Shifted(pub(crate) &'static str, pub(crate) f64);

    impl Model for Shifted {
        fn name(&self) -> &str {
            self.0
        }

        fn fingerprint(&self) -> String {
            format!("{} {}", self.0, self.1)
        }

        fn forecast(&self, history: &History, target: &Target) -> Result<ModelForecast, ModelError> {
            assert!(self.1.is_finite() || self.1.is_nan(), "told to panic");
            if self.1.is_nan() {
                return Err(ModelError::Estimation(EstimationFailure::NoResult("told to fail".into())));
            }
            let centre = history.pair().last_value() * (1.0 + self.1);
            let values = Array2::from_shape_fn((target.dates.len(), 11), |(_, level)| {
                centre * (1.0 + 0.04 * (LEVELS[level] - 0.5))
            });
            let quantiles = QuantileForecast::new(history.as_of(), target.dates.clone(), values)?;
            Ok(ModelForecast::new(quantiles, vec![]))
        }
    }

    #[derive(Default)]
    struct Memory(RefCell<HashMap<ForecastKey, QuantileForecast>>);

    impl ForecastCache for Memory {
        fn load(&self, keys: &[ForecastKey]) -> Vec<Option<QuantileForecast>> {
            keys.iter().map(|key| self.0.borrow().get(key).cloned()).collect()
        }

        fn store(&self, forecasts: &[(ForecastKey, QuantileForecast)]) {
            self.0.borrow_mut().extend(forecasts.iter().cloned());
        }
    }

    fn run(history: &History, cache: &dyn ForecastCache, shift: f64) -> ValidationForecasts {
        let calendar = BusinessCalendar::weekdays();
        let origins = grid_origins(history, &calendar, Horizon::D7, 30, 5, 250);
        let (one, two) = (Shifted("one", 0.0), Shifted("two", shift));
        forecast_origins(&[&one, &two], history, 300, origins, cache, &|| ())
    }

    #[test]
    fn only_what_is_new_is_computed() {
        let cache = Memory::default();
        let history = weekday_history(700);
        let cold = run(&history, &cache, 0.01);
        assert_eq!((cold.cached, cold.computed), (0, 60));
        let warm = run(&history, &cache, 0.01);
        assert_eq!((warm.cached, warm.computed), (60, 0));
        for (a, b) in cold.origins.iter().zip(&warm.origins) {
            assert_eq!(a.forecasts, b.forecasts);
        }
        // Another setting of one model, or five more days of history: only the difference is computed.
        assert_eq!(run(&history, &cache, 0.02).computed, 30);
        assert_eq!(run(&weekday_history(705), &cache, 0.01).computed, 2);
    }

    #[test]
    fn a_revised_observation_invalidates_the_origins_that_saw_it() {
        let cache = Memory::default();
        let history = weekday_history(700);
        run(&history, &cache, 0.01);
        let mut observations: Vec<_> = history.pair().observations().collect();
        observations[600].value *= 1.001;
        let pair = Series::new("usdclp", &observations).unwrap();
        let revised = History::new(pair, history.regressors().to_vec());
        let again = run(&revised, &cache, 0.01);
        let saw = again.origins.iter().filter(|o| o.origin.as_of >= observations[600].date).count();
        assert_eq!(again.computed, 2 * saw);
        assert!(saw > 0 && saw < 30);
    }

    #[test]
    fn a_revised_quote_invalidates_the_origins_that_saw_it_and_no_quotes_change_nothing() {
        let cache = Memory::default();
        let history = weekday_history(700);
        run(&history, &cache, 0.01);
        let quotes: Vec<_> = history.pair().observations().enumerate().collect();
        let with = |factor: f64| {
            let wobble = |i: usize| if i == 600 { factor } else { 1.0 + 0.001 * (i * 7 % 11) as f64 };
            let quotes: Vec<_> =
                quotes.iter().map(|(i, o)| Observation { value: o.value * wobble(*i), ..*o }).collect();
            let series = Series::new("usdclp_spot", &quotes).unwrap();
            history.clone().with_spot(Regressor::new(series, 1))
        };
        assert_eq!(run(&history, &cache, 0.01).computed, 0);
        assert_eq!(run(&with(1.004), &cache, 0.01).computed, 60, "every origin sees quotes it did not see before");
        let again = run(&with(1.005), &cache, 0.01);
        let saw = again.origins.iter().filter(|o| o.origin.as_of > quotes[600].1.date).count();
        assert_eq!(again.computed, 2 * saw);
        assert!(saw > 0 && saw < 30);
    }

    #[test]
    fn a_failing_model_leaves_a_gap_and_its_reason() {
        let computed = run(&weekday_history(700), &NoCache, f64::NAN);
        assert!(computed.origins.iter().all(|o| o.forecasts[0].is_some() && o.forecasts[1].is_none()));
        let (count, error) = computed.failures[1].clone().unwrap();
        assert_eq!((count, error.to_string()), (30, "estimation failed: told to fail".into()));
        assert!(computed.failures[0].is_none());
    }

    /// [`Shifted`], called for batches only.
    struct Batched(Shifted, std::sync::Mutex<Vec<usize>>);

    impl Model for Batched {
        fn name(&self) -> &str {
            self.0.name()
        }

        fn fingerprint(&self) -> String {
            self.0.fingerprint()
        }

        fn forecast(&self, _: &History, _: &Target) -> Result<ModelForecast, ModelError> {
            panic!("asked one by one")
        }

        fn prefers_batches(&self) -> bool {
            true
        }

        fn forecast_batch(&self, requests: &[(&History, &Target)]) -> Vec<Result<ModelForecast, ModelError>> {
            self.1.lock().unwrap().push(requests.len());
            requests.iter().map(|(history, target)| self.0.forecast(history, target)).collect()
        }
    }

    #[test]
    fn a_model_that_prefers_batches_gets_all_origins_at_once_and_only_what_is_missing() {
        let (cache, calendar) = (Memory::default(), BusinessCalendar::weekdays());
        let batched = Batched(Shifted("two", 0.01), std::sync::Mutex::default());
        let one = Shifted("one", 0.0);
        let compute = |history: &History| {
            let origins = grid_origins(history, &calendar, Horizon::D7, 30, 5, 250);
            forecast_origins(&[&batched, &one], history, 300, origins, &cache, &|| ())
        };
        let cold = compute(&weekday_history(700));
        let later = compute(&weekday_history(705));
        assert_eq!(*batched.1.lock().unwrap(), [30, 1]);
        // The same forecasts as from single calls, in the same positions.
        let single = run(&weekday_history(700), &NoCache, 0.01);
        for (a, b) in cold.origins.iter().zip(&single.origins) {
            assert_eq!((&a.forecasts[0], &a.forecasts[1]), (&b.forecasts[1], &b.forecasts[0]));
        }
        assert_eq!((cold.computed, later.computed), (60, 2));
    }

    #[test]
    fn a_panicking_model_takes_nothing_along() {
        let calendar = BusinessCalendar::weekdays();
        let history = weekday_history(700);
        let origins = grid_origins(&history, &calendar, Horizon::D7, 30, 5, 250);
        let bad = Batched(Shifted("two", f64::INFINITY), std::sync::Mutex::default());
        let computed = forecast_origins(&[&bad], &history, 300, origins, &NoCache, &|| ());
        assert_eq!(computed.failures[0].clone().unwrap(), (30, ModelError::Panicked));

        let computed = run(&weekday_history(700), &NoCache, f64::INFINITY);
        assert!(computed.origins.iter().all(|o| o.forecasts[0].is_some() && o.forecasts[1].is_none()));
        assert_eq!(computed.failures[1].clone().unwrap().1, ModelError::Panicked);
    }
}
