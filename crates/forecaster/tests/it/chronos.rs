//! Runs and backtests with Chronos, as an operator sees them: log lines, metrics, document, report, exit code.
#![allow(clippy::unwrap_used)]

use crate::desk::{Desk, assert_valid, floats};
use serde_json::Value;

const RUN: [&str; 6] = ["run", "7d", "--offline", "--as-of", "2024-12-23", "--json"];

/// Returns the position of `text` in `log`; fails when it is not there.
fn position(log: &str, text: &str) -> usize {
    log.find(text).unwrap_or_else(|| panic!("no {text:?} in\n{log}"))
}

#[test]
#[cfg_attr(not(onnxruntime), ignore = "needs ONNX Runtime, and this build has none")]
fn a_run_with_chronos_leaves_its_log_lines_its_weight_and_the_ensemble_without_it() {
    let desk = Desk::with_chronos();
    let finished = desk.run(&RUN).expect(0);
    let log = finished.stderr();
    let lines = [
        "Loading Chronos pipeline",
        "Chronos inference completed in ",
        "Chronos pseudo-validation RMSE: ",
        "Releasing Chronos pipeline from memory",
        "Ensemble weights: {",
    ];
    let places: Vec<usize> = lines.iter().map(|line| position(&log, line)).collect();
    assert!(places.is_sorted(), "{log}");
    assert_eq!(log.matches("Loading Chronos pipeline").count(), 1, "validation and forecast share one load");
    let weights = &log[position(&log, "Ensemble weights: ")..];
    assert!(weights.lines().next().unwrap().contains("\"chronos\": 0."), "{weights}");

    let run = finished.json();
    assert_valid(&run, "run.schema.json");
    let chronos = &run["models"]["chronos"];
    assert_eq!((chronos["n"].as_u64(), chronos["details"]["context"].as_str()), (Some(12), Some("180")));
    assert!(chronos["skill"].as_f64().unwrap() < -0.5, "random weights forecast badly");
    let others = ["market_walk", "ewma_walk", "arima_garch", "var", "random_forest"];
    let weight = |name: &str| run["models"][name]["weight"].as_f64().unwrap();
    assert!(others.iter().all(|name| weight("chronos") < weight(name)), "and get the least weight");
    assert_eq!(chronos["paths"]["samples"], 100);
    let touched = chronos["paths"]["touched"].as_array().unwrap();
    assert_eq!(touched.len(), run["price_levels"].as_array().unwrap().len());
    let (low, high) =
        (chronos["paths"]["expected_low"].as_f64().unwrap(), chronos["paths"]["expected_high"].as_f64());
    let last = run["last_value"].as_f64().unwrap();
    assert!(low <= last && last <= high.unwrap());
    assert_ne!(run["ensemble"]["wql"], run["ensemble_without_chronos"]["wql"]);

    let metrics = desk.metrics().remove(0);
    assert_valid(&metrics, "metrics.schema.json");
    assert_eq!(metrics["models"]["chronos"]["weight"], chronos["weight"]);
    assert_eq!(metrics["models"]["chronos"]["checkpoint"], chronos["details"]["checkpoint"]);
    assert!(metrics["models"]["var"]["checkpoint"].is_null());
    assert_eq!(metrics["ensemble_without_chronos"], run["ensemble_without_chronos"]);
    let resources = &metrics["resources"];
    assert!(resources["seconds_chronos"].as_f64().unwrap() > 0.0);
    let worker = resources["peak_rss_chronos_mb"].as_f64().unwrap();
    assert!(worker > 10.0 && resources["peak_rss_mb"].as_f64().unwrap() > worker, "{resources}");

    let report = std::fs::read_to_string(desk.path(run["report"]["html"].as_str().unwrap())).unwrap();
    for shown in ["Chronos-Bolt", "Conjunto sin Chronos", "checkpoint", "días hábiles de contexto"] {
        assert!(report.contains(shown), "the report does not show {shown:?}");
    }
    assert!(!report.contains("Amazon"), "that is said of the checkpoint in the program only");
}

/// Authority: in the same run without Chronos the pool equals the ensemble without Chronos.
#[test]
#[cfg_attr(not(onnxruntime), ignore = "needs ONNX Runtime, and this build has none")]
fn the_ensemble_without_chronos_is_the_ensemble_of_a_run_that_has_none() {
    let with = Desk::with_chronos().run(&RUN).expect(0).json();
    let without = Desk::new().run(&RUN).expect(0).json();
    assert!(without["ensemble_without_chronos"].is_null() && without["models"]["chronos"].is_null());
    assert_eq!(with["ensemble_without_chronos"], without["ensemble"]);
    assert_ne!(with["quantiles"], without["quantiles"]);
}

