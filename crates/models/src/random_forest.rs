//! Quantile regression forest on lagged returns, volatilities and regressors, direct for each step.
//!
//! One forest is grown per forecast; every step h has its own response, the h-step return in units of the volatility
//! expected at the time. A training row at t is used for step h only if t + h is not after the as-of date: the forest
//! never sees its own target. It predicts only the shape and the width of the distribution, symmetric about the last
//! value, and no direction: its conditional means cost 0.4 to 1 % of WQL at 7 and 15 days in each of 2012-14, 2015-19
//! and 2020-22 on USD/CLP.

use crate::forecast::{price_forecast, require};
use crate::forest::{Forest, ForestSettings, RESPONSES};
use crate::vector_autoregression::left_out;
use forecaster_domain::{
    EstimationFailure, History, LEVELS, MEDIAN, Model, ModelError, ModelForecast, ModelId, Target,
};

/// Number of rows before the first one with all its features.
const WARM_UP: usize = 250;
/// Daily decay of the fast variance (RiskMetrics 1996 uses 0.94 for daily data, 0.97 for monthly).
const FAST_DECAY: f64 = 0.97;
/// Daily persistence with which the fast variance returns to the slow one over the steps; 0.97 lost less than
/// 0.985 on 2011-2022.
const PERSISTENCE: f64 = 0.97;
/// Number of independent windows at which the shape from the leaves counts half; with fewer, most of the shape comes
/// from all training rows equally.
const HALF_CREDIBLE_SHAPE: f64 = 10.0;

/// Settings for growing the forest.
#[derive(Debug, Clone)]
pub struct RandomForestSettings {
    /// Number of trees.
    pub trees: usize,
    /// Minimum number of rows in a leaf.
    pub min_leaf: usize,
    /// Seed of the random choices.
    pub seed: u64,
}

impl Default for RandomForestSettings {
    fn default() -> Self {
        Self { trees: 100, min_leaf: 25, seed: 20_030_401 }
    }
}

/// Quantile regression forest model.
#[derive(Debug, Clone)]
pub struct RandomForest {
    settings: RandomForestSettings,
}

impl RandomForest {
    /// Creates a model that grows its forest with `settings`.
    pub fn new(settings: RandomForestSettings) -> Self {
        Self { settings }
    }
}

impl Model for RandomForest {
    fn name(&self) -> &str {
        ModelId::RandomForest.as_str()
    }

    fn fingerprint(&self) -> String {
        let RandomForestSettings { trees, min_leaf, seed } = self.settings;
        format!("random_forest/3 trees={trees} min_leaf={min_leaf} seed={seed}")
    }

    fn forecast(&self, history: &History, target: &Target) -> Result<ModelForecast, ModelError> {
        let steps = target.dates.len();
        require(WARM_UP + steps + 200, history.pair().len())?;
        let table = FeatureTable::new(history, steps);
        let forest = Forest::grow(
            &table.training_features(),
            &table.split_responses(),
            &ForestSettings {
                trees: self.settings.trees,
                min_leaf: self.settings.min_leaf,
                subsample: 0.5,
                seed: self.settings.seed,
            },
        );
        let weights = forest.weights(table.query());
        let spread: Vec<[f64; LEVELS.len()]> =
            (1..=steps).map(|h| table.quantiles(&weights, h)).collect::<Result<_, _>>()?;
        let quantiles =
            price_forecast(history.pair().last_value(), history.as_of(), target, |step, level| spread[step][level])?;
        let details = vec![
            ("trees".into(), self.settings.trees.to_string()),
            ("smallest leaf".into(), self.settings.min_leaf.to_string()),
            ("training rows".into(), table.training_rows().to_string()),
            ("features".into(), table.names.join(", ")),
            ("left out".into(), table.left_out.clone()),
        ];
        let details = details.into_iter().filter(|(_, value): &(String, String)| !value.is_empty()).collect();
        Ok(ModelForecast::new(quantiles, details))
    }
}

/// Features and responses of every date from the warm-up on.
struct FeatureTable {
    names: Vec<String>,
    left_out: String,
    /// Feature rows: row i belongs to observation WARM_UP + i; the last row is the query.
    features: Vec<Vec<f64>>,
    log_prices: Vec<f64>,
    fast: Vec<f64>,
    slow: Vec<f64>,
    steps: usize,
}

impl FeatureTable {
    fn new(history: &History, steps: usize) -> Self {
        let prices = history.pair().values();
        let log_prices: Vec<f64> = prices.iter().map(|p| p.ln()).collect();
        let (regressors, statuses) = history.aligned_regressors();
        let pair = RunningReturns::new(prices);
        let regressors: Vec<(String, RunningReturns)> =
            regressors.iter().map(|r| (r.name.clone(), RunningReturns::new(&r.values))).collect();
        let mut names: Vec<String> =
            ["returns 1-3", "returns 5-63", "volatility ratios", "distance from mean"].map(str::to_owned).to_vec();
        names.extend(regressors.iter().map(|(name, _)| name.clone()));
        let features = (WARM_UP..prices.len())
            .map(|t| {
                let mut row = pair.own_features(t);
                row.extend(
                    regressors.iter().flat_map(|(_, returns)| [returns.scaled_sum(t, 1), returns.scaled_sum(t, 5)]),
                );
                row
            })
            .collect();
        Self { names, left_out: left_out(&statuses), features, log_prices, fast: pair.fast, slow: pair.slow, steps }
    }

