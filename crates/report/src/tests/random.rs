//! Views with wildly varying numbers, for tests that must hold for any numbers: empty, single, tied, constant,
//! negative, huge, not a number.

use super::synthetic::{self, Dice};
use crate::view::*;
use chrono::{Days, NaiveDate};
use forecaster_domain::{Horizon, Observation, QuantileForecast};
use std::sync::OnceLock;

mod quote;

/// Draws beyond the plain ones.
impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        (self.uniform() * limit as f64) as usize
    }

    fn chance(&mut self, share: f64) -> bool {
        self.uniform() < share
    }

    /// Mostly a plain number about `size`, occasionally an invalid or extreme one.
    fn odd(&mut self, size: f64) -> f64 {
        match self.below(40) {
            0 => 0.0,
            1 => -size,
            2 => f64::NAN,
            3 => size * 1e6,
            _ => size * (0.4 * self.normal()).exp(),
        }
    }
}

const MODELS: [&str; 8] = [
    "random_walk",
    "market_walk",
    "ewma_walk",
    "arima_garch",
    "var",
    "random_forest",
    "chronos",
    "my_model_with_a_long_name",
];
const SERIES: [&str; 12] = [
    "dxy",
    "usdmxn",
    "usdbrl",
    "usdaud",
    "usdcad",
    "usdnok",
    "copper",
    "copper_comex",
    "vix",
    "tpm",
    "usdclp_spot",
    "x",
];

/// One plain view per horizon, built once: simulating their paths takes long.
fn plain() -> &'static [ReportView] {
    static PLAIN: OnceLock<Vec<ReportView>> = OnceLock::new();
    let horizons = [Horizon::D7, Horizon::D15, Horizon::D30, Horizon::D90];
    PLAIN.get_or_init(|| horizons.map(|horizon| synthetic::view(Language::Spanish, horizon)).to_vec())
}

/// Builds the view of a seed.
pub(crate) fn view(seed: u64) -> ReportView {
    let dice = &mut Dice(seed.wrapping_mul(7919).wrapping_add(13));
    for _ in 0..3 {
        dice.uniform();
    }
    let mut view = plain()[dice.below(4)].clone();
    view.language = if dice.chance(0.5) { Language::Spanish } else { Language::English };
    if dice.chance(0.02) {
        synthetic::more::strip(&mut view);
        return view;
    }
    if dice.chance(0.1) {
        synthetic::make_stale(&mut view);
    }
    if dice.chance(0.15) {
        let keep = dice.below(60);
        view.observations.drain(..view.observations.len() - keep.max(1));
    }
    if dice.chance(0.1) {
        view.observations.iter_mut().for_each(|o| o.value = 979.36);
    }
    if dice.chance(0.2) {
        let rising = if dice.chance(0.5) { 1.0 } else { -1.0 };
        (0..).zip(&mut view.observations).for_each(|(i, o)| o.value += rising * 1.5 * f64::from(i));
    }
    models(dice, &mut view);
    weights(dice, &mut view);
    losses(dice, &mut view);
    issued(dice, &mut view);
    regressors(dice, &mut view);
    volatility(dice, &mut view);
    view.drift = drift(dice);
    view.track_record = dice.chance(0.8).then(|| track_record(dice, &view));
    view.since_last = if dice.chance(0.9) { since_last(dice, &view) } else { None };
    quote::add(dice, &mut view);
    view
}

fn forecast(dice: &mut Dice, like: &QuantileForecast, start: f64) -> QuantileForecast {
    let drift = if dice.chance(0.3) { 0.0 } else { 0.002 * dice.normal() };
    let width = if dice.chance(0.3) { 1.0 } else { (0.7 * dice.normal()).exp() };
    synthetic::forecast(like.as_of(), like.dates().to_vec(), start, drift, width)
}

fn models(dice: &mut Dice, view: &mut ReportView) {
    let last = view.observations.last().map_or(900.0, |o| o.value);
    view.ensemble = forecast(dice, &view.ensemble, last);
    let template = view.models[0].clone();
    let count = dice.below(MODELS.len() + 1);
    let equal = dice.chance(0.2);
    let raw: Vec<f64> = (0..count).map(|_| if equal { 1.0 } else { 0.05 + dice.uniform() }).collect();
    let sum: f64 = raw.iter().sum();
    view.models = (0..count)
        .map(|i| ModelView {
            name: MODELS[i].to_owned(),
            weight: raw[i] / sum,
            forecast: forecast(dice, &view.ensemble, last),
            ..template.clone()
        })
        .collect();
}

