//! The checkpoint in the program: the part of Chronos that a fresh installation has without a network.

#![allow(clippy::unwrap_used)]

use crate::checkpoints::{checkpoint, fixture, listed};
use crate::desk::{Desk, assert_valid, floats};
use forecaster_chronos::EMBEDDED;
use serde_json::Value;
use std::fs;

const RUN: [&str; 6] = ["run", "7d", "--offline", "--as-of", "2024-12-23", "--json"];

/// Returns the first case of the reference implementation: its context, `scale` and the expected forecast.
fn case() -> Value {
    let cases = fs::read_to_string(fixture("embedded.json")).unwrap();
    serde_json::from_str::<Value>(&cases).unwrap()[0].clone()
}

#[test]
#[cfg_attr(not(onnxruntime), ignore = "needs ONNX Runtime, and this build has none")]
fn the_configuration_as_shipped_forecasts_seven_days_with_it() {
    let desk = Desk::as_shipped();
    let run = desk.run(&RUN).expect(0).json();
    assert_valid(&run, "run.schema.json");
    let chronos = &run["models"]["chronos"];
    assert!(chronos["weight"].as_f64().unwrap() > 0.0 && chronos["n"] == 12, "{chronos}");
    assert_eq!(chronos["details"]["checkpoint"], EMBEDDED.name);
    assert!(!run["ensemble_without_chronos"].is_null());
    // The weights are trained: random ones are twice as bad as the random walk.
    assert!(chronos["skill"].as_f64().unwrap() > -0.2, "{}", chronos["skill"]);
    let metrics = desk.metrics().remove(0);
    assert_valid(&metrics, "metrics.schema.json");
    let chronos = &metrics["models"]["chronos"];
    assert_eq!(chronos["checkpoint"], EMBEDDED.name);
    assert!(["rmse", "mape", "skill"].iter().all(|score| chronos[score].is_number()), "{chronos}");
    let report = fs::read_to_string(desk.path(run["report"]["html"].as_str().unwrap())).unwrap();
    for said in [EMBEDDED.name, "este proyecto entrenó", "hasta 2019", "no es uno de los modelos que publica Amazon"]
    {
        assert!(report.contains(said), "the report does not say {said:?}");
    }
    assert!(desk.files("data/models").is_empty(), "it needs nothing on disk");
}

/// The checkpoint's own name means the same as "embedded": the second run finds the first one's validation in the
/// cache. Nobody, not even root, can write into a file as if it were a folder.
#[test]
#[cfg_attr(not(onnxruntime), ignore = "needs ONNX Runtime, and this build has none")]
fn a_store_that_cannot_be_written_to_does_not_matter_to_it() {
    let mut desk = Desk::as_shipped();
    desk.write("data/models", "no folder");
    let by_alias = desk.run(&RUN).expect(0).json();
    desk.set("FORECASTER__CHRONOS__MODEL", EMBEDDED.name);
    let by_name = desk.run(&RUN).expect(0).json();
    assert_eq!(by_name["quantiles"], by_alias["quantiles"]);
    assert_eq!(desk.metrics()[1]["resources"]["forecasts_computed"], 0);
}

#[test]
fn it_is_listed_with_size_licence_and_where_it_comes_from() {
    let mut desk = Desk::with(&[]);
    let list = desk.run(&["model", "list", "--json"]).expect(0).json();
    assert_eq!((&list["configured"], &list["at_hand"]), (&"embedded".into(), &true.into()));
    let row = checkpoint(&list, EMBEDDED.name);
    assert_eq!(
        (&row["configured"], &row["source"], &row["licence"], &row["trained_until"]),
        (&true.into(), &"built in".into(), &EMBEDDED.licence.into(), &"2019-12-31".into())
    );
    assert!(row["directory"].is_null() && row["installed_at"].is_null() && row["revision"].is_null());
    let (bytes, parameters) = (row["bytes"].as_u64().unwrap(), row["parameters"].as_u64().unwrap());
    assert!(parameters > 100_000 && bytes >= 2 * parameters, "{row}");
    let text = desk.run(&["model", "list"]).expect(0).stdout();
    let line = text.lines().find(|line| line.starts_with(&format!("* {}", EMBEDDED.name))).unwrap_or_default();
    assert!(line.contains("built in; trained by this project on rates until 2019-12-31"), "{text}");
    desk.set("FORECASTER__CHRONOS__MODEL", EMBEDDED.name);
    let list = desk.run(&["model", "list", "--json"]).expect(0).json();
    assert_eq!(checkpoint(&list, EMBEDDED.name)["configured"], true);
    desk.set("FORECASTER__CHRONOS__MODEL", "nobody/nothing");
    let text = desk.run(&["model", "list"]).expect(0).stdout();
    assert!(
        text.contains(&format!("  {}", EMBEDDED.name)) && text.contains("\"nobody/nothing\": not here"),
        "{text}"
    );
}

