//! Chronos-Bolt as a [`Model`]: from a history to a context, from the model's deciles to the eleven levels.

use crate::graph::CONVERTER;
use crate::{Pipeline, check_context, parameter_count, short};
use chrono::{Days, NaiveDate};
use forecaster_domain::{
    BusinessCalendar, History, LEVELS, MEDIAN, Model, ModelError, ModelForecast, QuantileForecast, Target,
};
use ndarray::{Array2, ArrayView1};
use std::sync::{Mutex, PoisonError};

/// Distance of the 0.025 and 0.975 quantiles from the median, in distances of the 0.1 and 0.9 quantiles, in logarithms of
/// the price: that of Student's t with seven degrees of freedom, t(0.975) / t(0.9) = 2.365 / 1.415. Measured on ten USD
/// pairs, 2003 to 2019, returns over 5 to 62 days in units of their volatility: median 1.67, USD/CLP 1.69 to 1.81 (the
/// normal distribution's 1.53 would be too narrow).
const TAIL_RATIO: f64 = 1.671;
/// Levels are equal when they differ by less than this.
const SAME_LEVEL: f64 = 1e-6;
/// Changes whenever answers do.
const REVISION: &str = "1";

/// How a horizon uses the model.
#[derive(Debug, Clone, PartialEq)]
pub struct ChronosSettings {
    /// Business days of history in a context.
    pub context_length: usize,
    /// Multiplier of the spread about the median, in logarithms of the price; 1 leaves it as the model gives it.
    pub temperature: f64,
}

/// What the report says of the checkpoint.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckpointLabel {
    /// Its name, such as amazon/chronos-bolt-small.
    pub name: String,
    /// Parameters in it.
    pub parameters: usize,
    /// SHA-256 of its weights, hexadecimal.
    pub weights_sha256: String,
    /// SHA-256 of its `config.json`, hexadecimal.
    pub config_sha256: String,
}

/// A request as the model sees it.
struct Prepared {
    /// The context; taken out when it is sent.
    context: Vec<f64>,
    /// Step of each target date, from 0.
    steps: Vec<usize>,
}

/// A Chronos-Bolt checkpoint as one of the ensemble's models, or the reason why there is none.
///
/// Business days without an observation stay unobserved in the context. Answers agree to single precision however the
/// forecasts asked for are batched, not to the last bit: matrix products of different heights round differently.
#[derive(Debug)]
pub struct Chronos {
    settings: ChronosSettings,
    calendar: BusinessCalendar,
    source: Result<(Pipeline, CheckpointLabel), String>,
    /// The first failure to load: not tried again within a run.
    failed: Mutex<Option<ModelError>>,
}

impl Chronos {
    /// The model that `pipeline` loads, for a pair with business days `calendar`.
    pub fn new(
        pipeline: Pipeline,
        label: CheckpointLabel,
        settings: ChronosSettings,
        calendar: BusinessCalendar,
    ) -> Self {
        Self { settings, calendar, source: Ok((pipeline, label)), failed: Mutex::default() }
    }

    /// A model that has no forecast, for `reason`: the ensemble leaves it out and says so.
    pub fn unavailable(reason: String, settings: ChronosSettings, calendar: BusinessCalendar) -> Self {
        Self { settings, calendar, source: Err(reason), failed: Mutex::default() }
    }

