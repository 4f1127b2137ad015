//! Independent references: scipy's `ks_2samp` and `levene`, statsmodels' `acorr_ljungbox` and `multipletests`, numpy
//! and scipy for the regime (`fixtures/drift.py`), on the embedded USD/CLP and on synthetic samples.

use super::*;
use chrono::Days;
use forecaster_domain::Observation;
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use serde_json::Value;

fn reference(part: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(include_str!("../../fixtures/drift.json")).unwrap();
    all[part].as_array().unwrap().clone()
}

fn usdclp() -> Series {
    let line = |line: &str| {
        let (date, value) = line.split_once(',').unwrap();
        Observation { date: date.parse().unwrap(), value: value.parse().unwrap() }
    };
    let all: Vec<Observation> = include_str!("../../fixtures/usdclp.csv").lines().skip(1).map(line).collect();
    Series::new("usdclp", &all).unwrap()
}

fn assert_agrees(ours: f64, theirs: &Value, what: &str) {
    let theirs = theirs.as_f64().unwrap();
    assert!((ours - theirs).abs() <= 1e-9 * (1.0 + theirs.abs()), "{what}: {ours} against {theirs}");
    // Small p-values must agree in relative terms too.
    assert!(theirs <= 0.0 || (ours / theirs - 1.0).abs() < 1e-6, "{what}: {ours} against {theirs}");
}

fn assert_tests_agree(ours: &DriftTests, theirs: &Value, whose: &str) {
    for (i, test) in [ours.distribution, ours.spread, ours.autocorrelation].iter().enumerate() {
        assert_agrees(test.statistic, &theirs[i]["statistic"], &format!("{whose}, statistic {i}"));
        assert_agrees(test.p, &theirs[i]["p"], &format!("{whose}, p-value {i}"));
        assert_agrees(test.adjusted, &theirs[i]["adjusted"], &format!("{whose}, adjusted p-value {i}"));
    }
}

#[test]
fn tests_and_regime_of_the_embedded_rates_agree_with_scipy_and_statsmodels() {
    let (all, cases) = (usdclp(), reference("real"));
    assert_eq!(cases.len(), 12);
    for case in cases {
        let as_of = case["as_of"].as_str().unwrap();
        let pair = all.until(as_of.parse().unwrap()).unwrap();
        assert_tests_agree(&drift_tests(&pair).unwrap(), &case["tests"], as_of);
        let (ours, theirs) = (volatility_regime(&pair).unwrap(), &case["regime"]);
        assert_agrees(ours.volatility, &theirs["volatility"], as_of);
        assert_agrees(ours.percentile, &theirs["percentile"], as_of);
        assert_eq!(ours.windows as u64, theirs["windows"].as_u64().unwrap(), "{as_of}");
    }
}

#[test]
fn tests_of_synthetic_samples_agree_with_scipy_and_statsmodels() {
    for case in reference("synthetic") {
        let returns: Vec<f64> = case["returns"].as_array().unwrap().iter().map(|r| r.as_f64().unwrap()).collect();
        let (earlier, recent) = returns.split_at(EARLIER_RETURNS);
        assert_tests_agree(&tests_of(recent, earlier).unwrap(), &case["tests"], case["name"].as_str().unwrap());
    }
}

fn normal(rng: &mut Pcg64Mcg) -> f64 {
    let (radius, angle): (f64, f64) = (rng.random(), rng.random());
    (-2.0 * (1.0 - radius).ln()).sqrt() * (std::f64::consts::TAU * angle).cos()
}

/// Share of drifted samples among 2,000 of independent normal returns whose last 30 vary `times` as much as the
/// others.
fn share_drifted(times: f64) -> f64 {
    let mut rng = Pcg64Mcg::seed_from_u64(1979);
    let drifted = (0..2000).filter(|_| {
        let earlier: Vec<f64> = (0..EARLIER_RETURNS).map(|_| 0.006 * normal(&mut rng)).collect();
        let recent: Vec<f64> = (0..RECENT_RETURNS).map(|_| times * 0.006 * normal(&mut rng)).collect();
        tests_of(&recent, &earlier).unwrap().any_significant()
    });
    drifted.count() as f64 / 2000.0
}

