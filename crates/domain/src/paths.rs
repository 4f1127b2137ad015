//! Sample paths through a quantile forecast, for figures that depend on the whole path and not only on its end: the
//! probability of touching a level, the expected high and low.
//!
//! A forecast gives each date's distribution but not how the dates depend on each other. A Gaussian copula with the
//! correlation of a random walk, corr(i, j) = sqrt(i / j) for i <= j, supplies that; each date's own distribution
//! stays exactly the forecast's (Sklar's theorem).

use crate::quantile::QuantileForecast;
use ndarray::Array2;
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

/// Draws `count` price paths `[count, steps]` (rounded up to an even number: each path has its mirror image).
/// The same forecast, count and seed give the same paths.
pub fn sample(forecast: &QuantileForecast, count: usize, seed: u64) -> Array2<f64> {
    let steps = forecast.steps();
    let pairs = count.div_ceil(2);
    let mut rng = Pcg64Mcg::seed_from_u64(seed);
    let mut paths = Array2::zeros((2 * pairs, steps));
    for pair in 0..pairs {
        let mut walk = 0.0;
        for step in 0..steps {
            walk += standard_normal(&mut rng);
            let z = walk / ((step + 1) as f64).sqrt();
            paths[[2 * pair, step]] = forecast.price_at_score(step, z);
            paths[[2 * pair + 1, step]] = forecast.price_at_score(step, -z);
        }
    }
    paths
}

/// Share of `paths` `[count, steps]` that reach `level` on some date, starting from `start` (both in price units):
/// from below when the level is at or above the start, otherwise from above.
pub fn touch_probability(paths: &Array2<f64>, start: f64, level: f64) -> f64 {
    let touches = |price: &f64| if level >= start { *price >= level } else { *price <= level };
    let count = paths.rows().into_iter().filter(|path| path.iter().any(touches)).count();
    count as f64 / paths.nrows() as f64
}

/// Means over `paths` `[count, steps]` of each path's lowest and highest price, `start` included (price units).
pub fn expected_extremes(paths: &Array2<f64>, start: f64) -> (f64, f64) {
    let count = paths.nrows().max(1) as f64;
    let mean = |extreme: fn(f64, f64) -> f64| {
        paths.rows().into_iter().map(|path| path.iter().copied().fold(start, extreme)).sum::<f64>() / count
    };
    (mean(f64::min), mean(f64::max))
}

/// One draw from the standard normal distribution (Box and Muller 1958, cosine branch).
fn standard_normal(rng: &mut Pcg64Mcg) -> f64 {
    let u: f64 = 1.0 - rng.random::<f64>();
    let v: f64 = rng.random();
    (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantile::{LEVELS, standard_normal_quantile};
    use chrono::NaiveDate;
    use statrs::distribution::{ContinuousCDF, Normal};

    fn walk(steps: usize, sigma: f64) -> QuantileForecast {
        let start = NaiveDate::from_ymd_opt(2024, 1, 1).unwrap();
        let values = Array2::from_shape_fn((steps, 11), |(i, level)| {
            1000.0 * (sigma * ((i + 1) as f64).sqrt() * standard_normal_quantile(LEVELS[level])).exp()
        });
        QuantileForecast::new(start, start.iter_days().skip(1).take(steps).collect(), values).unwrap()
    }

    /// Independent reference: the reflection principle for a Brownian motion watched at n discrete times, with the
    /// barrier moved by 0.5826 sigma sqrt(dt) (Broadie, Glasserman and Kou 1997).
    #[test]
    fn touching_a_level_agrees_with_the_reflection_principle() {
        let (steps, sigma) = (60, 0.006);
        let paths = sample(&walk(steps, sigma), 20_000, 7);
        for level in [1020.0f64, 1050.0] {
            let barrier = (level / 1000.0).ln() + 0.5826 * sigma;
            let expected = 2.0 * Normal::standard().cdf(-barrier / (sigma * (steps as f64).sqrt()));
            let up = touch_probability(&paths, 1000.0, level);
            let down = touch_probability(&paths, 1000.0, 1000.0 * 1000.0 / level);
            assert!((up - expected).abs() < 0.012, "{level}: {up} against {expected}");
            assert!((down - up).abs() < 1e-9, "mirror images touch the mirrored level");
        }
    }

    /// Independent reference: the maximum of a Brownian motion over n steps of deviation s has mean s sqrt(2 n / pi);
    /// watched at discrete times it is 0.5826 s less (Asmussen, Glynn and Pitman 1995).
    #[test]
    fn the_expected_high_and_low_agree_with_brownian_motion() {
        let (steps, sigma) = (60, 0.006);
        let (low, high) = expected_extremes(&sample(&walk(steps, sigma), 20_000, 3), 1000.0);
        let expected = sigma * ((2.0 * steps as f64 / std::f64::consts::PI).sqrt() - 0.5826);
        assert!(((high / 1000.0).ln() - expected).abs() < 0.0015, "{high}");
        assert!(((low / 1000.0).ln() + expected).abs() < 0.0015, "{low}");
        assert_eq!(expected_extremes(&ndarray::array![[3.0, 2.0], [1.0, 5.0]], 2.0), (1.5, 4.0));
    }

    #[test]
    fn each_date_keeps_the_forecasts_own_distribution() {
        let forecast = walk(20, 0.01);
        let paths = sample(&forecast, 20_000, 1);
        for (i, level) in LEVELS.iter().enumerate() {
            let below = paths.column(19).iter().filter(|p| **p <= forecast.row(19)[i]).count() as f64 / 20_000.0;
            assert!((below - level).abs() < 0.01, "{level}: {below}");
        }
    }
}
