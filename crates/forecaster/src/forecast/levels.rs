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

/// Round prices over the 95 % interval at the end of the horizon: multiples of 1, 2 or 5 times a power of ten, 5 to
/// 12 of them, with the probability of ending above and of being touched on the way. In an interval so narrow that they
/// would print alike, fewer; none in one without two different prices.
pub(super) fn price_levels(ensemble: &QuantileForecast, last: f64) -> Vec<RoundLevel> {
    let step = ensemble.last_step();
    let (low, high) = ensemble.interval95(step);
    let unit = PriceFormat::of(last).unit();
    // Printed prices are multiples of the unit, and so is every round spacing from there on.
    let spacing = round_spacing((high - low) / 5.0).max(unit);
    if high - low < 2.0 * unit {
        return Vec::new();
    }
    let paths = paths::sample(ensemble, SAMPLE_PATHS, PATHS_SEED);
    let first = (low / spacing).ceil() as i64;
    let end = (high / spacing).floor() as i64;
    (first..=end)
        .take(20)
        .map(|i| i as f64 * spacing)
        .map(|price| RoundLevel {
            price,
            above_at_end: ensemble.probability_above(step, price),
            touched: paths::touch_probability(&paths, last, price),
        })
        .collect()
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

    #[test]
    fn spacings_are_round_and_not_above_the_width() {
        for (width, spacing) in [(1.0, 1.0), (7.3, 5.0), (19.9, 10.0), (0.034, 0.02), (5.0, 5.0), (f64::NAN, 1.0)] {
            assert!((round_spacing(width) - spacing).abs() < 1e-12, "{width}");
        }
    }
}
