//! `forecaster model pull` against a fake hub on 127.0.0.1: the one of crates/chronos's own tests.

#![allow(clippy::unwrap_used)]

use crate::checkpoints::{checkpoint, fixture, listed};
use crate::desk::{Desk, Finished};
use crate::fake_hub::{Answer, COMMIT, Model, Server, refusal, sha256};
use std::fs;
use std::process::Stdio;
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
    let others = ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_TOKEN_PATH", "HF_HUB_DISABLE_IMPLICIT_TOKEN"];
    let caches = ["HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HUB_OFFLINE"];
    others.iter().chain(&caches).for_each(|variable| desk.set(variable, ""));
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
        // Sends half of it first, and after that the refusal of a model that has become a gated one.
        if std::mem::replace(&mut cut, true) {
            refusal(403, "GatedRepo", "")
        } else {
            hub.answer(request).cut_after(half)
        }
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
    // Without a token the hub answers 401 and no code, because it does not tell missing models from private ones.
    let server = Server::answering(|_| refusal(401, "", "Invalid username or password."));
    let anonymous = self::desk(&server.address());
    let error = refused(&anonymous, &pull(&anonymous, 2));
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

/// A Chronos-T5 has both files too. Its weights, 478 MB for one on the hub, are not fetched, and nothing is kept.
#[test]
fn another_kind_of_model_is_refused_by_its_config_and_not_kept() {
    let mut hub = model("reg_relu");
    hub.config =
        br#"{"architectures": ["T5ForConditionalGeneration"], "chronos_config": {"n_tokens": 4096}}"#.to_vec();
    let server = Server::answering(move |request| hub.answer(request));
    let desk = desk(&server.address());
    let error = refused(&desk, &pull(&desk, 1));
    let expected = "error: the model 'someone/small-bolt' on the hub cannot be used: config.json: architectures: found \
                    T5ForConditionalGeneration; expected ChronosBoltModelForForecasting";
    assert!(error.starts_with(expected) && error.contains("the original Chronos-T5"), "{error}");
    assert!(desk.files("data").is_empty());
    assert!(server.lines().iter().all(|line| line.ends_with("config.json")), "{:?}", server.lines());
}

#[test]
#[cfg_attr(not(onnxruntime), ignore = "needs ONNX Runtime, and this build has none")]
fn a_second_pull_of_an_unchanged_model_fetches_nothing_and_force_fetches_all() {
    let hub = model("reg_relu");
    let size = hub.weights.len();
    let server = Server::answering(move |request| hub.answer(request));
    let desk = desk(&server.address());
    let line = pull(&desk, 0).stdout();
    let installed_at =
        || desk.run(&["model", "list", "--json"]).expect(0).json()["checkpoints"][1]["installed_at"].clone();
    let (before, requests) = (installed_at(), server.requests().len());
    let again = pull(&desk, 0);
    assert_eq!(again.stdout(), line);
    assert!(again.stderr().contains("is installed already"), "{}", again.stderr());
    assert_eq!((server.requests().len(), server.bytes_sent("model.safetensors")), (requests + 1, size));
    assert_eq!(installed_at(), before);
    assert!(!desk.path("data/models/.downloads").exists());

    let document = desk.run(&["model", "pull", NAME, "--json"]).expect(0).json();
    assert_eq!((&document["unchanged"], &document["verified"]), (&true.into(), &true.into()));
    let document = desk.run(&["model", "pull", NAME, "--force", "--json"]).expect(0).json();
    assert_eq!((&document["unchanged"], &document["revision"]), (&false.into(), &COMMIT.into()));
    assert_eq!(server.bytes_sent("model.safetensors"), 2 * size);
    desk.run(&["model", "verify", NAME]).expect(0);
}

#[test]
#[cfg_attr(not(onnxruntime), ignore = "needs ONNX Runtime, and this build has none")]
fn files_that_nothing_proves_are_told_in_words_and_in_json() {
    let hub = model("reg_relu");
    let server = Server::answering(move |request| {
        let content = if request.wants("config.json") { &hub.config } else { &hub.weights };
        Answer::content(request, content)
    });
    let desk = desk(&server.address());
    let finished = desk.run(&["model", "pull", NAME, "--json"]).expect(0);
    assert_eq!(finished.json()["verified"], false);
    let said = finished.stderr();
    assert!(said.contains("announces no checksum of config.json and model.safetensors"), "{said}");
    let list = desk.run(&["model", "list", "--json"]).expect(0).json();
    assert_eq!(
        (&checkpoint(&list, NAME)["verified"], &list["checkpoints"][0]["verified"]),
        (&false.into(), &().into())
    );
}

