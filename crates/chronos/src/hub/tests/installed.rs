//! Tests of checkpoints that are installed already, and of models that turn out to be of another kind.

use super::*;

/// Folder with the model, as if it were installed.
fn installed(model: &Model) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("config.json"), &model.config).unwrap();
    fs::write(folder.path().join("model.safetensors"), &model.weights).unwrap();
    folder
}

/// Fetches at `revision` what is installed at `commit`.
fn fetch_installed(
    hub: &Hub,
    (revision, force): (&str, bool),
    (commit, of): (Option<&str>, &Model),
    folder: &Path,
    into: &Path,
) -> Result<FetchedCheckpoint, HubError> {
    let sums = [sha256(&of.config), sha256(&of.weights)];
    let installed = InstalledFiles { folder, commit, verified: true, sha256: [&sums[0], &sums[1]] };
    let wanted = FetchRequest { force, installed: Some(installed), ..request(NAME, revision, into) };
    hub.fetch(&wanted, &mut |_| {})
}

#[test]
fn an_unchanged_model_costs_one_head_and_its_commit_none() {
    for (revision, requests) in [("main", 1), (COMMIT, 0)] {
        let (model, server, into) = honest();
        let folder = installed(&model);
        let hub = hub_at(&server.address());
        let fetched = fetch_installed(&hub, (revision, false), (Some(COMMIT), &model), folder.path(), into.path());
        let fetched = fetched.unwrap();
        assert_eq!(
            (fetched.commit.as_deref(), fetched.files[1].sha256.clone()),
            (Some(COMMIT), sha256(&model.weights))
        );
        assert_eq!(server.requests().len(), requests);
        assert!(server.requests().iter().all(|request| request.is_head()));
        assert_eq!(files_in(into.path()), [""; 0]);
    }
}

#[test]
fn a_damaged_model_is_fetched_again_and_force_fetches_a_sound_one() {
    for (force, damaged) in [(false, true), (true, false)] {
        let (model, server, into) = honest();
        let folder = installed(&model);
        if damaged {
            fs::write(folder.path().join("model.safetensors"), "damaged").unwrap();
        }
        let hub = hub_at(&server.address());
        fetch_installed(&hub, ("main", force), (Some(COMMIT), &model), folder.path(), into.path()).unwrap();
        assert_complete(into.path(), &model);
        assert_eq!(server.ranges("model.safetensors"), ["all"]);
    }
}

#[test]
fn of_a_branch_that_has_moved_only_the_changed_file_is_fetched() {
    let (model, server, into) = honest();
    let older = Model { config: b"{}".to_vec(), ..model.clone() };
    let folder = installed(&older);
    let hub = hub_at(&server.address());
    let before = "f".repeat(40);
    let fetched =
        fetch_installed(&hub, ("main", false), (Some(&before), &older), folder.path(), into.path()).unwrap();
    assert_eq!((fetched.commit.as_deref(), fetched.verified), (Some(COMMIT), true));
    assert_complete(into.path(), &model);
    assert_eq!((server.ranges("config.json").len(), server.ranges("model.safetensors").len()), (1, 0));
    assert!(fs::read(folder.path().join("config.json")).unwrap() == older.config, "the installed one is not touched");
}

/// Two hubs that cannot say whether a branch has moved: one that is not there, and one that must not be asked.
fn silent_hubs(shared_cache: Option<&Path>) -> [Hub; 2] {
    [false, true].map(|offline| Hub { offline, shared_cache: shared_cache.map(Path::to_owned), ..hub_at(&nobody()) })
}

#[test]
fn an_unchanged_model_is_kept_without_the_hub_even_if_the_cache_has_another() {
    let model = Model::example();
    let (folder, cache) =
        (installed(&model), super::cache::cache_of(&Model { config: b"{}".to_vec(), ..model.clone() }));
    let newer = "f".repeat(40);
    for commit in [Some(newer.as_str()), None] {
        for hub in [silent_hubs(None), silent_hubs(Some(cache.path()))].into_iter().flatten() {
            let into = tempfile::tempdir().unwrap();
            let fetched =
                fetch_installed(&hub, ("main", false), (commit, &model), folder.path(), into.path()).unwrap();
            assert_eq!((fetched.commit.as_deref(), fetched.kept, fetched.from_cache), (commit, true, false));
            assert_eq!(files_in(into.path()), [""; 0]);
        }
    }
}