#[test]
#[cfg_attr(not(onnxruntime), ignore = "needs ONNX Runtime, and this build has none")]
fn a_warm_run_takes_its_validation_from_the_cache_and_says_the_same() {
    let desk = Desk::with_chronos();
    let cold = desk.run(&RUN).expect(0).json();
    let warm = desk.run(&RUN).expect(0);
    assert_eq!(warm.stderr().matches("Chronos inference completed").count(), 1, "only the forecast of the day");
    let warm = warm.json();
    assert_eq!(cold["models"]["chronos"]["wql"], warm["models"]["chronos"]["wql"]);
    assert_eq!(cold["quantiles"], warm["quantiles"]);
    assert_eq!(desk.metrics()[1]["resources"]["forecasts_computed"], 0);
}

#[test]
fn too_little_memory_leaves_chronos_out_and_the_run_goes_on() {
    let mut desk = Desk::with_chronos();
    desk.set("FORECASTER__CHRONOS__MIN_FREE_RAM_MB", "1000000");
    let finished = desk.run(&RUN).expect(3);
    let log = finished.stderr();
    assert_eq!(log.matches("Chronos left out: ").count(), 1, "{log}");
    assert!(log.contains("1000000 MB needed (chronos.min_free_ram_mb"), "{log}");
    assert!(!log.contains("Loading Chronos pipeline"), "{log}");
    let run = finished.json();
    assert_eq!((run["status"].as_str(), run["left_out"][0]["name"].as_str()), (Some("degraded"), Some("chronos")));
    assert!(run["ensemble_without_chronos"].is_null() && run["models"]["chronos"].is_null());
    let report = std::fs::read_to_string(desk.path(run["report"]["html"].as_str().unwrap())).unwrap();
    assert!(report.contains("MiB de memoria libre y necesita 1.000.000"), "{report}");
    let left_out = &desk.metrics()[0]["left_out"][0];
    assert_eq!((&left_out["name"], &left_out["code"]), (&"chronos".into(), &"memory".into()));
}

#[test]
fn what_keeps_chronos_out_is_a_sentence_each() {
    let left_out = |key: &str, value: &str, code: &str, to_readers: &str| -> String {
        let mut desk = Desk::with_chronos();
        desk.set(key, value);
        let run: Value = desk.run(&RUN).expect(3).json();
        assert_eq!(run["left_out"][0]["code"], code);
        let report = std::fs::read_to_string(desk.path(run["report"]["html"].as_str().unwrap())).unwrap();
        assert!(report.contains(to_readers) && !report.contains(value), "{code}");
        run["left_out"][0]["reason"].as_str().unwrap().to_owned()
    };
    let missing = left_out(
        "FORECASTER__CHRONOS__MODEL",
        "amazon/chronos-bolt-mini",
        "no_checkpoint",
        "el modelo entrenado que indica la configuración no está instalado",
    );
    assert!(missing.contains("forecaster model pull amazon/chronos-bolt-mini"), "{missing}");
    let library = left_out(
        "FORECASTER__CHRONOS__ONNXRUNTIME",
        "/nowhere/libonnxruntime.so",
        "no_library",
        "falta ONNX Runtime, con el que se ejecuta",
    );
    assert!(library.contains("/nowhere/libonnxruntime.so") && library.contains("chronos.onnxruntime"), "{library}");
}

#[test]
#[cfg_attr(not(onnxruntime), ignore = "needs ONNX Runtime, and this build has none")]
fn a_checkpoint_that_breaks_between_runs_is_left_out_and_named() {
    let desk = Desk::with_chronos();
    desk.run(&RUN).expect(0);
    let weights = desk.path("checkpoint/model.safetensors");
    let whole = std::fs::read(&weights).unwrap();
    std::fs::write(&weights, &whole[..whole.len() / 2]).unwrap();
    let run = desk.run(&RUN).expect(3).json();
    let reason = run["left_out"][0]["reason"].as_str().unwrap();
    assert!(reason.contains("model.safetensors") && reason.contains("its header announces"), "{reason}");
    assert_eq!(floats(&run["levels"]).len(), 11);
}

#[test]
#[cfg_attr(not(onnxruntime), ignore = "needs ONNX Runtime, and this build has none")]
fn a_run_of_several_horizons_loads_chronos_once() {
    let mut desk = Desk::with_chronos();
    desk.set("FORECASTER__HORIZONS__15D__CHRONOS__ENABLED", "true");
    for horizon in ["30D", "90D"] {
        desk.set(&format!("FORECASTER__HORIZONS__{horizon}__ENABLED"), "false");
    }
    let log = desk.run(&["run", "all", "--offline", "--as-of", "2024-12-23"]).expect(0).stderr();
    assert_eq!(log.matches("Loading Chronos pipeline").count(), 1, "{log}");
    assert_eq!(log.matches("Releasing Chronos pipeline").count(), 1, "{log}");
    // When its memory must be released at once, it is loaded for each horizon.
    desk.set("FORECASTER__CHRONOS__IDLE_UNLOAD_SECONDS", "0");
    let log = desk.run(&["run", "all", "--offline", "--as-of", "2024-12-23"]).expect(0).stderr();
    assert_eq!(log.matches("Loading Chronos pipeline").count(), 2, "{log}");
    assert_eq!(log.matches("Releasing Chronos pipeline").count(), 2, "{log}");
}

