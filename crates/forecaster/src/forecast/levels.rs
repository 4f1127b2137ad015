//! Round prices over a forecast's interval, and figures from sample paths, which depend on the whole path and not
//! only on its end.

use crate::forecast::result::{ModelResult, PathFigures};
use forecaster_domain::{PriceFormat, QuantileForecast, RoundLevel, paths};

/// Sample paths for the probabilities of touching a level: the standard error of a share is at most 0.6 %.
const SAMPLE_PATHS: usize = 8000;

/// Seed of the sample paths.
const PATHS_SEED: u64 = 7;

/// Draws `samples` paths through the forecast of `result` and adds their figures, also to the report's details.
pub(super) fn add_paths(result: &mut ModelResult, samples: usize, last: f64, levels: &[RoundLevel]) {
    let paths = paths::sample(&result.forecast.quantiles, samples, PATHS_SEED);
    let (expected_low, expected_high) = paths::expected_extremes(&paths, last);
    let touched = levels.iter().map(|l| (l.price, paths::touch_probability(&paths, last, l.price))).collect();
    let (samples, format) = (paths.nrows(), PriceFormat::of(last));
    result.forecast.details.extend([
        ("sample paths".to_owned(), samples.to_string()),
        ("expected low".to_owned(), format.price(expected_low)),
        ("expected high".to_owned(), format.price(expected_high)),
    ]);
    result.paths = Some(PathFigures { samples, expected_low, expected_high, touched });
}

/// Round prices over the 95 % interval at the end of the horizon, see [`round_prices`], with the probability of ending
/// above and of being touched on the way.
pub(super) fn price_levels(ensemble: &QuantileForecast, last: f64) -> Vec<RoundLevel> {
    let step = ensemble.last_step();
    let prices = round_prices(ensemble.interval95(step), PriceFormat::of(last).unit());
    if prices.is_empty() {
        return Vec::new();
    }
    let paths = paths::sample(ensemble, SAMPLE_PATHS, PATHS_SEED);
    let level = |price: f64| RoundLevel {
        price,
        above_at_end: ensemble.probability_above(step, price),
        touched: paths::touch_probability(&paths, last, price),
    };
    prices.into_iter().map(level).collect()
}

/// Multiples of 1, 2 or 5 times a power of ten in an interval, 5 to 12 of them. In one so narrow that they would print
/// alike, fewer, at least `unit` apart, the smallest difference of two printed prices; none in one without room for two.
fn round_prices((low, high): (f64, f64), unit: f64) -> Vec<f64> {
    if high - low < 2.0 * unit {
        return Vec::new();
    }
    let spacing = round_spacing((high - low) / 5.0).max(unit);
    let first = (low / spacing).ceil() as i64;
    let end = (high / spacing).floor() as i64;
    (first..=end).take(20).map(|i| i as f64 * spacing).collect()
}

/// Largest of 1, 2, 5 times a power of ten that is not above `width`.
fn round_spacing(width: f64) -> f64 {
    if !(width.is_finite() && width > 0.0) {
        return 1.0;
    }
    let power = 10f64.powf(width.log10().floor());
    [5.0, 2.0, 1.0].into_iter().map(|m| m * power).find(|s| *s <= width * (1.0 + 1e-12)).unwrap_or(power)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The round prices of an interval about `last`, as printed.
    fn printed(last: f64, reach: f64) -> Vec<String> {
        let format = PriceFormat::of(last);
        round_prices((last - reach, last + reach), format.unit())
            .into_iter()
            .map(|price| format.price(price))
            .collect()
    }

    #[test]
    fn round_levels_print_differently_in_a_pair_of_any_size_and_a_peg_has_none() {
        assert_eq!(printed(1011.82, 25.0), ["990.00", "1000.00", "1010.00", "1020.00", "1030.00"]);
        assert_eq!(printed(0.001012, 0.000025), ["0.000990", "0.001000", "0.001010", "0.001020", "0.001030"]);
        assert_eq!(printed(3.7501, 0.00015), ["3.7500", "3.7501", "3.7502"]);
        for rounding in [0.0, 1e-8, 5e-6] {
            assert_eq!(printed(3.6725, rounding), Vec::<String>::new());
        }
    }

    #[test]
    fn spacings_are_round_and_not_above_the_width() {
        for (width, spacing) in [(1.0, 1.0), (7.3, 5.0), (19.9, 10.0), (0.034, 0.02), (5.0, 5.0), (f64::NAN, 1.0)] {
            assert!((round_spacing(width) - spacing).abs() < 1e-12, "{width}");
        }
    }
}
