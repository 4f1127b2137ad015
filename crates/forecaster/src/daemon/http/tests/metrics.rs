//! `/metrics`, read as Prometheus reads it.

use super::desk::{Desk, instant};
use forecaster_domain::Horizon;
use forecaster_ledger::RunStatus;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// Samples by name and labels as written, and the type of each family.
#[derive(Debug, Default)]
struct Exposition {
    samples: BTreeMap<String, f64>,
    types: BTreeMap<String, String>,
}

/// Parses the text format 0.0.4 strictly: HELP and TYPE before the samples of each family, families in one piece,
/// every sample once, valid names.
fn read(text: &str) -> Exposition {
    let mut read = Exposition::default();
    let (mut family, mut helped) = (String::new(), BTreeSet::new());
    assert!(text.ends_with('\n'));
    for line in text.lines() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            let (name, words) = help.split_once(' ').unwrap();
            assert!(helped.insert(name.to_owned()) && words.len() > 10, "{line}");
        } else if let Some(kind) = line.strip_prefix("# TYPE ") {
            let (name, kind) = kind.split_once(' ').unwrap();
            assert!(helped.contains(name) && matches!(kind, "counter" | "gauge"), "{line}");
            assert_eq!(kind == "counter", name.ends_with("_total"), "{line}");
            assert_eq!(read.types.insert(name.to_owned(), kind.to_owned()), None, "{line}");
            family = name.to_owned();
        } else {
            let (series, value) = line.rsplit_once(' ').unwrap();
            let name = series.split('{').next().unwrap();
            assert_eq!(name, family, "{line}");
            assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'), "{line}");
            let value: f64 = value.parse().unwrap();
            assert!(value.is_finite(), "{line}");
            assert_eq!(read.samples.insert(series.to_owned(), value), None, "{line}");
        }
    }
    read
}

