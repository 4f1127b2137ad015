//! Tests of forecasts of contexts of any scale, and of the graph's file in unusual circumstances.

#![allow(clippy::unwrap_used)]

use crate::fixture::{copied, fixtures, session};
use forecaster_chronos::{Precision, Predictor};
use ndarray::Array2;
use std::fs;
use std::path::Path;

fn load(directory: &Path) -> Predictor {
    Predictor::load(&directory.into(), Precision::Float, &session()).unwrap()
}

fn walk(length: usize) -> Vec<f64> {
    // Steps of a fixed pseudo-random pattern, some days missing.
    let step = |i: usize| ((i * 7919 + 13) % 101) as f64 / 50.0 - 1.0;
    let mut level = 0.0;
    (0..length)
        .map(|i| {
            level += step(i);
            if i % 17 == 5 { f64::NAN } else { level }
        })
        .collect()
}

fn one(predictor: &mut Predictor, context: Vec<f64>, steps: usize) -> Array2<f64> {
    predictor.predict(&[context], steps).unwrap().remove(0)
}

fn greatest(a: &Array2<f64>, b: &Array2<f64>) -> f64 {
    a.iter().zip(b).fold(0.0, |most, (a, b)| most.max((a - b).abs()))
}

/// The model does not depend on level or unit, from 1e-300 to 1e300, nor for a rate that hardly moves.
#[test]
#[cfg_attr(not(onnxruntime), ignore = "needs ONNX Runtime, and this build has none")]
fn a_forecast_moves_and_scales_with_its_context() {
    let directory = copied("reg_relu");
    let mut predictor = load(directory.path());
    let plain = one(&mut predictor, walk(180), 80);
    for (unit, level) in [(1e-12, 0.0), (1e12, 0.0), (1e-3, 7.8), (20.0, 950.0), (1e-290, 0.0), (1e290, 0.0)] {
        let moved = one(&mut predictor, walk(180).iter().map(|v| v * unit + level).collect(), 80);
        let back = moved.mapv(|v| (v - level) / unit);
        assert!(greatest(&plain, &back) < 1e-3, "{unit} {level}: {:.1e}", greatest(&plain, &back));
    }
}

#[test]
#[cfg_attr(not(onnxruntime), ignore = "needs ONNX Runtime, and this build has none")]
fn missing_days_at_the_left_change_nothing_and_batches_neither() {
    let directory = copied("reg_relu");
    let mut predictor = load(directory.path());
    let alone = one(&mut predictor, walk(100), 70);
    let padded: Vec<f64> = std::iter::repeat_n(f64::NAN, 77).chain(walk(100)).collect();
    let batch: Vec<Vec<f64>> = (0..150).map(|i| if i % 2 == 0 { padded.clone() } else { walk(300) }).collect();
    let answers = predictor.predict(&batch, 70).unwrap();
    assert_eq!(answers.len(), 150);
    for answer in answers.iter().step_by(2) {
        assert!(greatest(&alone, answer) < 1e-4, "{:.1e}", greatest(&alone, answer));
    }
}

#[test]
#[cfg_attr(not(onnxruntime), ignore = "needs ONNX Runtime, and this build has none")]
fn only_the_last_values_that_the_model_takes_count() {
    let directory = copied("plain_gated");
    let mut predictor = load(directory.path());
    let long = walk(700);
    let cut = long[700 - 512..].to_vec();
    assert_eq!(one(&mut predictor, long, 16), one(&mut predictor, cut, 16));
}

#[test]
#[cfg_attr(not(onnxruntime), ignore = "needs ONNX Runtime, and this build has none")]
fn a_constant_stays_and_two_values_are_enough() {
    let directory = copied("reg_relu");
    let mut predictor = load(directory.path());
    for value in [923.37, 0.1, 950.3, 1e-12, 0.0] {
        // At any length: the mean of many equal numbers is not exactly that number.
        for length in [2, 10, 365, 2048] {
            let answer = one(&mut predictor, vec![value; length], 64);
            let greatest = answer.iter().fold(0.0f64, |most, v| most.max((v - value).abs()));
            // The reference gives a constant the scale 1e-5.
            assert!(greatest < 1e-3 && greatest > 1e-6, "{value} x {length}: {greatest}");
        }
    }
    assert!(one(&mut predictor, vec![950.0, 951.0], 64).iter().all(|v| v.is_finite()));
}

#[test]
#[cfg_attr(not(onnxruntime), ignore = "needs ONNX Runtime, and this build has none")]
fn contexts_without_enough_to_go_by_are_refused() {
    let directory = copied("reg_relu");
    let mut predictor = load(directory.path());
    let mut refused = |context: Vec<f64>| predictor.predict(&[walk(50), context], 5).unwrap_err().to_string();
    assert_eq!(refused(vec![f64::NAN; 60]), "0 observed values in a context of 60; at least 2 are needed");
    assert_eq!(refused(vec![f64::NAN, 5.0]), "1 observed values in a context of 2; at least 2 are needed");
    assert_eq!(refused(vec![]), "0 observed values in a context of 0; at least 2 are needed");
    assert!(refused(vec![1.0, f64::INFINITY, 2.0]).contains("holds inf"));
}

