//! Context of a made-up forecast: weights and losses over time, regressors, volatility, the previous report.

use super::{DAILY_VOLATILITY, Dice};
use chrono::{DateTime, Days, NaiveDate};
use forecaster_domain::{Observation, QuantileForecast};
use forecaster_report::*;

/// Weights replayed at 50 origins and issued by the last four weekly runs, drifting towards the models' current
/// weights.
pub(crate) fn weights(observations: &[Observation], models: &[ModelView]) -> Vec<PastWeights> {
    let mut dice = Dice(77);
    let count = observations.len();
    let start = 1.0 / models.len().max(1) as f64;
    let mut noise = vec![0.0; models.len()];
    let mut all = Vec::new();
    for k in 0..50usize {
        let Some(place) = count.checked_sub(1 + 3 * (50 - k)) else { continue };
        let progress = k as f64 / 50.0;
        for value in &mut noise {
            *value = 0.8 * *value + 0.012 * dice.normal();
        }
        let raw: Vec<f64> = models
            .iter()
            .zip(&noise)
            .map(|(m, noise)| (start + progress * (m.weight - start) + noise * (1.0 - progress)).clamp(0.05, 0.6))
            .collect();
        let sum: f64 = raw.iter().sum();
        let shares = || models.iter().zip(&raw).map(|(m, weight)| (m.name.clone(), weight / sum)).collect();
        all.push(PastWeights { as_of: observations[place].date, issued: false, weights: shares() });
        if k >= 30 && k % 5 == 0 {
            all.push(PastWeights { as_of: observations[place].date, issued: true, weights: shares() });
        }
    }
    all
}

/// Losses at 60 origins, with the ensemble about 2 % better on average.
pub(crate) fn losses(observations: &[Observation], steps: usize) -> Vec<OriginLoss> {
    let mut dice = Dice(5);
    let ends = (0..60).filter_map(|k| (observations.len() - 1).checked_sub(3 * (59 - k)));
    ends.filter(|end| *end >= steps)
        .map(|end| {
            let random_walk = 20.0 * (0.5 * dice.normal()).exp();
            let ensemble = random_walk * (0.985 + 0.07 * dice.normal());
            let (origin, matured) = (observations[end - steps].date, observations[end].date);
            OriginLoss { origin, matured, ensemble, random_walk }
        })
        .collect()
}

/// Six series about their levels; each follows the pair with its own coefficient.
pub(crate) fn regressors(observations: &[Observation]) -> Vec<RegressorView> {
    let all = [("dxy", 106.0, 0.3), ("usdmxn", 19.2, 0.35), ("usdbrl", 5.6, 0.3), ("usdaud", 1.53, 0.2)];
    let all = all.into_iter().chain([("copper_comex", 4.3, -0.5), ("vix", 16.0, 1.5)]);
    all.enumerate().map(|(i, (name, level, beta))| regressor(observations, i as u64, name, level, beta)).collect()
}

fn regressor(observations: &[Observation], seed: u64, name: &str, level: f64, beta: f64) -> RegressorView {
    let mut dice = Dice(1000 + seed);
    let changes: Vec<f64> = observations.windows(2).map(|w| (w[1].value / w[0].value).ln()).collect();
    let size = 0.006 * f64::max(1.0, 4.0 * beta.abs());
    let own: Vec<f64> = changes.iter().map(|change| beta * change + size * 0.9 * dice.normal()).collect();
    let mut value = level;
    let mut values = vec![Observation { date: observations[0].date, value }];
    for (change, o) in own.iter().zip(&observations[1..]) {
        value *= (change + 0.01 * (level / value).ln()).exp();
        values.push(Observation { date: o.date, value });
    }
    let correlation = (CORRELATION_WINDOW..=own.len())
        .map(|end| {
            let window = end - CORRELATION_WINDOW..end;
            (observations[end].date, correlation(&own[window.clone()], &changes[window]))
        })
        .collect();
    RegressorView { name: name.to_owned(), observations: values, correlation }
}

fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let (ma, mb) = (mean(a), mean(b));
    let sum = |f: &dyn Fn(f64, f64) -> f64| a.iter().zip(b).map(|(x, y)| f(x - ma, y - mb)).sum::<f64>();
    sum(&|x, y| x * y) / (sum(&|x, _| x * x) * sum(&|_, y| y * y)).sqrt()
}

/// An exponentially weighted volatility, returning to 9.8 % a year.
pub(crate) fn volatility(observations: &[Observation], dates: &[NaiveDate]) -> VolatilityView {
    let long_run = 0.098;
    let mut variance = DAILY_VOLATILITY * DAILY_VOLATILITY;
    let mut past = Vec::new();
    for pair in observations.windows(2) {
        let change = (pair[1].value / pair[0].value).ln();
        past.push((pair[1].date, (variance * TRADING_DAYS).sqrt()));
        variance = 0.05 * long_run * long_run / TRADING_DAYS + 0.87 * variance + 0.08 * change * change;
    }
    let now = variance * TRADING_DAYS;
    let at = |step: usize| (long_run * long_run + (now - long_run * long_run) * 0.95f64.powi(step as i32)).sqrt();
    let ahead = dates.iter().enumerate().map(|(step, date)| (*date, at(step))).collect();
    VolatilityView { past, ahead, long_run: Some(long_run) }
}

