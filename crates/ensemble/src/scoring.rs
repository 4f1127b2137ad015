//! Out-of-sample scores of the models and of the pool.

use crate::comparison::{diebold_mariano, overlap};
use crate::origins::Origin;
use crate::pool::{Pool, PoolSettings, Roles};
use crate::validation::{OriginForecasts, outcome};
use chrono::NaiveDate;
use forecaster_domain::scores::{
    Outcome, Scores, is_at_or_below, quantile_loss_at, quantile_loss_parts, score, skill,
};
use forecaster_domain::{LEVELS, QuantileForecast};
use rayon::prelude::*;

/// A pooled forecast as it would have been issued at an origin.
#[derive(Debug, Clone)]
pub struct ReplayedForecast<'a> {
    /// Origin with the models' forecasts.
    pub origin: &'a OriginForecasts,
    /// Weights and calibration known at the origin.
    pub pool: Pool,
    /// The pooled forecast.
    pub forecast: QuantileForecast,
}

/// Skill against the benchmark: 1 - loss / loss of the benchmark on the same origins.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Skill {
    /// Value of the skill; positive means better than the benchmark.
    pub value: f64,
    /// Standard error, in the same unit; `None` with fewer than two origins, or when the losses do not differ.
    pub error: Option<f64>,
}

impl Skill {
    /// Computes the skill from `losses` `[origins]`, pairs of own loss and benchmark's loss, oldest first; `lag` is
    /// the number of forecasts issued before an earlier one has matured.
    ///
    /// The standard error is that of a ratio of sums (Cochran 1977, Sampling Techniques, section 2.11): the standard
    /// error of the mean of own loss less (1 - skill) x benchmark's loss, with the long-run variance and the
    /// correction of [`diebold_mariano`], divided by the benchmark's mean loss.
    ///
    /// `None` without losses, or when the benchmark alone lost nothing. On a pair that does not vary neither loses
    /// anything, and the skill is 0.
    pub fn new(losses: &[(f64, f64)], lag: usize) -> Option<Self> {
        let (own, reference) = losses.iter().fold((0.0, 0.0), |sum, (a, b)| (sum.0 + a, sum.1 + b));
        if losses.is_empty() || (reference <= 0.0 && own > 0.0) {
            return None;
        }
        let value = skill(own, reference);
        let residuals: Vec<f64> = losses.iter().map(|(a, b)| a - (1.0 - value) * b).collect();
        let count = losses.len() as f64;
        let error = diebold_mariano(&residuals, lag).map(|test| test.standard_error() / (reference / count));
        Some(Self { value, error })
    }
}

/// Scores with the skill against the benchmark on the same origins.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Evaluation {
    /// Scores of the forecaster itself.
    pub scores: Scores,
    /// Skill: 1 - WQL / WQL of the benchmark on the scored origins.
    pub skill: f64,
    /// Standard error of the skill, allowing for overlap; `None` with fewer than two origins, or when the losses do
    /// not differ.
    pub skill_error: Option<f64>,
    /// Skill on the first target date alone; `None` when it had no rate at any origin.
    pub first: Option<Skill>,
    /// Skill on the last target date alone.
    pub last: Option<Skill>,
}

/// Scores the model at position `model` over the origins where it has a forecast, against the model at position
/// `benchmark` on the same origins.
pub fn evaluate_model(origins: &[OriginForecasts], model: usize, benchmark: usize) -> Option<Evaluation> {
    evaluate(origins.iter().filter_map(|o| Some((o, o.forecasts.get(model)?.as_ref()?))), benchmark)
}

