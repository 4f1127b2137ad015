//! Test of whether one forecaster is better than another or was only luckier.
//!
//! In: for each forecast that both issued, in order of issue, the first one's loss less the second one's. Out: an
//! [`EqualAccuracy`] test, and the number of forecasts needed to tell a difference of the observed size from chance.

use chrono::NaiveDate;
use forecaster_domain::standard_normal_quantile;
use statrs::distribution::{ContinuousCDF, StudentsT};

/// Level of the two-sided test: a smaller p-value counts as a difference.
pub const SIGNIFICANCE: f64 = 0.05;
/// Required probability of detecting a difference of the observed size.
pub const POWER: f64 = 0.8;

/// Result of the test of equal predictive accuracy.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EqualAccuracy {
    /// Number of loss differentials.
    pub n: usize,
    /// Mean differential; negative when the first forecaster loses less.
    pub mean: f64,
    /// Long-run variance of a differential.
    pub variance: f64,
    /// Number of autocovariances included in the variance.
    pub lag: usize,
    /// Small-sample correction by which the statistic is multiplied.
    pub correction: f64,
    /// Corrected statistic.
    pub statistic: f64,
    /// Two-sided p-value, from Student's t with n - 1 degrees of freedom.
    pub p_value: f64,
}

/// The test of Diebold and Mariano (1995, Comparing predictive accuracy, statistic S1) on `differentials` `[n]`,
/// first loss less second, oldest first, with the small-sample correction of Harvey, Leybourne and Newbold (1997,
/// Testing the equality of prediction mean squared errors, statistic S1*): for forecasts h = `lag` + 1 steps ahead
/// the statistic is multiplied by sqrt((n + 1 - 2h + h(h - 1)/n) / n) and compared with Student's t, n - 1 degrees of
/// freedom.
///
/// `lag` is the number of later forecasts that are issued before an earlier one has matured; at most n - 2 is used.
/// The long-run variance sums the autocovariances up to `lag` with equal weights, and is never less than the variance
/// itself: forecasts that overlap share their luck, which adds to it; a smaller sum is small-sample noise and would
/// make anything significant. `None` with fewer than two differentials, or when they do not vary.
pub fn diebold_mariano(differentials: &[f64], lag: usize) -> Option<EqualAccuracy> {
    let n = differentials.len();
    let lag = lag.min(n.checked_sub(2)?);
    let count = n as f64;
    let mean = differentials.iter().sum::<f64>() / count;
    let covariances: Vec<f64> = (0..=lag).map(|k| autocovariance(differentials, mean, k)).collect();
    let steps = lag as f64 + 1.0;
    let variance = (covariances[0] + 2.0 * covariances[1..].iter().sum::<f64>()).max(covariances[0]);
    if !(variance.is_finite() && variance > 0.0) {
        return None;
    }
    let correction = ((count + 1.0 - 2.0 * steps + steps * (steps - 1.0) / count) / count).sqrt();
    let statistic = correction * mean / (variance / count).sqrt();
    let student = StudentsT::new(0.0, 1.0, count - 1.0).ok()?;
    let p_value = 2.0 * student.cdf(-statistic.abs());
    Some(EqualAccuracy { n, mean, variance, lag, correction, statistic, p_value })
}

/// Largest number of forecasts issued before the outcome of an earlier one is known: the `lag` of
/// [`diebold_mariano`]. `spans`, oldest first, contain the date of issue and the date from which the outcome is
/// known.
pub fn overlap(spans: &[(NaiveDate, NaiveDate)]) -> usize {
    let later = |(index, (_, known)): (usize, &(NaiveDate, NaiveDate))| {
        spans[index + 1..].iter().take_while(|(issued, _)| issued < known).count()
    };
    spans.iter().enumerate().map(later).max().unwrap_or_default()
}

/// `lag`-th autocovariance of `values` `[n]`, divided by n.
fn autocovariance(values: &[f64], mean: f64, lag: usize) -> f64 {
    let products = values.iter().skip(lag).zip(values).map(|(later, earlier)| (later - mean) * (earlier - mean));
    products.sum::<f64>() / values.len() as f64
}

impl EqualAccuracy {
    /// Standard error of the mean, consistent with the corrected statistic: sqrt(variance / n) divided by the
    /// correction. It is still too small with few non-overlapping outcomes: for a year of simulated 90-day forecasts,
    /// bounds of two standard errors reject 15 % of true hypotheses.
    pub fn standard_error(&self) -> f64 {
        (self.variance / self.n as f64).sqrt() / self.correction
    }

    /// Number of forecasts needed to find a difference of the observed size with probability [`POWER`] at
    /// [`SIGNIFICANCE`]: variance x (z(1 - 0.05/2) + z(0.8))^2 / mean^2, the normal approximation. Infinite when
    /// there is no difference.
    pub fn forecasts_needed(&self) -> f64 {
        let quantiles = standard_normal_quantile(1.0 - SIGNIFICANCE / 2.0) + standard_normal_quantile(POWER);
        self.variance * (quantiles / self.mean).powi(2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    /// Independent references: numpy and scipy, and the package dieboldmariano (fixtures/diebold_mariano.py).
    #[test]
    fn the_test_is_that_of_independent_implementations() {
        let cases: Vec<Value> = serde_json::from_str(include_str!("../fixtures/diebold_mariano.json")).unwrap();
        for case in &cases {
            let number = |key: &str| case[key].as_f64().unwrap();
            let differentials: Vec<f64> =
                case["differentials"].as_array().unwrap().iter().map(|d| d.as_f64().unwrap()).collect();
            let test = diebold_mariano(&differentials, number("lag") as usize).unwrap();
            for (ours, key) in
                [(test.statistic, "statistic"), (test.p_value, "p_value"), (test.forecasts_needed(), "n_needed")]
            {
                assert!((ours / number(key) - 1.0).abs() < 1e-7, "{key}: {ours} for {}", number(key));
            }
        }
        assert!(cases.iter().any(|case| case["floored"] == true));
    }

    #[test]
    fn who_is_first_changes_the_sign_and_nothing_else() {
        let differentials = [0.3, -0.1, 0.4, 0.2, -0.3, 0.5, 0.1, 0.2];
        let turned = differentials.map(|d: f64| -d);
        let (one, other) = (diebold_mariano(&differentials, 2).unwrap(), diebold_mariano(&turned, 2).unwrap());
        assert_eq!((one.statistic, one.p_value), (-other.statistic, other.p_value));
        assert_eq!(one.forecasts_needed(), other.forecasts_needed());
    }

    #[test]
    fn what_does_not_vary_cannot_be_tested_and_a_lag_never_exceeds_the_sample() {
        assert_eq!(diebold_mariano(&[], 0), None);
        assert_eq!(diebold_mariano(&[1.0], 0), None);
        assert_eq!(diebold_mariano(&[0.0; 9], 0), None);
        let test = diebold_mariano(&[1.0, 2.0, 4.0], 40).unwrap();
        assert!(test.lag == 1 && test.p_value.is_finite());
    }
}
