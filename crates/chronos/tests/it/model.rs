//! Tests of Chronos as one of the ensemble's models.

#![allow(clippy::unwrap_used)]

use crate::fixture::{copied, session, settings};
use chrono::NaiveDate;
use forecaster_chronos::{CheckpointLabel, Chronos, ChronosSettings, Pipeline, Precision, Predictor};
use forecaster_domain::{
    BusinessCalendar, History, Horizon, Model, ModelError, Observation, Series, Target, Unavailability,
};
use std::path::Path;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// Prices on Chilean business days up to 2024-12-23, without those in `missing`.
fn history(missing: &[&str]) -> History {
    let calendar = BusinessCalendar::chile();
    let observations: Vec<Observation> = day("2023-06-01")
        .iter_days()
        .take_while(|d| *d <= day("2024-12-23"))
        .filter(|d| calendar.is_business_day(*d) && !missing.iter().any(|m| day(m) == *d))
        .enumerate()
        .map(|(i, date)| Observation { date, value: 940.0 + 15.0 * (i as f64 / 11.0).sin() + (i % 5) as f64 })
        .collect();
    History::new(Series::new("usdclp", &observations).unwrap(), vec![])
}

fn target(history: &History, horizon: Horizon) -> Target {
    Target { horizon, dates: BusinessCalendar::chile().target_dates(history.as_of(), horizon) }
}

fn label() -> CheckpointLabel {
    CheckpointLabel {
        name: "fixture".into(),
        parameters: 0,
        context_length: 2048,
        weights_sha256: "0123456789abcdef".into(),
        config_sha256: "fedcba9876543210".into(),
    }
}

fn chronos(directory: &Path, context_length: usize, temperature: f64) -> Chronos {
    let pipeline = Pipeline::new(settings(directory));
    let label = CheckpointLabel { name: "fixture".into(), parameters: 21_000, ..label() };
    let chronos = ChronosSettings { context_length, temperature };
    Chronos::new(pipeline, label, chronos, BusinessCalendar::chile())
}

/// The deciles are the model's own, sorted, for a context of the last business days that keeps missing days missing.
#[test]
#[cfg_attr(not(onnxruntime), ignore = "needs ONNX Runtime, and this build has none")]
fn its_deciles_are_the_predictors_for_the_last_business_days() {
    let directory = copied("reg_relu");
    let history = history(&["2024-12-18", "2024-11-05"]);
    let target = target(&history, Horizon::D15);
    let forecast = chronos(directory.path(), 60, 1.0).forecast(&history, &target).unwrap().quantiles;

    let calendar = BusinessCalendar::chile();
    let days: Vec<NaiveDate> = day("2024-06-01")
        .iter_days()
        .take_while(|d| *d <= history.as_of())
        .filter(|d| calendar.is_business_day(*d))
        .collect();
    let context: Vec<f64> =
        days[days.len() - 60..].iter().map(|d| history.pair().value_on(*d).unwrap_or(f64::NAN)).collect();
    assert_eq!(context.iter().filter(|v| v.is_nan()).count(), 2);
    let mut predictor = Predictor::load(&directory.path().into(), Precision::Float, &session()).unwrap();
    let own = predictor.predict(&[context], target.dates.len()).unwrap().remove(0);
    for (step, row) in own.rows().into_iter().enumerate() {
        let mut sorted = row.to_vec();
        sorted.sort_by(f64::total_cmp);
        for (decile, price) in sorted.iter().enumerate() {
            assert!((forecast.row(step)[decile + 1] / price - 1.0).abs() < 1e-12);
        }
    }
}

#[test]
#[cfg_attr(not(onnxruntime), ignore = "needs ONNX Runtime, and this build has none")]
fn tails_are_extrapolated_beyond_the_deciles() {
    let directory = copied("reg_relu");
    let history = history(&[]);
    let target = target(&history, Horizon::D30);
    let forecast = chronos(directory.path(), 90, 1.0).forecast(&history, &target).unwrap().quantiles;
    for step in 0..forecast.steps() {
        let logs: Vec<f64> = forecast.row(step).iter().map(|p| p.ln()).collect();
        // t(0.975) / t(0.9) of Student's t with seven degrees of freedom, from its tables: 2.3646 / 1.4149.
        for (tail, outermost) in [(0, 1), (10, 9)] {
            let ratio = (logs[tail] - logs[5]) / (logs[outermost] - logs[5]);
            assert!((ratio - 2.3646 / 1.4149).abs() < 1e-3, "{ratio}");
        }
    }
}

/// The report does not claim a context longer than the checkpoint uses.
#[test]
#[cfg_attr(not(onnxruntime), ignore = "needs ONNX Runtime, and this build has none")]
fn its_details_tell_the_context_that_is_used() {
    let directory = copied("reg_relu");
    let history = history(&[]);
    let target = target(&history, Horizon::D7);
    for (asked_for, told) in [(90, "90"), (128, "128"), (180, "128 of 180")] {
        let label = CheckpointLabel { context_length: 128, ..label() };
        let settings = ChronosSettings { context_length: asked_for, temperature: 1.0 };
        let chronos =
            Chronos::new(Pipeline::new(self::settings(directory.path())), label, settings, BusinessCalendar::chile());
        let details = chronos.forecast(&history, &target).unwrap().details;
        assert!(details.contains(&("context".to_owned(), told.to_owned())), "{details:?}");
    }
}

