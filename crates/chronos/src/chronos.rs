//! Chronos-Bolt as a [`Model`]: turns a history into a context, and the model's deciles into the eleven levels.

use crate::graph::CONVERTER;
use crate::pipeline::Pipeline;
use crate::predictor::check_context;
use crate::store::{parameter_count, short};
use chrono::{Days, NaiveDate};
use forecaster_domain::{
    BusinessCalendar, DECILES, EstimationFailure, History, LEVELS, MEDIAN, Model, ModelError, ModelForecast, ModelId,
    QuantileForecast, Target, Unavailability,
};
use ndarray::{Array1, Array2, ArrayView1};
use std::iter::once;
use std::sync::{Mutex, PoisonError};

/// Distance of the 0.025 and 0.975 quantiles from the median, relative to that of the 0.1 and 0.9 quantiles, in
/// logarithms of the price: that of Student's t with seven degrees of freedom, t(0.975) / t(0.9) = 2.365 / 1.415.
/// Measured on ten USD pairs, 2003 to 2019, returns over 5 to 62 days in units of their volatility: median 1.67,
/// USD/CLP 1.69 to 1.81 (the normal distribution's 1.53 would be too narrow).
const TAIL_RATIO: f64 = 1.671;
/// Difference below which two levels are equal.
const SAME_LEVEL: f64 = 1e-6;
/// Revision of the answers; it changes whenever they do.
const REVISION: &str = "1";

/// Name of the forecast's detail that holds the checkpoint's name.
pub const CHECKPOINT_DETAIL: &str = "checkpoint";

/// Settings of the model for one horizon.
#[derive(Debug, Clone, PartialEq)]
pub struct ChronosSettings {
    /// Business days of history in a context.
    pub context_length: usize,
    /// Multiplier of the spread about the median, in logarithms of the price; 1 leaves it as the model gives it.
    pub temperature: f64,
}

/// Description of the checkpoint for the report.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckpointLabel {
    /// Name, such as amazon/chronos-bolt-small.
    pub name: String,
    /// Number of parameters.
    pub parameters: usize,
    /// Longest context that the model uses.
    pub context_length: usize,
    /// SHA-256 of the weights, hexadecimal.
    pub weights_sha256: String,
    /// SHA-256 of `config.json`, hexadecimal.
    pub config_sha256: String,
}

/// Positions of the levels in the model's output: the deciles always, the tails when it has them.
struct LevelPositions {
    low: Option<usize>,
    deciles: [usize; DECILES.end - DECILES.start],
    high: Option<usize>,
}

/// Chronos-Bolt checkpoint as one of the ensemble's models, or the reason why there is none.
///
/// Business days without an observation stay unobserved in the context. Answers agree to single precision however the
/// requests are batched, but not to the last bit: matrix products of different heights round differently.
#[derive(Debug)]
pub struct Chronos {
    settings: ChronosSettings,
    calendar: BusinessCalendar,
    source: Result<(Pipeline, CheckpointLabel), ModelError>,
    /// First failure to load; loading is not retried within a run.
    failed: Mutex<Option<ModelError>>,
}

impl Chronos {
    /// Creates the model that `pipeline` loads, for a pair with business days `calendar`.
    pub fn new(
        pipeline: Pipeline,
        label: CheckpointLabel,
        settings: ChronosSettings,
        calendar: BusinessCalendar,
    ) -> Self {
        Self { settings, calendar, source: Ok((pipeline, label)), failed: Mutex::default() }
    }

    /// Creates a model that has no forecast, for `reason`: the ensemble leaves it out and reports it.
    pub fn unavailable(reason: ModelError, settings: ChronosSettings, calendar: BusinessCalendar) -> Self {
        Self { settings, calendar, source: Err(reason), failed: Mutex::default() }
    }

