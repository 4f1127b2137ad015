//! Tests of the lifetime of a loaded model: loading, release, and a model that is not available.

#![allow(clippy::unwrap_used)]

use crate::fixture::{copied, settings};
use forecaster_chronos::{ChronosError, Pipeline, PipelineSettings, WorkerCommand};
use std::path::Path;
use std::time::{Duration, Instant};

fn context() -> Vec<Vec<f64>> {
    vec![(0..100).map(|i| 950.0 + f64::from(i % 7)).collect()]
}

#[test]
#[cfg_attr(not(onnxruntime), ignore = "needs ONNX Runtime, and this build has none")]
fn it_is_loaded_on_first_need_and_again_after_a_release() {
    let directory = copied("reg_relu");
    let pipeline = Pipeline::new(settings(directory.path()));
    assert!(!pipeline.is_loaded());
    let first = pipeline.predict(&context(), 5).unwrap();
    assert!(pipeline.is_loaded() && first.levels.len() == 9 && first.quantiles[0].dim() == (5, 9));
    pipeline.release();
    assert!(!pipeline.is_loaded());
    assert_eq!(pipeline.predict(&context(), 5).unwrap().quantiles, first.quantiles);
    assert!(pipeline.is_loaded());
}

#[test]
#[cfg_attr(not(onnxruntime), ignore = "needs ONNX Runtime, and this build has none")]
fn it_is_released_when_it_has_been_idle() {
    let directory = copied("reg_relu");
    let idle_unload = Duration::from_millis(200);
    let pipeline = Pipeline::new(PipelineSettings { idle_unload, ..settings(directory.path()) });
    pipeline.predict(&context(), 5).unwrap();
    assert!(pipeline.is_loaded(), "kept for the next forecast");
    let patience = Instant::now() + Duration::from_secs(60);
    while pipeline.is_loaded() && Instant::now() < patience {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(!pipeline.is_loaded());
    // It can be loaded again, and is watched again.
    pipeline.predict(&context(), 5).unwrap();
    while pipeline.is_loaded() && Instant::now() < patience {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(!pipeline.is_loaded());
}

#[test]
fn too_little_memory_is_told_with_both_figures_and_nothing_is_loaded() {
    let directory = copied("reg_relu");
    let pipeline = Pipeline::new(PipelineSettings { min_free_ram_mb: 900_000_000, ..settings(directory.path()) });
    let error = pipeline.predict(&context(), 5).unwrap_err();
    assert!(matches!(error, ChronosError::Memory { needed_mb: 900_000_000, free_mb } if free_mb > 0), "{error}");
    assert!(error.to_string().contains("900000000 MB needed (chronos.min_free_ram_mb"), "{error}");
    assert!(!pipeline.is_loaded());
}

fn with_worker(directory: &Path, program: &str, arguments: &[&str]) -> Pipeline {
    let arguments = arguments.iter().map(|a| (*a).to_owned()).collect();
    let worker = Some(WorkerCommand {
        program: program.into(),
        arguments,
        reply_timeout: Duration::from_millis(500),
        timeout_per_context: Duration::from_millis(500),
    });
    Pipeline::new(PipelineSettings { worker, ..settings(directory) })
}

#[test]
fn a_worker_that_ends_is_an_error_that_says_how_and_not_the_end_of_us() {
    let directory = copied("reg_relu");
    let ended = |program: &str, arguments: &[&str]| {
        let pipeline = with_worker(directory.path(), program, arguments);
        let said = pipeline.predict(&context(), 5).unwrap_err().to_string();
        assert!(!pipeline.is_loaded());
        said
    };
    let killed = ended("/bin/sh", &["-c", "read line; kill -9 $$"]);
    assert!(killed.contains("signal 9") && killed.contains("out-of-memory killer"), "{killed}");
    assert!(ended("/bin/sh", &["-c", "exit 3"]).contains("exit status: 3"));
    assert!(ended("/bin/sh", &["-c", "read line; echo hello; read line"]).contains("sent an invalid reply"));
    assert!(ended("/nowhere/forecaster", &[]).contains("/nowhere/forecaster could not be started"));
}

#[test]
fn a_worker_that_dies_later_is_replaced_on_the_next_need() {
    let directory = copied("reg_relu");
    // Answers the request to load, then dies at the first forecast.
    let script = "read line; echo '{\"Loaded\":{\"levels\":[0.5],\"seconds\":0.1}}'; read line; kill -11 $$";
    let pipeline = with_worker(directory.path(), "/bin/sh", &["-c", script]);
    for _ in 0..2 {
        let said = pipeline.predict(&context(), 5).unwrap_err().to_string();
        assert!(said.contains("signal 11"), "{said}");
        assert!(!pipeline.is_loaded());
    }
}

/// The worker answers the request to load, then never reads again, while more than a pipe holds is sent to it.
#[test]
fn a_worker_that_hangs_is_given_up_even_when_it_does_not_read() {
    let directory = copied("reg_relu");
    let script = "read line; echo '{\"Loaded\":{\"levels\":[0.5],\"seconds\":0.1}}'; exec sleep 1000";
    let pipeline = with_worker(directory.path(), "/bin/sh", &["-c", script]);
    let long = vec![vec![950.123_456_789; 100_000]];
    let said = pipeline.predict(&long, 5).unwrap_err().to_string();
    assert!(said.contains("gave no answer in 1 s"), "{said}");
    assert!(!pipeline.is_loaded());
}

/// After a reported failure the worker is ready for more requests.
#[test]
fn a_refused_request_is_not_the_end_of_the_worker() {
    let directory = copied("reg_relu");
    let script = "read line; echo '{\"Loaded\":{\"levels\":[0.5],\"seconds\":0.1}}'; \
                  read line; echo '{\"Failed\":{\"reason\":\"not this one\"}}'; \
                  read line; echo '{\"Quantiles\":{\"values\":[[[1.5],[null]]],\"seconds\":0.1,\"peak_rss_mb\":7.0}}'; read line";
    let pipeline = with_worker(directory.path(), "/bin/sh", &["-c", script]);
    assert_eq!(pipeline.predict(&context(), 2).unwrap_err().to_string(), "not this one");
    assert!(pipeline.is_loaded());
    let answer = pipeline.predict(&context(), 2).unwrap();
    assert!(answer.quantiles[0][[0, 0]] == 1.5 && answer.quantiles[0][[1, 0]].is_nan());
    assert_eq!((pipeline.take_peak_rss_mb(), pipeline.take_peak_rss_mb()), (7.0, 0.0));
}
