//! Tests of the converted graph against the reference's numbers, kept in fixtures/ by fixtures/reference.py.

#![allow(clippy::unwrap_used)]

use crate::fixture::{copied, fixtures};
use forecaster_chronos::{Precision, Predictor, SessionSettings};
use ndarray::{Array2, Array3};
use safetensors::SafeTensors;
use std::fs;
use std::path::Path;

/// Largest difference allowed, in standard deviations of the context.
const TOLERANCE: f64 = 1e-4;

#[derive(serde::Deserialize)]
struct Case {
    case: String,
    checkpoint: String,
    steps: usize,
}

fn cases() -> Vec<Case> {
    serde_json::from_str(&fs::read_to_string(fixtures().join("cases.json")).unwrap()).unwrap()
}

fn tensor(file: &SafeTensors<'_>, name: &str) -> (Vec<usize>, Vec<f32>) {
    let view = file.tensor(name).unwrap();
    let values = view.data().chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect();
    (view.shape().to_vec(), values)
}

/// Reads a case: context `[batch, time]` and the reference's quantiles `[batch, quantiles, steps]`.
fn numbers(case: &Case) -> (Array2<f32>, Array3<f32>) {
    let bytes = fs::read(fixtures().join("cases.safetensors")).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let (shape, context) = tensor(&file, &format!("{}.context", case.case));
    let context = Array2::from_shape_vec((shape[0], shape[1]), context).unwrap();
    let (shape, expected) = tensor(&file, &format!("{}.expected", case.case));
    (context, Array3::from_shape_vec((shape[0], shape[1], shape[2]), expected).unwrap())
}

/// Standard deviation of the part of a context that the model sees. A constant has none: it gets the reference's 1e-5
/// or, if greater, a value that makes the tolerance two steps of single precision at the constant.
fn spread(context: &[f64]) -> f64 {
    let observed: Vec<f64> = context.iter().copied().filter(|v| v.is_finite()).collect();
    let n = observed.len() as f64;
    let mean = observed.iter().sum::<f64>() / n;
    let deviation = (observed.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt();
    if deviation > 0.0 { deviation } else { (2.0 * f64::from(f32::EPSILON) * mean.abs() / TOLERANCE).max(1e-5) }
}

/// Largest difference of `predictor`'s answer from the reference's, in standard deviations of its context.
fn difference(predictor: &mut Predictor, case: &Case) -> f64 {
    let (context, expected) = numbers(case);
    let contexts: Vec<Vec<f64>> =
        context.rows().into_iter().map(|r| r.iter().map(|v| f64::from(*v)).collect()).collect();
    let answers = predictor.predict(&contexts, case.steps).unwrap();
    assert_eq!(answers.len(), expected.dim().0);
    let longest = predictor.config().context_length;
    let mut worst = 0.0f64;
    for (row, answer) in answers.iter().enumerate() {
        assert_eq!(answer.dim(), (case.steps, expected.dim().1), "{}", case.case);
        let scale = spread(&contexts[row][contexts[row].len().saturating_sub(longest)..]);
        for ((step, quantile), value) in answer.indexed_iter() {
            let reference = f64::from(expected[[row, quantile, step]]);
            worst = worst.max((value - reference).abs() / scale);
        }
    }
    worst
}

fn predictor(checkpoint: &Path) -> Predictor {
    Predictor::load(&checkpoint.into(), Precision::Float, &SessionSettings::default()).unwrap()
}

#[test]
#[cfg_attr(not(onnxruntime), ignore = "needs ONNX Runtime, and this build has none")]
fn every_fixture_agrees_with_the_reference_implementation() {
    let mut seen = 0;
    for case in cases() {
        let directory = copied(&case.checkpoint);
        let worst = difference(&mut predictor(directory.path()), &case);
        println!("{:<40} {worst:.1e}", case.case);
        assert!(worst < TOLERANCE, "{}: differs by {worst:.1e} standard deviations of the context", case.case);
        seen += 1;
    }
    assert!(seen >= 12, "only {seen} cases");
}

#[test]
#[cfg_attr(not(onnxruntime), ignore = "needs ONNX Runtime, and this build has none")]
fn a_saved_graph_is_used_again_and_gives_the_same() {
    let case = cases().into_iter().find(|c| c.checkpoint == "reg_relu").unwrap();
    let directory = copied(&case.checkpoint);
    let first = difference(&mut predictor(directory.path()), &case);
    let graph = directory.path().join("model.onnx");
    let made = fs::metadata(&graph).unwrap().modified().unwrap();
    let second = difference(&mut predictor(directory.path()), &case);
    assert_eq!(fs::metadata(&graph).unwrap().modified().unwrap(), made, "the graph was made again");
    assert!(first < TOLERANCE && (first - second).abs() < 1e-12);
}

/// A comparison that missed a part of the graph would not notice a single moved weight there. Also shows that a
/// changed checkpoint is converted again.
#[test]
#[cfg_attr(not(onnxruntime), ignore = "needs ONNX Runtime, and this build has none")]
fn one_perturbed_weight_is_noticed() {
    let case = cases().into_iter().find(|c| c.case == "reg_relu_time2048").unwrap();
    let directory = copied(&case.checkpoint);
    assert!(difference(&mut predictor(directory.path()), &case) < TOLERANCE);
    for name in [
        "encoder.block.1.layer.0.SelfAttention.k.weight",
        "encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight",
        "decoder.block.1.layer.1.EncDecAttention.q.weight",
        "decoder.block.0.layer.0.SelfAttention.v.weight",
        "shared.weight",
        "input_patch_embedding.hidden_layer.bias",
    ] {
        let directory = copied(&case.checkpoint);
        perturb(&directory.path().join("model.safetensors"), name);
        let worst = difference(&mut predictor(directory.path()), &case);
        assert!(worst > 3.0 * TOLERANCE, "{name}: only {worst:.1e}");
    }
}

/// Adds to the last weight of tensor `name` half of the tensor's greatest weight.
fn perturb(path: &Path, name: &str) {
    let mut bytes = fs::read(path).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let data = file.tensor(name).unwrap().data();
    let greatest = data.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap()).abs()).fold(0.0, f32::max);
    let last = f32::from_le_bytes(data[data.len() - 4..].try_into().unwrap());
    let end = data.as_ptr() as usize - bytes.as_ptr() as usize + data.len();
    bytes[end - 4..end].copy_from_slice(&(last + 0.5 * greatest).to_le_bytes());
    fs::write(path, bytes).unwrap();
}
