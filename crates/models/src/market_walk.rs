//! The market walk: the benchmark's random walk, started from the market's quote.
//!
//! In: the pair's history with market quotes. Out: the random walk's forecast, shifted by the information in the
//! quote and narrowed by the variance of the first step that it explains ([`SpotAhead::walk`]). Without a usable
//! quote its quantiles are identical to the random walk's.

use crate::random_walk::RandomWalk;
use crate::spot_ahead::SpotAhead;
use forecaster_domain::{History, Model, ModelError, ModelForecast, ModelId, Target};

/// Random walk from the market's quote: the simple model that any other model has to beat to earn a weight.
#[derive(Debug, Clone)]
pub struct MarketWalk {
    walk: SpotAhead<RandomWalk>,
}

impl MarketWalk {
    /// Creates the benchmark's random walk, started from the quote.
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
        ModelId::MarketWalk.as_str()
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

    /// Official rates, with quotes that contain `share` of the next return: quote of day i = rate of day i x
    /// exp(share of the next return). Same date, lag 0.
    fn quoted(share: f64) -> History {
        let returns: Vec<f64> = normals(700, 3).iter().map(|z| 0.01 * z).collect();
        let prices = prices(&returns);
        // The last price is left out; only the last quote contains it.
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

    /// By hand: quotes that contain the full next return have the coefficient 1, shrunk by n / (n + 20); the
    /// remaining variance of the first step is the square of the part lost to shrinkage.
    #[test]
    fn a_quote_that_knows_the_next_return_moves_the_centre_there_and_leaves_little_of_the_first_step() {
        let history = quoted(1.0);
        let target = target(day(700), 5);
        let own = MarketWalk::new().forecast(&history, &target).unwrap();
        let walk = RandomWalk::new().forecast(&history, &target).unwrap().quantiles;
        let gap = history.spot_gap().unwrap().unwrap();
        // Only weekdays among the last 500 days count: weekend quotes are ignored.
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
        // Quotes of realistic size without information.
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

    /// History of [`quoted`] with `fault` applied to its quotes, oldest first.
    fn with_fault(fault: impl Fn(&mut Vec<Observation>)) -> History {
        let history = quoted(0.9);
        let mut quotes: Vec<Observation> = history.spot().unwrap().series.observations().collect();
        fault(&mut quotes);
        let spot = Regressor::new(Series::new("usdclp_spot", &quotes).unwrap(), 0);
        History::new(history.pair().clone(), vec![]).with_spot(spot)
    }

    /// Shift of the median from the last value, in logarithms, and the reason for leaving out the quote.
    fn moved(history: &History) -> (f64, String) {
        let forecast = MarketWalk::new().forecast(history, &target(day(700), 5)).unwrap();
        let move_ = (forecast.quantiles.median(4) / history.pair().last_value()).ln();
        (move_, forecast.quote_left_out.map(|reason| reason.to_string()).unwrap_or_default())
    }

    #[test]
    fn a_quote_a_hundred_times_too_large_or_small_moves_nothing_and_is_named() {
        for factor in [100.0, 0.01, 10.0, 1.2] {
            let (moved, said) = moved(&with_fault(|quotes| quotes.last_mut().unwrap().value *= factor));
            assert!(moved.abs() < 1e-12, "{factor}: {moved}");
            assert!(said.contains("too far from the pair on 2011-12-01"), "{factor}: {said}");
        }
    }

    #[test]
    fn a_feed_that_stands_still_moves_nothing_from_its_second_day_on() {
        for days in [1, 2, 5, 7] {
            let (moved, said) = moved(&with_fault(|quotes| {
                let count = quotes.len();
                let stuck = quotes[count - 1 - days].value;
                quotes[count - days..].iter_mut().for_each(|quote| quote.value = stuck);
            }));
            assert!(moved.abs() < 1e-12, "{days}: {moved}");
            assert!(said.contains("has not changed since"), "{days}: {said}");
        }
    }

    #[test]
    fn without_a_quote_of_the_day_a_holiday_in_warsaw_say_an_older_one_moves_nothing() {
        let (moved, said) = moved(&with_fault(|quotes| quotes.truncate(quotes.len() - 1)));
        assert!(moved.abs() < 1e-12 && said.contains("ends on 2011-11-30"), "{moved} {said}");
    }

    #[test]
    fn after_a_month_without_quotes_the_first_one_counts_by_what_was_learnt_before() {
        let whole = moved(&quoted(0.9)).0;
        let (after, said) = moved(&with_fault(|quotes| {
            let count = quotes.len();
            quotes.drain(count - 31..count - 1);
        }));
        assert!(said.is_empty(), "{said}");
        assert!((after / whole - 1.0).abs() < 0.02, "{after} against {whole}");
    }

    #[test]
    fn quotes_of_which_many_were_wrong_are_worth_less() {
        // Every other quote of the last year has unrelated noise.
        let noise = normals(700, 5);
        let (less, _) = moved(&with_fault(|quotes| {
            let count = quotes.len();
            for (i, quote) in quotes.iter_mut().enumerate().take(count - 1).skip(count - 400).step_by(2) {
                quote.value *= f64::exp(0.02 * noise[i]);
            }
        }));
        let whole = moved(&quoted(0.9)).0;
        assert!(less / whole < 0.7 && less / whole > 0.0, "{less} against {whole}");
    }
}