#[test]
#[cfg_attr(not(onnxruntime), ignore = "needs ONNX Runtime, and this build has none")]
fn a_folder_that_cannot_be_written_to_and_a_linked_one_work_all_the_same() {
    let directory = copied("reg_relu");
    let expected = one(&mut load(directory.path()), walk(100), 64);
    // As in the hub's own cache: links to files elsewhere under other names.
    let links = tempfile::tempdir().unwrap();
    for file in ["config.json", "model.safetensors"] {
        let blob = directory.path().join(format!("blob-{file}"));
        fs::rename(directory.path().join(file), &blob).unwrap();
        std::os::unix::fs::symlink(&blob, links.path().join(file)).unwrap();
    }
    assert_eq!(one(&mut load(links.path()), walk(100), 64), expected);
    // Something in the place of the graph's file that cannot be overwritten.
    let seen = tempfile::tempdir().unwrap();
    for file in ["config.json", "model.safetensors"] {
        fs::copy(fixtures().join("reg_relu").join(file), seen.path().join(file)).unwrap();
    }
    fs::create_dir(seen.path().join("model.onnx")).unwrap();
    assert_eq!(one(&mut load(seen.path()), walk(100), 64), expected);
}

#[test]
#[cfg_attr(not(onnxruntime), ignore = "needs ONNX Runtime, and this build has none")]
fn a_graph_that_was_cut_off_is_made_again() {
    let directory = copied("reg_relu");
    let expected = one(&mut load(directory.path()), walk(100), 64);
    let graph = directory.path().join("model.onnx");
    let whole = fs::read(&graph).unwrap();
    for cut in [0, 100, whole.len() / 2, whole.len() - 1] {
        fs::write(&graph, &whole[..cut]).unwrap();
        assert_eq!(one(&mut load(directory.path()), walk(100), 64), expected, "cut at {cut}");
        assert_eq!(fs::read(&graph).unwrap().len(), whole.len());
    }
}

/// The graph of single-precision weights is never trusted: it costs a millisecond to build.
#[test]
#[cfg_attr(not(onnxruntime), ignore = "needs ONNX Runtime, and this build has none")]
fn a_graph_that_someone_changed_is_made_again() {
    let directory = copied("reg_relu");
    let expected = one(&mut load(directory.path()), walk(100), 64);
    let graph = directory.path().join("model.onnx");
    let mut bytes = fs::read(&graph).unwrap();
    let name = b"quantile_preds";
    let place = bytes.windows(name.len()).position(|w| w == name).unwrap();
    bytes[place] = b'Q';
    fs::write(&graph, &bytes).unwrap();
    assert_eq!(one(&mut load(directory.path()), walk(100), 64), expected);
    assert_ne!(fs::read(&graph).unwrap(), bytes);
    // A graph with converted weights is rebuilt when it does not load.
    let int8 = |directory: &Path| Predictor::load(&directory.into(), Precision::Int8, &session());
    let expected = one(&mut int8(directory.path()).unwrap(), walk(100), 64);
    let graph = directory.path().join("model-int8.onnx");
    let mut bytes = fs::read(&graph).unwrap();
    let place = bytes.windows(11).position(|w| w == b"MatMulNBits").unwrap();
    bytes[place] = b'X';
    fs::write(&graph, &bytes).unwrap();
    assert_eq!(one(&mut int8(directory.path()).unwrap(), walk(100), 64), expected);
}

/// Same size and same time of modification, as cp -p and rsync -t leave them: it is still another checkpoint.
#[test]
#[cfg_attr(not(onnxruntime), ignore = "needs ONNX Runtime, and this build has none")]
fn weights_exchanged_behind_our_back_are_noticed() {
    let directory = copied("reg_silu_half");
    let before = one(&mut load(directory.path()), walk(100), 24);
    let weights = directory.path().join("model.safetensors");
    let time = fs::metadata(&weights).unwrap().modified().unwrap();
    let mut bytes = fs::read(&weights).unwrap();
    let end = bytes.len();
    bytes[end - 2000..].iter_mut().step_by(2).for_each(|b| *b ^= 0x40);
    fs::write(&weights, bytes).unwrap();
    fs::File::options().write(true).open(&weights).unwrap().set_modified(time).unwrap();
    assert_ne!(one(&mut load(directory.path()), walk(100), 24), before);
}

/// Eight-bit weights forecast nearly like the full ones, and the rest of a batch matters only by rounding.
#[test]
#[cfg_attr(not(onnxruntime), ignore = "needs ONNX Runtime, and this build has none")]
fn eight_bit_weights_stay_near_the_full_ones() {
    let directory = copied("reg_relu");
    let full = one(&mut load(directory.path()), walk(365), 64);
    let mut eight = Predictor::load(&directory.path().into(), Precision::Int8, &session()).unwrap();
    let near = one(&mut eight, walk(365), 64);
    let spread = 5.0;
    let difference = greatest(&full, &near);
    assert!(difference > 1e-6 && difference < 0.2 * spread, "{difference}");
}
