//! `forecaster model pull` against a fake hub on 127.0.0.1: the one of crates/chronos's own tests.

#![allow(clippy::unwrap_used)]

use crate::checkpoints::{checkpoint, fixture, listed};
use crate::desk::{Desk, Finished};
use crate::fake_hub::{Answer, COMMIT, Model, Server, sha256};
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

const NAME: &str = "someone/small-bolt";

/// Returns a fixture as the hub serves it.
fn model(name: &str) -> Model {
    let read = |file: &str| fs::read(fixture(name).join(file)).unwrap();
    Model { config: read("config.json"), weights: read("model.safetensors") }
}

/// A desk that knows only the hub at `endpoint`, and has no token.
fn desk(endpoint: &str) -> Desk {
    let mut desk = Desk::with(&[("HF_ENDPOINT", endpoint), ("NO_PROXY", "127.0.0.1"), ("no_proxy", "127.0.0.1")]);
    ["HF_TOKEN", "HF_HUB_CACHE", "HF_HUB_OFFLINE"].iter().for_each(|variable| desk.set(variable, ""));
    let home = desk.path("huggingface");
    desk.set("HF_HOME", home.to_str().unwrap());
    desk
}

fn pull(desk: &Desk, code: i32) -> Finished {
    desk.run(&["model", "pull", NAME]).expect(code)
}

/// Returns the reported error, and checks that it is one line on stderr and that nothing was imported.
fn refused(desk: &Desk, finished: &Finished) -> String {
    let said = finished.stderr();
    assert!(finished.stdout().is_empty() && !said.contains("panicked"), "{said}");
    let errors: Vec<&str> = said.lines().filter(|line| line.starts_with("error: ")).collect();
    assert_eq!((errors.len(), listed(desk)), (1, Vec::new()), "{said}");
    errors[0].to_owned()
}

#[test]
#[cfg_attr(not(onnxruntime), ignore = "needs ONNX Runtime, and this build has none")]
fn a_checkpoint_is_pulled_without_a_token_and_used_by_its_name() {
    let hub = model("reg_relu");
    let server = Server::answering(move |request| hub.answer(request));
    let desk = desk(&server.address());
    let line = pull(&desk, 0).stdout();
    assert!(line.starts_with("someone/small-bolt: 19.5 k parameters, sha256 a958382ed690"), "{line}");
    assert!(line.contains("chronos.model = \"someone/small-bolt\"") && line.lines().count() == 1, "{line}");
    let list = desk.run(&["model", "list", "--json"]).expect(0).json();
    let row = checkpoint(&list, NAME);
    assert_eq!((&row["source"], &row["revision"]), (&"hub".into(), &COMMIT.into()));
    assert!(server.requests().iter().all(|request| request.header("authorization").is_none()));
    assert!(!desk.path("data/models/.downloads").exists());
    desk.run(&["model", "verify", NAME]).expect(0);
}

#[test]
#[cfg_attr(not(onnxruntime), ignore = "needs ONNX Runtime, and this build has none")]
fn a_pull_that_was_cut_off_goes_on_from_there() {
    let hub = model("reg_relu");
    let (size, half) = (hub.weights.len(), hub.weights.len() / 2);
    let healed = Arc::new(AtomicBool::new(false));
    let line = Arc::clone(&healed);
    let mut cut = false;
    let server = Server::answering(move |request| {
        if request.is_head() || !request.wants("model.safetensors") || line.load(Ordering::SeqCst) {
            return hub.answer(request);
        }
        // Sends half of it first, and only 403 after that.
        if std::mem::replace(&mut cut, true) { Answer::status(403) } else { hub.answer(request).cut_after(half) }
    });
    let desk = desk(&server.address());
    let finished = pull(&desk, 1);
    refused(&desk, &finished);
    healed.store(true, Ordering::SeqCst);
    pull(&desk, 0);
    assert_eq!(listed(&desk), [NAME]);
    let resumed = format!("bytes={half}-");
    assert_eq!(server.ranges("model.safetensors"), ["all", resumed.as_str(), resumed.as_str()]);
    assert_eq!(server.bytes_sent("model.safetensors"), size);
    assert!(!desk.path("data/models/.downloads").exists());
}

#[test]
fn a_wrong_checksum_is_refused() {
    let (hub, mut spoilt) = (model("reg_relu"), model("reg_relu").weights);
    *spoilt.last_mut().unwrap() ^= 1;
    let server = Server::answering(move |request| {
        if request.is_head() || !request.wants("model.safetensors") {
            return hub.answer(request);
        }
        Answer::content(request, &spoilt)
            .with("X-Repo-Commit", COMMIT)
            .with("X-Linked-Etag", format!("\"{}\"", sha256(&hub.weights)))
    });
    let desk = desk(&server.address());
    let error = refused(&desk, &pull(&desk, 1));
    assert!(error.contains("model.safetensors") && error.contains("the hub announces"), "{error}");
    assert!(desk.files("data/models").iter().all(|file| !file.ends_with("model.safetensors")));
}

#[test]
fn a_name_that_the_hub_does_not_know_is_told() {
    let server = Server::answering(|_| Answer::status(404).with("X-Error-Code", "RepoNotFound"));
    let desk = desk(&server.address());
    let error = refused(&desk, &pull(&desk, 2));
    assert!(error.contains("there is no model 'someone/small-bolt'") && error.contains("HF_TOKEN"), "{error}");
    let finished = desk.run(&["model", "pull", "../small-bolt"]).expect(2);
    assert!(refused(&desk, &finished).contains("is not the name of a model"));
    let finished = desk.run(&["model", "pull", NAME, "--revision", "../main"]).expect(2);
    assert!(refused(&desk, &finished).contains("is not a revision"));
    assert!(desk.files("data").is_empty());
}

#[test]
fn nothing_listening_is_one_sentence() {
    let gone = Server::answering(|_| Answer::status(404)).address();
    let desk = desk(&gone);
    let error = refused(&desk, &pull(&desk, 1));
    assert!(error.contains(&gone), "{error}");
    assert!(desk.files("data").is_empty());
}

/// A Chronos-T5 has both files too. Fetching it again would not help, so nothing is kept.
#[test]
fn another_kind_of_model_is_refused_and_not_kept() {
    let mut hub = model("reg_relu");
    hub.config =
        br#"{"architectures": ["T5ForConditionalGeneration"], "chronos_config": {"n_tokens": 4096}}"#.to_vec();
    let server = Server::answering(move |request| hub.answer(request));
    let desk = desk(&server.address());
    let error = refused(&desk, &pull(&desk, 1));
    assert!(error.contains("config.json") && error.contains("the original Chronos-T5"), "{error}");
    assert!(desk.files("data").is_empty());
}