    /// Context of the last `context_length` business days up to the as-of date, oldest first, NaN where nothing was
    /// observed. Days with an observation count as business days. It is shorter when the history starts later.
    fn context(&self, history: &History) -> Vec<f64> {
        // Unobserved days are in the context, so a move across a gap needs no bridging.
        let pair = history.observed();
        let mut observations = pair.dates().iter().zip(pair.values()).rev().peekable();
        let mut context = Vec::with_capacity(self.settings.context_length);
        let mut day = history.as_of();
        while context.len() < self.settings.context_length && observations.peek().is_some() {
            match observations.next_if(|(date, _)| **date == day) {
                Some((_, value)) => context.push(*value),
                None if self.calendar.is_business_day(day) => context.push(f64::NAN),
                None => {}
            }
            let Some(before) = day.checked_sub_days(Days::new(1)) else { break };
            day = before;
        }
        context.reverse();
        context
    }

    /// Step of each target date: its index among the business days after `as_of`, from 0.
    fn steps(&self, as_of: NaiveDate, target: &Target) -> Vec<usize> {
        let step = |date: &NaiveDate| self.calendar.business_days_between(as_of, *date).max(1) as usize - 1;
        target.dates.iter().map(step).collect()
    }

    fn try_batch(
        &self,
        requests: &[(&History, &Target)],
    ) -> Result<Vec<Result<ModelForecast, ModelError>>, ModelError> {
        let (pipeline, label) = self.source.as_ref().map_err(ModelError::clone)?;
        let mut contexts = Vec::new();
        let mut steps = Vec::with_capacity(requests.len());
        for (history, target) in requests {
            let context = self.checked_context(history);
            steps.push(context.map(|context| {
                contexts.push(context);
                self.steps(history.as_of(), target)
            }));
        }
        if contexts.is_empty() {
            return Ok(steps.into_iter().filter_map(Result::err).map(Err).collect());
        }
        let most = steps.iter().flatten().flatten().max().map_or(1, |last| last + 1);
        let answers = pipeline.predict(&contexts, most)?;
        tracing::info!(
            contexts = contexts.len(),
            steps = most,
            "Chronos inference completed in {:.2}s",
            answers.seconds
        );
        let places = level_positions(&answers.levels)?;
        let details = self.details(label, pipeline);
        let mut quantiles = answers.quantiles.into_iter();
        let forecast = |((history, target), steps): (&(&History, &Target), Result<Vec<usize>, ModelError>)| {
            let steps = steps?;
            let answer = quantiles.next().ok_or(ModelError::Panicked)?;
            let mut values = Array2::zeros((steps.len(), LEVELS.len()));
            for (mut row, step) in values.rows_mut().into_iter().zip(steps) {
                row.assign(&self.levels(answer.row(step), &places)?);
            }
            let quantiles = QuantileForecast::new(history.as_of(), target.dates.clone(), values)?;
            Ok(ModelForecast::new(quantiles, details.clone()))
        };
        Ok(requests.iter().zip(steps).map(forecast).collect())
    }

    /// Returns the context of one request. An unusable context fails that request, not the whole batch.
    fn checked_context(&self, history: &History) -> Result<Vec<f64>, ModelError> {
        let context = self.context(history);
        match check_context(&context) {
            Ok(()) => Ok(context),
            Err(error) => {
                let reason = format!("at {}: {error}", history.as_of());
                Err(ModelError::Estimation(EstimationFailure::Context(reason)))
            }
        }
    }

