//! `forecaster model` on checkpoints in a folder: imported, listed, verified, measured and used for forecasts; and
//! broken ones.

#![allow(clippy::unwrap_used)]

use crate::checkpoints::{changed, checkpoint, fixture, listed};
use crate::desk::{Desk, floats};
use safetensors::SafeTensors;
use serde_json::Value;
use std::fs;

/// Largest accepted difference from the reference implementation, in standard deviations of the context.
const TOLERANCE: f64 = 1e-4;

fn import(desk: &Desk, name: &str) -> String {
    desk.run(&["model", "import", fixture(name).to_str().unwrap()]).expect(0).stdout()
}

/// Returns a context of the fixtures and the reference implementation's forecast for it, `[steps][quantiles]`.
fn case(name: &str) -> (Vec<f64>, Vec<Vec<f64>>) {
    let bytes = fs::read(fixture("cases.safetensors")).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let row = |what: &str| -> (Vec<usize>, Vec<f64>) {
        let view = file.tensor(&format!("{name}.{what}")).unwrap();
        let values = view.data().chunks_exact(4).map(|b| f64::from(f32::from_le_bytes(b.try_into().unwrap())));
        let shape = view.shape().to_vec();
        let first = shape[1..].iter().product();
        (shape, values.take(first).collect())
    };
    let (shape, expected) = row("expected");
    let quantiles = |step: usize| (0..shape[1]).map(|q| expected[q * shape[2] + step]).collect();
    (row("context").1, (0..shape[2]).map(quantiles).collect())
}

fn deviation(values: &[f64]) -> f64 {
    let seen: Vec<f64> = values.iter().copied().filter(|v| !v.is_nan()).collect();
    let mean = seen.iter().sum::<f64>() / seen.len() as f64;
    (seen.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / seen.len() as f64).sqrt()
}

fn column(values: &[f64]) -> String {
    values.iter().map(|v| if v.is_nan() { "\n".to_owned() } else { format!("{v}\n") }).collect()
}

fn predict(desk: &Desk, model: &str, context: &str, steps: usize) -> Value {
    let input = desk.write("context.csv", context);
    let arguments = ["model", "predict", model, "--input", input.to_str().unwrap(), "--steps", &steps.to_string()];
    desk.run(&[&arguments[..], &["--json"]].concat()).expect(0).json()
}

/// Returns the largest difference between two forecasts.
fn difference(answer: &Value, expected: &[Vec<f64>]) -> f64 {
    let rows: Vec<Vec<f64>> = answer["quantiles"].as_array().unwrap().iter().map(floats).collect();
    assert_eq!((rows.len(), rows[0].len()), (expected.len(), expected[0].len()));
    let pairs = rows.iter().flatten().zip(expected.iter().flatten());
    pairs.fold(0.0, |most, (a, b)| most.max((a - b).abs()))
}