#[test]
#[cfg_attr(not(onnxruntime), ignore = "needs ONNX Runtime, and this build has none")]
fn temperature_scales_the_spread_about_the_median() {
    let directory = copied("reg_relu");
    let history = history(&[]);
    let target = target(&history, Horizon::D7);
    let cold = chronos(directory.path(), 90, 1.0).forecast(&history, &target).unwrap();
    let hot = chronos(directory.path(), 90, 1.5).forecast(&history, &target).unwrap();
    for step in 0..target.dates.len() {
        let median = cold.quantiles.median(step);
        assert!((hot.quantiles.median(step) / median - 1.0).abs() < 1e-12);
        for level in 0..11 {
            let (a, b) = (cold.quantiles.row(step)[level] / median, hot.quantiles.row(step)[level] / median);
            assert!((b.ln() - 1.5 * a.ln()).abs() < 1e-12);
        }
    }
    assert!(hot.details.contains(&("temperature".into(), "1.5".into())));
}

#[test]
#[cfg_attr(not(onnxruntime), ignore = "needs ONNX Runtime, and this build has none")]
fn a_batch_gives_what_its_parts_give() {
    let directory = copied("reg_relu");
    let model = chronos(directory.path(), 120, 1.0);
    let now = history(&[]);
    let earlier = now.until(day("2024-10-10")).unwrap();
    let targets = [target(&now, Horizon::D7), target(&earlier, Horizon::D90)];
    let batch = model.forecast_batch(&[(&now, &targets[0]), (&earlier, &targets[1])]);
    for (answer, (history, target)) in batch.into_iter().zip([(&now, &targets[0]), (&earlier, &targets[1])]) {
        let alone = model.forecast(history, target).unwrap().quantiles;
        let together = answer.unwrap().quantiles;
        assert_eq!(alone.dates(), together.dates());
        assert!(alone.values().iter().zip(together.values()).all(|(a, b)| (a / b - 1.0).abs() < 1e-5));
    }
}

#[test]
#[cfg_attr(not(onnxruntime), ignore = "needs ONNX Runtime, and this build has none")]
fn what_keeps_it_from_forecasting_is_told_for_every_request() {
    let settings = ChronosSettings { context_length: 90, temperature: 1.0 };
    let reason = ModelError::Unavailable { cause: Unavailability::NoCheckpoint, message: "no checkpoint".to_owned() };
    let none = Chronos::unavailable(reason, settings, BusinessCalendar::chile());
    let history = history(&[]);
    let target = target(&history, Horizon::D7);
    let answers = none.forecast_batch(&[(&history, &target), (&history, &target)]);
    assert!(answers.iter().all(|a| a.as_ref().unwrap_err().to_string() == "no checkpoint"));
    // Five quantiles are not enough for the ensemble.
    let directory = copied("reg_silu_half");
    let five = chronos(directory.path(), 90, 1.0).forecast(&history, &target).unwrap_err().to_string();
    assert!(five.contains("[0.1, 0.3, 0.5, 0.7, 0.9]") && five.contains("nine deciles"), "{five}");
}

/// An origin with too few observations fails alone, with its date; the batch continues.
#[test]
#[cfg_attr(not(onnxruntime), ignore = "needs ONNX Runtime, and this build has none")]
fn one_bad_context_is_not_the_failure_of_the_batch() {
    let directory = copied("reg_relu");
    let model = chronos(directory.path(), 16, 1.0);
    let days: Vec<String> = day("2024-11-20").iter_days().take(23).map(|d| d.to_string()).collect();
    let now = history(&days.iter().map(String::as_str).collect::<Vec<_>>());
    // The first observation after a gap of over three weeks is the only one in its context.
    let after_gap = now.until(day("2024-12-13")).unwrap();
    let before_gap = now.until(day("2024-11-19")).unwrap();
    let requests: Vec<(History, Target)> =
        [before_gap, after_gap].map(|h| (h.clone(), target(&h, Horizon::D7))).into_iter().collect();
    let requests: Vec<(&History, &Target)> = requests.iter().map(|(h, t)| (h, t)).collect();
    for _ in 0..2 {
        let answers = model.forecast_batch(&requests);
        assert!(answers[0].is_ok());
        let said = answers[1].as_ref().unwrap_err().to_string();
        assert!(said.contains("at 2024-12-13: 1 observed values in a context of 16"), "{said}");
    }
}

#[test]
fn its_fingerprint_tells_settings_and_weights_apart() {
    let directory = copied("reg_relu");
    let base = chronos(directory.path(), 90, 1.0).fingerprint();
    assert_ne!(base, chronos(directory.path(), 180, 1.0).fingerprint());
    assert_ne!(base, chronos(directory.path(), 90, 1.1).fingerprint());
    assert!(base.contains("0123456789abcdef") && base.contains("fedcba9876543210") && base.contains("graph"));
}
