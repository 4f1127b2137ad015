//! Tests of the shared cache.

use super::*;
use std::{
    os::unix::fs::{MetadataExt, PermissionsExt, symlink},
    path::PathBuf,
};

/// Hugging Face cache with the example model, as its tools lay it out.
pub(super) fn cache_of(model: &Model) -> TempDir {
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
        let fetched = hub.fetch(&request(NAME, revision, folder.path()), &mut |p| last = Some(*p)).unwrap();
        assert_complete(folder.path(), &model);
        assert!(fetched.from_cache && fetched.verified);
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
        let fetched = hub.fetch(&request(NAME, revision, folder.path()), &mut |_| {}).unwrap();
        assert!(!fetched.from_cache);
        assert_complete(folder.path(), &model);
    }
}

/// Permissions, owner, inode and time of modification: what a later step could change by mistake.
fn state_of(file: &Path) -> (u32, u32, u64, i64) {
    let metadata = fs::metadata(file).unwrap();
    (metadata.mode(), metadata.uid(), metadata.ino(), metadata.mtime_nsec())
}

#[test]
fn a_file_of_the_shared_cache_takes_its_disk_space_once_and_stays_as_it_is() {
    let model = Model::example();
    let cache = cache_of(&model);
    let blob = blob_of_weights(&cache, &model);
    fs::set_permissions(&blob, fs::Permissions::from_mode(0o444)).unwrap();
    let before = state_of(&blob);
    let folder = tempfile::tempdir().unwrap();
    let hub = Hub { shared_cache: Some(cache.path().to_owned()), offline: true, ..hub_at(&nobody()) };
    fetch(&hub, folder.path()).unwrap();
    assert_complete(folder.path(), &model);
    assert_eq!(fs::metadata(folder.path().join("model.safetensors")).unwrap().ino(), before.2, "a hard link");
    // A download in its place replaces the name and not the file.
    let mut other = model.clone();
    other.weights[0] ^= 1;
    let answering = other.clone();
    let server = Server::answering(move |request| answering.answer(request));
    hub_at(&server.address()).fetch(&request(NAME, "main", folder.path()), &mut |_| {}).unwrap();
    assert_complete(folder.path(), &other);
    assert_eq!(state_of(&blob), before);
    assert!(fs::read(&blob).unwrap() == model.weights);
}

#[test]
fn a_file_whose_name_is_no_checksum_is_copied() {
    let model = Model::example();
    let cache = cache_of(&model);
    let snapshot = cache.path().join("models--owner--model/snapshots").join(COMMIT).join("model.safetensors");
    fs::remove_file(&snapshot).unwrap();
    fs::write(&snapshot, &model.weights).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let hub = Hub { shared_cache: Some(cache.path().to_owned()), offline: true, ..hub_at(&nobody()) };
    assert!(!fetch(&hub, folder.path()).unwrap().verified);
    assert_complete(folder.path(), &model);
    assert_eq!(fs::metadata(&snapshot).unwrap().nlink(), 1);
}

#[test]
fn a_model_of_another_kind_in_the_shared_cache_is_refused_by_its_config() {
    let model = Model::example();
    let cache = cache_of(&model);
    let folder = tempfile::tempdir().unwrap();
    let hub = Hub { shared_cache: Some(cache.path().to_owned()), offline: true, ..hub_at(&nobody()) };
    let wanted = FetchRequest { check: &|_| Err("no Bolt".into()), ..request(NAME, "main", folder.path()) };
    let refused = hub.fetch(&wanted, &mut |_| {}).unwrap_err().to_string();
    assert_eq!(refused, "the model 'owner/model' on the hub cannot be used: no Bolt");
    assert_eq!(files_in(folder.path()), [""; 0]);
}

