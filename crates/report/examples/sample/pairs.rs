//! The made-up report for pairs of every magnitude, and for one that does not vary.

use super::{forecast, view};
use forecaster_domain::{Horizon, QuantileForecast};
use forecaster_report::{Language, ReportView};

/// Pairs with a price of their size.
const PAIRS: [(&str, f64); 7] = [
    ("USD/CLP", 951.24),
    ("USD/JPY", 149.87),
    ("USD/KWD", 0.3075),
    ("USD/IDR", 16_250.5),
    ("CLP/USD", 0.001_012),
    ("USD/VES", 4_181_782.4),
    ("VES/USD", 2.391e-7),
];

/// Builds a report of each pair, and one of a pair whose price is always the same.
pub(crate) fn views(language: Language, horizon: Horizon) -> Vec<(&'static str, ReportView)> {
    let plain = view(language, horizon);
    let mut all: Vec<_> = PAIRS.map(|(name, price)| (name, named(at(plain.clone(), price), name))).to_vec();
    all.push(("USD/AED", named(constant(plain, 3.6725), "USD/AED")));
    all
}

fn named(mut view: ReportView, pair: &str) -> ReportView {
    view.pair = pair.parse().expect("a pair");
    view
}

/// Returns `view` in the units of another pair, with last price `price`.
pub(crate) fn at(mut view: ReportView, price: f64) -> ReportView {
    let factor = price / view.observations.last().map_or(1.0, |last| last.value);
    let scaled = |forecast: &QuantileForecast| {
        let dates = forecast.dates().to_vec();
        QuantileForecast::new(forecast.as_of(), dates, forecast.values() * factor).expect("a valid forecast")
    };
    view.ensemble = scaled(&view.ensemble);
    view.models.iter_mut().for_each(|model| model.forecast = scaled(&model.forecast));
    view.observations.iter_mut().for_each(|o| o.value *= factor);
    for past in view.past.iter_mut().chain(&mut view.issued) {
        past.median *= factor;
        past.interval80 = (past.interval80.0 * factor, past.interval80.1 * factor);
        past.interval95 = (past.interval95.0 * factor, past.interval95.1 * factor);
        past.actual = past.actual.map(|actual| actual * factor);
    }
    view.round_levels.iter_mut().for_each(|level| level.price *= factor);
    view.quote.iter_mut().for_each(|quote| quote.value *= factor);
    view.since_last = None;
    view
}

/// Returns `view` with a price that is always the same, forecast without doubt and without error.
fn constant(mut view: ReportView, price: f64) -> ReportView {
    let same = |like: &QuantileForecast| forecast(like.as_of(), like.dates().to_vec(), price, 0.0, 0.0);
    view.ensemble = same(&view.ensemble);
    view.models.iter_mut().for_each(|model| model.forecast = same(&model.forecast));
    view.observations.iter_mut().for_each(|o| o.value = price);
    for past in view.past.iter_mut().chain(&mut view.issued) {
        past.median = price;
        past.interval80 = (price, price);
        past.interval95 = (price, price);
        past.actual = past.actual.map(|_| price);
    }
    for loss in &mut view.losses {
        (loss.ensemble, loss.random_walk) = (0.0, 0.0);
    }
    if let Some(volatility) = &mut view.volatility {
        volatility.past.iter_mut().chain(&mut volatility.ahead).for_each(|day| day.1 = 0.0);
        volatility.long_run = Some(0.0);
    }
    view.round_levels.clear();
    view.quote = None;
    view.since_last = None;
    view
}
