//! Shape of every forecast: price quantiles, target dates x levels.

use crate::error::DomainError;
use chrono::NaiveDate;
use ndarray::{Array2, ArrayView1};
use statrs::distribution::{ContinuousCDF, Normal};
use std::sync::OnceLock;

/// Quantile levels of every forecast. The 80 % interval is 0.1 to 0.9, the 95 % interval 0.025 to 0.975.
pub const LEVELS: [f64; 11] = [0.025, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.975];

/// Positions of the nine deciles in [`LEVELS`].
pub const DECILES: std::ops::Range<usize> = 1..10;

/// Position of the median in [`LEVELS`].
pub const MEDIAN: usize = 5;

/// Quantile function of the standard normal distribution, for `level` in (0, 1).
pub fn standard_normal_quantile(level: f64) -> f64 {
    Normal::standard().inverse_cdf(level)
}

fn level_scores() -> &'static [f64; 11] {
    static SCORES: OnceLock<[f64; 11]> = OnceLock::new();
    SCORES.get_or_init(|| LEVELS.map(standard_normal_quantile))
}

/// Price quantiles `[n target dates, 11 levels]` in units of the quote currency per unit of the base currency, always
/// finite, positive and sorted along the levels.
#[derive(Debug, Clone, PartialEq)]
pub struct QuantileForecast {
    as_of: NaiveDate,
    dates: Vec<NaiveDate>,
    values: Array2<f64>,
}

impl QuantileForecast {
    /// Creates a forecast from `values` `[dates.len(), 11]` after checking them.
    ///
    /// # Errors
    /// When the shape is wrong, a value is not a positive finite price, quantiles decrease along the levels, or the
    /// dates do not increase strictly from after `as_of`.
    pub fn new(as_of: NaiveDate, dates: Vec<NaiveDate>, values: Array2<f64>) -> Result<Self, DomainError> {
        let first_is_after = dates.first().is_some_and(|d| *d > as_of);
        if !first_is_after || dates.windows(2).any(|w| w[1] <= w[0]) {
            return Err(DomainError::TargetDates { as_of });
        }
        if values.dim() != (dates.len(), LEVELS.len()) {
            let (rows, columns) = values.dim();
            return Err(DomainError::ForecastShape { dates: dates.len(), rows, columns });
        }
        for (&date, row) in dates.iter().zip(values.rows()) {
            for (i, &value) in row.iter().enumerate() {
                let level = LEVELS[i];
                if !value.is_finite() || value <= 0.0 {
                    return Err(DomainError::ForecastValue { date, level, value });
                }
                if i > 0 && value < row[i - 1] {
                    return Err(DomainError::CrossingQuantiles { date, level });
                }
            }
        }
        Ok(Self { as_of, dates, values })
    }

    /// Date of the last observation used.
    pub fn as_of(&self) -> NaiveDate {
        self.as_of
    }

    /// Target dates `[n]`.
    pub fn dates(&self) -> &[NaiveDate] {
        &self.dates
    }

    /// Number of target dates, at least one.
    pub fn steps(&self) -> usize {
        self.dates.len()
    }

    /// Complete matrix `[n, 11]`.
    pub fn values(&self) -> &Array2<f64> {
        &self.values
    }

    /// Quantiles `[11]` of target date `step` (0-based).
    pub fn row(&self, step: usize) -> ArrayView1<'_, f64> {
        self.values.row(step)
    }

    /// Median of target date `step` (0-based).
    pub fn median(&self, step: usize) -> f64 {
        self.values[[step, MEDIAN]]
    }

    /// Lower and upper end of the 80 % interval at `step` (0-based).
    pub fn interval80(&self, step: usize) -> (f64, f64) {
        (self.values[[step, 1]], self.values[[step, 9]])
    }

    /// Lower and upper end of the 95 % interval at `step` (0-based).
    pub fn interval95(&self, step: usize) -> (f64, f64) {
        (self.values[[step, 0]], self.values[[step, 10]])
    }

    /// Position of the last target date.
    pub fn last_step(&self) -> usize {
        self.dates.len() - 1
    }

    /// Price at standard normal score `z` of target date `step`: log prices are interpolated linearly between the
    /// scores of the levels, and extended beyond them with the outermost slope.
    pub fn price_at_score(&self, step: usize, z: f64) -> f64 {
        let scores = level_scores();
        let row = self.values.row(step);
        let i = scores[1..LEVELS.len() - 1].partition_point(|s| *s <= z);
        let (low, high) = (row[i].ln(), row[i + 1].ln());
        (low + (high - low) * (z - scores[i]) / (scores[i + 1] - scores[i])).exp()
    }

    /// Probability that the price at target date `step` is above `price`: the inverse of
    /// [`QuantileForecast::price_at_score`]. 0.5 exactly at the median.
    pub fn probability_above(&self, step: usize, price: f64) -> f64 {
        let scores = level_scores();
        let row = self.values.row(step);
        let i = row.iter().skip(1).take(LEVELS.len() - 2).take_while(|q| **q <= price).count();
        let (low, high) = (row[i].ln(), row[i + 1].ln());
        if high <= low {
            return if price < row[i] { 1.0 - LEVELS[i] } else { 1.0 - LEVELS[i + 1] };
        }
        let z = scores[i] + (scores[i + 1] - scores[i]) * (price.ln() - low) / (high - low);
        1.0 - Normal::standard().cdf(z)
    }
}

