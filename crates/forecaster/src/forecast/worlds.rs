//! Simulated worlds in which the best model is known: where prices are a random walk the pool must not lose to it,
//! and where there is an edge the pool must find it.
//!
//! Each world is a pair with a regressor, with or without market quotes, on weekdays. The pool is replayed as in
//! production (60 weekly origins of validation, weights and calibration out of sample). `FORECASTER_WORLDS=20` runs
//! that many simulations of each world instead of [`SEEDS`], for figures with less noise.

use crate::forecast::lineup::{BENCHMARK, Lineup};
use chrono::NaiveDate;
use forecaster_domain::scores::quantile_loss_parts;
use forecaster_domain::{BusinessCalendar, History, Horizon, ModelId, Observation, Regressor, Series, scores};
use forecaster_ensemble::{
    NoCache, OriginForecasts, PoolSettings, evaluate_model, forecast_origins, grid_origins, prequential,
};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Simulations of each world.
const SEEDS: u64 = 2;
/// Weekly origins that are judged, and validation origins before the first of them.
const JUDGED: usize = 150;
const VALIDATION: usize = 60;
/// Business days of each world.
const DAYS: usize = 1700;
/// Typical size of a daily return.
const SIGMA: f64 = 0.006;

/// Process that generates the returns.
#[derive(Debug, Clone, Copy, PartialEq)]
enum World {
    /// Independent and normal.
    Gaussian,
    /// Independent, Student-t with five degrees of freedom.
    FatTails,
    /// GARCH(1,1), alpha 0.08, beta 0.9.
    Garch,
    /// Autoregressive, coefficient 0.3.
    Momentum,
    /// A third of the next return's variance comes from today's return of the regressor.
    Leader,
}

/// Standard normal draw (sum of twelve uniforms).
fn normal(rng: &mut Pcg64Mcg) -> f64 {
    (0..12).map(|_| rng.random::<f64>()).sum::<f64>() - 6.0
}

/// Student-t with five degrees of freedom, scaled to unit variance.
fn student(rng: &mut Pcg64Mcg) -> f64 {
    let chi: f64 = (0..5).map(|_| normal(rng).powi(2)).sum();
    normal(rng) / (chi / 5.0).sqrt() * (3.0f64 / 5.0).sqrt()
}

impl World {
    /// Simulates the world of `seed`. With quotes, which are known on the same morning, a third of the variance of
    /// the next return is in the quote.
    fn history(self, seed: u64, with_quotes: bool) -> History {
        let mut rng = Pcg64Mcg::seed_from_u64(seed);
        let dates: Vec<NaiveDate> = NaiveDate::from_ymd_opt(2012, 1, 2)
            .unwrap()
            .iter_days()
            .filter(|date| BusinessCalendar::weekdays().is_business_day(*date))
            .take(DAYS)
            .collect();
        let (mut variance, mut before, mut lead) = (1.0, 0.0, 0.0);
        let (mut price, mut other) = (900.0f64, 100.0f64);
        let mut rows: [Vec<Observation>; 3] = Default::default();
        let draw = |rng: &mut Pcg64Mcg| if self == Self::FatTails { student(rng) } else { normal(rng) };
        let mut known = draw(&mut rng) / 3f64.sqrt();
        for &date in &dates {
            let fresh = draw(&mut rng) * (2.0f64 / 3.0).sqrt();
            let shock = f64::sqrt(variance) * (known + fresh);
            let r = match self {
                Self::Momentum => 0.3 * before + shock * (1.0f64 - 0.09).sqrt(),
                Self::Leader => lead / 3f64.sqrt() + shock * (2.0f64 / 3.0).sqrt(),
                _ => shock,
            };
            if self == Self::Garch {
                variance = 0.02 + 0.08 * shock * shock + 0.9 * variance;
            }
            before = r;
            lead = normal(&mut rng);
            price *= (SIGMA * r).exp();
            other *= (SIGMA * lead).exp();
            known = draw(&mut rng) / 3f64.sqrt();
            let quote = price * (SIGMA * f64::sqrt(variance) * known).exp();
            for (row, value) in rows.iter_mut().zip([price, other, quote]) {
                row.push(Observation { date, value });
            }
        }
        let [pair, regressor, quotes] = rows;
        let series = |name: &str, rows: &[Observation]| Series::new(name, rows).unwrap();
        let history = History::new(series("usdxxx", &pair), vec![Regressor::new(series("dxy", &regressor), 0)]);
        if with_quotes { history.with_spot(Regressor::new(series("usdxxx_spot", &quotes), 0)) } else { history }
    }
}

/// Skill of every model and of the pool against the random walk, over all seeds, and the pool's mean weights.
struct WorldScores {
    skill: BTreeMap<String, f64>,
    weights: BTreeMap<String, f64>,
}

