//! The EWMA walk: a random walk whose volatility follows the market within weeks and returns to its two-year level.
//!
//! In: the pair's history. Out: quantiles about the last value. Two exponentially weighted averages of squared
//! returns, of about two months and about half a year, are pooled by their geometric mean, which reacts faster than
//! the slow one and is steadier than the fast one. Over the horizon the variance returns to that of the last 500
//! days. The widths are then corrected by the outcomes of every day of the window ([`WidthCorrections`]).

use crate::forecast::{price_forecast, require};
use forecaster_domain::{
    History, LEVELS, Model, ModelError, ModelForecast, ModelId, Target, decimals_of_small, standard_normal_quantile,
    weighted_quantile,
};

/// Daily decays of the two averages of squared returns. 0.97 is RiskMetrics' (1996, Technical Document, table 5.9)
/// for a month ahead; of 0.94 to 0.995, 0.99 was the best second decay. On USD/CLP the two beat the random walk's
/// 250-day deviation in each of 2008-11, 2012-14, 2015-19 and 2020-22, at each of the four horizons, by 0.25 to 1.3 %
/// of WQL.
const DECAYS: [f64; 2] = [0.97, 0.99];
/// Number of returns whose mean square starts the averages.
const START: usize = 60;
/// Number of returns for the long-run level. With 250 or 1000 the gain at 90 days was smaller or zero in every
/// period.
const LONG_RUN: usize = 500;
/// Daily rate at which the variance returns to its long-run level: half-way after 34 days. The best of 0.98, 0.99 and
/// 0.995 at 90 days; no difference at 7 and 15.
const PERSISTENCE: f64 = 0.98;

/// Half-life of an outcome for the widths, in days. 60 to 500 performed alike at 7 to 30 days; no decay lost 0.1 to
/// 0.3 % in 2012-14, because the autocorrelation caused by averaging has faded.
const HALF_LIFE: f64 = 125.0;
/// Number of independent outcomes at which a correction of the deciles counts half; 10 to 100 performed alike.
const HALF_CREDIBLE_DECILES: f64 = 30.0;
/// The same for the levels 0.025 and 0.975, whose corrections are larger.
const HALF_CREDIBLE_TAILS: f64 = 10.0;
/// Largest correction factor (and the inverse of the smallest).
const LIMIT: f64 = 1.5;
/// Number of steps whose widths are corrected; steps between are interpolated in the logarithm of the step.
const KNOTS: usize = 6;
/// Minimum number of outcomes of a step; with fewer there is no correction.
const MIN_OUTCOMES: usize = 50;

/// EWMA walk model. No drift, no expected autocorrelation: only the width differs from the random walk's.
#[derive(Debug, Clone, Copy, Default)]
pub struct EwmaWalk;

impl EwmaWalk {
    /// Creates the model; it has no settings.
    pub fn new() -> Self {
        Self
    }
}

impl Model for EwmaWalk {
    fn name(&self) -> &str {
        ModelId::EwmaWalk.as_str()
    }

    fn fingerprint(&self) -> String {
        format!("ewma_walk/1 decays={DECAYS:?} long_run={LONG_RUN} persistence={PERSISTENCE} half_life={HALF_LIFE}")
    }

    fn forecast(&self, history: &History, target: &Target) -> Result<ModelForecast, ModelError> {
        require(START + 1, history.pair().len())?;
        let steps = target.dates.len();
        let variances = Variances::new(&history.log_returns());
        let newest = history.pair().len() - 1;
        let widths = WidthCorrections::fit(history.pair().values(), &variances, steps);
        let quantiles = price_forecast(history.pair().last_value(), history.as_of(), target, |step, level| {
            widths.deviations(step + 1, level) * variances.summed(newest, step + 1).sqrt()
        })?;
        let percent = |variance: f64| {
            let percent = 100.0 * variance.sqrt();
            format!("{percent:.*} %", decimals_of_small(percent, 2))
        };
        let details = vec![
            ("daily volatility".to_owned(), percent(variances.now[newest])),
            ("daily volatility, long-run".to_owned(), percent(variances.long_run[newest])),
            ("correction of the width at the end".to_owned(), format!("{:.2}", widths.factor(steps, false))),
        ];
        Ok(ModelForecast::new(quantiles, details))
    }
}

/// Variances known at each observation `[n]`.
struct Variances {
    /// Current variance: geometric mean of the two averages.
    now: Vec<f64>,
    /// Variance of the last [`LONG_RUN`] returns.
    long_run: Vec<f64>,
}

impl Variances {
    /// Computes the variances from `returns` `[n - 1]`, at least [`START`] of them.
    fn new(returns: &[f64]) -> Self {
        let start = returns[..START].iter().map(|r| r * r).sum::<f64>() / START as f64;
        let mut averages = DECAYS.map(|_| start);
        let (mut now, mut long_run) = (vec![start], vec![start]);
        let (mut squares, mut sum) = (0.0, 0.0);
        for (i, r) in returns.iter().enumerate() {
            for (average, decay) in averages.iter_mut().zip(DECAYS) {
                *average = decay * *average + (1.0 - decay) * r * r;
            }
            now.push(averages.iter().product::<f64>().sqrt());
            let left = i.checked_sub(LONG_RUN).map_or(0.0, |i| returns[i]);
            squares += r * r - left * left;
            sum += r - left;
            let count = (i + 1).min(LONG_RUN) as f64;
            let of_window = (squares - sum * sum / count) / (count - 1.0);
            long_run.push(if i < START { start } else { of_window.max(0.0) });
        }
        Self { now, long_run }
    }