#[test]
fn a_damaged_model_or_another_commit_comes_from_the_cache_without_the_hub() {
    let model = Model::example();
    let (sound, damaged, cache) = (installed(&model), installed(&model), super::cache::cache_of(&model));
    fs::write(damaged.path().join("model.safetensors"), "damaged").unwrap();
    let other = "f".repeat(40);
    for (folder, revision, commit) in [
        (&damaged, "main", Some(COMMIT)),
        (&damaged, COMMIT, Some(COMMIT)),
        (&sound, COMMIT, Some(other.as_str())),
        (&sound, COMMIT, None),
    ] {
        let fetch =
            |hub: &Hub, into: &Path| fetch_installed(hub, (revision, false), (commit, &model), folder.path(), into);
        let into = tempfile::tempdir().unwrap();
        for hub in silent_hubs(Some(cache.path())) {
            let fetched = fetch(&hub, into.path()).unwrap();
            assert!(fetched.from_cache && !fetched.kept && fetched.commit.as_deref() == Some(COMMIT));
            assert_complete(into.path(), &model);
        }
        let [unreachable, offline] = silent_hubs(None);
        assert!(matches!(fetch(&unreachable, into.path()), Err(HubError::Offline { .. })));
        assert!(matches!(fetch(&offline, into.path()), Err(HubError::OfflineMode { .. })));
    }
    // An abbreviated commit is one too.
    for (revision, kept) in [("fffffff", true), ("0123456", false)] {
        let into = tempfile::tempdir().unwrap();
        let [hub, _] = silent_hubs(None);
        let result = fetch_installed(&hub, (revision, false), (Some(&other), &model), sound.path(), into.path());
        assert_eq!(result.is_ok_and(|fetched| fetched.kept), kept, "{revision}");
    }
}

#[test]
fn a_download_that_fails_is_not_replaced_by_what_is_older() {
    let (model, cdn) = (Model::example(), nobody());
    let (answering, address) = (model.clone(), cdn.clone());
    let server = Server::answering(move |request| answering.answer_with_cdn(request, &address));
    let cache = super::cache::cache_of(&model);
    // The cache does not have the commit of the hub, and takes main for another one.
    let root = cache.path().join("models--owner--model");
    let older = "e".repeat(40);
    fs::rename(root.join("snapshots").join(COMMIT), root.join("snapshots").join(&older)).unwrap();
    fs::write(root.join("refs/main"), &older).unwrap();
    let hub = Hub { shared_cache: Some(cache.path().to_owned()), ..hub_at(&server.address()) };
    let before = Model { weights: b"before".to_vec(), ..model };
    let (folder, into) = (installed(&before), tempfile::tempdir().unwrap());
    let result = fetch_installed(&hub, ("main", false), (Some(&"f".repeat(40)), &before), folder.path(), into.path());
    assert!(sentence_of(result).starts_with(&format!("cannot reach {cdn} (")));
}

/// Fetches what was installed at `COMMIT` without a checksum from the hub.
fn fetch_unverified(hub: &Hub, model: &Model, folder: &Path, into: &Path) -> FetchedCheckpoint {
    let sums = [sha256(&model.config), sha256(&model.weights)];
    let installed = InstalledFiles { folder, commit: Some(COMMIT), verified: false, sha256: [&sums[0], &sums[1]] };
    hub.fetch(&FetchRequest { installed: Some(installed), ..request(NAME, "main", into) }, &mut |_| {}).unwrap()
}