fn scrape(desk: &Desk) -> Exposition {
    let answer = desk.get("/metrics");
    assert_eq!(answer.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    assert_eq!(answer.status, 200, "{}", answer.text());
    read(answer.text())
}

pub(super) fn line() -> serde_json::Value {
    let judged = |skill: serde_json::Value| {
        json!({"n": 60, "rmse": 16.5, "mape": 1.5, "mase": 1.7, "wql": 0.0085, "skill": skill, "coverage80": 0.79,
               "coverage95": null})
    };
    let mut var = judged(json!(-0.02));
    var["weight"] = json!(0.25);
    json!({
        "run_id": "x", "timestamp": "2025-01-06T08:00:00-03:00", "scheduled_for": null, "pair": "USD/CLP",
        "horizon": "7d", "as_of": "2025-01-03", "status": "ok", "error": null, "last_value": 1011.83,
        "forecast": {"date": "2025-01-10", "median": 1009.24, "low80": 990.5, "high80": 1029.5, "low95": 980.25,
                     "high95": 1040.75},
        "models": {"var": var}, "ensemble": judged(json!(0.031)), "ensemble_without_chronos": judged(json!(null)),
        "left_out": [{"name": "random_forest", "reason": "too little"}],
        "resources": {"peak_rss_mb": 100.5, "rss_after_mb": 25.4, "seconds_total": 3.25, "peak_rss_chronos_mb": null,
                      "seconds_chronos": 1.5, "forecasts_cached": 240, "forecasts_computed": 0},
        "data": {"provider": "embedded", "last_observation": "2025-01-03", "stale": true, "conditions": [
            {"series": "dxy", "kind": "stands_still", "sentence": "dxy: the feed stands still", "degrades": true},
            {"series": "usdclp", "kind": "constant", "sentence": "usdclp: does not vary", "degrades": false},
        ]},
    })
}

fn failed_line() -> String {
    json!({
        "pair": "USD/CLP", "status": "failed", "error": "lost", "last_value": null, "forecast": null, "models": {},
        "ensemble": null, "ensemble_without_chronos": null, "left_out": [], "data": null,
        "resources": {"peak_rss_mb": null, "seconds_total": 7.5, "seconds_chronos": null},
    })
    .to_string()
}

#[test]
fn before_any_run_the_counters_are_zero_and_what_is_unknown_has_no_sample() {
    let desk = Desk::open();
    let read = scrape(&desk);
    for horizon in Horizon::ALL {
        for status in ["ok", "degraded", "failed"] {
            let series = format!("forecaster_runs_total{{horizon=\"{horizon}\",status=\"{status}\"}}");
            assert_eq!(read.samples[&series], 0.0);
        }
    }
    for absent in ["run_duration", "last_run", "model", "forecast_", "data", "last_price", "last_success"] {
        let prefix = format!("forecaster_{absent}");
        assert!(!read.samples.keys().any(|series| series.starts_with(&prefix)), "{prefix}");
    }
    assert_eq!(read.samples["forecaster_build_info{version=\"0.1.0\"}"], 1.0);
    assert_eq!(read.samples["forecaster_ready"], 1.0);
    assert_eq!(read.samples["forecaster_config_refused"], 0.0);
    assert_eq!(read.samples["process_start_time_seconds"], 1_736_046_000.0);
    assert_eq!(read.samples["forecaster_config_accepted_timestamp_seconds"], 1_736_046_000.0);
    assert!(read.samples["process_resident_memory_bytes"] > 1e6);
    assert_eq!(read.samples["forecaster_next_run_timestamp_seconds{horizon=\"7d\"}"], 1_736_766_000.0);
    assert!(!read.samples.contains_key("forecaster_next_run_timestamp_seconds{horizon=\"90d\"}"));
    assert_eq!(read.samples["forecaster_horizon_enabled{horizon=\"90d\"}"], 0.0);
}

#[test]
fn a_run_leaves_its_figures_in_base_units() {
    let desk = Desk::open();
    desk.record(Horizon::D7, RunStatus::Ok, "2025-01-06T11:00:04.500Z", &line().to_string());
    let read = scrape(&desk);
    for (series, value) in [
        ("forecaster_runs_total{horizon=\"7d\",status=\"ok\"}", 1.0),
        ("forecaster_last_run_timestamp_seconds{horizon=\"7d\"}", 1_736_161_204.5),
        ("forecaster_last_success_timestamp_seconds{horizon=\"7d\"}", 1_736_161_204.5),
        ("forecaster_last_run_status{horizon=\"7d\",status=\"ok\"}", 1.0),
        ("forecaster_last_run_status{horizon=\"7d\",status=\"failed\"}", 0.0),
        ("forecaster_run_duration_seconds{horizon=\"7d\"}", 3.25),
        ("forecaster_run_chronos_duration_seconds{horizon=\"7d\"}", 1.5),
        ("forecaster_run_peak_rss_bytes{horizon=\"7d\"}", 100.5 * 1_048_576.0),
        ("forecaster_run_models_left_out{horizon=\"7d\"}", 1.0),
        ("forecaster_data_last_observation_timestamp_seconds{horizon=\"7d\"}", 1_735_862_400.0),
        ("forecaster_data_stale{horizon=\"7d\"}", 1.0),
        ("forecaster_data_condition{condition=\"stands_still\",horizon=\"7d\",series=\"dxy\"}", 1.0),
        ("forecaster_data_condition{condition=\"constant\",horizon=\"7d\",series=\"usdclp\"}", 0.0),
        ("forecaster_last_price{horizon=\"7d\",pair=\"USD/CLP\"}", 1011.83),
        ("forecaster_forecast_target_timestamp_seconds{horizon=\"7d\",pair=\"USD/CLP\"}", 1_736_467_200.0),
        ("forecaster_forecast_price{horizon=\"7d\",level=\"0.025\",pair=\"USD/CLP\"}", 980.25),
        ("forecaster_forecast_price{horizon=\"7d\",level=\"0.1\",pair=\"USD/CLP\"}", 990.5),
        ("forecaster_forecast_price{horizon=\"7d\",level=\"0.5\",pair=\"USD/CLP\"}", 1009.24),
        ("forecaster_forecast_price{horizon=\"7d\",level=\"0.9\",pair=\"USD/CLP\"}", 1029.5),
        ("forecaster_forecast_price{horizon=\"7d\",level=\"0.975\",pair=\"USD/CLP\"}", 1040.75),
        ("forecaster_model_weight{horizon=\"7d\",model=\"var\"}", 0.25),
        ("forecaster_model_skill{horizon=\"7d\",model=\"var\"}", -0.02),
        ("forecaster_model_skill{horizon=\"7d\",model=\"ensemble\"}", 0.031),
        ("forecaster_model_wql{horizon=\"7d\",model=\"ensemble_without_chronos\"}", 0.0085),
        ("forecaster_model_rmse{horizon=\"7d\",model=\"ensemble\"}", 16.5),
        ("forecaster_model_coverage_ratio{horizon=\"7d\",interval=\"0.8\",model=\"var\"}", 0.79),
    ] {
        assert_eq!(read.samples.get(series), Some(&value), "{series}");
    }
    for absent in [
        "forecaster_model_weight{horizon=\"7d\",model=\"ensemble\"}",
        "forecaster_model_skill{horizon=\"7d\",model=\"ensemble_without_chronos\"}",
        "forecaster_model_coverage_ratio{horizon=\"7d\",interval=\"0.95\",model=\"var\"}",
        "forecaster_run_duration_seconds{horizon=\"15d\"}",
    ] {
        assert!(!read.samples.contains_key(absent), "{absent}");
    }
}

#[test]
fn a_failed_run_is_told_and_the_forecast_before_it_still_stands() {
    let desk = Desk::open();
    desk.record(Horizon::D7, RunStatus::Degraded, "2025-01-06T11:00:00Z", &line().to_string());
    desk.record(Horizon::D7, RunStatus::Failed, "2025-01-13T11:00:00Z", &failed_line());
    let read = scrape(&desk);
    for (series, value) in [
        ("forecaster_runs_total{horizon=\"7d\",status=\"degraded\"}", 1.0),
        ("forecaster_runs_total{horizon=\"7d\",status=\"failed\"}", 1.0),
        ("forecaster_last_run_status{horizon=\"7d\",status=\"failed\"}", 1.0),
        ("forecaster_last_run_timestamp_seconds{horizon=\"7d\"}", 1_736_766_000.0),
        ("forecaster_last_success_timestamp_seconds{horizon=\"7d\"}", 1_736_161_200.0),
        ("forecaster_run_duration_seconds{horizon=\"7d\"}", 7.5),
        ("forecaster_model_weight{horizon=\"7d\",model=\"var\"}", 0.25),
        ("forecaster_data_last_observation_timestamp_seconds{horizon=\"7d\"}", 1_735_862_400.0),
        ("forecaster_forecast_price{horizon=\"7d\",level=\"0.5\",pair=\"USD/CLP\"}", 1009.24),
    ] {
        assert_eq!(read.samples.get(series), Some(&value), "{series}");
    }
    assert!(!read.samples.contains_key("forecaster_run_peak_rss_bytes{horizon=\"7d\"}"));
}

#[test]
fn the_daemons_state_is_told() {
    let desk = Desk::open();
    desk.becomes(|state| {
        state.stopping = true;
        state.configuration.refused = Some("x".into());
        state.horizons[1].running_since = Some(instant("2025-01-15T12:00:00Z"));
    });
    let samples = scrape(&desk).samples;
    assert_eq!((samples["forecaster_ready"], samples["forecaster_config_refused"]), (0.0, 1.0));
    assert_eq!(samples["forecaster_run_in_progress{horizon=\"15d\"}"], 1.0);
    assert_eq!(samples["forecaster_run_in_progress{horizon=\"7d\"}"], 0.0);
}

#[test]
fn names_that_could_break_the_format_are_escaped() {
    let desk = Desk::open();
    let mut line = line();
    line["models"] = json!({"a\"b\\c\nd": {"weight": 1.0}});
    desk.record(Horizon::D7, RunStatus::Ok, "2025-01-06T11:00:00Z", &line.to_string());
    assert_eq!(scrape(&desk).samples[r#"forecaster_model_weight{horizon="7d",model="a\"b\\c\nd"}"#], 1.0);
}

#[test]
fn a_run_that_cannot_be_read_fails_the_scrape_with_its_reason_and_not_the_daemon() {
    let desk = Desk::open();
    desk.record(Horizon::D7, RunStatus::Ok, "2025-01-06T11:00:00Z", "{\"models\": 3}");
    let answer = desk.get("/metrics");
    assert_eq!(answer.status, 500);
    assert!(
        answer.text().starts_with("no metrics: the ledger's metrics line of run 7d-2025-01-06"),
        "{}",
        answer.text()
    );
    assert_eq!(desk.get("/healthz").status, 200);
}

#[test]
fn every_metric_is_documented_and_every_documented_one_exists() {
    let desk = Desk::open();
    desk.record(Horizon::D7, RunStatus::Ok, "2025-01-06T11:00:00Z", &line().to_string());
    let read = scrape(&desk);
    let told = include_str!("../../../../../../docs/HTTP.md");
    let documented: BTreeSet<&str> = told
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split(['`', '{']).next())
        .filter(|name| name.starts_with("forecaster_") || name.starts_with("process_"))
        .collect();
    assert_eq!(documented, read.types.keys().map(String::as_str).collect());
}