fn weights(dice: &mut Dice, view: &mut ReportView) {
    let count = if dice.chance(0.2) { dice.below(3) } else { 40 };
    let as_of = view.ensemble.as_of();
    let steady = dice.chance(0.2);
    let mut all = Vec::new();
    for k in 0..count {
        let models = view.models.iter().filter(|_| !dice.chance(0.03)).map(|m| m.name.clone()).collect::<Vec<_>>();
        let mut weights: Vec<(String, f64)> = Vec::new();
        for name in models {
            let now = view.models.iter().find(|m| m.name == name).map_or(0.0, |m| m.weight);
            weights.push((name, if steady { now } else { (now + 0.05 * dice.normal()).clamp(0.0, 1.0) }));
        }
        if dice.chance(0.02) {
            weights.push(("gone".to_owned(), dice.uniform()));
        }
        let moment =
            PastWeights { as_of: as_of - Days::new(7 * (count - k) as u64), issued: dice.chance(0.2), weights };
        all.push(moment);
    }
    view.weights = all;
}

fn losses(dice: &mut Dice, view: &mut ReportView) {
    let count = [0, 1, 19, 20, 21, 60][dice.below(6)];
    let better = 1.0 + 0.05 * dice.normal();
    let equal = dice.chance(0.15);
    let origin = |k: usize| view.ensemble.as_of() - Days::new(5 * (count - k) as u64 + 7);
    view.losses = (0..count)
        .map(|k| {
            let random_walk = if dice.chance(0.02) { 0.0 } else { 20.0 * (0.5 * dice.normal()).exp() };
            let ensemble = if equal { random_walk } else { random_walk * better * (1.0 + 0.1 * dice.normal()) };
            OriginLoss { origin: origin(k), matured: origin(k) + Days::new(7), ensemble, random_walk }
        })
        .collect();
}

fn issued(dice: &mut Dice, view: &mut ReportView) {
    let count = [0, 1, 2, 14, 80][dice.below(5)];
    let as_of = view.ensemble.as_of();
    view.issued = (0..count)
        .map(|k| {
            let date = as_of - Days::new(7 * (count - 1 - k) as u64);
            let median = 950.0 + 20.0 * dice.normal();
            let actual =
                (!dice.chance(0.1)).then(|| median + if dice.chance(0.1) { 0.0 } else { 15.0 * dice.normal() });
            PastForecast {
                origin: date - Days::new(7),
                date,
                median,
                interval80: (median - 12.0, median + 12.0),
                interval95: (median - 22.0, median + 22.0),
                actual,
            }
        })
        .collect();
}

fn regressors(dice: &mut Dice, view: &mut ReportView) {
    let count = dice.below(SERIES.len() + 1);
    let dates: Vec<NaiveDate> = view.observations.iter().map(|o| o.date).collect();
    let series = |dice: &mut Dice, name: &str| {
        let (level, size) = ([0.6, 4.2, 19.0, 104.0, 12_345.6][dice.below(5)], 0.02 * dice.uniform());
        let constant = dice.chance(0.05);
        let mut value: f64 = level;
        let mut observations = Vec::new();
        for date in &dates {
            value *= if constant { 1.0 } else { (size * dice.normal()).exp() };
            let shown = if dice.chance(0.003) { dice.odd(level) } else { value };
            observations.push(Observation { date: *date, value: shown });
        }
        let mut at = 0.3 * dice.normal();
        let mut correlation = Vec::new();
        for date in dates.iter().skip(60) {
            at = (at + 0.05 * dice.normal()).clamp(-1.0, 1.0);
            correlation.push((*date, if dice.chance(0.01) { f64::NAN } else { at }));
        }
        RegressorView { name: name.to_owned(), observations, correlation }
    };
    view.regressors = SERIES.iter().take(count).map(|name| series(dice, name)).collect();
}

fn volatility(dice: &mut Dice, view: &mut ReportView) {
    if dice.chance(0.2) {
        view.volatility = None;
    }
    if let Some(known) = &mut view.volatility {
        let level = 0.02 + 0.3 * dice.uniform();
        known
            .past
            .iter_mut()
            .for_each(|v| v.1 = if dice.chance(0.01) { f64::NAN } else { level * (0.2 * dice.normal()).exp() });
        let end = if dice.chance(0.4) { 0.001 } else { 0.05 };
        let now = known.past.last().map_or(level, |v| v.1);
        known.ahead.iter_mut().for_each(|v| v.1 = (now + end * dice.normal()).abs());
        known.long_run = dice.chance(0.7).then(|| level * (0.1 * dice.normal()).exp());
        if dice.chance(0.1) {
            known.past.truncate(dice.below(3));
        }
    }
}