#[test]
#[cfg_attr(not(onnxruntime), ignore = "needs ONNX Runtime, and this build has none")]
fn a_checkpoint_is_imported_listed_verified_and_measured() {
    let mut desk = Desk::with(&[]);
    assert_eq!(listed(&desk), [""; 0]);
    let line = import(&desk, "reg_relu");
    assert!(line.starts_with("reg_relu: 19.5 k parameters, sha256 a958382ed690, in data/models/reg_relu"), "{line}");
    assert!(line.contains("chronos.model = \"reg_relu\"") && line.lines().count() == 1, "{line}");
    let manifest: Value =
        serde_json::from_str(&fs::read_to_string(desk.path("data/models/reg_relu/manifest.json")).unwrap()).unwrap();
    assert_eq!((&manifest["name"], &manifest["parameters"]), (&"reg_relu".into(), &19_524.into()));
    assert_eq!(manifest["self_test"]["quantiles"].as_array().unwrap().len(), 80);

    desk.set("FORECASTER__CHRONOS__MODEL", "reg_relu");
    let list = desk.run(&["model", "list"]).expect(0).stdout();
    assert!(list.lines().any(|line| line.starts_with("* reg_relu") && line.contains("19.5 k")), "{list}");
    let rows = desk.run(&["model", "list", "--json"]).expect(0).json();
    assert_eq!((&rows["at_hand"], &checkpoint(&rows, "reg_relu")["configured"]), (&true.into(), &true.into()));

    let verified = desk.run(&["model", "verify", "--json"]).expect(0).json();
    let finding = checkpoint(&verified, "reg_relu");
    assert_eq!(
        (&verified["ok"], &finding["checksums_match"], &finding["finite"]),
        (&true.into(), &true.into(), &true.into())
    );
    assert!(finding["difference"].as_f64().unwrap() < 1e-6, "{finding}");
    // The weights are random: crossing quantiles are a warning, not a failure.
    assert!(finding["warnings"][0].as_str().unwrap().contains("a trained model has few"), "{finding}");
    let text = desk.run(&["model", "verify", "reg_relu"]).expect(0).stdout();
    assert!(text.starts_with("reg_relu: ok\n") && text.contains("min_free_ram_mb"), "{text}");

    let measured = desk.run(&["model", "bench", "reg_relu", "--json"]).expect(0).json();
    let row = &measured["checkpoints"][0];
    assert_eq!((&row["name"], &row["context"], &row["steps"]), (&"reg_relu".into(), &512.into(), &64.into()));
    let figure = |path: &str| row.pointer(path).and_then(Value::as_f64).unwrap_or_else(|| panic!("{path} in {row}"));
    assert!(figure("/first_forecast_ms") > 0.0 && figure("/load_ms") > 0.0);
    assert!(figure("/batch_1_ms/best") <= figure("/batch_1_ms/median"));
    assert!(figure("/batch_1_ms/median") < figure("/batch_60_ms/median"));
    assert!(figure("/rss_mb/before") < figure("/rss_mb/peak") && figure("/rss_mb/after") < figure("/rss_mb/peak"));
    let table = desk.run(&["model", "bench", "reg_relu", "--context", "2048"]).expect(0).stdout();
    assert!(table.contains("float32") && table.contains("2048"), "{table}");
}

#[test]
#[cfg_attr(not(onnxruntime), ignore = "needs ONNX Runtime, and this build has none")]
fn importing_again_replaces() {
    let desk = Desk::with(&[]);
    let import = |name: &str| {
        let directory = fixture(name);
        let said =
            desk.run(&["model", "import", directory.to_str().unwrap(), "--name", "own/model"]).expect(0).stdout();
        assert_eq!(listed(&desk), ["own/model"]);
        said
    };
    assert!(import("reg_relu").contains("19.5 k parameters"));
    assert!(import("reg_relu").contains("19.5 k parameters"));
    assert!(import("plain_gated").contains("9.9 k parameters"));
    desk.run(&["model", "verify"]).expect(0);
    let names: Vec<_> = desk.files("data/models").iter().map(|f| f.file_name().unwrap().to_owned()).collect();
    assert_eq!(names, ["config.json", "manifest.json", "model.onnx", "model.safetensors"]);
}

/// `data/models/own` holds own/model: a checkpoint called "own" would replace it.
#[test]
#[cfg_attr(not(onnxruntime), ignore = "needs ONNX Runtime, and this build has none")]
fn a_checkpoint_never_takes_the_place_of_others() {
    let desk = Desk::with(&[]);
    let directory = fixture("plain_gated");
    let import = |name: &str| desk.run(&["model", "import", directory.to_str().unwrap(), "--name", name]);
    import("own/model").expect(0);
    let said = import("own").expect(2).stderr();
    assert!(said.contains("'own' would take the place of own/model") && said.contains("--name"), "{said}");
    let said = import("own/model/part").expect(2).stderr();
    assert!(said.contains("cannot be a checkpoint's name"), "{said}");
    import("other").expect(0);
    let said = import("other/part").expect(2).stderr();
    assert!(said.contains("inside the checkpoint 'other'"), "{said}");
    assert_eq!(listed(&desk), ["other", "own/model"]);
}