/// Losses by model, including `ensemble`, and mean weights in one simulation.
fn simulate(
    world: World,
    horizon: Horizon,
    seed: u64,
    with_quotes: bool,
) -> (BTreeMap<String, f64>, BTreeMap<String, f64>) {
    let calendar = BusinessCalendar::weekdays();
    let listed = [ModelId::MarketWalk, ModelId::EwmaWalk, ModelId::ArimaGarch, ModelId::Var];
    let lineup = Lineup::new(horizon, &listed, None, with_quotes);
    let history = world.history(seed, with_quotes);
    let origins = grid_origins(&history, &calendar, horizon, JUDGED + VALIDATION, 5, 600);
    let computed = forecast_origins(&lineup.models(), &history, 1500, origins, &NoCache, &|| ());
    let grid: &[OriginForecasts] = &computed.origins;
    let judged = &grid[grid.len() - JUDGED..];
    let settings = PoolSettings { half_life: 30.0, shrinkage: 0.3, weight_floor: 0.0, weight_cap: 1.0 };
    let issued = prequential(judged, grid, VALIDATION, &lineup.roles, &settings);
    let of_pool: f64 = issued
        .iter()
        .map(|it| {
            let actuals = &it.origin.origin.actuals;
            quantile_loss_parts(&scores::Outcome { forecast: &it.forecast, actuals, naive_mae: 1.0 }).0
        })
        .sum();
    let models: Vec<String> = lineup.ids().iter().map(ToString::to_string).collect();
    let mut losses: BTreeMap<String, f64> = models
        .iter()
        .enumerate()
        .map(|(position, name)| {
            let judged = evaluate_model(judged, position, BENCHMARK).unwrap();
            // WQL up to a factor common to all models.
            (name.clone(), judged.scores.wql)
        })
        .collect();
    // In the random walk's units.
    let walk: f64 = judged
        .iter()
        .map(|it| {
            let forecast = it.forecasts[BENCHMARK].as_ref().unwrap();
            let outcome = scores::Outcome { forecast, actuals: &it.origin.actuals, naive_mae: 1.0 };
            quantile_loss_parts(&outcome).0
        })
        .sum();
    losses.insert("ensemble".into(), of_pool / walk * losses["random_walk"]);
    let mean = |position: usize| issued.iter().map(|it| it.pool.weights[position]).sum::<f64>() / issued.len() as f64;
    (losses, models.iter().enumerate().map(|(position, name)| (name.clone(), mean(position))).collect())
}

fn outcome(world: World, horizon: Horizon, with_quotes: bool) -> WorldScores {
    let seeds = std::env::var("FORECASTER_WORLDS").ok().and_then(|n| n.parse().ok()).unwrap_or(SEEDS);
    let runs: Vec<_> = (0..seeds).into_par_iter().map(|seed| simulate(world, horizon, seed, with_quotes)).collect();
    let total = |name: &str| runs.iter().map(|(losses, _)| losses[name] / losses["random_walk"]).sum::<f64>();
    let walk = runs.len() as f64;
    let skill: BTreeMap<String, f64> =
        runs[0].0.keys().map(|name| (name.clone(), 1.0 - total(name) / walk)).collect();
    let weight = |name: &String| runs.iter().map(|(_, weights)| weights[name]).sum::<f64>() / runs.len() as f64;
    let weights = runs[0].1.keys().map(|name| (name.clone(), weight(name))).collect();
    println!("{world:?} {horizon} quotes {with_quotes}: {:?}", percent(&skill));
    println!("    weights {:?}", percent(&weights));
    WorldScores { skill, weights }
}

fn percent(shares: &BTreeMap<String, f64>) -> Vec<String> {
    shares.iter().map(|(name, share)| format!("{name} {:+.2}", 100.0 * share)).collect()
}

/// Largest accepted loss of skill against the right simple model.
const TOLERATED: f64 = 0.002;

#[test]
fn where_returns_are_independent_the_pool_loses_next_to_nothing_to_the_random_walk() {
    for world in [World::Gaussian, World::FatTails] {
        for horizon in [Horizon::D7, Horizon::D30] {
            let outcome = outcome(world, horizon, false);
            assert!(outcome.skill["ensemble"] > -TOLERATED, "{world:?} {horizon}: {:?}", percent(&outcome.skill));
            assert_eq!(outcome.skill["market_walk"], 0.0, "without quotes the two are equal");
        }
    }
}

#[test]
fn where_the_quote_is_all_that_is_known_the_pool_loses_next_to_nothing_to_the_market_walk() {
    for world in [World::Gaussian, World::FatTails, World::Garch] {
        for horizon in [Horizon::D7, Horizon::D30] {
            let outcome = outcome(world, horizon, true);
            let right = outcome.skill["market_walk"];
            assert!(right > 0.01, "{world:?} {horizon}: the quote is worth something");
            assert!(
                outcome.skill["ensemble"] > right - TOLERATED,
                "{world:?} {horizon}: {:?}",
                percent(&outcome.skill)
            );
        }
    }
}

#[test]
fn where_volatility_comes_in_clusters_the_pool_does_better_than_the_random_walk() {
    let outcome = outcome(World::Garch, Horizon::D7, false);
    assert!(outcome.skill["ensemble"] > 0.005, "{:?}", percent(&outcome.skill));
}

#[test]
fn where_there_is_an_edge_the_pool_finds_it() {
    // Models that can find the edge: the vector autoregression also uses the pair's own last return.
    for (world, able) in [(World::Momentum, &["arima_garch", "var"][..]), (World::Leader, &["var"][..])] {
        let outcome = outcome(world, Horizon::D7, false);
        let edge = able.iter().map(|name| outcome.skill[*name]).fold(f64::INFINITY, f64::min);
        assert!(edge > 0.01, "{world:?}: {:?}", percent(&outcome.skill));
        assert!(outcome.skill["ensemble"] > 0.5 * edge, "{world:?}: {:?}", percent(&outcome.skill));
        // The prior alone would give 0.2 to each.
        let weight: f64 = able.iter().map(|name| outcome.weights[*name]).sum();
        assert!(weight > 0.25 * able.len() as f64, "{world:?}: {:?}", percent(&outcome.weights));
    }
}
