//! Scores of models and of the pool, all out of sample.

use crate::{OriginForecasts, Pool, PoolSettings};
use chrono::NaiveDate;
use forecaster_domain::scores::{Outcome, Scores, score, skill};
use forecaster_domain::{LEVELS, QuantileForecast};
use rayon::prelude::*;

/// A pooled forecast as it would have been issued at an origin.
#[derive(Debug, Clone)]
pub struct Issued<'a> {
    /// The origin, with the models' forecasts.
    pub origin: &'a OriginForecasts,
    /// Weights and calibration known then.
    pub pool: Pool,
    /// The pooled forecast.
    pub forecast: QuantileForecast,
}

/// The outcome of `forecast` at `origin`.
pub(crate) fn outcome<'a>(origin: &'a OriginForecasts, forecast: &'a QuantileForecast) -> Outcome<'a> {
    Outcome { forecast, actuals: &origin.origin.actuals, naive_mae: origin.origin.naive_mae }
}

/// Scores with the skill against the benchmark on the same origins.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judged {
    /// The scores.
    pub scores: Scores,
    /// 1 - WQL / WQL of the benchmark on the origins that were scored.
    pub skill: f64,
}

/// Judges the model at position `model` over the origins at which it has a forecast, against the model at position
/// `benchmark` on just those.
pub fn judge_model(origins: &[OriginForecasts], model: usize, benchmark: usize) -> Option<Judged> {
    judge(origins.iter().filter_map(|o| Some((o, o.forecasts.get(model)?.as_ref()?))), benchmark)
}

/// Judges issued pooled forecasts against the model at position `benchmark` on the same origins.
pub fn judge_pool(issued: &[Issued<'_>], benchmark: usize) -> Option<Judged> {
    judge(issued.iter().map(|i| (i.origin, &i.forecast)), benchmark)
}

fn judge<'a>(
    forecasts: impl Iterator<Item = (&'a OriginForecasts, &'a QuantileForecast)>,
    benchmark: usize,
) -> Option<Judged> {
    let (own, reference): (Vec<Outcome<'a>>, Vec<Outcome<'a>>) = forecasts
        .filter_map(|(o, forecast)| Some((outcome(o, forecast), outcome(o, o.forecasts.get(benchmark)?.as_ref()?))))
        .unzip();
    let (scores, reference) = (score(own)?, score(reference)?);
    Some(Judged { scores, skill: skill(scores.wql, reference.wql) })
}

/// The pool that would be used at `as_of`: learnt from the last `count` of `grid` (oldest first) that had matured
/// by then.
pub fn pool_at(
    as_of: NaiveDate,
    grid: &[OriginForecasts],
    count: usize,
    members: &[usize],
    benchmark: usize,
    settings: &PoolSettings,
) -> Pool {
    let matured: Vec<&OriginForecasts> = grid.iter().filter(|o| o.origin.matures() <= as_of).collect();
    Pool::fit(&matured[matured.len().saturating_sub(count)..], members, benchmark, settings)
}

/// Replays the pool at each of `origins`: weights and calibration at an origin know only the grid origins that had
/// matured by then (prequential, Dawid 1984). Origins at which no member has a forecast are left out.
pub fn prequential<'a>(
    origins: &'a [OriginForecasts],
    grid: &[OriginForecasts],
    count: usize,
    members: &[usize],
    benchmark: usize,
    settings: &PoolSettings,
) -> Vec<Issued<'a>> {
    origins
        .par_iter()
        .filter_map(|origin| {
            let pool = pool_at(origin.origin.as_of, grid, count, members, benchmark, settings);
            let forecast = pool.apply(&origin.forecasts).ok()?;
            Some(Issued { origin, pool, forecast })
        })
        .collect()
}

/// For each of the 11 levels: the share of actuals at or below the issued quantile, over all target dates.
/// Empty when nothing was published.
pub fn reliability(issued: &[Issued<'_>]) -> Vec<(f64, f64)> {
    let mut below = [0usize; LEVELS.len()];
    let mut dates = 0usize;
    for item in issued {
        for (step, actual) in item.origin.origin.actuals.iter().enumerate() {
            let Some(actual) = actual else { continue };
            dates += 1;
            for (count, quantile) in below.iter_mut().zip(item.forecast.row(step)) {
                *count += usize::from(actual <= quantile);
            }
        }
    }
    if dates == 0 {
        return Vec::new();
    }
    LEVELS.iter().zip(below).map(|(level, count)| (*level, count as f64 / dates as f64)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validation::tests::{Shifted, weekday_history};
    use crate::{NoCache, forecast_origins, grid_origins};
    use forecaster_domain::{BusinessCalendar, Horizon};

    const SETTINGS: PoolSettings =
        PoolSettings { half_life: 30.0, shrinkage: 0.3, weight_floor: 0.0, weight_cap: 1.0 };

    fn validated() -> Vec<OriginForecasts> {
        let history = weekday_history(700);
        let origins = grid_origins(&history, &BusinessCalendar::weekdays(), Horizon::D15, 40, 5, 250);
        let (a, b) = (Shifted("random_walk", 0.0), Shifted("high", 0.03));
        forecast_origins(&[&a, &b], &history, 300, origins, &NoCache, &|| ()).origins
    }

    #[test]
    fn the_pool_at_an_origin_knows_only_outcomes_that_had_matured() {
        let mut grid = validated();
        let before = prequential(&grid, &grid, 60, &[0, 1], 0, &SETTINGS)[30].pool.clone();
        // Another future: everything that matures after origin 30 is turned upside down.
        let as_of = grid[30].origin.as_of;
        for origin in &mut grid {
            if origin.origin.matures() > as_of {
                origin.origin.actuals.iter_mut().for_each(|a| *a = a.map(|a| 2.0 * a));
            }
        }
        let after = prequential(&grid, &grid, 60, &[0, 1], 0, &SETTINGS);
        assert_eq!(after[30].pool, before);
        assert_ne!(after[39].pool, before);
    }

    #[test]
    fn skill_compares_only_the_origins_a_model_was_scored_on() {
        let mut grid = validated();
        // The second model equals the first wherever it has a forecast, on the last origins only.
        for (index, origin) in grid.iter_mut().enumerate() {
            origin.forecasts[1] = (index >= 30).then(|| origin.forecasts[0].clone()).flatten();
        }
        let judged = judge_model(&grid, 1, 0).unwrap();
        assert_eq!((judged.scores.n, judged.skill), (grid.len() - 30, 0.0));
        assert_eq!(judge_model(&grid, 2, 0), None);
        let issued = prequential(&grid, &grid, 60, &[1], 0, &SETTINGS);
        let pooled = judge_pool(&issued, 0).unwrap();
        assert_eq!(pooled.scores.n, grid.len() - 30);
        assert!(pooled.skill.abs() < 0.2, "{}", pooled.skill);
    }

    #[test]
    fn reliability_counts_actuals_below_each_quantile() {
        let grid = validated();
        let issued = prequential(&grid, &grid, 60, &[1], 0, &SETTINGS);
        let shares = reliability(&issued);
        assert_eq!(shares.len(), 11);
        assert!(shares.windows(2).all(|w| w[1].1 >= w[0].1));
        // Forecasts 3 % too high: nearly every actual lies below the median.
        assert!(shares[5].1 > 0.7);
        assert!(reliability(&[]).is_empty());
    }
}
