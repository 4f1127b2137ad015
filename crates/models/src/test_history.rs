//! Histories for model tests: simulated prices on consecutive days.

use chrono::{Days, NaiveDate};
use forecaster_domain::{History, Horizon, Observation, Regressor, Series, Target};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

/// Date of observation `index`.
pub(crate) fn day(index: usize) -> NaiveDate {
    NaiveDate::from_ymd_opt(2010, 1, 1).unwrap() + Days::new(index as u64)
}

pub(crate) fn series(name: &str, prices: &[f64]) -> Series {
    let observations: Vec<_> =
        prices.iter().enumerate().map(|(i, &value)| Observation { date: day(i), value }).collect();
    Series::new(name, &observations).unwrap()
}

/// Builds a history without regressors.
pub(crate) fn history(prices: &[f64]) -> History {
    History::new(series("usdclp", prices), vec![])
}

/// Builds a history with one regressor, known without lag.
pub(crate) fn history_with(prices: &[f64], regressor: &[f64]) -> History {
    History::new(series("usdclp", prices), vec![Regressor::new(series("dxy", regressor), 0)])
}

/// Builds a target of `steps` days, starting at `first`.
pub(crate) fn target(first: NaiveDate, steps: usize) -> Target {
    Target { horizon: Horizon::D7, dates: first.iter_days().take(steps).collect() }
}

/// `count` standard normal draws (sum of twelve uniforms).
pub(crate) fn normals(count: usize, seed: u64) -> Vec<f64> {
    let mut rng = Pcg64Mcg::seed_from_u64(seed);
    (0..count).map(|_| (0..12).map(|_| rng.random::<f64>()).sum::<f64>() - 6.0).collect()
}

/// Prices `[returns.len() + 1]` with the given log returns, starting at 1000.
pub(crate) fn prices(returns: &[f64]) -> Vec<f64> {
    let mut price = 1000.0;
    std::iter::once(price)
        .chain(returns.iter().map(|r| {
            price *= r.exp();
            price
        }))
        .collect()
}

/// Results of statsmodels and arch, written by `fixtures/reference.py`.
pub(crate) fn reference() -> serde_json::Value {
    serde_json::from_str(include_str!("../fixtures/reference.json")).unwrap()
}

/// Returns `[900][3]` behind those results: CLP, MXN, BRL, in percent.
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

/// Flattens the numbers of a JSON array, row by row.
pub(crate) fn numbers(value: &serde_json::Value) -> Vec<f64> {
    match value {
        serde_json::Value::Array(items) => items.iter().flat_map(numbers).collect(),
        number => vec![number.as_f64().unwrap()],
    }
}

/// Panics unless the two slices are equal within `tolerance`, number by number.
pub(crate) fn assert_close(ours: &[f64], theirs: &[f64], tolerance: f64, what: &str) {
    assert_eq!(ours.len(), theirs.len(), "{what}");
    for (a, b) in ours.iter().zip(theirs) {
        assert!((a - b).abs() <= tolerance, "{what}: {ours:?} against {theirs:?}");
    }
}