    /// Variance of the sum of the next `steps` returns, at observation `i`: at step k the current variance has the
    /// share 0.98^k, the long-run variance the rest.
    fn summed(&self, i: usize, steps: usize) -> f64 {
        let share = (1.0 - PERSISTENCE.powi(steps as i32)) / (1.0 - PERSISTENCE);
        share * self.now[i] + (steps as f64 - share) * self.long_run[i]
    }
}

/// Multipliers of the width by step: conformal prediction with scaled scores (Lei et al. 2018, Distribution-Free
/// Predictive Inference for Regression, section 5.2). Old outcomes count less (Barber, Candès, Ramdas and Tibshirani
/// 2023, Conformal prediction beyond exchangeability, section 4). Multipliers are shrunk towards 1 when there are few
/// independent outcomes: one step has many, sixty steps have few.
struct WidthCorrections {
    /// Step, and the logarithms of the multipliers of the deciles and of the tails.
    knots: Vec<(usize, [f64; 2])>,
}

impl WidthCorrections {
    /// Fits the multipliers, with every observation of `prices` `[n]` as an origin; a score is the distance in
    /// deviations.
    fn fit(prices: &[f64], variances: &Variances, steps: usize) -> Self {
        let mut knots: Vec<usize> =
            (0..KNOTS).map(|k| (steps as f64).powf(k as f64 / (KNOTS - 1) as f64).round() as usize).collect();
        knots.dedup();
        Self { knots: knots.into_iter().map(|step| (step, multipliers(prices, variances, step))).collect() }
    }

    /// Quantile at `step` (from 1) of the level at position `level`, in deviations. A tail is never nearer to the
    /// centre than the decile inside it.
    fn deviations(&self, step: usize, level: usize) -> f64 {
        let last = LEVELS.len() - 1;
        let of = |level: usize, is_tail| standard_normal_quantile(LEVELS[level]) * self.factor(step, is_tail);
        match level {
            0 => of(0, true).min(of(1, false)),
            _ if level == last => of(last, true).max(of(last - 1, false)),
            _ => of(level, false),
        }
    }

    /// Interpolates the multiplier at `step`.
    fn factor(&self, step: usize, is_tail: bool) -> f64 {
        let which = usize::from(is_tail);
        let after = self.knots.partition_point(|(knot, _)| *knot < step).min(self.knots.len() - 1);
        let ((from, a), (to, b)) = (self.knots[after.saturating_sub(1)], self.knots[after]);
        let place = if to > from { (step as f64 / from as f64).ln() / (to as f64 / from as f64).ln() } else { 0.0 };
        (a[which] + place * (b[which] - a[which])).exp()
    }
}

