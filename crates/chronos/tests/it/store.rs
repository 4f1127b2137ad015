//! Tests of the way of files into the store: moved or copied, and kept where they were when the checkpoint turns out to be
//! broken.

use crate::fixture::{copied, session};
use forecaster_chronos::{Arrival, CheckpointPlace, Installed, ModelStore, Transfer};
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

const NAME: &str = "someone/model";

fn arrival(folder: &Path, transfer: Transfer) -> Arrival<'_> {
    Arrival { folder, source: "hub", revision: Some("f".repeat(40)), verified: Some(true), transfer }
}

fn weights_of(installed: &Installed) -> PathBuf {
    match &installed.place {
        CheckpointPlace::Folder(folder) => folder.join("model.safetensors"),
        CheckpointPlace::Program => panic!("not in the store"),
    }
}

/// Store with the fixture in its downloads folder.
fn downloaded() -> (tempfile::TempDir, ModelStore, PathBuf) {
    let root = tempfile::tempdir().unwrap();
    let store = ModelStore::new(root.path().join("models"));
    let downloads = store.downloads(NAME);
    fs::create_dir_all(&downloads).unwrap();
    for file in ["config.json", "model.safetensors"] {
        fs::copy(copied("reg_relu").path().join(file), downloads.join(file)).unwrap();
    }
    (root, store, downloads)
}

#[test]
#[cfg_attr(not(onnxruntime), ignore = "needs ONNX Runtime, and this build has none")]
fn downloaded_files_are_moved_so_that_they_take_their_space_once() {
    let (_root, store, downloads) = downloaded();
    let before = fs::metadata(downloads.join("model.safetensors")).unwrap().ino();
    let installed = store.install(arrival(&downloads, Transfer::Move), NAME, &session()).unwrap();
    let weights = fs::metadata(weights_of(&installed)).unwrap();
    assert_eq!((weights.ino(), weights.nlink(), weights.mode() & 0o777), (before, 1, 0o644));
    assert_eq!(fs::read_dir(&downloads).unwrap().count(), 0);
    assert_eq!(store.find(NAME).unwrap().manifest.unwrap().verified, Some(true));
    // The checksum kept with the graph is still valid: its metadata have the time at which the file lost its other name.
    let graph = fs::read(weights_of(&installed).with_file_name("model.onnx")).unwrap();
    let changed = format!("{}, {}] ", weights.ctime(), weights.ctime_nsec());
    assert!(graph.windows(changed.len()).any(|bytes| bytes == changed.as_bytes()), "{changed}");
    installed.open().unwrap();
    assert!(fs::read(weights_of(&installed).with_file_name("model.onnx")).unwrap() == graph);
}

#[test]
#[cfg_attr(not(onnxruntime), ignore = "needs ONNX Runtime, and this build has none")]
fn a_file_that_the_hugging_face_cache_has_too_keeps_its_permissions() {
    let (root, store, downloads) = downloaded();
    let blob = root.path().join("blob");
    fs::hard_link(downloads.join("model.safetensors"), &blob).unwrap();
    fs::set_permissions(&blob, fs::Permissions::from_mode(0o400)).unwrap();
    let content = fs::read(&blob).unwrap();
    let installed = store.install(arrival(&downloads, Transfer::Move), NAME, &session()).unwrap();
    let metadata = fs::metadata(&blob).unwrap();
    assert_eq!((metadata.mode() & 0o777, metadata.nlink()), (0o400, 2));
    assert_eq!(fs::metadata(weights_of(&installed)).unwrap().ino(), metadata.ino());
    // Neither a second installation in its place nor its removal reaches the cache.
    let other = copied("reg_silu_half");
    store.install(arrival(other.path(), Transfer::Copy), NAME, &session()).unwrap();
    assert_eq!(fs::metadata(&blob).unwrap().nlink(), 1);
    assert!(fs::read(&blob).unwrap() == content);
}

/// A program that was killed during the conversion leaves an unfinished folder, and the download beside it.
#[test]
#[cfg_attr(not(onnxruntime), ignore = "needs ONNX Runtime, and this build has none")]
fn downloaded_files_are_there_until_all_is_done() {
    let (root, store, downloads) = downloaded();
    let seen = AtomicBool::new(false);
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::SeqCst) {
                let unfinished = fs::read_dir(root.path().join("models")).unwrap().flatten().find(|entry| {
                    entry.file_name().to_string_lossy().starts_with(".installing-")
                        && entry.path().join("model.safetensors").exists()
                        && !entry.path().join("manifest.json").exists()
                });
                let in_both = fs::metadata(downloads.join("model.safetensors")).is_ok_and(|one| one.nlink() == 2);
                if unfinished.is_some() && in_both {
                    seen.store(true, Ordering::SeqCst);
                }
                thread::yield_now();
            }
        });
        let installed = store.install(arrival(&downloads, Transfer::Move), NAME, &session());
        done.store(true, Ordering::SeqCst);
        installed.unwrap();
    });
    assert!(seen.into_inner(), "the download was gone before the checkpoint was complete");
}

#[test]
fn a_place_inside_another_checkpoint_is_refused_before_the_download() {
    let root = tempfile::tempdir().unwrap();
    let store = ModelStore::new(root.path().join("models"));
    let owner = root.path().join("models/someone");
    fs::create_dir_all(&owner).unwrap();
    let manifest = serde_json::to_vec(&store.find("embedded").unwrap().manifest.unwrap()).unwrap();
    fs::write(owner.join("manifest.json"), manifest).unwrap();
    let pulled = store.check_place(NAME, Transfer::Move).unwrap_err().to_string();
    let folder = root.path().join("models").display().to_string();
    let expected = format!("'{NAME}' would lie inside the checkpoint 'someone'; move that one out of {folder} first");
    assert_eq!(pulled, expected);
    let imported = store.check_place(NAME, Transfer::Copy).unwrap_err().to_string();
    assert!(imported.ends_with("import it under another name (--name)"), "{imported}");
    store.check_place("another/model", Transfer::Move).unwrap();
}

#[test]
#[cfg_attr(not(onnxruntime), ignore = "needs ONNX Runtime, and this build has none")]
fn a_folder_that_is_imported_is_copied() {
    let root = tempfile::tempdir().unwrap();
    let store = ModelStore::new(root.path().join("models"));
    let folder = copied("reg_relu");
    let installed = store.install(arrival(folder.path(), Transfer::Copy), NAME, &session()).unwrap();
    let of_owner = fs::metadata(folder.path().join("model.safetensors")).unwrap();
    assert_ne!(fs::metadata(weights_of(&installed)).unwrap().ino(), of_owner.ino());
    assert_eq!(of_owner.nlink(), 1);
}

/// Without ONNX Runtime, for example, the self-test fails, and the download must not be lost.
#[test]
fn files_stay_when_the_self_test_fails() {
    let (root, store, downloads) = downloaded();
    let weights = downloads.join("model.safetensors");
    let mut content = fs::read(&weights).unwrap();
    let size = content.len();
    // Weights that are no numbers: the conversion succeeds, and the forecast does not.
    content[size - 40_000..].fill(0xff);
    fs::write(&weights, &content).unwrap();
    store.install(arrival(&downloads, Transfer::Move), NAME, &session()).unwrap_err();
    assert!(fs::read(&weights).unwrap() == content);
    assert!(downloads.join("config.json").is_file());
    let left: Vec<_> = fs::read_dir(root.path().join("models")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, [".downloads"]);
}
