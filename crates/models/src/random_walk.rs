//! The benchmark: last value, Gaussian log returns, volatility of the last 250 observations, sqrt(time).

use crate::forecast::{price_forecast, require};
use forecaster_domain::{
    History, LEVELS, Model, ModelError, ModelForecast, ModelId, Target, decimals_of_small, standard_normal_quantile,
};

/// The driftless Gaussian random walk of log prices. Step h has quantiles last x exp(z sigma sqrt(h)), with sigma
/// the sample standard deviation of the last `window` log returns and h counted in target dates.
#[derive(Debug, Clone)]
pub struct RandomWalk {
    window: usize,
}

impl RandomWalk {
    /// Creates the benchmark of the design: volatility of the last 250 observations.
    pub fn new() -> Self {
        Self { window: 250 }
    }
}

impl Default for RandomWalk {
    fn default() -> Self {
        Self::new()
    }
}

impl Model for RandomWalk {
    fn name(&self) -> &str {
        ModelId::RandomWalk.as_str()
    }

    fn fingerprint(&self) -> String {
        format!("random_walk/1 window={}", self.window)
    }

    fn forecast(&self, history: &History, target: &Target) -> Result<ModelForecast, ModelError> {
        require(30, history.pair().len())?;
        let returns = history.window(self.window + 1).log_returns();
        let sigma = sample_deviation(&returns);
        let scores = LEVELS.map(standard_normal_quantile);
        let quantiles = price_forecast(history.pair().last_value(), history.as_of(), target, |step, level| {
            scores[level] * sigma * ((step + 1) as f64).sqrt()
        })?;
        let details = vec![
            ("window".into(), returns.len().to_string()),
            ("daily volatility".into(), format!("{:.*} %", decimals_of_small(100.0 * sigma, 2), 100.0 * sigma)),
        ];
        Ok(ModelForecast::new(quantiles, details))
    }
}

/// Sample standard deviation (divisor n - 1) of at least two values.
pub(crate) fn sample_deviation(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_history::{day, history, target};

    /// By hand: alternating returns of +-1 % have a sample deviation of 0.01 x sqrt(250 / 249); the 97.5 %
    /// quantile of the standard normal is 1.959964 (any table).
    #[test]
    fn quantiles_are_last_value_times_lognormal_sqrt_time() {
        let mut price = 1000.0;
        let prices: Vec<f64> = (0..400)
            .map(|i| {
                price *= f64::exp(if i % 2 == 0 { 0.01 } else { -0.01 });
                price
            })
            .collect();
        let forecast = RandomWalk::new().forecast(&history(&prices), &target(day(400), 9)).unwrap().quantiles;
        let sigma = 0.01 * (250.0f64 / 249.0).sqrt();
        for step in [0usize, 3, 8] {
            let spread = 1.959_964 * sigma * ((step + 1) as f64).sqrt();
            assert!((forecast.median(step) - prices[399]).abs() < 1e-9);
            assert!((forecast.interval95(step).1 / (prices[399] * spread.exp()) - 1.0).abs() < 1e-7);
            assert!((forecast.interval95(step).0 / (prices[399] * (-spread).exp()) - 1.0).abs() < 1e-7);
        }
    }

    #[test]
    fn a_short_history_is_refused() {
        let error = RandomWalk::new().forecast(&history(&[1.0; 20]), &target(day(20), 1)).unwrap_err();
        assert_eq!(error, ModelError::TooShort { needed: 30, available: 20 });
    }
}