/// Three standard errors of a share of 5 % in 2,000 are 1.5 points.
#[test]
fn without_drift_one_series_in_twenty_alarms_or_fewer() {
    let share = share_drifted(1.0);
    assert!((0.01..0.065).contains(&share), "{share}");
}

#[test]
fn a_doubled_volatility_is_found() {
    let share = share_drifted(2.0);
    assert!(share > 0.9, "{share}");
}

/// Daily values, weekends included, with the given returns.
fn series(returns: impl IntoIterator<Item = f64>) -> Series {
    let first: NaiveDate = "2020-01-01".parse().unwrap();
    let mut value = 800.0;
    let mut all = vec![Observation { date: first, value }];
    for (i, r) in (1..).zip(returns) {
        value *= f64::exp(r);
        all.push(Observation { date: first + Days::new(i), value });
    }
    Series::new("usdclp", &all).unwrap()
}

#[test]
fn too_short_a_history_says_how_much_is_known_and_needed() {
    let mut rng = Pcg64Mcg::seed_from_u64(7);
    let returns: Vec<f64> = (0..400).map(|_| 0.006 * normal(&mut rng)).collect();
    let of = |count: usize| series(returns[..count].iter().copied());
    assert_eq!(drift_tests(&of(119)), Err(MissingDrift::TooFewReturns { known: 119, needed: 120 }));
    assert!(drift_tests(&of(120)).is_ok());
    assert_eq!(drift_tests(&of(0)), Err(MissingDrift::TooFewReturns { known: 0, needed: 120 }));
    assert_eq!(volatility_regime(&of(29)), Err(MissingDrift::TooFewReturns { known: 29, needed: 279 }));
    assert_eq!(volatility_regime(&of(278)), Err(MissingDrift::TooFewReturns { known: 278, needed: 279 }));
    assert_eq!(volatility_regime(&of(279)).unwrap().windows, 250);
}

#[test]
fn a_value_that_stands_still_or_grows_evenly_is_not_tested() {
    assert_eq!(drift_tests(&series([0.0; 200])), Err(MissingDrift::Constant));
    assert_eq!(drift_tests(&series([0.001; 200])), Err(MissingDrift::Constant));
    assert_eq!(volatility_regime(&series([0.0; 400])), Err(MissingDrift::Constant));
    // Constant for the last 30 days only.
    let frozen = (0..200).map(|i| if i < 170 { 0.01 * f64::from(i % 7 - 3) } else { 0.0 });
    assert_eq!(drift_tests(&series(frozen)), Err(MissingDrift::Constant));
}

#[test]
fn a_hole_among_the_returns_is_named_and_one_before_them_does_not_matter() {
    let whole = usdclp();
    let without = |from: &str, to: &str| {
        let (from, to): (NaiveDate, NaiveDate) = (from.parse().unwrap(), to.parse().unwrap());
        let kept: Vec<Observation> = whole.observations().filter(|o| o.date <= from || o.date >= to).collect();
        Series::new("usdclp", &kept).unwrap()
    };
    let recent = without("2024-10-01", "2024-10-22");
    let (from, to) = ("2024-10-01".parse().unwrap(), "2024-10-22".parse().unwrap());
    assert_eq!(drift_tests(&recent), Err(MissingDrift::Gap { from, to }));
    let before = without("2022-10-03", "2022-10-24");
    assert_eq!(drift_tests(&before), drift_tests(&whole));
    let (regime, undisturbed) = (volatility_regime(&before).unwrap(), volatility_regime(&whole).unwrap());
    assert_eq!(regime.volatility, undisturbed.volatility);
    assert_eq!(regime.windows, 5 * 252 - RECENT_RETURNS);
    let last = without("2024-12-04", "2025-01-02");
    assert!(matches!(volatility_regime(&last), Err(MissingDrift::Gap { .. })));
}

#[test]
fn regimes_begin_at_their_percentiles() {
    let kinds = [0.0, 0.1999, 0.2, 0.7999, 0.8, 0.9499, 0.95, 1.0].map(RegimeKind::from_percentile);
    use RegimeKind::*;
    assert_eq!(kinds, [Calm, Calm, Usual, Usual, Elevated, Elevated, Extreme, Extreme]);
}