#[test]
#[cfg_attr(not(onnxruntime), ignore = "needs ONNX Runtime, and this build has none")]
fn a_forecast_equals_the_reference_implementations() {
    let desk = Desk::with(&[]);
    let (context, expected) = case("reg_relu_time180_long200");
    let directory = changed(&desk, "folder", |_| {}, |_| {});
    desk.run(&["model", "import", "folder/."]).expect(0);
    assert_eq!(listed(&desk), ["folder"]);
    let by_folder = predict(&desk, directory.to_str().unwrap(), &column(&context), 200);
    assert_eq!(floats(&by_folder["levels"]), [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]);
    assert!(difference(&by_folder, &expected) < TOLERANCE * deviation(&context));
    import(&desk, "reg_relu");
    let by_name = predict(&desk, "reg_relu", &column(&context), 200);
    assert_eq!((&by_name["model"], &by_name["quantiles"]), (&"reg_relu".into(), &by_folder["quantiles"]));
    let input = desk.path("context.csv");
    let table = desk.run(&["model", "predict", "reg_relu", "--input", input.to_str().unwrap(), "--steps", "3"]);
    let table = table.expect(0).stdout();
    assert!(table.starts_with("step ") && table.lines().count() == 4, "{table}");
}

#[test]
#[cfg_attr(not(onnxruntime), ignore = "needs ONNX Runtime, and this build has none")]
fn missing_values_are_empty_lines_and_line_ends_may_be_of_either_kind() {
    let desk = Desk::with(&[]);
    import(&desk, "reg_relu");
    let (context, expected) = case("reg_relu_time365_scattered");
    assert!(context.iter().any(|v| v.is_nan()));
    let unix = predict(&desk, "reg_relu", &column(&context), expected.len());
    assert!(difference(&unix, &expected) < TOLERANCE * deviation(&context));
    let dos = column(&context).replace('\n', "\r\n");
    assert_eq!(predict(&desk, "reg_relu", &dos, expected.len()), unix);
    let words: String =
        context.iter().map(|v| if v.is_nan() { "nan\n".to_owned() } else { format!("{v}\n") }).collect();
    assert_eq!(predict(&desk, "reg_relu", words.trim_end(), expected.len()), unix);
}

/// The same series times 1e-12 and 1e12 gives the same forecast times that factor; a constant is forecast as the
/// reference does.
#[test]
#[cfg_attr(not(onnxruntime), ignore = "needs ONNX Runtime, and this build has none")]
fn no_scale_is_too_small_or_too_great() {
    let desk = Desk::with(&[]);
    import(&desk, "reg_relu");
    let (context, _) = case("reg_relu_time180_long200");
    let plain = predict(&desk, "reg_relu", &column(&context), 90);
    for scale in [1e-12, 1e12] {
        let scaled: Vec<f64> = context.iter().map(|v| v * scale).collect();
        let expected: Vec<Vec<f64>> = plain["quantiles"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| floats(row).iter().map(|v| v * scale).collect())
            .collect();
        let worst = difference(&predict(&desk, "reg_relu", &column(&scaled), 90), &expected);
        assert!(worst < TOLERANCE * deviation(&scaled), "{scale:e}: {worst:e}");
    }
    let (context, expected) = case("reg_relu_constant");
    let worst = difference(&predict(&desk, "reg_relu", &column(&context), expected.len()), &expected);
    assert!(worst < 1e-5, "{worst:e}");
}

#[test]
#[cfg_attr(not(onnxruntime), ignore = "needs ONNX Runtime, and this build has none")]
fn a_changed_weight_is_noticed() {
    let desk = Desk::with(&[]);
    import(&desk, "reg_relu");
    import(&desk, "plain_gated");
    let path = desk.path("data/models/reg_relu/model.safetensors");
    let mut bytes = fs::read(&path).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 0x01;
    fs::write(&path, bytes).unwrap();
    let finished = desk.run(&["model", "verify"]).expect(1);
    let text = finished.stdout();
    assert!(text.contains("plain_gated: ok") && text.contains("reg_relu: failed"), "{text}");
    assert!(text.contains("data/models/reg_relu/model.safetensors: sha256"), "{text}");
    assert!(finished.stderr().contains("1 of 3 checkpoints failed"), "{}", finished.stderr());
    let verify = || desk.run(&["model", "verify", "reg_relu", "--json"]).expect(1).json();
    let verified = verify();
    assert_eq!((&verified["ok"], &verified["checkpoints"][0]["checksums_match"]), (&false.into(), &false.into()));
    assert_eq!(verified["checkpoints"][0]["finite"], true);
    changed(
        &desk,
        "data/models/reg_relu",
        |_| {},
        |weights| {
            let start = weights.start("shared.weight");
            weights.values[start..start + 4].copy_from_slice(&f32::NAN.to_le_bytes());
        },
    );
    assert_eq!(verify()["checkpoints"][0]["finite"], false);
}