    /// Number of rows whose targets are known for every step.
    fn training_rows(&self) -> usize {
        self.features.len() - self.steps
    }

    fn training_features(&self) -> Vec<Vec<f64>> {
        self.features[..self.training_rows()].to_vec()
    }

    fn query(&self) -> &[f64] {
        &self.features[self.features.len() - 1]
    }

    /// Expected volatility at observation `t`, averaged over the next `h` returns: the fast variance returns to the
    /// slow one at [`PERSISTENCE`] a day (the term structure of GARCH(1,1), Engle and Patton 2001).
    fn volatility(&self, t: usize, h: usize) -> f64 {
        let share = (1.0 - PERSISTENCE.powi(h as i32)) / (h as f64 * (1.0 - PERSISTENCE));
        (share * self.fast[t] + (1.0 - share) * self.slow[t]).sqrt()
    }

    /// Log return over `h` steps, starting at training row `row`, in units of its expected volatility.
    fn response(&self, row: usize, h: usize) -> f64 {
        let t = WARM_UP + row;
        (self.log_prices[t + h] - self.log_prices[t]) / (self.volatility(t, h) * (h as f64).sqrt())
    }

    /// Responses `[training rows][4]` for splitting the trees: returns over one step, half and all of the steps, and
    /// the absolute value of the second.
    fn split_responses(&self) -> Vec<[f64; RESPONSES]> {
        let half = self.steps.div_ceil(2);
        (0..self.training_rows())
            .map(|row| {
                let middle = self.response(row, half);
                [self.response(row, 1), middle, self.response(row, self.steps), middle.abs()]
            })
            .collect()
    }

    /// Quantiles `[11]` of the log return over `h` steps from the query row.
    fn quantiles(&self, weights: &[f64], h: usize) -> Result<[f64; LEVELS.len()], ModelError> {
        let responses: Vec<f64> = (0..weights.len()).map(|row| self.response(row, h)).collect();
        let drift = responses.iter().sum::<f64>() / responses.len() as f64;
        let windows = 1.0 / weights.iter().map(|w| w * w).sum::<f64>() / h as f64;
        let own = windows / (windows + HALF_CREDIBLE_SHAPE);
        let mut deviations: Vec<(f64, f64)> = responses
            .iter()
            .zip(weights)
            .map(|(y, w)| ((y - drift).abs(), own * w + (1.0 - own) / responses.len() as f64))
            .collect();
        deviations.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let last = self.log_prices.len() - 1;
        let unit = self.volatility(last, h) * (h as f64).sqrt();
        let mut quantiles = [0.0; LEVELS.len()];
        for i in MEDIAN + 1..LEVELS.len() {
            let spread = weighted_quantile(&deviations, 2.0 * LEVELS[i] - 1.0)
                .ok_or_else(|| EstimationFailure::NoResult("the forest has no training rows in its leaves".into()))
                .map_err(ModelError::Estimation)?;
            quantiles[i] += unit * spread;
            quantiles[LEVELS.len() - 1 - i] -= unit * spread;
        }
        Ok(quantiles)
    }
}

/// Quantile of sorted (value, weight) pairs with weights summing to 1, linear between the midpoints of the steps.
fn weighted_quantile(sorted: &[(f64, f64)], level: f64) -> Option<f64> {
    let mut before = 0.0;
    let mut previous: Option<(f64, f64)> = None;
    for &(value, weight) in sorted {
        let middle = before + 0.5 * weight;
        if middle >= level {
            return Some(match previous {
                Some((at, low)) => low + (value - low) * (level - at) / (middle - at),
                None => value,
            });
        }
        previous = Some((middle, value));
        before += weight;
    }
    previous.map(|(_, value)| value)
}

/// Log returns of one series with their running variances.
struct RunningReturns {
    /// Cumulated log returns at each observation.
    cumulated: Vec<f64>,
    squares: Vec<f64>,
    fast: Vec<f64>,
    slow: Vec<f64>,
}

impl RunningReturns {
    fn new(prices: &[f64]) -> Self {
        let log: Vec<f64> = prices.iter().map(|p| p.ln()).collect();
        let square = |t: usize| if t == 0 { 0.0 } else { (log[t] - log[t - 1]).powi(2) };
        let mut squares = vec![0.0; log.len()];
        for t in 1..log.len() {
            squares[t] = squares[t - 1] + square(t);
        }
        // A pegged period has no variance of its own: the minimum is a hundredth of the whole window's variance.
        let last = log.len() - 1;
        let least = (0.01 * squares[last] / last.max(1) as f64).max(1e-12);
        let mut fast = vec![0.0; log.len()];
        let mut slow = vec![0.0; log.len()];
        for t in 1..log.len() {
            let window = t.min(WARM_UP);
            slow[t] = ((squares[t] - squares[t - window]) / window as f64).max(least);
            let start = if t <= 30 { slow[t] } else { fast[t - 1] };
            fast[t] = (FAST_DECAY * start + (1.0 - FAST_DECAY) * square(t)).max(least);
        }
        Self { cumulated: log, squares, fast, slow }
    }