/// Scores issued pooled forecasts against the model at position `benchmark` on the same origins.
pub fn evaluate_pool(issued: &[ReplayedForecast<'_>], benchmark: usize) -> Option<Evaluation> {
    evaluate(issued.iter().map(|i| (i.origin, &i.forecast)), benchmark)
}

fn evaluate<'a>(
    forecasts: impl Iterator<Item = (&'a OriginForecasts, &'a QuantileForecast)>,
    benchmark: usize,
) -> Option<Evaluation> {
    let both = forecasts.filter_map(|(o, forecast)| {
        Some((&o.origin, outcome(o, forecast), outcome(o, o.forecasts.get(benchmark)?.as_ref()?)))
    });
    let (origins, outcomes): (Vec<&Origin>, Vec<(Outcome<'a>, Outcome<'a>)>) =
        both.map(|(origin, own, reference)| (origin, (own, reference))).unzip();
    let spans = |known: &dyn Fn(&Origin) -> NaiveDate| -> Vec<(NaiveDate, NaiveDate)> {
        origins.iter().map(|origin| (origin.as_of, known(origin))).collect()
    };
    let lag = overlap(&spans(&Origin::maturity_date));
    let first = |origin: &Origin| origin.target.dates.first().copied().unwrap_or(origin.as_of);
    let first_lag = overlap(&spans(&first));
    let scores = score(outcomes.iter().map(|(own, _)| *own))?;
    let along = |lag: usize, loss: &dyn Fn(&Outcome<'_>) -> Option<f64>| {
        let losses = outcomes.iter().filter_map(|(own, reference)| Some((loss(own)?, loss(reference)?)));
        Skill::new(&losses.collect::<Vec<_>>(), lag)
    };
    let path =
        along(lag, &|it| Some(quantile_loss_parts(it)).filter(|(_, scale)| *scale > 0.0).map(|(loss, _)| loss));
    Some(Evaluation {
        scores,
        skill: path.map_or(f64::NAN, |skill| skill.value),
        skill_error: path.and_then(|skill| skill.error),
        first: along(first_lag, &|it| quantile_loss_at(it, 0)),
        last: along(lag, &|it| quantile_loss_at(it, it.forecast.last_step())),
    })
}

/// Returns the pool that would be used at `as_of`: learnt from the last `count` origins of `grid` (oldest first) that
/// had matured by then.
pub fn pool_at(
    as_of: NaiveDate,
    grid: &[OriginForecasts],
    count: usize,
    roles: &Roles,
    settings: &PoolSettings,
) -> Pool {
    let matured: Vec<&OriginForecasts> = grid.iter().filter(|o| o.origin.maturity_date() <= as_of).collect();
    Pool::fit(&matured[matured.len().saturating_sub(count)..], roles, settings)
}

/// Replays the pool at each of `origins`: weights and calibration at an origin use only the grid origins that had
/// matured by then (prequential, Dawid 1984). Origins where no member has a forecast are left out.
pub fn prequential<'a>(
    origins: &'a [OriginForecasts],
    grid: &[OriginForecasts],
    count: usize,
    roles: &Roles,
    settings: &PoolSettings,
) -> Vec<ReplayedForecast<'a>> {
    origins
        .par_iter()
        .filter_map(|origin| {
            let pool = pool_at(origin.origin.as_of, grid, count, roles, settings);
            let forecast = pool.apply(&origin.forecasts).ok()?;
            Some(ReplayedForecast { origin, pool, forecast })
        })
        .collect()
}