/// Logarithms of the multipliers of deciles and tails at `step`.
fn multipliers(prices: &[f64], variances: &Variances, step: usize) -> [f64; 2] {
    let last = prices.len() - 1;
    let mut scores: Vec<(f64, f64)> = (START..prices.len().saturating_sub(step))
        .filter_map(|i| {
            let deviation = variances.summed(i, step).sqrt();
            let weight = 0.5f64.powf((last - i - step) as f64 / HALF_LIFE);
            (deviation > 0.0).then(|| ((prices[i + step] / prices[i]).ln().abs() / deviation, weight))
        })
        .collect();
    if scores.len() < MIN_OUTCOMES {
        return [0.0; 2];
    }
    let independent = scores.iter().map(|(_, weight)| weight).sum::<f64>() / step as f64;
    // Logarithm of the factor that would have given the interval of this share its nominal coverage.
    let mut factor = |share: f64| {
        let found = weighted_quantile(&mut scores, share).filter(|score| *score > 0.0);
        found.map_or(0.0, |score| (score / standard_normal_quantile(0.5 + share / 2.0)).ln())
    };
    let (deciles, tails) = (0.5 * (factor(0.6) + factor(0.8)), factor(0.95));
    let shrunk = |log: f64, half: f64| (log * independent / (independent + half)).clamp(-LIMIT.ln(), LIMIT.ln());
    [shrunk(deciles, HALF_CREDIBLE_DECILES), shrunk(tails, HALF_CREDIBLE_TAILS)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_history::{day, history, normals, prices, target};

    /// Returns of constant size with alternating signs.
    fn constant(size: f64, count: usize) -> Vec<f64> {
        (0..count).map(|i| if i % 2 == 0 { size } else { -size }).collect()
    }

    /// Widths `[steps]` of the 80 % and of the 95 % interval, in logarithms.
    fn widths(returns: &[f64], steps: usize) -> Vec<[f64; 2]> {
        let target = target(day(3000), steps);
        let forecast = EwmaWalk::new().forecast(&history(&prices(returns)), &target).unwrap().quantiles;
        let width = |(low, high): (f64, f64)| (high / low).ln();
        (0..steps).map(|step| [width(forecast.interval80(step)), width(forecast.interval95(step))]).collect()
    }

    /// By hand: after 60 days of double size the averages are 4 - 3 x decay^60 times the old square, and the 500-day
    /// level is (440 + 60 x 4) / 500 of it.
    #[test]
    fn a_volatility_that_has_doubled_is_known_within_weeks_and_leans_to_its_level_of_two_years() {
        let mut returns = constant(0.01, 1000);
        assert!((Variances::new(&returns).summed(1000, 5) / (5.0 * 1e-4) - 1.0).abs() < 2e-3);
        returns.extend(constant(0.02, 60));
        let variances = Variances::new(&returns);
        let now = 1e-4 * DECAYS.map(|decay: f64| 4.0 - 3.0 * decay.powi(60)).iter().product::<f64>().sqrt();
        let long_run = 1e-4 * (440.0 + 60.0 * 4.0) / 500.0;
        assert!((variances.summed(1060, 1) / now - 1.0).abs() < 1e-9);
        let sixtieth = variances.summed(1060, 60) - variances.summed(1060, 59);
        let share = PERSISTENCE.powi(59);
        let expected = share * now + (1.0 - share) * long_run;
        assert!((sixtieth / expected - 1.0).abs() < 2e-3, "{sixtieth} against {expected}");
    }

    /// Theory: for independent normal returns the width is 2 x 1.2816 (1.9600) x deviation x sqrt(steps); the
    /// averages estimate the deviation to within some 7 %.
    #[test]
    fn of_independent_normal_returns_the_width_is_the_textbooks() {
        let mut sums = [[0.0; 2]; 20];
        for seed in 0..20 {
            let returns: Vec<f64> = normals(1500, seed).iter().map(|z| 0.01 * z).collect();
            for (sum, width) in sums.iter_mut().zip(widths(&returns, 20)) {
                (0..2).for_each(|i| sum[i] += width[i] / 20.0);
            }
        }
        for (step, found) in sums.iter().enumerate() {
            for (found, score) in found.iter().zip([1.281_551_6, 1.959_964]) {
                let expected = 2.0 * score * 0.01 * ((step + 1) as f64).sqrt();
                assert!((found / expected - 1.0).abs() < 0.05, "step {step}: {found} against {expected}");
            }
        }
    }

    /// Theory: averages of a random walk's trades have returns with the autocorrelation 1/4 (Working 1960), so the
    /// variance of five of them is 1 + 2 x 1/4 x 4/5 = 1.4 times that of five independent ones.
    #[test]
    fn the_width_of_several_steps_follows_the_variance_that_they_had() {
        let (mut independent, mut averaged) = (0.0, 0.0);
        for seed in 0..20 {
            let shocks = normals(1501, 100 + seed);
            // First-order moving average with the autocorrelation 1/4 and the same variance.
            let theta: f64 = 2.0 - 3f64.sqrt();
            let scale = 0.01 / (1.0 + theta * theta).sqrt();
            let returns: Vec<f64> = shocks.windows(2).map(|w| scale * (w[1] + theta * w[0])).collect();
            let plain: Vec<f64> = shocks[1..].iter().map(|z| 0.01 * z).collect();
            averaged += widths(&returns, 5)[4][0];
            independent += widths(&plain, 5)[4][0];
        }
        // Shrunk: for five steps the last months hold some 36 independent outcomes, which count 36 / 66.
        let ratio = averaged / independent;
        assert!((1.05..1.4f64.sqrt()).contains(&ratio), "{ratio}");
    }

    #[test]
    fn fat_tails_widen_the_tails_and_not_the_deciles() {
        let mut found = [0.0; 2];
        for seed in 0..10 {
            // One day in thirty is five times as large.
            let returns: Vec<f64> = normals(1500, 300 + seed)
                .iter()
                .enumerate()
                .map(|(i, z)| 0.01 * z * if i % 30 == 7 { 5.0 } else { 1.0 })
                .collect();
            let width = widths(&returns, 1)[0];
            (0..2).for_each(|i| found[i] += width[i]);
        }
        assert!(found[1] / found[0] > 1.05 * 1.959_964 / 1.281_551_6, "{found:?}");
    }

    #[test]
    fn a_rate_that_does_not_move_has_no_width_and_no_error() {
        let flat = EwmaWalk::new().forecast(&history(&[3.6725; 700]), &target(day(700), 5)).unwrap().quantiles;
        assert!(flat.values().iter().all(|value| *value == 3.6725));
    }

    #[test]
    fn a_short_history_is_refused() {
        let error = EwmaWalk::new().forecast(&history(&[1.0; 40]), &target(day(40), 1)).unwrap_err();
        assert_eq!(error, ModelError::TooShort { needed: 61, available: 40 });
    }
}