#[test]
#[cfg_attr(not(onnxruntime), ignore = "needs ONNX Runtime, and this build has none")]
fn a_backtest_scores_chronos_and_the_pool_without_it() {
    let desk = Desk::with_chronos();
    let arguments = ["backtest", "7d", "--from", "2024-10-01", "--to", "2024-11-29", "--json"];
    let scores = desk.run(&arguments).expect(0).json();
    let models = &scores["horizons"]["7d"]["models"];
    assert!(models["chronos"]["n"].as_u64().unwrap() > 5);
    assert_ne!(models["ensemble_without_chronos"]["wql"], models["ensemble"]["wql"]);
    // Named, it takes part even where the horizon has it switched off; not named, it does not take part.
    let only = ["backtest", "15d", "--from", "2024-10-01", "--to", "2024-11-29", "--json", "--models"];
    let named = desk.run(&[only.as_slice(), &["random_walk,chronos"]].concat()).expect(0).json();
    assert!(named["horizons"]["15d"]["models"]["chronos"]["n"].as_u64().unwrap() > 5);
    let others = desk.run(&[only.as_slice(), &["random_walk,var"]].concat()).expect(0).json();
    assert!(others["horizons"]["15d"]["models"]["ensemble_without_chronos"].is_null());
}

/// A pool that had Chronos at only some origins would be neither with nor without it.
#[test]
#[cfg_attr(not(onnxruntime), ignore = "needs ONNX Runtime, and this build has none")]
fn a_backtest_in_which_chronos_goes_missing_leaves_it_out_and_says_so() {
    let mut desk = Desk::with_chronos();
    let until = |to: &'static str| ["backtest", "7d", "--from", "2024-10-01", "--to", to, "--json"];
    desk.run(&until("2024-10-15")).expect(0);
    desk.set("FORECASTER__CHRONOS__MIN_FREE_RAM_MB", "1000000");
    let finished = desk.run(&until("2024-11-29")).expect(3);
    let log = finished.stderr();
    assert_eq!(log.matches("Chronos left out: ").count(), 1, "{log}");
    let scores = &finished.json()["horizons"]["7d"];
    let reason = scores["left_out"][0]["reason"].as_str().unwrap();
    assert!(reason.contains("1000000 MB needed") && reason.contains(" origins)"), "{reason}");
    assert!(scores["models"]["chronos"].is_null() && scores["models"]["ensemble_without_chronos"].is_null());
    let without = Desk::new().run(&until("2024-11-29")).expect(0).json();
    assert_eq!(scores["models"]["ensemble"], without["horizons"]["7d"]["models"]["ensemble"]);
}

/// Cached scores belong to one model: the same weights with another configuration, or other weights under the same
/// name, are a different model.
#[test]
#[cfg_attr(not(onnxruntime), ignore = "needs ONNX Runtime, and this build has none")]
fn a_checkpoint_that_was_changed_is_judged_anew() {
    let desk = Desk::with_chronos();
    let judged = || {
        let run = desk.run(&RUN).expect(0).json();
        (run["models"]["chronos"]["wql"].clone(), run["models"]["chronos"]["details"]["weights"].clone())
    };
    let first = judged();
    let config = desk.path("checkpoint/config.json");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text.replace("\"relu\"", "\"silu\"")).unwrap();
    let second = judged();
    assert!(first.0 != second.0 && first.1 == second.1, "{first:?} {second:?}");
    let weights = desk.path("checkpoint/model.safetensors");
    let mut bytes = std::fs::read(&weights).unwrap();
    let end = bytes.len();
    bytes[end - 4000..].iter_mut().skip(2).step_by(4).for_each(|b| *b ^= 0x20);
    std::fs::write(&weights, bytes).unwrap();
    let third = judged();
    assert!(third.0 != second.0 && third.1 != second.1, "{second:?} {third:?}");
}

#[test]
fn settings_of_chronos_are_checked_like_all_others() {
    let refused = |toml: &str, parts: &[&str]| {
        let desk = Desk::new();
        desk.write("config/forecasters.toml", toml);
        let said = desk.run(&["config", "check"]).expect(2).stderr();
        assert!(parts.iter().all(|part| said.contains(part)), "{said}");
    };
    refused("[chronos]\nmodel = \"\"\n", &["chronos.model", "embedded"]);
    refused("[chronos]\nquantize = \"int4\"\n", &["chronos.quantize", "int4", "none", "int8"]);
    refused("[chronos]\ndevice = \"tpu\"\n", &["chronos.device", "cpu", "cuda"]);
    refused("[chronos]\nheat = 1\n", &["chronos.heat", "an unknown key"]);
    refused("[horizons.15d.chronos]\ncontext_length = 4\n", &["horizons.15d.chronos.context_length", "16 to 8192"]);
    refused("[horizons.15d.chronos]\ntemperature = 0\n", &["horizons.15d.chronos.temperature", "0.1 to 10"]);
    refused("[horizons.30d.chronos]\nnum_samples = 1\n", &["horizons.30d.chronos.num_samples"]);
    refused("[horizons.7d]\nmodels = [\"chronos\"]\n", &["[horizons.7d.chronos] enabled = true"]);
}
