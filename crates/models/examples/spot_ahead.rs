//! Measures the value of market quotes: every model with and without them on the same rolling origins.
//!
//! cargo run --release -p forecaster-models --example spot_ahead -- PAIR.csv QUOTES.csv FROM TO EVERY
//! [REGRESSORS.csv]
//!
//! PAIR.csv and QUOTES.csv are `date,value` with a header line; each quote has the date of the trades it closes.
//! REGRESSORS.csv is `name,date,value`. Origins are every EVERY-th observation from FROM to TO at which a sound quote
//! was known; lookback 1500.
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

use chrono::NaiveDate;
use forecaster_domain::scores::{Outcome, score, skill, wql};
use forecaster_domain::{
    BusinessCalendar, History, Horizon, Model, Observation, QuantileForecast, Regressor, Series, Target,
};
use forecaster_models::{
    ArimaGarch, ArimaGarchSettings, RandomForest, RandomForestSettings, RandomWalk, SpotAhead, Var, VarSettings,
};
use std::collections::BTreeMap;

const LOOKBACK: usize = 1500;

type Actuals = Vec<Option<f64>>;

fn series(name: &str, rows: &[(NaiveDate, f64)]) -> Series {
    let observations: Vec<_> = rows.iter().map(|&(date, value)| Observation { date, value }).collect();
    Series::new(name, &observations).unwrap()
}

fn read(name: &str, path: &str) -> Series {
    let text = std::fs::read_to_string(path).unwrap();
    let rows: Vec<_> = text.lines().skip(1).map(|line| line.split_once(',').unwrap()).collect();
    series(
        name,
        &rows.iter().map(|(date, value)| (date.parse().unwrap(), value.parse().unwrap())).collect::<Vec<_>>(),
    )
}

fn read_regressors(path: &str) -> Vec<Regressor> {
    let mut rows: BTreeMap<String, Vec<(NaiveDate, f64)>> = BTreeMap::new();
    for line in std::fs::read_to_string(path).unwrap().lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        rows.entry(fields[0].into()).or_default().push((fields[1].parse().unwrap(), fields[2].parse().unwrap()));
    }
    rows.iter().map(|(name, rows)| Regressor::new(series(name, rows), 1)).collect()
}

fn models(horizon: Horizon) -> Vec<Box<dyn Model>> {
    vec![
        Box::new(SpotAhead::new(ArimaGarch::new(ArimaGarchSettings::for_horizon(horizon)))),
        Box::new(SpotAhead::new(Var::new(VarSettings::default()))),
        Box::new(SpotAhead::new(RandomForest::new(RandomForestSettings::default()))),
    ]
}

/// Formats the scores of `forecasts` against `actuals`, and the skill against `walk`, at all steps or only at `step`.
fn line(
    forecasts: &[QuantileForecast],
    walk: &[QuantileForecast],
    actuals: &[Actuals],
    step: Option<usize>,
) -> String {
    let masked: Vec<Actuals> = actuals
        .iter()
        .map(|row| row.iter().enumerate().map(|(i, a)| a.filter(|_| step.is_none_or(|s| s == i))).collect())
        .collect();
    let outcomes = |forecasts: &'_ [QuantileForecast]| {
        let pairs = forecasts.iter().zip(&masked);
        score(pairs.clone().map(|(forecast, actuals)| Outcome { forecast, actuals, naive_mae: 1.0 })).map(|scores| {
            (scores, wql(pairs.map(|(forecast, actuals)| Outcome { forecast, actuals, naive_mae: 1.0 })).unwrap())
        })
    };
    let Some(((scores, loss), (_, benchmark))) = outcomes(forecasts).zip(outcomes(walk)) else { return "-".into() };
    format!(
        "{:.6} | {:+.2} | {:.1} | {:.1}",
        loss,
        100.0 * skill(loss, benchmark),
        100.0 * scores.coverage80,
        100.0 * scores.coverage95
    )
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [pair, quotes, from, to, every] = &arguments[..5] else { panic!("PAIR QUOTES FROM TO EVERY [REGRESSORS]") };
    let (from, to): (NaiveDate, NaiveDate) = (from.parse().unwrap(), to.parse().unwrap());
    let regressors = arguments.get(5).map(|path| read_regressors(path)).unwrap_or_default();
    let without = History::new(read("usdclp", pair), regressors);
    let with = without.clone().with_spot(Regressor::new(read("usdclp_spot", quotes), 1));
    let dates = without.pair().dates().iter().filter(|date| (from..=to).contains(*date));
    let origins: Vec<NaiveDate> = dates
        .step_by(every.parse().unwrap())
        .filter(|date| matches!(with.until(**date).unwrap().window(LOOKBACK).spot_gap(), Ok(Some(_))))
        .copied()
        .collect();
    let calendar = BusinessCalendar::chile();
    println!("| horizon | model | quote | n | WQL | skill % | cov. 80 % | cov. 95 % |");
    println!("| --- | --- | --- | --- | --- | --- | --- | --- |");
    for horizon in Horizon::ALL {
        let targets: Vec<Target> =
            origins.iter().map(|date| Target { horizon, dates: calendar.target_dates(*date, horizon) }).collect();
        let actuals: Vec<Actuals> = targets
            .iter()
            .map(|target| target.dates.iter().map(|date| without.pair().value_on(*date)).collect())
            .collect();
        let forecast = |model: &dyn Model, history: &History| -> Vec<QuantileForecast> {
            let windows = origins.iter().map(|date| history.until(*date).unwrap().window(LOOKBACK));
            windows.zip(&targets).map(|(window, target)| model.forecast(&window, target).unwrap().quantiles).collect()
        };
        let walk = forecast(&RandomWalk::new(), &without);
        println!("| {horizon} | random_walk | no | {} | {} |", origins.len(), line(&walk, &walk, &actuals, None));
        for model in models(horizon) {
            if without.regressors().is_empty() && model.name() == "var" {
                continue;
            }
            for (label, history) in [("no", &without), ("yes", &with)] {
                let forecasts = forecast(model.as_ref(), history);
                let row = |step| line(&forecasts, &walk, &actuals, step);
                println!("| {horizon} | {} | {label} | {} | {} |", model.name(), origins.len(), row(None));
                for step in 0..if horizon == Horizon::D7 { 3 } else { 0 } {
                    println!("| step {} | {} | {label} | | {} |", step + 1, model.name(), row(Some(step)));
                }
            }
        }
    }
}