    /// Converts the model's own quantiles at one step to the eleven price quantiles `[11]`: sorted (Chernozhukov,
    /// Fernández-Val and Galichon 2010), spread about the median scaled, missing tails from [`TAIL_RATIO`].
    fn levels(&self, own: ArrayView1<'_, f64>, places: &LevelPositions) -> Result<Array1<f64>, ModelError> {
        let mut sorted = own.to_vec();
        if sorted.iter().any(|price| !price.is_finite()) {
            let reason = "its forecast is not finite; check it with: forecaster model verify";
            return Err(ModelError::Estimation(EstimationFailure::NotPrices(reason.to_owned())));
        }
        sorted.sort_by(f64::total_cmp);
        if let Some(price) = sorted.first().filter(|price| **price <= 0.0) {
            let reason = format!("a quantile is {price}; a price must be positive");
            return Err(ModelError::Estimation(EstimationFailure::NotPrices(reason)));
        }
        let log = |place: usize| sorted[place].ln();
        let deciles = places.deciles.map(log);
        let median = deciles[MEDIAN - DECILES.start];
        let tail = |outermost: f64| median + TAIL_RATIO * (outermost - median);
        let low = places.low.map_or(tail(deciles[0]), log);
        let high = places.high.map_or(tail(deciles[deciles.len() - 1]), log);
        let temperature = self.settings.temperature;
        let logs = once(low).chain(deciles).chain(once(high));
        Ok(logs.map(|log| (median + temperature * (log - median)).exp()).collect())
    }

    fn details(&self, label: &CheckpointLabel, pipeline: &Pipeline) -> Vec<(String, String)> {
        let detail = |name: &str, value: String| (name.to_owned(), value);
        let context = match self.settings.context_length {
            longer if longer > label.context_length => format!("{} of {longer}", label.context_length),
            whole => whole.to_string(),
        };
        let mut details = vec![
            detail(CHECKPOINT_DETAIL, label.name.clone()),
            detail("parameters", parameter_count(label.parameters)),
            detail(
                "weights",
                format!("{} (sha256 {})", pipeline.settings().precision.name(), short(&label.weights_sha256)),
            ),
            detail("context", context),
        ];
        if self.settings.temperature != 1.0 {
            details.push(detail("temperature", self.settings.temperature.to_string()));
        }
        details
    }
}

/// Position of each of [`LEVELS`] among the model's own levels; the tails may be missing, the deciles may not.
fn level_positions(own: &[f64]) -> Result<LevelPositions, ModelError> {
    let place = |level: f64| own.iter().position(|l| (l - level).abs() < SAME_LEVEL);
    let mut deciles = [0; DECILES.end - DECILES.start];
    for (decile, level) in deciles.iter_mut().zip(&LEVELS[DECILES]) {
        *decile = place(*level).ok_or_else(|| {
            let message = format!("the checkpoint gives the quantiles {own:?}; the ensemble needs the nine deciles");
            ModelError::Unavailable { cause: Unavailability::BadCheckpoint, message }
        })?;
    }
    Ok(LevelPositions { low: place(LEVELS[0]), deciles, high: place(LEVELS[LEVELS.len() - 1]) })
}

impl Model for Chronos {
    fn name(&self) -> &str {
        ModelId::Chronos.as_str()
    }

    fn fingerprint(&self) -> String {
        let ChronosSettings { context_length, temperature } = self.settings;
        match &self.source {
            Ok((pipeline, label)) => format!(
                "chronos/{REVISION} {CONVERTER} {} {} {} context={context_length} temperature={temperature}",
                label.weights_sha256,
                label.config_sha256,
                pipeline.settings().precision.name()
            ),
            Err(_) => "chronos/none".to_owned(),
        }
    }

    fn forecast(&self, history: &History, target: &Target) -> Result<ModelForecast, ModelError> {
        let only = self.forecast_batch(&[(history, target)]).pop();
        let silent = || EstimationFailure::NoResult("the model gave no answer".to_owned());
        only.unwrap_or_else(|| Err(ModelError::Estimation(silent())))
    }

    fn prefers_batches(&self) -> bool {
        true
    }

    fn forecast_batch(&self, requests: &[(&History, &Target)]) -> Vec<Result<ModelForecast, ModelError>> {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        let attempt = match failed.as_ref() {
            Some(error) => Err(error.clone()),
            None => self.try_batch(requests),
        };
        attempt.unwrap_or_else(|error| {
            if matches!(error, ModelError::Unavailable { .. }) && failed.is_none() {
                *failed = Some(error.clone());
            }
            vec![Err(error); requests.len()]
        })
    }
}