fn since_last(dice: &mut Dice, view: &ReportView) -> Option<SinceLast> {
    let size = [0.0, 0.01, 0.3, 1.0, 5.0, -2.0][dice.below(6)];
    let mut since = match view.observations.len() {
        0..6 => return None,
        _ => synthetic::more::since_last(&view.observations, &view.ensemble, size),
    };
    since.median *= 1.0 + [0.0, 0.0001, 0.01][dice.below(3)] * dice.normal();
    for one in &mut since.moves {
        one.to.value = one.from.value + (one.to.value - one.from.value) * 2.0 * dice.normal();
        if dice.chance(0.1) {
            one.from.value = dice.odd(one.from.value);
        }
    }
    let reach = 12.0 * dice.uniform();
    since.interval80 = (since.median - reach, since.median + reach);
    if let Some((median, interval80, interval95)) = &mut since.forecast_for_today {
        let shift = 12.0 * dice.normal();
        *median += shift;
        *interval80 = (*median - reach, *median + reach);
        *interval95 = (*median - 1.7 * reach, *median + 1.7 * reach);
    }
    if dice.chance(0.2) {
        since.forecast_for_today = None;
    }
    let total = view.ensemble.median(view.ensemble.last_step()) - since.median;
    since.change = dice.chance(0.8).then(|| {
        let (models, weights) = (total * dice.normal(), total * 0.3 * dice.normal());
        let wrong = if dice.chance(0.1) { 3.0 } else { 0.0 };
        let share = dice.uniform();
        MedianChange {
            data: total - models - weights + wrong,
            models,
            weights,
            by_model: vec![("var".to_owned(), share * models), ("chronos".to_owned(), (1.0 - share) * models)],
            joined: MODELS.iter().take(dice.below(3)).map(|name| (*name).to_owned()).collect(),
            left: MODELS.iter().skip(3).take(dice.below(3)).map(|name| (*name).to_owned()).collect(),
        }
    });
    Some(since)
}

fn drift(dice: &mut Dice) -> DriftView {
    use DriftTestKind::{Autocorrelation, Distribution, Spread};
    if dice.chance(0.1) {
        return DriftView::default();
    }
    let test = |dice: &mut Dice, kind| {
        let p = if dice.chance(0.4) { 0.06 * dice.uniform() } else { dice.uniform() };
        let adjusted = f64::min(1.0, 3.0 * p);
        DriftTestView { kind, statistic: 8.0 * dice.uniform(), p, adjusted, found: adjusted < 0.05 }
    };
    let tests = [Distribution, Spread, Autocorrelation].map(|kind| test(dice, kind)).to_vec();
    let percentile = if dice.chance(0.3) { 0.9 + 0.1 * dice.uniform() } else { dice.uniform() };
    let regime = match percentile {
        p if p < 0.2 => Regime::Calm,
        p if p < 0.8 => Regime::Usual,
        p if p < 0.95 => Regime::Elevated,
        _ => Regime::Extreme,
    };
    let windows = 250 + dice.below(1011);
    let volatility = 0.4 * dice.uniform();
    DriftView { tests, regime: dice.chance(0.9).then_some(RegimeView { volatility, percentile, windows, regime }) }
}

fn track_record(dice: &mut Dice, view: &ReportView) -> TrackRecord {
    let to = view.ensemble.as_of() - Days::new(8 + dice.below(30) as u64);
    let mut names = vec!["ensemble", "ensemble_without_chronos"];
    names.extend(MODELS);
    names.truncate(dice.below(names.len() + 1));
    let row = |dice: &mut Dice, model: &str| TrackRow {
        model: model.to_owned(),
        n: dice.below(2000),
        rmse: dice.odd(9.0),
        mape: dice.odd(0.8),
        wql: dice.odd(0.004),
        coverage80: dice.uniform(),
        coverage95: dice.uniform(),
        skill: dice.chance(0.8).then(|| 0.1 * dice.normal()),
    };
    let comparison = |dice: &mut Dice, pair: &[&str]| {
        let skill = if dice.chance(0.1) { [0.0, f64::NAN][dice.below(2)] } else { 0.05 * dice.normal() };
        let p_value = dice.chance(0.8).then(|| dice.uniform().powi(3));
        let verdict = match p_value {
            Some(p) if p < 0.05 && skill > 0.0 => TrackVerdict::Better,
            Some(p) if p < 0.05 && skill < 0.0 => TrackVerdict::Worse,
            _ => TrackVerdict::CannotTellYet { more_runs: dice.chance(0.6).then(|| dice.below(1500)) },
        };
        let (model, against) = (pair[0].to_owned(), pair[1].to_owned());
        TrackComparison { model, against, n: 1 + dice.below(1200), skill, p_value, verdict }
    };
    TrackRecord {
        from: to - Days::new(dice.below(400) as u64),
        to,
        rows: names.iter().map(|name| row(dice, name)).collect(),
        comparisons: names.windows(2).map(|pair| comparison(dice, pair)).collect(),
    }
}