#[test]
#[cfg_attr(not(onnxruntime), ignore = "needs ONNX Runtime, and this build has none")]
fn an_invalid_token_is_named_by_its_place_and_the_public_model_comes_without_it() {
    let hub = model("reg_relu");
    let server = Server::answering(move |request| match request.header("authorization") {
        Some(_) => refusal(401, "", "Invalid credentials in Authorization header"),
        None => hub.answer(request),
    });
    let mut desk = desk(&server.address());
    let file = desk.write("huggingface/token", "hf_stale");
    // The desk's HF_TOKEN is empty, which keeps the file's token back.
    assert!(!pull(&desk, 0).stderr().contains("refuses the token"));
    let arguments = ["model", "pull", NAME, "--force"];
    let output = desk.command(&arguments).env_remove("HF_TOKEN").output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{said}");
    let told = format!("refuses the token in {} (Invalid credentials in Authorization header)", file.display());
    assert_eq!(said.matches(&told).count(), 1, "{said}");
    assert!(!said.contains("hf_stale"), "{said}");
    // Kept back, it is not even tried.
    desk.set("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1");
    let output = desk.command(&arguments).env_remove("HF_TOKEN").output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && !said.contains("refuses the token"), "{said}");
}

#[test]
#[cfg_attr(not(onnxruntime), ignore = "needs ONNX Runtime, and this build has none")]
fn without_the_hub_the_installed_model_is_kept() {
    let hub = model("reg_relu");
    let server = Server::answering(move |request| hub.answer(request));
    let mut desk = desk(&server.address());
    let line = pull(&desk, 0).stdout();
    drop(server);
    for offline in ["", "1"] {
        desk.set("HF_HUB_OFFLINE", offline);
        let again = pull(&desk, 0);
        assert_eq!(again.stdout(), line);
        let said = again.stderr();
        assert!(
            said.contains("newer files of main were not looked for") && said.contains("is unchanged and kept"),
            "{said}"
        );
        let document = desk.run(&["model", "pull", NAME, "--json"]).expect(0).json();
        assert_eq!((&document["unchanged"], &document["verified"]), (&true.into(), &true.into()));
    }
    assert!(!desk.path("data/models/.downloads").exists());
}

#[test]
#[cfg_attr(not(onnxruntime), ignore = "needs ONNX Runtime, and this build has none")]
fn two_pulls_at_once_take_turns() {
    let hub = model("reg_relu");
    let size = hub.weights.len();
    let server = Server::answering(move |request| hub.answer(request));
    let desk = desk(&server.address());
    let start =
        || desk.command(&["model", "pull", NAME]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    for child in [start(), start()] {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    assert_eq!(server.bytes_sent("model.safetensors"), size);
    assert!(!desk.path("data/models/.downloads").exists());
    desk.run(&["model", "verify", NAME]).expect(0);
}

#[test]
#[cfg_attr(not(onnxruntime), ignore = "needs ONNX Runtime, and this build has none")]
fn a_model_that_was_not_verified_becomes_verified_without_a_download() {
    let hub = model("reg_relu");
    let size = hub.weights.len();
    let announces = Arc::new(AtomicBool::new(false));
    let announced = Arc::clone(&announces);
    let server = Server::answering(move |request| {
        let content = if request.wants("config.json") { &hub.config } else { &hub.weights };
        if announced.load(Ordering::SeqCst) { hub.answer(request) } else { Answer::content(request, content) }
    });
    let desk = desk(&server.address());
    let pulled = || desk.run(&["model", "pull", NAME, "--json"]).expect(0).json();
    assert_eq!(pulled()["verified"], false);
    announces.store(true, Ordering::SeqCst);
    let document = pulled();
    assert_eq!((&document["verified"], &document["unchanged"]), (&true.into(), &false.into()));
    assert_eq!(pulled()["unchanged"], true);
    assert_eq!(server.bytes_sent("model.safetensors"), size);
}
