//! Time of one forecast of each model, with the default lookback of 1500 observations and six regressors, over 5
//! steps (7d) and 62 steps (90d). Run: cargo bench -p forecaster-models
#![allow(missing_docs, clippy::unwrap_used)]

use chrono::{Days, NaiveDate};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use forecaster_domain::{History, Horizon, Model, Observation, Regressor, Series, Target};
use forecaster_models::{
    ArimaGarch, ArimaGarchSettings, EwmaWalk, MarketWalk, RandomForest, RandomForestSettings, RandomWalk, Var,
    VarSettings,
};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

fn start() -> NaiveDate {
    NaiveDate::from_ymd_opt(2018, 1, 1).unwrap()
}

/// A random walk of daily volatility 0.6 % with a first-order moving average, similar to the dólar observado.
fn series(name: &str, seed: u64) -> Series {
    let mut rng = Pcg64Mcg::seed_from_u64(seed);
    let mut normal = || (0..12).map(|_| rng.random::<f64>()).sum::<f64>() - 6.0;
    let (mut log_price, mut previous) = (6.8, 0.0);
    let observations: Vec<Observation> = (0..1500)
        .map(|i| {
            let e = 0.006 * normal();
            log_price += e + 0.17 * previous;
            previous = e;
            Observation { date: start() + Days::new(i), value: f64::exp(log_price) }
        })
        .collect();
    Series::new(name, &observations).unwrap()
}

fn forecasts(criterion: &mut Criterion) {
    let names = ["dxy", "usdaud", "usdbrl", "usdcad", "usdmxn", "usdnok"];
    let regressors = names.iter().zip(2..).map(|(n, seed)| Regressor::new(series(n, seed), 0)).collect();
    let history = History::new(series("usdclp", 1), regressors);
    for (horizon, steps) in [(Horizon::D7, 5), (Horizon::D90, 62)] {
        let dates = (1..=steps).map(|i| history.as_of() + Days::new(i)).collect();
        let target = Target { horizon, dates };
        let models: [Box<dyn Model>; 6] = [
            Box::new(RandomWalk::new()),
            Box::new(MarketWalk::new()),
            Box::new(EwmaWalk::new()),
            Box::new(ArimaGarch::new(ArimaGarchSettings::for_horizon(horizon))),
            Box::new(Var::new(VarSettings::default())),
            Box::new(RandomForest::new(RandomForestSettings::default())),
        ];
        let mut group = criterion.benchmark_group("forecast");
        group.sample_size(20);
        for model in &models {
            group.bench_function(BenchmarkId::new(model.name(), horizon), |bencher| {
                bencher.iter(|| model.forecast(&history, &target).unwrap());
            });
        }
    }
}

criterion_group!(benches, forecasts);
criterion_main!(benches);
