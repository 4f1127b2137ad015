//! Tests of the shared cache.

use super::*;
use std::{os::unix::fs::symlink, path::PathBuf};

/// Hugging Face cache with the example model, as its tools lay it out.
fn cache_of(model: &Model) -> TempDir {
    let cache = tempfile::tempdir().unwrap();
    let root = cache.path().join("models--owner--model");
    let snapshot = root.join("snapshots").join(COMMIT);
    for folder in [&root.join("refs"), &root.join("blobs"), &snapshot] {
        fs::create_dir_all(folder).unwrap();
    }
    fs::write(root.join("refs/main"), COMMIT).unwrap();
    let blobs = [
        ("config.json", git_blob(&model.config), &model.config),
        ("model.safetensors", sha256(&model.weights), &model.weights),
    ];
    for (file, blob, content) in blobs {
        fs::write(root.join("blobs").join(&blob), content).unwrap();
        symlink(Path::new("../../blobs").join(blob), snapshot.join(file)).unwrap();
    }
    cache
}

fn blob_of_weights(cache: &TempDir, model: &Model) -> PathBuf {
    cache.path().join("models--owner--model/blobs").join(sha256(&model.weights))
}

#[test]
fn what_the_shared_cache_has_is_copied_without_a_network() {
    let model = Model::example();
    let cache = cache_of(&model);
    for revision in ["main", COMMIT] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("model.safetensors.part"), "of an earlier download").unwrap();
        fs::write(folder.path().join(".copying-abandoned"), "of a process that was killed").unwrap();
        let hub = Hub { shared_cache: Some(cache.path().to_owned()), offline: true, ..hub_at(&nobody()) };
        let mut last = None;
        let fetched = hub.fetch(NAME, revision, folder.path(), &mut |p| last = Some(*p)).unwrap();
        assert_complete(folder.path(), &model);
        assert!(fetched.from_cache);
        assert_eq!(fetched.commit.as_deref(), Some(COMMIT));
        assert_eq!(fetched.files[1].sha256, sha256(&model.weights));
        let size = model.weights.len() as u64;
        assert_eq!(last, Some(Progress { file: "model.safetensors", done: size, total: Some(size) }));
    }
}

#[test]
fn a_broken_file_in_the_shared_cache_is_downloaded() {
    let model = Model::example();
    let break_it: [fn(&Path); 3] = [
        |blob| fs::write(blob, "truncated").unwrap(),
        |blob| fs::remove_file(blob).unwrap(),
        |blob| {
            fs::remove_file(blob).unwrap();
            fs::create_dir(blob).unwrap();
        },
    ];
    for break_it in break_it {
        let cache = cache_of(&model);
        break_it(&blob_of_weights(&cache, &model));
        let (_, server, folder) = honest();
        let hub = Hub { shared_cache: Some(cache.path().to_owned()), ..hub_at(&server.address()) };
        assert!(!fetch(&hub, folder.path()).unwrap().from_cache);
        assert_complete(folder.path(), &model);
    }
}

#[test]
fn a_cache_without_the_revision_or_without_a_file_is_passed_over() {
    let model = Model::example();
    let cache = cache_of(&model);
    fs::remove_file(cache.path().join("models--owner--model/snapshots").join(COMMIT).join("config.json")).unwrap();
    for revision in ["main", "other", COMMIT] {
        let (_, server, folder) = honest();
        let hub = Hub { shared_cache: Some(cache.path().to_owned()), ..hub_at(&server.address()) };
        let fetched = hub.fetch(NAME, revision, folder.path(), &mut |_| {}).unwrap();
        assert!(!fetched.from_cache);
        assert_complete(folder.path(), &model);
    }
}