    /// Return over the last `count` steps before and including `t`, in units of its fast volatility.
    fn scaled_sum(&self, t: usize, count: usize) -> f64 {
        (self.cumulated[t] - self.cumulated[t - count]) / (self.fast[t] * count as f64).sqrt()
    }

    fn own_features(&self, t: usize) -> Vec<f64> {
        let single = |lag: usize| (self.cumulated[t - lag] - self.cumulated[t - lag - 1]) / self.fast[t].sqrt();
        let variance = |count: usize| ((self.squares[t] - self.squares[t - count]) / count as f64).max(1e-12);
        let mean63 = self.cumulated[t - 62..=t].iter().sum::<f64>() / 63.0;
        let mut row: Vec<f64> = (0..3).map(single).collect();
        row.extend([5, 10, 21, 63].map(|count| self.scaled_sum(t, count)));
        row.push((variance(5) / variance(63)).ln());
        row.push((variance(21) / self.slow[t]).ln());
        row.push((self.cumulated[t] - mean63) / (63.0 * self.slow[t]).sqrt());
        row
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_history::{day, history, history_with, normals, prices, target};

    fn model() -> RandomForest {
        RandomForest::new(RandomForestSettings::default())
    }

    #[test]
    fn momentum_in_the_history_moves_no_median() {
        // Returns follow the sign of the day before, but the forest must not predict a direction.
        let noise = normals(1400, 4);
        let mut returns = vec![0.0];
        for t in 1..1400 {
            let lean = if returns[t - 1] > 0.0 { 0.004 } else { -0.004 };
            returns.push(lean + 0.004 * noise[t]);
        }
        for last in [0.006, -0.006] {
            returns.push(last);
            let pair = prices(&returns);
            returns.pop();
            let forecast = model().forecast(&history(&pair), &target(day(pair.len()), 2)).unwrap().quantiles;
            assert!((0..2).all(|step| forecast.median(step) == pair[pair.len() - 1]));
        }
    }

    #[test]
    fn gaussian_noise_gets_gaussian_intervals() {
        let pair = prices(&normals(1600, 8).iter().map(|s| 0.006 * s).collect::<Vec<_>>());
        let forecast = model().forecast(&history(&pair), &target(day(pair.len()), 5)).unwrap().quantiles;
        for step in [0, 4] {
            let half = (forecast.interval80(step).1 / forecast.median(step)).ln();
            let expected = 1.2816 * 0.006 * ((step + 1) as f64).sqrt();
            assert!((half / expected - 1.0).abs() < 0.25, "step {step}: {half} against {expected}");
        }
    }

    /// The newest training row is `steps` before the last observation: its own targets are known, the query's are
    /// not.
    #[test]
    fn no_row_is_trained_on_a_target_that_is_still_to_come() {
        let pair = prices(&normals(900, 8).iter().map(|s| 0.006 * s).collect::<Vec<_>>());
        for steps in [1, 5, 60] {
            let answer = model().forecast(&history(&pair), &target(day(pair.len()), steps)).unwrap();
            let rows = answer.details.iter().find(|(name, _)| name == "training rows").unwrap();
            assert_eq!(rows.1, (pair.len() - WARM_UP - steps).to_string());
            let table = FeatureTable::new(&history(&pair), steps);
            let newest = WARM_UP + table.training_rows() - 1 + steps;
            assert!(newest < pair.len(), "the last response ends at observation {newest}");
        }
    }

    #[test]
    fn a_broken_peg_does_not_blow_up_the_intervals() {
        let mut returns = vec![0.0; 1000];
        returns.extend(normals(300, 8).iter().map(|s| 0.006 * s));
        let pair = prices(&returns);
        let forecast = model().forecast(&history(&pair), &target(day(pair.len()), 60)).unwrap().quantiles;
        let (low, high) = forecast.interval95(59);
        assert!(low > 0.7 * pair[1300] && high < 1.4 * pair[1300], "{low} {high}");
    }

    #[test]
    fn a_regressor_enters_the_features_and_an_ended_one_is_named() {
        let pair = prices(&normals(900, 8).iter().map(|s| 0.006 * s).collect::<Vec<_>>());
        let answer = model().forecast(&history_with(&pair, &pair), &target(day(pair.len()), 5)).unwrap();
        assert!(answer.details.iter().any(|(name, value)| name == "features" && value.ends_with("dxy")));
        let answer = model().forecast(&history_with(&pair, &pair[..400]), &target(day(pair.len()), 5)).unwrap();
        assert!(answer.details.iter().any(|(name, value)| name == "left out" && value == "dxy"));
    }
}
