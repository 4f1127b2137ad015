//! A wrapper that keeps single giant returns, such as a devaluation or a faulty value, from dominating another model.
//!
//! In: any model. Out: its forecast from the history with limited returns ([`History::bounded`]), with the variance
//! that the limit withholds added to the width. When no return has to be limited, it is the model's own forecast.

use forecaster_domain::{
    BoundedHistory, DECILES, History, MEDIAN, Model, ModelError, ModelForecast, QuantileForecast, Target,
    VolatilityPath, WithheldVariance, standard_normal_quantile,
};

/// Wrapper that gives `model` histories with limited returns.
#[derive(Debug, Clone)]
pub struct Robust<M> {
    model: M,
}

impl<M: Model> Robust<M> {
    /// Wraps `model`, which must not depend on the level of prices: the level of the past is moved.
    pub fn new(model: M) -> Self {
        Self { model }
    }
}

impl<M: Model> Model for Robust<M> {
    fn name(&self) -> &str {
        self.model.name()
    }

    fn fingerprint(&self) -> String {
        format!("{} robust/1", self.model.fingerprint())
    }

    fn forecast(&self, history: &History, target: &Target) -> Result<ModelForecast, ModelError> {
        let bounded = history.bounded();
        widened(self.model.forecast(&bounded.history, target)?, &bounded)
    }

    fn prefers_batches(&self) -> bool {
        self.model.prefers_batches()
    }

    fn forecast_batch(&self, requests: &[(&History, &Target)]) -> Vec<Result<ModelForecast, ModelError>> {
        let bounded: Vec<BoundedHistory> = requests.iter().map(|(history, _)| history.bounded()).collect();
        let inner: Vec<(&History, &Target)> =
            bounded.iter().zip(requests).map(|(bounded, (_, target))| (&bounded.history, *target)).collect();
        let answers = self.model.forecast_batch(&inner);
        answers.into_iter().zip(&bounded).map(|(answer, bounded)| widened(answer?, bounded)).collect()
    }
}

/// Adds the withheld variance of `bounded` to the width of `forecast`, and its newest limited return to the details.
fn widened(mut forecast: ModelForecast, bounded: &BoundedHistory) -> Result<ModelForecast, ModelError> {
    if let Some(newest) = bounded.limited.last() {
        forecast.details.push(("returns limited".to_owned(), format!("{} ({newest})", bounded.limited.len())));
    }
    forecast.quantiles = with_variance(forecast.quantiles, bounded.withheld)?;
    forecast.volatility = forecast.volatility.map(|path| with_withheld(path, bounded.withheld));
    Ok(forecast)
}

/// Widens `forecast` about its median: the variance of each step, from the 80 % interval as that of a normal
/// distribution, grows by `withheld`. A forecast without any width gets that of the normal distribution.
fn with_variance(forecast: QuantileForecast, withheld: WithheldVariance) -> Result<QuantileForecast, ModelError> {
    if withheld.next <= 0.0 {
        return Ok(forecast);
    }
    let score = |level: usize| standard_normal_quantile(forecaster_domain::LEVELS[level]);
    let mut values = forecast.values().clone();
    for (step, mut row) in values.rows_mut().into_iter().enumerate() {
        let (low, high) = forecast.interval80(step);
        let deviation = (high / low).ln() / (2.0 * score(DECILES.end - 1));
        let added = withheld.summed(step + 1);
        let median = row[MEDIAN].ln();
        let factor = (1.0 + added / deviation.powi(2)).sqrt();
        for (level, quantile) in row.iter_mut().enumerate() {
            let distance =
                if factor.is_finite() { factor * (quantile.ln() - median) } else { added.sqrt() * score(level) };
            *quantile = (median + distance).exp();
        }
    }
    Ok(QuantileForecast::new(forecast.as_of(), forecast.dates().to_vec(), values)?)
}

/// Adds `withheld` to the expected deviations of `path`.
fn with_withheld(path: VolatilityPath, withheld: WithheldVariance) -> VolatilityPath {
    let more = |(index, deviation): (usize, &f64)| (deviation.powi(2) + withheld.of_step(index + 1)).sqrt();
    VolatilityPath { ahead: path.ahead.iter().enumerate().map(more).collect(), ..path }
}

#[cfg(test)]
mod tests;