#[test]
#[cfg_attr(not(onnxruntime), ignore = "needs ONNX Runtime, and this build has none")]
fn the_configured_checkpoint_is_verified_wherever_it_lies() {
    let mut desk = Desk::with(&[]);
    let folder = changed(&desk, "elsewhere", |_| {}, |_| {});
    desk.set("FORECASTER__CHRONOS__MODEL", folder.to_str().unwrap());
    let list = desk.run(&["model", "list"]).expect(0).stdout();
    assert!(list.contains("a folder outside the store"), "{list}");
    let text = desk.run(&["model", "verify"]).expect(0).stdout();
    assert!(text.contains("elsewhere: ok") && text.contains("not in the store"), "{text}");
    desk.set("FORECASTER__CHRONOS__MODEL", "nobody/nothing");
    let text = desk.run(&["model", "verify"]).expect(1).stdout();
    assert!(
        text.contains("nobody/nothing: failed") && text.contains("forecaster model pull nobody/nothing"),
        "{text}"
    );
    import(&desk, "reg_relu");
    let list = desk.run(&["model", "list"]).expect(0).stdout();
    assert!(list.contains("\"nobody/nothing\": not here"), "{list}");
    for command in ["verify", "bench"] {
        let text = desk.run(&["model", command]).expect(1).stdout();
        assert!(text.contains("reg_relu") && text.contains("no checkpoint 'nobody/nothing'"), "{text}");
    }
}

/// A folder that is not a valid checkpoint is rejected with file and key or tensor, and leaves nothing behind.
#[test]
#[cfg_attr(not(onnxruntime), ignore = "needs ONNX Runtime, and this build has none")]
fn a_broken_checkpoint_is_refused_and_leaves_nothing() {
    let desk = Desk::with(&[]);
    let refused = |directory: std::path::PathBuf, parts: &[&str]| {
        let finished = desk.run(&["model", "import", directory.to_str().unwrap()]).expect(1);
        let said = finished.stderr();
        assert!(finished.stdout().is_empty() && !said.contains("panicked"), "{said}");
        assert!(said.contains(directory.to_str().unwrap()), "names {}: {said}", directory.display());
        parts.iter().for_each(|part| assert!(said.contains(part), "{part} not in: {said}"));
        assert_eq!((listed(&desk), desk.files("data/models")), (Vec::new(), Vec::new()), "{parts:?}");
    };
    let cut = changed(&desk, "cut", |_| {}, |weights| weights.values.truncate(1000));
    refused(cut, &["model.safetensors", "announces"]);
    let garbage = changed(&desk, "garbage", |_| {}, |weights| weights.header = "no header".into());
    refused(garbage, &["model.safetensors", "not a safetensors file"]);
    let noise = changed(&desk, "noise", |_| {}, |_| {});
    fs::write(noise.join("model.safetensors"), [0x9c; 4096]).unwrap();
    refused(noise, &["model.safetensors", "not a safetensors file"]);

    let name = "encoder.block.1.layer.0.SelfAttention.k.weight";
    let missing = changed(
        &desk,
        "missing",
        |_| {},
        |weights| {
            let header = weights.header.as_object_mut().unwrap();
            let entry = header.remove(name).unwrap();
            header.insert("another".to_owned(), entry);
        },
    );
    refused(missing, &["model.safetensors", name, "found nothing"]);
    let turned = changed(
        &desk,
        "turned",
        |_| {},
        |weights| {
            weights.header["shared.weight"]["shape"].as_array_mut().unwrap().reverse();
        },
    );
    refused(turned, &["model.safetensors", "shared.weight", "found [12, 2]", "expected [2, 12]"]);
    let not_a_number = changed(
        &desk,
        "nan",
        |_| {},
        |weights| {
            let start = weights.start(name);
            weights.values[start..start + 4].copy_from_slice(&f32::NAN.to_le_bytes());
        },
    );
    refused(not_a_number, &["model.safetensors", "not finite"]);

    let t5 = |config: &mut Value| {
        config["architectures"][0] = "T5ForConditionalGeneration".into();
        config.as_object_mut().unwrap().remove("chronos_config");
    };
    refused(
        changed(&desk, "t5", t5, |_| {}),
        &["config.json", "architectures", "T5ForConditionalGeneration", "chronos-bolt"],
    );
    let nameless = |config: &mut Value| {
        let _ = ["architectures", "chronos_config"].map(|key| config.as_object_mut().unwrap().remove(key));
    };
    refused(changed(&desk, "nameless", nameless, |_| {}), &["config.json", "chronos_config", "found nothing"]);
    let chronos_t5 = |config: &mut Value| {
        config["architectures"][0] = "T5ForConditionalGeneration".into();
        config["chronos_config"] = serde_json::json!({
            "tokenizer_class": "MeanScaleUniformBins", "n_tokens": 4096, "context_length": 512,
            "prediction_length": 64, "num_samples": 20
        });
    };
    refused(
        changed(&desk, "old", chronos_t5, |_| {}),
        &["config.json", "the original Chronos-T5", "chronos-bolt-small"],
    );
    let stride = |config: &mut Value| config["chronos_config"]["input_patch_stride"] = 8.into();
    refused(
        changed(&desk, "stride", stride, |_| {}),
        &["config.json", "chronos_config.input_patch_stride", "found 8"],
    );
}