/// Smallest of `values`, which are pairs of a value and its weight, such that at least the share `level` of the total
/// weight lies at or below it; sorts `values`. `None` without a positive weight.
pub fn weighted_quantile(values: &mut [(f64, f64)], level: f64) -> Option<f64> {
    let total: f64 = values.iter().map(|(_, weight)| weight).sum();
    values.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let mut below = 0.0;
    let found = values.iter().find(|(_, weight)| {
        below += weight;
        // Rounding of the sum must not skip the value at which the share is reached.
        below >= level * total * (1.0 - 1e-12)
    });
    found.filter(|_| total > 0.0).map(|(value, _)| *value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(d: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2024, 1, d).unwrap()
    }

    fn lognormal(sigma: f64) -> QuantileForecast {
        let row = LEVELS.map(|level| (6.9 + sigma * standard_normal_quantile(level)).exp());
        let values = Array2::from_shape_vec((1, 11), row.to_vec()).unwrap();
        QuantileForecast::new(day(1), vec![day(2)], values).unwrap()
    }

    #[test]
    fn a_forecast_that_exists_is_sorted_finite_and_positive() {
        let refuse = |change: &dyn Fn(&mut Array2<f64>)| {
            let mut values = lognormal(0.01).values;
            change(&mut values);
            QuantileForecast::new(day(1), vec![day(2)], values).unwrap_err().to_string()
        };
        assert!(refuse(&|v| v[[0, 3]] = f64::NAN).contains("level 0.3 is NaN"));
        assert!(refuse(&|v| v[[0, 0]] = -1.0).contains("level 0.025 is -1"));
        assert!(refuse(&|v| v[[0, 4]] = 1.0).contains("crosses: level 0.4"));
        let shape = QuantileForecast::new(day(1), vec![day(2)], Array2::ones((2, 11))).unwrap_err();
        assert!(shape.to_string().contains("[1, 11], not 2 x 11"));
        let dates = QuantileForecast::new(day(2), vec![day(2)], Array2::ones((1, 11))).unwrap_err();
        assert_eq!(dates, DomainError::TargetDates { as_of: day(2) });
    }

    #[test]
    fn a_normal_forecast_gives_normal_probabilities_also_beyond_its_levels() {
        let forecast = lognormal(0.02);
        for z in [-3.0, -1.5, -0.2, 0.0, 0.7, 2.5] {
            let price = (6.9f64 + 0.02 * z).exp();
            let expected = 1.0 - Normal::standard().cdf(z);
            assert!((forecast.probability_above(0, price) - expected).abs() < 1e-9, "{z}");
            assert!((forecast.price_at_score(0, z) / price - 1.0).abs() < 1e-9, "{z}");
        }
    }

    proptest! {
        #[test]
        fn probability_falls_as_the_price_rises(
            mut prices in proptest::collection::vec(500.0..1500.0f64, 11), a in 400.0..1600.0f64, b in 400.0..1600.0f64,
        ) {
            prices.sort_by(f64::total_cmp);
            let values = Array2::from_shape_vec((1, 11), prices).unwrap();
            let forecast = QuantileForecast::new(day(1), vec![day(2)], values).unwrap();
            let (low, high) = (a.min(b), a.max(b));
            let (p_low, p_high) = (forecast.probability_above(0, low), forecast.probability_above(0, high));
            prop_assert!((0.0..=1.0).contains(&p_low) && p_high <= p_low + 1e-12);
        }
    }

    #[test]
    fn a_weighted_quantile_counts_weights_and_not_values() {
        let mut values = [(3.0, 1.0), (1.0, 1.0), (2.0, 8.0)];
        let levels = [0.05, 0.1, 0.5, 0.9, 0.95, 1.0].map(|level| weighted_quantile(&mut values, level).unwrap());
        assert_eq!(levels, [1.0, 1.0, 2.0, 2.0, 3.0, 3.0]);
        assert_eq!((weighted_quantile(&mut [], 0.5), weighted_quantile(&mut [(1.0, 0.0)], 0.5)), (None, None));
    }
}
