//! Tests of the built-in checkpoint against the reference implementation's numbers, kept in fixtures/embedded.json by
//! fixtures/embedded.py, and of its place among other checkpoints.

#![allow(clippy::unwrap_used)]

use crate::fixture::{copied, fixtures, session};
use forecaster_chronos::{
    Arrival, Checkpoint, CheckpointPlace, EMBEDDED, ModelStore, Pipeline, PipelineSettings, Precision, Predictor,
    SelfTest, Transfer,
};
use ndarray::Array2;
use std::fs;

/// Largest difference allowed from the reference, in standard deviations of the context.
const TOLERANCE: f64 = 1e-4;
/// Largest difference allowed for eight-bit weights.
const TOLERANCE_INT8: f64 = 0.1;

#[derive(serde::Deserialize)]
struct Case {
    case: String,
    context: Vec<Option<f64>>,
    scale: f64,
    /// Expected quantiles `[steps][quantiles]`.
    expected: Vec<Vec<f64>>,
}

impl Case {
    fn context(&self) -> Vec<f64> {
        self.context.iter().map(|value| value.unwrap_or(f64::NAN)).collect()
    }

    /// Largest difference of `answer` `[steps, quantiles]`, in standard deviations of the context.
    fn difference(&self, answer: &Array2<f64>) -> f64 {
        assert_eq!(answer.dim(), (self.expected.len(), self.expected[0].len()), "{}", self.case);
        answer.iter().zip(self.expected.iter().flatten()).fold(0.0f64, |most, (a, b)| most.max((a - b).abs()))
            / self.scale
    }
}

fn cases() -> Vec<Case> {
    serde_json::from_str(&fs::read_to_string(fixtures().join("embedded.json")).unwrap()).unwrap()
}

/// Differences of all cases.
fn differences(precision: Precision) -> Vec<(String, f64)> {
    let mut predictor = Predictor::load(&CheckpointPlace::Program, precision, &session()).unwrap();
    let difference = |case: Case| {
        let answer = predictor.predict(&[case.context()], case.expected.len()).unwrap().remove(0);
        (case.case.clone(), case.difference(&answer))
    };
    cases().into_iter().map(difference).collect()
}

#[test]
#[cfg_attr(not(onnxruntime), ignore = "needs ONNX Runtime, and this build has none")]
fn it_agrees_with_the_reference_implementation() {
    let differences = differences(Precision::Float);
    assert!(differences.len() >= 5);
    for (case, worst) in differences {
        println!("{case:<50} {worst:.1e}");
        assert!(worst < TOLERANCE, "{case}: differs by {worst:.1e} standard deviations of the context");
    }
}

#[test]
#[cfg_attr(not(onnxruntime), ignore = "needs ONNX Runtime, and this build has none")]
fn its_weights_in_eight_bits_give_nearly_the_same() {
    for (case, worst) in differences(Precision::Int8) {
        println!("{case:<50} {worst:.1e}");
        assert!(worst > 0.0 && worst < TOLERANCE_INT8, "{case}: differs by {worst:.1e}");
    }
}

#[test]
#[cfg_attr(not(onnxruntime), ignore = "needs ONNX Runtime, and this build has none")]
fn its_self_test_gives_the_numbers_kept_with_it() {
    let kept = ModelStore::new("nowhere".into()).find(EMBEDDED.name).unwrap().manifest.unwrap().self_test;
    let own = SelfTest::run(&CheckpointPlace::Program, Precision::Float, &session()).unwrap();
    let verified = own.compare(Some(&kept), Precision::Float).unwrap();
    assert!(verified.difference.unwrap() < TOLERANCE, "{verified:?}");
    // Unlike random weights, trained ones let hardly any quantiles cross.
    assert!(verified.crossings.0 * 20 < verified.crossings.1, "{verified:?}");
}

#[test]
#[cfg_attr(not(onnxruntime), ignore = "needs ONNX Runtime, and this build has none")]
fn it_runs_in_a_pipeline_and_writes_nothing() {
    let case = cases().remove(0);
    let elsewhere = tempfile::tempdir().unwrap();
    let settings = PipelineSettings { place: CheckpointPlace::Program, ..crate::fixture::settings(elsewhere.path()) };
    let answers = Pipeline::new(settings).predict(&[case.context()], case.expected.len()).unwrap();
    assert!(case.difference(&answers.quantiles[0]) < TOLERANCE);
    assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0);
    assert!(!CheckpointPlace::Program.file("model.onnx").exists());
}

#[test]
fn a_store_without_a_folder_has_it_under_both_names() {
    let store = ModelStore::new("nowhere".into());
    let found = [EMBEDDED.name, EMBEDDED.alias].map(|name| store.find(name).unwrap());
    assert_eq!(found[0], found[1]);
    let (checkpoint, weights_sha256) = found[0].open().unwrap();
    let manifest = found[0].manifest.as_ref().unwrap();
    assert_eq!((manifest.source.as_str(), manifest.parameters), ("built in", checkpoint.parameters()));
    assert_eq!(manifest.weights_sha256, weights_sha256);
    assert_eq!(store.list(), found[..1]);
    assert!(!std::path::Path::new("nowhere").exists());
}

fn arrival(folder: &std::path::Path) -> Arrival<'_> {
    Arrival { folder, source: "test", revision: None, verified: None, transfer: Transfer::Copy }
}

#[test]
fn no_other_checkpoint_can_have_its_name() {
    let root = tempfile::tempdir().unwrap();
    let store = ModelStore::new(root.path().join("models"));
    let folder = copied("reg_relu");
    for name in [EMBEDDED.name, EMBEDDED.alias] {
        let refused = store.install(arrival(folder.path()), name, &session()).unwrap_err().to_string();
        assert!(refused.contains(&format!("'{name}'")) && refused.contains("--name"), "{refused}");
    }
    assert!(!root.path().join("models").exists());
    // A checkpoint stored under that name before the program had its own is not mistaken for it.
    let old = root.path().join("models").join(EMBEDDED.name);
    fs::create_dir_all(&old).unwrap();
    let mut manifest = store.find(EMBEDDED.name).unwrap().manifest.unwrap();
    manifest.source = "test".to_owned();
    fs::write(old.join("manifest.json"), serde_json::to_vec(&manifest).unwrap()).unwrap();
    let found = store.find(EMBEDDED.name).unwrap();
    assert_eq!((found.place.clone(), store.list()), (CheckpointPlace::Program, vec![found]));
    assert!(Checkpoint::open(&CheckpointPlace::Program).is_ok());
}