#[test]
fn a_model_that_was_not_verified_becomes_verified_without_a_download() {
    let (model, server, into) = honest();
    let folder = installed(&model);
    let fetched = fetch_unverified(&hub_at(&server.address()), &model, folder.path(), into.path());
    assert!(fetched.verified && !fetched.kept);
    assert_complete(into.path(), &model);
    assert!(server.requests().iter().all(|request| request.is_head()), "{:?}", server.lines());

    // Nor does the shared cache stand in the way, if it has no checksum.
    let cache = super::cache::cache_of(&model);
    let snapshot = cache.path().join("models--owner--model/snapshots").join(COMMIT);
    for (file, content) in [("config.json", &model.config), ("model.safetensors", &model.weights)] {
        fs::remove_file(snapshot.join(file)).unwrap();
        fs::write(snapshot.join(file), content).unwrap();
    }
    let (hub, into) = (hub_at(&server.address()), tempfile::tempdir().unwrap());
    let hub = Hub { shared_cache: Some(cache.path().to_owned()), ..hub };
    assert!(fetch_unverified(&hub, &model, folder.path(), into.path()).verified);
    assert_complete(into.path(), &model);
    assert!(server.requests().iter().all(|request| request.is_head()));
}

#[test]
fn a_mirror_without_checksums_is_not_asked_again_for_the_same_commit() {
    let model = Model::example();
    let answering = model.clone();
    let server = Server::answering(move |request| {
        let content = if request.wants("config.json") { &answering.config } else { &answering.weights };
        Answer::content(request, content).with("X-Repo-Commit", COMMIT)
    });
    let (folder, into) = (installed(&model), tempfile::tempdir().unwrap());
    let fetched = fetch_unverified(&hub_at(&server.address()), &model, folder.path(), into.path());
    assert!(!fetched.verified);
    assert_complete(into.path(), &model);
    assert!(server.requests().iter().all(|request| request.is_head()), "{:?}", server.lines());
}

#[test]
fn an_installed_file_that_cannot_be_read_is_fetched_again() {
    let model = Model::example();
    let answering = model.clone();
    // The size is not announced: otherwise that of the unreadable file would differ before it is read.
    let server = Server::answering(move |request| match request.is_head() && request.wants("safetensors") {
        true => Answer::status(302)
            .with("Location", "http://cdn.invalid/")
            .with("X-Linked-Etag", sha256(&answering.weights)),
        false => answering.answer(request),
    });
    let (folder, into) = (installed(&model), tempfile::tempdir().unwrap());
    let weights = folder.path().join("model.safetensors");
    fs::remove_file(&weights).unwrap();
    // Reading the first byte is an error for every user.
    std::os::unix::fs::symlink("/proc/self/mem", &weights).unwrap();
    let hub = hub_at(&server.address());
    fetch_installed(&hub, ("main", false), (Some(COMMIT), &model), folder.path(), into.path()).unwrap();
    assert_complete(into.path(), &model);
}

#[test]
fn a_commit_in_the_cache_is_taken_from_there_once_the_hub_has_named_it() {
    let (model, server, into) = honest();
    let cache = super::cache::cache_of(&model);
    // The cache does not know that main has moved.
    fs::write(cache.path().join("models--owner--model/refs/main"), "f".repeat(40)).unwrap();
    let older = Model { weights: b"older".to_vec(), ..model.clone() };
    let folder = installed(&older);
    let hub = Hub { shared_cache: Some(cache.path().to_owned()), ..hub_at(&server.address()) };
    let before = "f".repeat(40);
    let fetched =
        fetch_installed(&hub, ("main", false), (Some(&before), &older), folder.path(), into.path()).unwrap();
    assert!(fetched.from_cache && fetched.commit.as_deref() == Some(COMMIT));
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn a_model_of_another_kind_is_refused_before_its_weights_are_fetched() {
    let (_, server, _) = honest();
    let parent = tempfile::tempdir().unwrap();
    let into = parent.path().join("new");
    let check = |file: &Path| {
        assert!(fs::read_to_string(file).unwrap().contains("ChronosBolt"));
        Err("config.json: no Bolt".into())
    };
    let refused =
        hub_at(&server.address()).fetch(&FetchRequest { check: &check, ..request(NAME, "main", &into) }, &mut |_| {});
    assert_eq!(
        refused.unwrap_err().to_string(),
        "the model 'owner/model' on the hub cannot be used: config.json: no Bolt"
    );
    assert_eq!(server.lines().len(), 2);
    assert!(server.lines().iter().all(|line| line.ends_with("config.json")));
    assert!(!into.exists(), "nothing is left");
}
