//! The market walk: the benchmark's random walk, started from the market's quote.
//!
//! In: the pair's history with market quotes. Out: the random walk's forecast, moved by what the quote tells and
//! narrowed by the variance of the first step that it explains ([`SpotAhead::walk`]). Without a usable quote its
//! quantiles are the random walk's own, to the last bit.

use crate::{RandomWalk, SpotAhead};
use forecaster_domain::{History, Model, ModelError, ModelForecast, Target};

/// The random walk from the market's quote: the simple model that another one has to beat to earn a weight.
#[derive(Debug, Clone)]
pub struct MarketWalk {
    walk: SpotAhead<RandomWalk>,
}

impl MarketWalk {
    /// The benchmark's random walk, told of the quote.
    pub fn new() -> Self {
        Self { walk: SpotAhead::walk(RandomWalk::new()) }
    }
}

impl Default for MarketWalk {
    fn default() -> Self {
        Self::new()
    }
}

impl Model for MarketWalk {
    fn name(&self) -> &str {
        "market_walk"
    }

    fn fingerprint(&self) -> String {
        format!("market_walk/1 {}", self.walk.fingerprint())
    }

    fn forecast(&self, history: &History, target: &Target) -> Result<ModelForecast, ModelError> {
        let mut forecast = self.walk.forecast(history, target)?;
        if !matches!(history.spot_gap(), Ok(Some(_))) {
            forecast.details.push(("without a quote".to_owned(), "the same as random_walk".to_owned()));
        }
        Ok(forecast)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_history::{day, normals, prices, series, target};
    use forecaster_domain::{Observation, Regressor, Series};

    /// Official rates, and quotes that know `share` of the next return: quote of day i = rate of day i x
    /// exp(share of the next return). Dated at the same day, lag 0.
    fn quoted(share: f64) -> History {
        let returns: Vec<f64> = normals(700, 3).iter().map(|z| 0.01 * z).collect();
        let prices = prices(&returns);
        // The last price is what the last quote knows.
        let pair = series("usdclp", &prices[..700]);
        let quotes: Vec<Observation> = pair
            .observations()
            .zip(&returns)
            .map(|(o, next)| Observation { date: o.date, value: o.value * f64::exp(share * next) })
            .collect();
        let spot = Regressor::new(Series::new("usdclp_spot", &quotes).unwrap(), 0);
        History::new(pair, vec![]).with_spot(spot)
    }

    #[test]
    fn without_a_quote_it_is_the_random_walk_and_says_so() {
        let history = History::new(
            series("usdclp", &prices(&normals(400, 1).iter().map(|z| 0.01 * z).collect::<Vec<_>>())),
            vec![],
        );
        let target = target(day(401), 5);
        let (own, walk) = (
            MarketWalk::new().forecast(&history, &target).unwrap(),
            RandomWalk::new().forecast(&history, &target).unwrap(),
        );
        assert_eq!(own.quantiles, walk.quantiles);
        assert!(own.details.contains(&("without a quote".into(), "the same as random_walk".into())));
    }

    /// By hand: quotes that hold the whole next return have the coefficient 1, shrunk by n / (n + 20), and what
    /// is left of the first step's variance is the square of what the shrinkage takes away.
    #[test]
    fn a_quote_that_knows_the_next_return_moves_the_centre_there_and_leaves_little_of_the_first_step() {
        let history = quoted(1.0);
        let target = target(day(700), 5);
        let own = MarketWalk::new().forecast(&history, &target).unwrap();
        let walk = RandomWalk::new().forecast(&history, &target).unwrap().quantiles;
        let gap = history.spot_gap().unwrap().unwrap();
        // Of the last 500 days those that are no weekend's: quotes are not believed on weekends.
        let known = gap.values[199..].iter().flatten().count() as f64;
        let credible = known / (known + 20.0);
        for step in 0..5 {
            let moved = (own.quantiles.median(step) / walk.median(step)).ln();
            assert!((moved / (credible * gap.now) - 1.0).abs() < 0.02, "{moved} against {}", credible * gap.now);
        }
        let width = |q: &forecaster_domain::QuantileForecast| (q.interval80(0).1 / q.interval80(0).0).ln();
        let left = width(&own.quantiles) / width(&walk);
        assert!((left - (1.0 - credible)).abs() < 0.02, "{left}");
    }

    #[test]
    fn a_quote_that_knows_nothing_hardly_moves_it() {
        let history = quoted(1.0);
        // The quotes of other days: true to size, and news of nothing.
        let spot = history.spot().unwrap();
        let other = quoted(1.0).pair().clone();
        let noise = normals(700, 99);
        let quotes: Vec<Observation> = other
            .observations()
            .zip(&noise)
            .map(|(o, z)| Observation { date: o.date, value: o.value * f64::exp(0.01 * z) })
            .collect();
        let deaf = History::new(history.pair().clone(), vec![])
            .with_spot(Regressor::new(Series::new(spot.series.name(), &quotes).unwrap(), 0));
        let target = target(day(700), 5);
        let own = MarketWalk::new().forecast(&deaf, &target).unwrap().quantiles;
        let gap = deaf.spot_gap().unwrap().unwrap();
        let moved = (own.median(4) / history.pair().last_value()).ln();
        assert!(moved.abs() < 0.15 * gap.now.abs(), "{moved} of a gap of {}", gap.now);
    }
}
