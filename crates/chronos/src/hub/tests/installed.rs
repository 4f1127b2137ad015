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
    let installed = InstalledFiles { folder, commit, sha256: [&sums[0], &sums[1]] };
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

#[test]
fn a_hub_that_cannot_be_reached_is_told_unless_the_cache_can_help() {
    let model = Model::example();
    let (folder, into) = (installed(&model), tempfile::tempdir().unwrap());
    let hub = hub_at(&nobody());
    let refused = fetch_installed(&hub, ("main", false), (Some(COMMIT), &model), folder.path(), into.path());
    assert!(matches!(refused, Err(HubError::Offline { .. })));
    let cache = super::cache::cache_of(&model);
    let hub = Hub { shared_cache: Some(cache.path().to_owned()), ..hub };
    let fetched = fetch_installed(&hub, ("main", false), (None, &model), folder.path(), into.path()).unwrap();
    assert!(fetched.from_cache);
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