#[test]
#[cfg_attr(not(onnxruntime), ignore = "needs ONNX Runtime, and this build has none")]
fn it_is_verified_against_the_reference_implementations_numbers() {
    let mut desk = Desk::with(&[]);
    for arguments in [&["model", "verify"][..], &["model", "verify", "embedded"], &["model", "verify", EMBEDDED.name]]
    {
        let verified = desk.run(&[arguments, &["--json"]].concat()).expect(0).json();
        let finding = checkpoint(&verified, EMBEDDED.name);
        assert_eq!((&finding["ok"], &finding["checksums_match"]), (&true.into(), &true.into()), "{finding}");
        assert!(finding["difference"].as_f64().unwrap() < 1e-4, "{finding}");
        assert_eq!(finding["warnings"].as_array().map(Vec::len), Some(0), "{finding}");
    }
    desk.set("FORECASTER__CHRONOS__QUANTIZE", "int8");
    let text = desk.run(&["model", "verify", "embedded"]).expect(0).stdout();
    assert!(text.starts_with(&format!("{}: ok\n", EMBEDDED.name)) && text.contains("finite in int8"), "{text}");
    assert!(desk.files("data").is_empty(), "{:?}", desk.files("data"));
}

#[test]
#[cfg_attr(not(onnxruntime), ignore = "needs ONNX Runtime, and this build has none")]
fn it_forecasts_and_is_measured_by_both_names() {
    let desk = Desk::with(&[]);
    let case = case();
    let column: String = case["context"].as_array().unwrap().iter().map(|value| format!("{value}\n")).collect();
    let input = desk.write("context.csv", &column);
    let expected: Vec<Vec<f64>> = case["expected"].as_array().unwrap().iter().map(floats).collect();
    let steps = expected.len().to_string();
    for name in ["embedded", EMBEDDED.name] {
        let arguments = ["model", "predict", name, "--input", input.to_str().unwrap(), "--steps", &steps, "--json"];
        let answer = desk.run(&arguments).expect(0).json();
        assert_eq!(answer["model"], EMBEDDED.name);
        let own: Vec<Vec<f64>> = answer["quantiles"].as_array().unwrap().iter().map(floats).collect();
        assert_eq!((own.len(), own[0].len()), (expected.len(), expected[0].len()));
        let pairs = own.iter().flatten().zip(expected.iter().flatten());
        let worst = pairs.fold(0.0f64, |most, (a, b)| most.max((a - b).abs()));
        assert!(worst < 1e-4 * case["scale"].as_f64().unwrap(), "{worst:e}");
    }
    let measured = desk.run(&["model", "bench", "embedded", "--context", "128", "--json"]).expect(0).json();
    let row = checkpoint(&measured, EMBEDDED.name);
    assert!(row["error"].is_null() && row["batch_1_ms"]["median"].as_f64().unwrap() > 0.0, "{row}");
}

#[test]
fn no_other_checkpoint_is_taken_in_under_its_names() {
    let desk = Desk::with(&[]);
    let folder = fixture("reg_relu");
    for name in ["embedded", EMBEDDED.name] {
        let import = ["model", "import", folder.to_str().unwrap(), "--name", name];
        for arguments in [&import[..], &["model", "pull", name]] {
            let said = desk.run(arguments).expect(2).stderr();
            assert!(said.contains(&format!("'{name}' is reserved for the built-in checkpoint")), "{said}");
            assert!(said.contains("--name"), "{said}");
        }
    }
    assert_eq!(listed(&desk), [""; 0]);
}