#[test]
fn force_asks_the_hub_and_not_the_cache() {
    let model = Model::example();
    let cache = cache_of(&model);
    let (_, server, folder) = honest();
    let hub = Hub { shared_cache: Some(cache.path().to_owned()), ..hub_at(&server.address()) };
    let fetched = hub.fetch(&FetchRequest { force: true, ..request(NAME, "main", folder.path()) }, &mut |_| {});
    assert!(!fetched.unwrap().from_cache);
    assert_eq!(server.ranges("model.safetensors"), ["all"]);
    let offline = Hub { offline: true, ..hub };
    let refused = offline.fetch(&FetchRequest { force: true, ..request(NAME, "main", folder.path()) }, &mut |_| {});
    let expected = "HF_HUB_OFFLINE is set, but --force takes everything from the hub; unset it, or use `forecaster model \
                    import DIR`";
    assert_eq!(sentence_of(refused), expected);
}

/// Newer versions of huggingface_hub keep a blob as a link to a store of all models, where names are other hashes.
#[test]
fn a_blob_that_is_itself_a_link_has_its_checksum_in_its_first_name() {
    let model = Model::example();
    let cache = cache_of(&model);
    let blob = blob_of_weights(&cache, &model);
    let shared = cache.path().join("blobs/ab").join(sha256(b"of the chunks"));
    fs::create_dir_all(shared.parent().unwrap()).unwrap();
    fs::rename(&blob, &shared).unwrap();
    fs::set_permissions(&shared, fs::Permissions::from_mode(0o644)).unwrap();
    symlink(Path::new("../../blobs/ab").join(shared.file_name().unwrap()), &blob).unwrap();
    let hub = Hub { shared_cache: Some(cache.path().to_owned()), offline: true, ..hub_at(&nobody()) };
    let folder = tempfile::tempdir().unwrap();
    let fetched = fetch(&hub, folder.path()).unwrap();
    assert!(fetched.from_cache && fetched.verified);
    assert_complete(folder.path(), &model);
    let inode = |path: &Path| fs::metadata(path).unwrap().ino();
    assert_eq!(inode(&folder.path().join("model.safetensors")), inode(&shared), "a hard link");
    // The first name is really compared.
    fs::write(&shared, "truncated").unwrap();
    assert!(matches!(fetch(&hub, tempfile::tempdir().unwrap().path()), Err(HubError::OfflineMode { .. })));
}

#[test]
fn a_file_that_others_may_change_or_not_all_may_read_is_copied() {
    for (mode, linked) in
        [(0o444, true), (0o644, true), (0o400, false), (0o640, false), (0o664, false), (0o666, false)]
    {
        let model = Model::example();
        let cache = cache_of(&model);
        fs::set_permissions(blob_of_weights(&cache, &model), fs::Permissions::from_mode(mode)).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let hub = Hub { shared_cache: Some(cache.path().to_owned()), offline: true, ..hub_at(&nobody()) };
        fetch(&hub, folder.path()).unwrap();
        assert_complete(folder.path(), &model);
        assert_eq!(fs::metadata(blob_of_weights(&cache, &model)).unwrap().nlink() == 2, linked, "{mode:o}");
    }
}

#[test]
fn a_config_that_nothing_proves_does_not_keep_the_model_from_being_fetched() {
    let model = Model::example();
    let cache = cache_of(&model);
    let config = cache.path().join("models--owner--model/snapshots").join(COMMIT).join("config.json");
    fs::remove_file(&config).unwrap();
    fs::write(&config, "{\"archi").unwrap();
    let (_, server, folder) = honest();
    let hub = Hub { shared_cache: Some(cache.path().to_owned()), ..hub_at(&server.address()) };
    let check = |file: &Path| match fs::read_to_string(file).unwrap().ends_with('}') {
        true => Ok(()),
        false => Err("not JSON".into()),
    };
    let wanted = FetchRequest { check: &check, ..request(NAME, "main", folder.path()) };
    assert!(!hub.fetch(&wanted, &mut |_| {}).unwrap().from_cache);
    assert_complete(folder.path(), &model);
}