/// A report from five observations earlier; `size` scales the changes since.
pub(crate) fn since_last(observations: &[Observation], ensemble: &QuantileForecast, size: f64) -> SinceLast {
    let now = observations[observations.len() - 1];
    let then = observations[observations.len() - 6];
    let end = ensemble.last_step();
    let last_value = now.value * (1.0 - 0.02 * size);
    let median = last_value * 1.001;
    let reach = 0.5 * (ensemble.interval80(end).1 - ensemble.interval80(end).0) * (1.0 + 0.25 * size);
    let change = ensemble.median(end) - median;
    let models = 0.2 * change - 0.1 * size;
    let weights = 0.3 * size;
    let one = |series: &str, measure, from: f64, to: f64| Move {
        series: series.to_owned(),
        measure,
        from: Observation { date: then.date, value: from },
        to: Observation { date: now.date, value: to },
    };
    let still = |m: Move| Move { to: m.from, ..m };
    SinceLast {
        as_of: then.date,
        last_value,
        end_date: ensemble.dates()[end] - Days::new(7),
        median,
        interval80: (median - reach, median + reach),
        forecast_for_today: Some((
            median,
            (median - reach, median + reach),
            (median - 1.6 * reach, median + 1.6 * reach),
        )),
        moves: vec![
            one("usdclp", ChangeUnit::Percent, last_value, now.value),
            one("dxy", ChangeUnit::Percent, 108.3, 108.3 * (1.0 + 0.012 * size)),
            one("usdmxn", ChangeUnit::Percent, 20.11, 20.11 * (1.0 + 0.004 * size)),
            one("copper_comex", ChangeUnit::Percent, 4.31, 4.31 * (1.0 - 0.035 * size)),
            one("vix", ChangeUnit::Points, 17.4, 17.4 + 3.2 * size),
            still(one("tpm", ChangeUnit::PercentagePoints, 5.0, 5.0)),
            one(RATE_DIFFERENTIAL, ChangeUnit::PercentagePoints, 0.67, 0.67 - 0.25 * size),
        ],
        change: Some(MedianChange {
            data: change - models - weights,
            models,
            weights,
            by_model: vec![("arima_garch".to_owned(), 0.8 * models), ("var".to_owned(), 0.2 * models)],
            joined: vec!["chronos".to_owned()],
            left: vec![],
        }),
    }
}

/// Removes everything that earlier versions of this project did not record.
pub(crate) fn strip(view: &mut ReportView) {
    view.weights.clear();
    view.losses.clear();
    view.issued.clear();
    view.regressors.clear();
    view.volatility = None;
    view.since_last = None;
    view.drift = DriftView::default();
    view.track_record = None;
    view.quote = None;
    view.beyond_quote_error = None;
}

/// A quote from the morning of the as-of date.
pub(crate) fn quote(value: f64) -> QuoteView {
    let known_at = DateTime::parse_from_rfc3339("2025-01-13T08:15:00-03:00").expect("an instant");
    QuoteView { value, source: "nbp".to_owned(), known_at }
}

/// Drift tests of which two of three find a difference, in an elevated regime.
pub(crate) fn drift() -> DriftView {
    let test =
        |kind, statistic, p, adjusted: f64| DriftTestView { kind, statistic, p, adjusted, found: adjusted < 0.05 };
    DriftView {
        tests: vec![
            test(DriftTestKind::Distribution, 0.311, 0.0196, 0.0392),
            test(DriftTestKind::Spread, 9.214, 0.0029, 0.0088),
            test(DriftTestKind::Autocorrelation, 4.871, 0.4317, 0.4317),
        ],
        regime: Some(RegimeView { volatility: 0.1428, percentile: 0.873, windows: 1260, regime: Regime::Elevated }),
    }
}

/// Track record of half a year of weekly forecasts.
pub(crate) fn track_record(as_of: NaiveDate) -> TrackRecord {
    let row = |model: &str, n, rmse, wql, coverage80, skill| TrackRow {
        model: model.to_owned(),
        n,
        rmse,
        mape: rmse / 13.5,
        wql,
        coverage80,
        coverage95: 0.9583,
        skill: Some(skill),
    };
    let compared = |model: &str, against: &str, n, skill, p, verdict| TrackComparison {
        model: model.to_owned(),
        against: against.to_owned(),
        n,
        skill,
        p_value: Some(p),
        verdict,
    };
    TrackRecord {
        from: as_of - Days::new(182),
        to: as_of - Days::new(8),
        rows: vec![
            row("ensemble", 24, 9.31, 0.00421, 0.7917, 0.0266),
            row("ensemble_without_chronos", 24, 9.36, 0.00424, 0.8021, 0.0197),
            row("random_walk", 24, 9.52, 0.00432, 0.8333, 0.0),
            row("arima_garch", 24, 9.47, 0.0043, 0.8125, 0.0053),
            row("var", 24, 9.71, 0.00441, 0.8438, -0.0207),
            row("random_forest", 24, 9.9, 0.00448, 0.7813, -0.0362),
            row("chronos", 18, 9.6, 0.00434, 0.7604, -0.0051),
        ],
        comparisons: vec![
            compared("ensemble", "random_walk", 24, 0.0266, 0.031, TrackVerdict::Better),
            compared(
                "ensemble",
                "ensemble_without_chronos",
                24,
                0.0071,
                0.42,
                TrackVerdict::CannotTellYet { more_runs: Some(130) },
            ),
        ],
    }
}
