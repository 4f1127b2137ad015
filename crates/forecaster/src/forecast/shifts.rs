//! The pool after a level shift and on a peg: from the models of a run to the pooled forecast, on simulated pairs.

use crate::forecast::lineup::{BENCHMARK, Lineup, MARKET_WALK};
use crate::forecast::medians::{hold_at_origins, hold_now};
use chrono::{Days, NaiveDate};
use forecaster_domain::{
    BusinessCalendar, History, Horizon, ModelForecast, ModelId, Observation, QuantileForecast, Regressor, Series,
    Target,
};
use forecaster_ensemble::{
    Evaluation, NoCache, PoolSettings, evaluate_model, evaluate_pool, forecast_origins, grid_origins,
    guarded_forecast, pool_at, prequential,
};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

const SETTINGS: PoolSettings = PoolSettings { half_life: 30.0, shrinkage: 0.3, weight_floor: 0.0, weight_cap: 1.0 };

/// Observations on weekdays from 2019 on, `price` by position.
fn weekdays(name: &str, count: usize, price: impl FnMut(usize) -> f64) -> Series {
    let start = NaiveDate::from_ymd_opt(2019, 1, 1).unwrap();
    let days = start.iter_days().filter(|date| BusinessCalendar::weekdays().is_business_day(*date));
    let observations: Vec<Observation> =
        days.zip((0..count).map(price)).map(|(date, value)| Observation { date, value }).collect();
    Series::new(name, &observations).unwrap()
}

/// A crawling pair with small moves, times `factor` from observation `jump` on, and a regressor.
fn crawling(count: usize, jump: usize, factor: f64) -> History {
    let mut rng = Pcg64Mcg::seed_from_u64(12);
    let mut normal = move || (0..12).map(|_| rng.random::<f64>()).sum::<f64>() - 6.0;
    let (mut pair, mut other) = (40.0f64, 100.0f64);
    let prices: Vec<[f64; 2]> = (0..count)
        .map(|i| {
            pair *= (0.0008 + 0.002 * normal()).exp() * if i == jump { factor } else { 1.0 };
            other *= (0.006 * normal()).exp();
            [pair, other]
        })
        .collect();
    let regressor = Regressor::new(weekdays("dxy", count, |i| prices[i][1]), 0);
    History::new(weekdays("usdars", count, |i| prices[i][0]), vec![regressor])
}

/// Pooled forecast as a run makes it, the models' own, and the pool's and the forest's scores.
fn pooled(
    history: &History,
    horizon: Horizon,
) -> (QuantileForecast, Vec<(ModelId, ModelForecast)>, [Option<Evaluation>; 2]) {
    let calendar = BusinessCalendar::weekdays();
    let listed = [ModelId::MarketWalk, ModelId::EwmaWalk, ModelId::ArimaGarch, ModelId::Var, ModelId::RandomForest];
    let lineup = Lineup::new(horizon, &listed, None, false);
    let models = lineup.models();
    let origins = grid_origins(history, &calendar, horizon, 40, 5, 600);
    let mut computed = forecast_origins(&models, history, 1500, origins, &NoCache, &|| ());
    let target = Target { horizon, dates: calendar.target_dates(history.as_of(), horizon) };
    let mut answers: Vec<Option<ModelForecast>> =
        models.iter().map(|model| guarded_forecast(*model, history, &target).ok()).collect();
    hold_now(answers.iter_mut().map(Option::as_mut), history.as_of(), &computed.origins, 40);
    hold_at_origins(&mut computed.origins, 40);
    let forecasts: Vec<Option<QuantileForecast>> =
        answers.iter().map(|answer| answer.as_ref().map(|answer| answer.quantiles.clone())).collect();
    let present = lineup.roles.retain(|member| forecasts[member].is_some());
    let pool = pool_at(history.as_of(), &computed.origins, 40, &present, &SETTINGS);
    let issued = prequential(&computed.origins, &computed.origins, 40, &present, &SETTINGS);
    let last = models.len() - 1;
    let judged = [evaluate_pool(&issued, BENCHMARK), evaluate_model(&computed.origins, last, BENCHMARK)];
    let answers = lineup.ids().into_iter().zip(answers).filter_map(|(id, answer)| Some((id, answer?))).collect();
    (pool.apply(&forecasts).unwrap(), answers, judged)
}

#[test]
fn after_a_devaluation_every_median_is_near_the_last_value_and_the_interval_is_sane() {
    for after in [0, 1, 10, 30] {
        for (factor, horizon) in [(2.18, Horizon::D7), (2.18, Horizon::D30), (0.82, Horizon::D7)] {
            let count = 1100;
            let history = crawling(count, count - 1 - after, factor);
            let (pool, models, _) = pooled(&history, horizon);
            assert_eq!(models.len(), 6);
            let last = history.pair().last_value();
            let end = pool.last_step();
            for (id, forecast) in &models {
                let moved = (0..=end).map(|step| (forecast.quantiles.median(step) / last - 1.0).abs());
                let moved = moved.fold(0.0, f64::max);
                assert!(moved < 0.04, "{id} {factor} {after} days before, {horizon}: {moved}");
            }
            let (low, high) = pool.interval95(end);
            let width = (high / low).ln();
            // Before the shift: some 0.02 at 7 days and 0.04 at 30.
            assert!(width > 0.015 && width < 0.6, "{factor} {after} days before, {horizon}: {width}");
            assert!((pool.median(end) / last - 1.0).abs() < 0.03);
        }
    }
}

#[test]
fn a_peg_is_forecast_at_its_value_with_full_coverage_and_no_skill() {
    let history = History::new(weekdays("usdaed", 1000, |_| 3.6725), vec![]);
    let (pool, models, judged) = pooled(&history, Horizon::D7);
    assert!(pool.values().iter().all(|value| (value / 3.6725 - 1.0).abs() < 1e-12));
    assert!(models.iter().any(|(id, _)| *id == ModelId::EwmaWalk) && models.len() >= 4);
    for judged in judged {
        let judged = judged.unwrap();
        assert_eq!((judged.skill, judged.scores.coverage80, judged.scores.coverage95), (0.0, 1.0, 1.0));
        assert_eq!((judged.first.unwrap().value, judged.last.unwrap().value), (0.0, 0.0));
        assert!(judged.scores.mase == 0.0 && judged.scores.wql == 0.0);
    }
}

#[test]
fn the_reference_is_the_market_walk() {
    let lineup = Lineup::new(Horizon::D7, &[], None, false);
    assert_eq!(lineup.ids()[MARKET_WALK], ModelId::MarketWalk);
    let date = NaiveDate::from_ymd_opt(2024, 1, 2).unwrap();
    // Without origins and answers there is nothing to hold.
    hold_now(std::iter::empty(), date + Days::new(1), &[], 60);
}