#[test]
fn a_folder_that_holds_no_checkpoint_is_named() {
    let desk = Desk::with(&[]);
    let said = desk.run(&["model", "import", "nowhere"]).expect(1).stderr();
    assert!(said.contains("nowhere") && said.contains("config.json"), "{said}");
    std::fs::create_dir(desk.path("empty")).unwrap();
    let said = desk.run(&["model", "import", "empty"]).expect(1).stderr();
    assert!(said.contains("empty/config.json"), "{said}");
    let said = desk.run(&["model", "import", "/"]).expect(2).stderr();
    assert!(said.contains("--name"), "{said}");
    for command in ["verify", "bench"] {
        let said = desk.run(&["model", command, "amazon/chronos-bolt-tiny"]).expect(2).stderr();
        assert!(said.contains("forecaster model pull amazon/chronos-bolt-tiny"), "{said}");
    }
    let input = desk.write("x.csv", "1\n2\n");
    let said = desk.run(&["model", "predict", "nobody", "--input", input.to_str().unwrap(), "--steps", "2"]);
    assert!(said.expect(2).stderr().contains("no checkpoint 'nobody'"));
}

#[test]
#[cfg_attr(not(onnxruntime), ignore = "needs ONNX Runtime, and this build has none")]
fn a_context_that_cannot_be_forecast_from_is_named_by_file_and_line() {
    let desk = Desk::with(&[]);
    import(&desk, "reg_relu");
    let refused = |text: &str, parts: &[&str]| {
        let input = desk.write("input.csv", text);
        let arguments =
            ["model", "predict", "reg_relu", "--input", input.to_str().unwrap(), "--steps", "2", "--json"];
        let finished = desk.run(&arguments).expect(1);
        let said = finished.stderr();
        assert!(finished.stdout().is_empty() && !said.contains("panicked"), "{said}");
        ["input.csv"].iter().chain(parts).for_each(|part| assert!(said.contains(part), "{part} not in: {said}"));
    };
    refused("\n\n\n\n", &["0 observed values in a context of 4", "at least 2"]);
    refused("nan\nnan\n", &["0 observed values"]);
    refused("", &["0 observed values"]);
    refused("950.5\n\n\n", &["1 observed values in a context of 3"]);
    refused("value\n1\n2\n", &["line 1", "'value'"]);
    refused("1\n2\nabout three\n4\n", &["line 3", "'about three'"]);
    refused("2024-01-02,950.5\n", &["line 1", "2024-01-02,950.5"]);
    refused("1\ninf\n", &["line 2", "infinite"]);
    let said = desk.run(&["model", "predict", "reg_relu", "--input", "gone.csv", "--steps", "2"]).expect(1).stderr();
    assert!(said.contains("gone.csv"), "{said}");
    desk.run(&["model", "predict", "reg_relu", "--input", "gone.csv", "--steps", "0"]).expect(2);
}
