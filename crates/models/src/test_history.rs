//! Histories for the tests of the models: simulated prices on consecutive days.

use chrono::{Days, NaiveDate};
use forecaster_domain::{History, Horizon, Observation, Regressor, Series, Target};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

/// The date of observation `index`.
pub(crate) fn day(index: usize) -> NaiveDate {
    NaiveDate::from_ymd_opt(2010, 1, 1).unwrap() + Days::new(index as u64)
}

pub(crate) fn series(name: &str, prices: &[f64]) -> Series {
    let observations: Vec<_> =
        prices.iter().enumerate().map(|(i, &value)| Observation { date: day(i), value }).collect();
    Series::new(name, &observations).unwrap()
}

/// A history without regressors.
pub(crate) fn history(prices: &[f64]) -> History {
    History::new(series("usdclp", prices), vec![])
}

/// A history with one regressor, known without lag.
pub(crate) fn history_with(prices: &[f64], regressor: &[f64]) -> History {
    History::new(series("usdclp", prices), vec![Regressor::new(series("dxy", regressor), 0)])
}

/// The `steps` days from `first` on.
pub(crate) fn target(first: NaiveDate, steps: usize) -> Target {
    Target { horizon: Horizon::D7, dates: first.iter_days().take(steps).collect() }
}

/// `count` standard normal draws (sum of twelve uniforms).
pub(crate) fn normals(count: usize, seed: u64) -> Vec<f64> {
    let mut rng = Pcg64Mcg::seed_from_u64(seed);
    (0..count).map(|_| (0..12).map(|_| rng.random::<f64>()).sum::<f64>() - 6.0).collect()
}

/// Prices `[returns.len() + 1]` that start at 1000 and have the given log returns.
pub(crate) fn prices(returns: &[f64]) -> Vec<f64> {
    let mut price = 1000.0;
    std::iter::once(price)
        .chain(returns.iter().map(|r| {
            price *= r.exp();
            price
        }))
        .collect()
}

/// Numbers of statsmodels and arch, made by `fixtures/reference.py`.
pub(crate) fn reference() -> serde_json::Value {
    serde_json::from_str(include_str!("../fixtures/reference.json")).unwrap()
}

/// The returns they were made from `[900][3]`: CLP, MXN, BRL, percent.
pub(crate) fn reference_returns() -> Vec<[f64; 3]> {
    include_str!("../fixtures/returns.csv")
        .lines()
        .skip(1)
        .map(|line| {
            let mut fields = line.split(',').skip(1).map(|field| field.parse().unwrap());
            [fields.next().unwrap(), fields.next().unwrap(), fields.next().unwrap()]
        })
        .collect()
}

/// The numbers of a JSON array, nested ones flattened row by row.
pub(crate) fn numbers(value: &serde_json::Value) -> Vec<f64> {
    match value {
        serde_json::Value::Array(items) => items.iter().flat_map(numbers).collect(),
        number => vec![number.as_f64().unwrap()],
    }
}

/// Fails unless the two are equal within `tolerance`, number by number.
pub(crate) fn assert_close(ours: &[f64], theirs: &[f64], tolerance: f64, what: &str) {
    assert_eq!(ours.len(), theirs.len(), "{what}");
    for (a, b) in ours.iter().zip(theirs) {
        assert!((a - b).abs() <= tolerance, "{what}: {ours:?} against {theirs:?}");
    }
}
