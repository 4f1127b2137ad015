//! History in which no single return dominates: every series keeps its newest value and gets limited returns before.

use super::History;
use crate::regressor::Regressor;
use crate::returns::{BoundedReturns, WithheldVariance};
use crate::series::{Observation, Series};
use chrono::{Days, NaiveDate};

/// Calendar days of a regressor that are kept before the window of the pair: more than any gap that is not a hole.
const DAYS_BEFORE: u64 = 40;

/// History whose returns are limited.
#[derive(Debug, Clone)]
pub struct BoundedHistory {
    /// The history, without quotes: these belong to the values as they were. It is the original one when no return of
    /// any series had to be limited.
    pub history: History,
    /// Dates on which a return of the pair was limited.
    pub limited: Vec<NaiveDate>,
    /// Variance of the pair's next returns that the limit withholds.
    pub withheld: WithheldVariance,
}

impl History {
    /// Limits the returns of the pair and of the regressors ([`BoundedReturns`]). The newest value of each series
    /// stays; values before it follow from the limited returns, as if the level had always been where it is now.
    pub fn bounded(&self) -> BoundedHistory {
        let returns = BoundedReturns::new(&self.log_returns());
        let first = self.pair.first_date() - Days::new(DAYS_BEFORE);
        let regressors = self.regressors.iter().map(|regressor| bounded_since(regressor, first)).collect();
        let pair = with_returns(&self.pair, &returns);
        let limited = returns.limited.iter().map(|position| self.pair.dates()[position + 1]).collect();
        let history = Self { pair, regressors, ..self.clone().without_quotes() };
        BoundedHistory { history, limited, withheld: returns.withheld }
    }

    /// Log returns of the pair `[len - 1]`, limited ([`BoundedReturns`]).
    pub fn bounded_log_returns(&self) -> Vec<f64> {
        BoundedReturns::new(&self.log_returns()).values
    }
}

/// Returns `regressor` from `first` on, with limited returns.
fn bounded_since(regressor: &Regressor, first: NaiveDate) -> Regressor {
    let lag = Days::new(u64::from(regressor.lag_days));
    let before = regressor.series.index_at_or_before(first - lag).unwrap_or(0);
    let series = regressor.series.last(regressor.series.len() - before);
    let returns: Vec<f64> = series.values().windows(2).map(|w| (w[1] / w[0]).ln()).collect();
    Regressor { series: with_returns(&series, &BoundedReturns::new(&returns)), ..regressor.clone() }
}

/// Returns `series` itself when none of its `returns` is limited; otherwise one with these returns and the same newest
/// value.
fn with_returns(series: &Series, returns: &BoundedReturns) -> Series {
    let Some(last_limited) = returns.limited.last() else { return series.clone() };
    let mut values = series.values().to_vec();
    let mut log = values[last_limited + 1].ln();
    for position in (0..=*last_limited).rev() {
        log -= returns.values[position];
        values[position] = log.exp();
    }
    let observations: Vec<Observation> =
        series.dates().iter().zip(values).map(|(&date, value)| Observation { date, value }).collect();
    // Values that left the range of numbers on the way are no series; the original is then the better one.
    Series::new(series.name(), &observations).unwrap_or_else(|_| series.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(index: usize) -> NaiveDate {
        NaiveDate::from_ymd_opt(2020, 1, 1).unwrap() + Days::new(index as u64)
    }

    /// Values with returns of 0.5 % up and down, times `factor` from observation `from` on.
    fn shifted(count: usize, from: usize, factor: f64) -> Series {
        let value =
            |i: usize| 100.0 * if i.is_multiple_of(2) { 1.0 } else { 1.005 } * if i < from { 1.0 } else { factor };
        let observations: Vec<Observation> =
            (0..count).map(|i| Observation { date: day(i), value: value(i) }).collect();
        Series::new("usdars", &observations).unwrap()
    }

    #[test]
    fn a_history_without_jumps_is_the_same_one() {
        let history = History::new(shifted(400, 400, 1.0), vec![Regressor::new(shifted(400, 400, 1.0), 1)]);
        let bounded = history.bounded();
        assert_eq!(bounded.history.pair().values(), history.pair().values());
        assert_eq!(bounded.history.regressors()[0].series.values(), history.regressors()[0].series.values());
        assert!(bounded.limited.is_empty() && bounded.withheld == WithheldVariance::default());
    }

    #[test]
    fn after_a_jump_the_level_before_is_moved_to_the_level_now() {
        let history = History::new(shifted(400, 399, 2.18), vec![Regressor::new(shifted(399, 390, 0.01), 0)]);
        let bounded = history.bounded();
        assert_eq!(bounded.limited, [day(399)]);
        assert!(bounded.withheld.next > 0.0);
        let pair = bounded.history.pair();
        assert_eq!(pair.last_value(), history.pair().last_value());
        assert!(pair.values().iter().all(|value| (value / pair.last_value() - 1.0).abs() < 0.04));
        let regressor = &bounded.history.regressors()[0].series;
        assert!(regressor.values().iter().all(|value| (value / regressor.last_value() - 1.0).abs() < 0.06));
        // Aligned on the same dates as before.
        assert_eq!(bounded.history.aligned_regressors().0[0].values.len(), 400);
    }

    #[test]
    fn values_after_the_last_limited_return_stay_to_the_last_bit() {
        let history = History::new(shifted(400, 300, 1.5), vec![]);
        let bounded = history.bounded().history;
        assert_eq!(bounded.pair().values()[300..], history.pair().values()[300..]);
        assert_eq!(bounded.pair().dates(), history.pair().dates());
    }
}