/// Share of actuals at or below the issued quantile, for each of the 11 levels, over all target dates. Empty when no
/// rate was published.
pub fn reliability(issued: &[ReplayedForecast<'_>]) -> Vec<(f64, f64)> {
    let mut below = [0usize; LEVELS.len()];
    let mut dates = 0usize;
    for item in issued {
        for (step, actual) in item.origin.origin.actuals.iter().enumerate() {
            let Some(actual) = actual else { continue };
            dates += 1;
            for (count, quantile) in below.iter_mut().zip(item.forecast.row(step)) {
                *count += usize::from(is_at_or_below(*actual, *quantile));
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
    use crate::origins::grid_origins;
    use crate::validation::tests::{Shifted, weekday_history};
    use crate::validation::{NoCache, forecast_origins};
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
        let before = prequential(&grid, &grid, 60, &Roles::without_simple(&[0, 1], 0), &SETTINGS)[30].pool.clone();
        // A different future: all actuals that mature after origin 30 are doubled.
        let as_of = grid[30].origin.as_of;
        for origin in &mut grid {
            if origin.origin.maturity_date() > as_of {
                origin.origin.actuals.iter_mut().for_each(|a| *a = a.map(|a| 2.0 * a));
            }
        }
        let after = prequential(&grid, &grid, 60, &Roles::without_simple(&[0, 1], 0), &SETTINGS);
        assert_eq!(after[30].pool, before);
        assert_ne!(after[39].pool, before);
    }

    #[test]
    fn skill_compares_only_the_origins_a_model_was_scored_on() {
        let mut grid = validated();
        // The second model has forecasts on the last origins only, equal to the first model's.
        for (index, origin) in grid.iter_mut().enumerate() {
            origin.forecasts[1] = (index >= 30).then(|| origin.forecasts[0].clone()).flatten();
        }
        let judged = evaluate_model(&grid, 1, 0).unwrap();
        assert_eq!((judged.scores.n, judged.skill, judged.skill_error), (grid.len() - 30, 0.0, None));
        assert_eq!(evaluate_model(&grid, 2, 0), None);
        let issued = prequential(&grid, &grid, 60, &Roles::without_simple(&[1], 0), &SETTINGS);
        let pooled = evaluate_pool(&issued, 0).unwrap();
        assert_eq!(pooled.scores.n, grid.len() - 30);
        assert!(pooled.skill.abs() < 0.2, "{}", pooled.skill);
    }

    /// By hand: losses 1, 3, 2, 2 against 2 each: skill 0. The residuals -1, 1, 0, 0 have the variance 1/2, so their
    /// mean has the error sqrt(1/2 / 4), divided by the correction for four forecasts one step ahead, sqrt((4 + 1 -
    /// 2) / 4), and by the benchmark's mean loss of 2.
    #[test]
    fn the_error_of_a_skill_is_that_of_a_ratio() {
        let skill = Skill::new(&[(1.0, 2.0), (3.0, 2.0), (2.0, 2.0), (2.0, 2.0)], 0).unwrap();
        assert_eq!(skill.value, 0.0);
        assert!((skill.error.unwrap() - 0.125f64.sqrt() / 0.75f64.sqrt() / 2.0).abs() < 1e-12);
        assert_eq!(Skill::new(&[(0.5, 1.0), (1.0, 2.0)], 0).unwrap(), Skill { value: 0.5, error: None });
        assert_eq!(Skill::new(&[], 0), None);
        assert_eq!(Skill::new(&[(0.0, 0.0); 9], 0), Some(Skill { value: 0.0, error: None }));
        assert_eq!(Skill::new(&[(0.1, 0.0); 9], 0), None);
    }

    #[test]
    fn forecasts_that_overlap_have_a_larger_error() {
        // Differences in blocks of ten: neighbours in a block are equal.
        let losses: Vec<(f64, f64)> = (0..200)
            .map(|i| (1.0 + if (i / 10) % 2 == 0 { 0.1 } else { -0.1 }, 1.0 + 0.01 * f64::from(i % 3)))
            .collect();
        let error = |lag| Skill::new(&losses, lag).unwrap().error.unwrap();
        // Autocovariances of 1 - k/5 of the variance: with four of them the long-run variance is five times as large.
        assert!((error(4) / error(0) - 5f64.sqrt()).abs() < 0.15, "{} {}", error(4), error(0));
    }

    #[test]
    fn first_and_last_date_are_judged_alone() {
        let mut grid = validated();
        // The second model is the first one, but twice as wide on the last date.
        for origin in &mut grid {
            let forecast = origin.forecasts[0].clone().unwrap();
            let mut values = forecast.values().clone();
            let end = forecast.last_step();
            let median = forecast.median(end);
            values.row_mut(end).mapv_inplace(|q| median * (q / median).powi(2));
            origin.forecasts[1] = QuantileForecast::new(forecast.as_of(), forecast.dates().to_vec(), values).ok();
        }
        let judged = evaluate_model(&grid, 1, 0).unwrap();
        assert_eq!(judged.first.unwrap().value, 0.0);
        let last = judged.last.unwrap().value;
        assert!(last.abs() > 3.0 * judged.skill.abs() && judged.skill != 0.0, "{last} {}", judged.skill);
        let steps = grid[0].origin.actuals.len();
        assert!(steps > 3 && judged.skill_error.unwrap() > 0.0);
    }

    #[test]
    fn reliability_counts_actuals_below_each_quantile() {
        let grid = validated();
        let issued = prequential(&grid, &grid, 60, &Roles::without_simple(&[1], 0), &SETTINGS);
        let shares = reliability(&issued);
        assert_eq!(shares.len(), 11);
        assert!(shares.windows(2).all(|w| w[1].1 >= w[0].1));
        // Forecasts 3 % too high: nearly every actual lies below the median.
        assert!(shares[5].1 > 0.7);
        assert!(reliability(&[]).is_empty());
    }
}