    /// The last `context_length` business days up to the as-of date, oldest first, NaN where nothing was observed; days
    /// with an observation count as business days. Fewer where the history begins later.
    fn context(&self, history: &History) -> Vec<f64> {
        let pair = history.pair();
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

    /// Step of each target date: its place among the business days after `as_of`, from 0.
    fn steps(&self, as_of: NaiveDate, target: &Target) -> Vec<usize> {
        let step = |date: &NaiveDate| self.calendar.business_days_between(as_of, *date).max(1) as usize - 1;
        target.dates.iter().map(step).collect()
    }

    fn try_batch(
        &self,
        requests: &[(&History, &Target)],
    ) -> Result<Vec<Result<ModelForecast, ModelError>>, ModelError> {
        let (pipeline, label) = self.source.as_ref().map_err(|reason| ModelError::Unavailable(reason.clone()))?;
        let mut prepared: Vec<Result<Prepared, ModelError>> =
            requests.iter().map(|(history, target)| self.prepare(history, target)).collect();
        let (contexts, steps): (Vec<Vec<f64>>, Vec<usize>) = prepared
            .iter_mut()
            .filter_map(|p| p.as_mut().ok())
            .map(|p| (std::mem::take(&mut p.context), p.steps.iter().max().map_or(1, |last| last + 1)))
            .unzip();
        let Some(most) = steps.into_iter().max() else {
            return Ok(prepared.into_iter().map(|p| p.and(Err(ModelError::Panicked))).collect());
        };
        let answers = pipeline.predict(&contexts, most).map_err(|e| ModelError::Unavailable(e.to_string()))?;
        tracing::info!(
            contexts = contexts.len(),
            steps = most,
            "Chronos inference completed in {:.2}s",
            answers.seconds
        );
        let chosen = positions(&answers.levels)?;
        let details = self.details(label, pipeline);
        let mut quantiles = answers.quantiles.into_iter();
        let forecast = |((history, target), prepared): (&(&History, &Target), Result<Prepared, ModelError>)| {
            let steps = prepared?.steps;
            let answer = quantiles.next().ok_or(ModelError::Panicked)?;
            let mut values = Array2::zeros((steps.len(), LEVELS.len()));
            for (mut row, step) in values.rows_mut().into_iter().zip(steps) {
                row.assign(&self.levels(answer.row(step), &chosen)?);
            }
            let quantiles = QuantileForecast::new(history.as_of(), target.dates.clone(), values)?;
            Ok(ModelForecast { quantiles, details: details.clone() })
        };
        Ok(requests.iter().zip(prepared).map(forecast).collect())
    }

    /// Context and steps of one request; one that nothing can be forecast from is its own failure, not the batch's.
    fn prepare(&self, history: &History, target: &Target) -> Result<Prepared, ModelError> {
        let context = self.context(history);
        check_context(&context).map_err(|e| ModelError::Estimation(format!("at {}: {e}", history.as_of())))?;
        Ok(Prepared { context, steps: self.steps(history.as_of(), target) })
    }

    /// The eleven price quantiles `[11]` from the model's own at one step: sorted (Chernozhukov, Fernández-Val and
    /// Galichon 2010), the spread about the median scaled, tails by [`TAIL_RATIO`] where the model has none.
    fn levels(
        &self,
        own: ArrayView1<'_, f64>,
        chosen: &[Option<usize>; LEVELS.len()],
    ) -> Result<ndarray::Array1<f64>, ModelError> {
        let mut sorted = own.to_vec();
        if sorted.iter().any(|price| !price.is_finite()) {
            let reason = "its forecast is not finite; check it with: forecaster model verify";
            return Err(ModelError::Estimation(reason.to_owned()));
        }
        sorted.sort_by(f64::total_cmp);
        if let Some(price) = sorted.first().filter(|price| **price <= 0.0) {
            return Err(ModelError::Estimation(format!("a quantile is {price}; a price must be positive")));
        }
        let mut logs: Vec<Option<f64>> = chosen.iter().map(|i| i.map(|i| sorted[i].ln())).collect();
        let last = logs.len() - 1;
        let (Some(median), Some(low), Some(high)) = (logs[MEDIAN], logs[1], logs[last - 1]) else {
            return Err(ModelError::Estimation("the checkpoint does not give the nine deciles".to_owned()));
        };
        logs[0].get_or_insert(median + TAIL_RATIO * (low - median));
        logs[last].get_or_insert(median + TAIL_RATIO * (high - median));
        let temperature = self.settings.temperature;
        Ok(logs.into_iter().flatten().map(|log| (median + temperature * (log - median)).exp()).collect())
    }

    fn details(&self, label: &CheckpointLabel, pipeline: &Pipeline) -> Vec<(String, String)> {
        let detail = |name: &str, value: String| (name.to_owned(), value);
        let mut details = vec![
            detail("checkpoint", label.name.clone()),
            detail("parameters", parameter_count(label.parameters)),
            detail(
                "weights",
                format!("{} (sha256 {})", pipeline.settings().precision.name(), short(&label.weights_sha256)),
            ),
            detail("context", self.settings.context_length.to_string()),
        ];
        if self.settings.temperature != 1.0 {
            details.push(detail("temperature", self.settings.temperature.to_string()));
        }
        details
    }
}

/// For each of [`LEVELS`] its position among the model's own; the tails may be missing, the deciles not.
fn positions(own: &[f64]) -> Result<[Option<usize>; LEVELS.len()], ModelError> {
    let chosen = LEVELS.map(|level| own.iter().position(|l| (l - level).abs() < SAME_LEVEL));
    if chosen[1..LEVELS.len() - 1].iter().any(Option::is_none) {
        let reason = format!("the checkpoint gives the quantiles {own:?}; the ensemble needs the nine deciles");
        return Err(ModelError::Unavailable(reason));
    }
    Ok(chosen)
}

impl Model for Chronos {
    fn name(&self) -> &str {
        "chronos"
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
        only.unwrap_or_else(|| Err(ModelError::Estimation("the model gave no answer".to_owned())))
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
            if matches!(error, ModelError::Unavailable(_)) && failed.is_none() {
                *failed = Some(error.clone());
            }
            vec![Err(error); requests.len()]
        })
    }
}
