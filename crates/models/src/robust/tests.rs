use super::*;
use crate::arima_garch::{ArimaGarch, ArimaGarchSettings};
use crate::ewma_walk::EwmaWalk;
use crate::random_forest::{RandomForest, RandomForestSettings};
use crate::random_walk::RandomWalk;
use crate::test_history::{day, history, history_with, normals, prices, series, target};
use crate::vector_autoregression::{Var, VarSettings};
use forecaster_domain::{Horizon, Regressor};

/// Every model of this crate that estimates something, wrapped as the program wraps it.
fn models() -> Vec<Box<dyn Model>> {
    vec![
        Box::new(Robust::new(EwmaWalk::new())),
        Box::new(Robust::new(ArimaGarch::new(ArimaGarchSettings::for_horizon(Horizon::D7)))),
        Box::new(Robust::new(Var::new(VarSettings::default()))),
        Box::new(Robust::new(RandomForest::new(RandomForestSettings::default()))),
    ]
}

/// Greatest distance of a median from the last value, and widths of the 95 % interval on the first and last date, in
/// logarithms.
fn shape(model: &dyn Model, history: &History, steps: usize) -> (f64, f64, f64) {
    let forecast = model.forecast(history, &target(history.as_of() + chrono::Days::new(1), steps)).unwrap().quantiles;
    let last = history.pair().last_value();
    let moved = (0..steps).map(|step| (forecast.median(step) / last).ln().abs()).fold(0.0, f64::max);
    let width = |step: usize| (forecast.interval95(step).1 / forecast.interval95(step).0).ln();
    (moved, width(0), width(steps - 1))
}

/// Returns of 0.4 % a day, among them `jumps` (position, size), and a regressor that leads by a day.
fn with_jumps(count: usize, jumps: &[(usize, f64)]) -> History {
    let shocks = normals(count + 1, 77);
    let mut returns: Vec<f64> = (0..count).map(|t| 0.003 * shocks[t + 1] + 0.002 * shocks[t]).collect();
    jumps.iter().for_each(|(position, size)| returns[*position] += size);
    let leader: Vec<f64> = shocks[1..].iter().map(|shock| 0.005 * shock).collect();
    history_with(&prices(&returns), &prices(&leader))
}

/// The kinds: +118 % in a day, -18 %, +26 % after a peg's calm, a spike that returns; on the day itself and later.
#[test]
fn after_a_level_shift_medians_stay_and_intervals_are_wide_but_sane() {
    for jump in [0.78, -0.2, 0.23] {
        for after in [0, 1, 10, 30, 100] {
            let history = with_jumps(1200, &[(1199 - after, jump)]);
            for model in models() {
                let (moved, first, last) = shape(model.as_ref(), &history, 20);
                let what = format!("{} {jump} {after} days before: {moved} {first} {last}", model.name());
                // A moving average of a limited day; the pool holds the median closer.
                assert!(moved < 0.02, "{what}");
                // Without the jump the widths are some 1.4 % and 7 %.
                assert!(first > 0.008 && first < 0.15, "{what}");
                assert!(last > 0.04 && last < 0.6, "{what}");
            }
        }
    }
}

#[test]
fn a_spike_that_returns_moves_no_median() {
    let history = with_jumps(1200, &[(1198, 0.2), (1199, -0.2)]);
    for model in models() {
        let (moved, _, last) = shape(model.as_ref(), &history, 20);
        assert!(moved < 0.03 && last < 0.6, "{} {moved} {last}", model.name());
    }
}

#[test]
fn turbulence_that_goes_on_makes_intervals_as_wide_as_it_is() {
    // Twenty days of 5 %.
    let jumps: Vec<(usize, f64)> = (1180..1200).map(|t| (t, if t % 3 == 0 { -0.05 } else { 0.04 })).collect();
    let history = with_jumps(1200, &jumps);
    for model in models() {
        let (moved, first, _) = shape(model.as_ref(), &history, 5);
        assert!(moved < 0.03, "{} {moved}", model.name());
        // A regression on few such days knows them less well.
        let least = if model.name() == "var" { 0.05 } else { 0.08 };
        assert!(first > least, "{} {first}", model.name());
    }
}

#[test]
fn a_regressor_with_one_value_a_hundred_times_too_large_moves_nothing() {
    let history = with_jumps(1200, &[]);
    let mut leader = history.regressors()[0].series.values().to_vec();
    *leader.last_mut().unwrap() *= 100.0;
    let wrong = History::new(history.pair().clone(), vec![Regressor::new(series("dxy", &leader), 0)]);
    for model in models() {
        let (moved, _, _) = shape(model.as_ref(), &wrong, 5);
        assert!(moved < 0.03, "{} {moved}", model.name());
    }
}

#[test]
fn where_no_return_is_limited_the_forecast_is_the_models_own() {
    let history = with_jumps(1200, &[]);
    let target = target(day(1201), 5);
    let own = EwmaWalk::new().forecast(&history, &target).unwrap();
    let robust = Robust::new(EwmaWalk::new());
    let wrapped = robust.forecast(&history, &target).unwrap();
    assert_eq!((&wrapped.quantiles, &wrapped.details), (&own.quantiles, &own.details));
    let both = robust.forecast_batch(&[(&history, &target), (&history, &target)]);
    assert!(both.into_iter().all(|answer| answer.unwrap().quantiles == own.quantiles));
    assert_ne!(robust.fingerprint(), EwmaWalk::new().fingerprint());
}

/// By hand: the 80 % interval of the random walk has 1.2816 deviations on each side, so the widened one has
/// 1.2816 x root of (deviation^2 + withheld).
#[test]
fn the_withheld_variance_is_added_to_that_of_every_step() {
    let history = history(&prices(&normals(600, 3).iter().map(|z| 0.01 * z).collect::<Vec<_>>()));
    let narrow = RandomWalk::new().forecast(&history, &target(day(601), 10)).unwrap().quantiles;
    let withheld = WithheldVariance { next: 4e-4 };
    let wide = with_variance(narrow.clone(), withheld).unwrap();
    let deviation = |forecast: &QuantileForecast, step: usize| {
        (forecast.interval80(step).1 / forecast.interval80(step).0).ln() / (2.0 * 1.281_551_6)
    };
    for step in [0, 9] {
        let expected = (deviation(&narrow, step).powi(2) + withheld.summed(step + 1)).sqrt();
        assert!((deviation(&wide, step) / expected - 1.0).abs() < 1e-6);
        assert!((wide.median(step) / narrow.median(step) - 1.0).abs() < 1e-12);
    }
}

#[test]
fn a_peg_is_forecast_at_its_value_and_has_a_width_after_its_end() {
    let peg = Robust::new(EwmaWalk::new()).forecast(&history(&[3.6725; 700]), &target(day(700), 5)).unwrap();
    assert!(peg.quantiles.values().iter().all(|value| *value == 3.6725));
    let mut ended = vec![3.6725; 700];
    ended.push(5.5);
    for model in [&Robust::new(EwmaWalk::new()) as &dyn Model, &Robust::new(RandomForest::new(Default::default()))] {
        let (moved, first, last) = shape(model, &history(&ended), 5);
        assert!(moved < 1e-9 && first > 1e-4 && last < 0.2, "{} {moved} {first} {last}", model.name());
    }
}
