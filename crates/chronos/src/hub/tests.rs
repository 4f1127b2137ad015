//! Tests of the hub's protocol against a local server.

mod cache;
mod cdn;
mod fake_hub;
mod installed;
mod mirror;
mod refused;
mod tokens;

use super::{
    Hub,
    attempts::RetryPolicy,
    checksum::Checksum,
    error::HubError,
    file::{FetchedCheckpoint, Progress},
    request::{FetchRequest, InstalledFiles},
    token::{Access, Token},
};
use fake_hub::{Answer, COMMIT, Model, Server, git_blob, refusal, sha256};
use std::{fs, path::Path, time::Duration};
use tempfile::TempDir;

const NAME: &str = "owner/model";

fn hub_at(endpoint: &str) -> Hub {
    Hub {
        endpoint: endpoint.to_owned(),
        access: Access::Anonymous,
        shared_cache: None,
        offline: false,
        patience: RetryPolicy {
            connect: Duration::from_secs(10),
            silence: Duration::from_secs(20),
            attempts: 3,
            first_pause: Duration::from_millis(1),
            longest_pause: Duration::from_secs(2),
            proxies: false,
        },
    }
}

/// Hub with a token, as found in `HF_TOKEN`.
fn hub_with_token(endpoint: &str) -> Hub {
    let token = Token { value: "hf_secret".to_owned(), origin: "HF_TOKEN".to_owned() };
    Hub { access: Access::Token(token), ..hub_at(endpoint) }
}

/// Request for a model that is not installed, whatever its `config.json` says.
fn request<'a>(name: &'a str, revision: &'a str, into: &'a Path) -> FetchRequest<'a> {
    FetchRequest { name, revision, into, force: false, installed: None, check: &|_| Ok(()) }
}

fn fetch(hub: &Hub, into: &Path) -> Result<FetchedCheckpoint, HubError> {
    hub.fetch(&request(NAME, "main", into), &mut |_| {})
}

fn sentence_of(result: Result<FetchedCheckpoint, HubError>) -> String {
    result.unwrap_err().to_string()
}

fn files_in(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn assert_complete(folder: &Path, model: &Model) {
    assert_eq!(files_in(folder), ["config.json", "model.safetensors"]);
    assert!(fs::read(folder.join("config.json")).unwrap() == model.config, "config.json differs");
    assert!(fs::read(folder.join("model.safetensors")).unwrap() == model.weights, "model.safetensors differs");
}

/// Server for the example model, and a folder.
fn honest() -> (Model, Server, TempDir) {
    let model = Model::example();
    let answering = model.clone();
    (model, Server::answering(move |request| answering.answer(request)), tempfile::tempdir().unwrap())
}

/// Address of a local port on which nothing listens.
fn nobody() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

/// Server that answers the n-th GET of the weights (from 0) by `weights`, and everything else as the hub does.
fn weights_answered(model: &Model, mut weights: impl FnMut(usize, Answer) -> Answer + Send + 'static) -> Server {
    let (model, mut gets) = (model.clone(), 0);
    Server::answering(move |request| {
        let answer = model.answer(request);
        if request.is_head() || request.wants("config.json") {
            return answer;
        }
        gets += 1;
        weights(gets - 1, answer)
    })
}

#[test]
fn both_files_arrive_from_one_commit_with_size_and_checksum() {
    let (model, server, folder) = honest();
    let fetched = fetch(&hub_at(&server.address()), folder.path()).unwrap();
    assert_complete(folder.path(), &model);
    assert_eq!(fetched.commit.as_deref(), Some(COMMIT));
    assert!(!fetched.from_cache && fetched.verified);
    let found: Vec<_> = fetched.files.iter().map(|f| (f.name, f.bytes as usize, f.sha256.clone())).collect();
    let expected = [
        ("config.json", model.config.len(), sha256(&model.config)),
        ("model.safetensors", model.weights.len(), sha256(&model.weights)),
    ];
    assert_eq!(found, expected);
    assert!(server.requests().iter().all(|r| r.header("accept-encoding") == Some("identity")));
    let of_commit = format!("/owner/model/resolve/{COMMIT}/model.safetensors");
    assert_eq!(
        server.lines(),
        [
            "HEAD /owner/model/resolve/main/config.json".to_owned(),
            "GET /owner/model/resolve/main/config.json".to_owned(),
            format!("HEAD {of_commit}"),
            format!("GET {of_commit}"),
        ]
    );
}

#[test]
fn the_cdn_gets_no_token_and_no_head() {
    let model = Model::example();
    let weights = model.weights.clone();
    let cdn = Server::answering(move |request| Answer::content(request, &weights));
    let (answering, cdn_address) = (model.clone(), cdn.address());
    let server = Server::answering(move |request| answering.answer_with_cdn(request, &cdn_address));
    let folder = tempfile::tempdir().unwrap();
    let hub = hub_with_token(&server.address());

    fetch(&hub, folder.path()).unwrap();
    assert_complete(folder.path(), &model);
    assert!(server.requests().iter().all(|r| r.header("authorization") == Some("Bearer hf_secret")));
    assert_eq!(cdn.lines(), ["GET /signed/model.safetensors?for=a+while"]);
    assert!(cdn.requests().iter().all(|r| r.header("authorization").is_none()));
    assert!(!format!("{hub:?}").contains("hf_secret"));
}

#[test]
fn a_renamed_model_is_followed_with_its_token() {
    let model = Model::example();
    let answering = model.clone();
    let server = Server::answering(move |request| match request.path.strip_prefix("/owner/model/") {
        Some(rest) => Answer::status(307).with("Location", format!("/owner/new-name/{rest}")),
        None => answering.answer(request),
    });
    let folder = tempfile::tempdir().unwrap();
    let hub = hub_with_token(&server.address());
    assert_eq!(fetch(&hub, folder.path()).unwrap().commit.as_deref(), Some(COMMIT));
    assert_complete(folder.path(), &model);
    assert!(server.requests().iter().all(|r| r.header("authorization") == Some("Bearer hf_secret")));
}

#[test]
fn a_download_that_is_cut_goes_on_from_where_it_stopped() {
    let model = Model::example();
    let half = model.weights.len() / 2;
    let server = weights_answered(&model, move |n, answer| if n == 0 { answer.cut_after(half) } else { answer });
    let folder = tempfile::tempdir().unwrap();
    fetch(&hub_at(&server.address()), folder.path()).unwrap();
    assert_complete(folder.path(), &model);
    assert_eq!(server.ranges("model.safetensors"), ["all".to_owned(), format!("bytes={half}-")]);
    assert_eq!(server.bytes_sent("model.safetensors"), model.weights.len());
}

#[test]
fn a_server_that_falls_silent_is_left_and_asked_for_the_rest() {
    let model = Model::example();
    let server = weights_answered(&model, |n, answer| if n == 0 { answer.silent_after(1000) } else { answer });
    let folder = tempfile::tempdir().unwrap();
    let mut hub = hub_at(&server.address());
    hub.patience.silence = Duration::from_secs(1);
    fetch(&hub, folder.path()).unwrap();
    assert_complete(folder.path(), &model);
    assert_eq!(server.ranges("model.safetensors").first().unwrap(), "all");
    assert_eq!(server.ranges("model.safetensors").last().unwrap(), "bytes=1000-");
}

#[test]
fn any_number_of_cuts_is_survived_as_long_as_each_brings_something() {
    let model = Model::example();
    let server = weights_answered(&model, |n, answer| if n < 12 { answer.cut_after(20_000) } else { answer });
    let folder = tempfile::tempdir().unwrap();
    fetch(&hub_at(&server.address()), folder.path()).unwrap();
    assert_complete(folder.path(), &model);
    assert_eq!(server.bytes_sent("model.safetensors"), model.weights.len());
}

#[test]
fn a_download_that_stays_cut_says_so_and_the_next_call_goes_on_from_there() {
    let (model, honest_server, folder) = honest();
    let server = weights_answered(&model, |n, answer| answer.cut_after(if n == 0 { 100_000 } else { 0 }));
    let sentence = sentence_of(fetch(&hub_at(&server.address()), folder.path()));
    let size = model.weights.len();
    assert!(
        sentence.starts_with(&format!("model.safetensors was cut off after 100000 of {size} bytes (")),
        "{sentence}"
    );
    assert!(sentence.ends_with("run the same command again to continue from there"), "{sentence}");
    // One attempt that received something, and two that received nothing.
    assert_eq!(server.ranges("model.safetensors").len(), 1 + 2);
    assert!(!folder.path().join("config.json").exists(), "no name before all files are here");

    let mut reports = Vec::new();
    let hub = hub_at(&honest_server.address());
    hub.fetch(&request(NAME, "main", folder.path()), &mut |progress| reports.push(*progress)).unwrap();
    assert_complete(folder.path(), &model);
    assert_eq!(honest_server.ranges("config.json"), [""; 0]);
    assert_eq!(honest_server.ranges("model.safetensors"), ["bytes=100000-"]);
    assert_eq!(honest_server.bytes_sent("model.safetensors"), size - 100_000);
    let total = Some(size as u64);
    let of_weights: Vec<_> = reports.into_iter().filter(|p| p.file == "model.safetensors").collect();
    assert_eq!(of_weights.first(), Some(&Progress { file: "model.safetensors", done: 100_000, total }));
    assert_eq!(of_weights.last(), Some(&Progress { file: "model.safetensors", done: size as u64, total }));
}

#[test]
fn a_part_of_another_content_is_begun_anew() {
    let (model, server, folder) = honest();
    fs::write(folder.path().join("model.safetensors.part"), [7; 5000]).unwrap();
    fs::write(folder.path().join("model.safetensors.part.etag"), sha256(b"what main was yesterday")).unwrap();
    fs::write(folder.path().join("config.json.part"), "of unknown origin").unwrap();
    fetch(&hub_at(&server.address()), folder.path()).unwrap();
    assert_complete(folder.path(), &model);
    assert_eq!(server.ranges("config.json"), ["all"]);
    assert_eq!(server.ranges("model.safetensors"), ["all"]);
}

#[test]
fn a_server_that_ignores_the_range_is_read_from_the_start() {
    let model = Model::example();
    let whole = model.weights.clone();
    let server =
        weights_answered(
            &model,
            move |n, answer| {
                if n == 0 { answer.cut_after(100_000) } else { Answer::status(200).body(&whole) }
            },
        );
    let folder = tempfile::tempdir().unwrap();
    fetch(&hub_at(&server.address()), folder.path()).unwrap();
    assert_complete(folder.path(), &model);
    assert_eq!(server.ranges("model.safetensors"), ["all", "bytes=100000-"]);
}

#[test]
fn a_server_that_sends_another_range_is_asked_for_the_whole() {
    let model = Model::example();
    let server = weights_answered(&model, |n, answer| match n {
        0 => answer.cut_after(100_000),
        1 => Answer::status(206).with("Content-Range", "bytes 5-9/300000").body(b"wrong"),
        _ => answer,
    });
    let folder = tempfile::tempdir().unwrap();
    fetch(&hub_at(&server.address()), folder.path()).unwrap();
    assert_complete(folder.path(), &model);
    assert_eq!(server.ranges("model.safetensors"), ["all", "bytes=100000-", "all"]);
}

/// Leaves the complete weights as a part, as if only the final name were missing.
fn leave_whole_part(folder: &Path, model: &Model) {
    fs::write(folder.join("model.safetensors.part"), &model.weights).unwrap();
    fs::write(folder.join("model.safetensors.part.etag"), sha256(&model.weights)).unwrap();
}

#[test]
fn a_part_that_is_whole_is_not_asked_for() {
    let (model, server, folder) = honest();
    leave_whole_part(folder.path(), &model);
    fetch(&hub_at(&server.address()), folder.path()).unwrap();
    assert_complete(folder.path(), &model);
    assert_eq!(server.ranges("model.safetensors"), [""; 0]);
}

#[test]
fn a_416_says_that_a_part_of_unknown_size_is_whole_or_too_long() {
    for (surplus, asked) in [(0, 1), (10, 2)] {
        let model = Model::example();
        let answering = model.clone();
        // This redirect does not have the size, and the CDN must not be asked for it by HEAD.
        let server = Server::answering(move |request| match request.is_head() && request.wants("safetensors") {
            true => Answer::status(302)
                .with("Location", "http://cdn.invalid/")
                .with("X-Linked-Etag", sha256(&answering.weights)),
            false => answering.answer(request),
        });
        let folder = tempfile::tempdir().unwrap();
        let longer = Model { weights: [&model.weights[..], &vec![0; surplus]].concat(), ..model.clone() };
        leave_whole_part(folder.path(), &longer);
        fs::write(folder.path().join("model.safetensors.part.etag"), sha256(&model.weights)).unwrap();
        fetch(&hub_at(&server.address()), folder.path()).unwrap();
        assert_complete(folder.path(), &model);
        assert_eq!(server.ranges("model.safetensors").len(), asked);
    }
}

#[test]
fn files_in_place_with_the_right_checksum_are_not_fetched_again() {
    let (model, server, folder) = honest();
    let first = fetch(&hub_at(&server.address()), folder.path()).unwrap();
    let second = fetch(&hub_at(&server.address()), folder.path()).unwrap();
    assert_eq!(first, second);
    assert_eq!(server.ranges("config.json").len() + server.ranges("model.safetensors").len(), 2);

    fs::write(folder.path().join("config.json"), "{}").unwrap();
    fetch(&hub_at(&server.address()), folder.path()).unwrap();
    assert_complete(folder.path(), &model);
    assert_eq!(server.ranges("config.json").len(), 2);
    assert_eq!(server.ranges("model.safetensors").len(), 1);
}

#[test]
fn a_wrong_checksum_is_refused_and_leaves_nothing_of_the_file() {
    let model = Model::example();
    let mut forged = model.weights.clone();
    forged[123] ^= 1;
    let server = weights_answered(&model, move |_, _| Answer::status(200).body(&forged));
    let folder = tempfile::tempdir().unwrap();
    let sentence = sentence_of(fetch(&hub_at(&server.address()), folder.path()));
    assert!(sentence.starts_with("model.safetensors has SHA-256 "), "{sentence}");
    assert!(sentence.contains(&sha256(&model.weights)), "{sentence}");
    // config.json is complete, but waits for the other file.
    assert_eq!(files_in(folder.path()), ["config.json.part", "config.json.part.etag"]);
}

#[test]
fn a_file_that_grows_beyond_its_size_is_refused() {
    let model = Model::example();
    let size = model.weights.len();
    let server = weights_answered(&model, move |n, answer| match n {
        0 => answer.cut_after(100_000),
        _ => Answer::status(206).with("Content-Range", format!("bytes 100000-/{size}")).body(&vec![0; size]),
    });
    let folder = tempfile::tempdir().unwrap();
    let sentence = sentence_of(fetch(&hub_at(&server.address()), folder.path()));
    assert!(sentence.contains(&format!(" bytes, but the hub announces {size} bytes; it was deleted")), "{sentence}");
    assert!(!folder.path().join("model.safetensors.part").exists());
}

#[test]
fn a_wrong_git_blob_id_or_size_is_refused_and_the_old_checkpoint_stays() {
    for body in [&b"{\"architectures\": [\"ChronosBoltModelForForecastinG\"]}"[..], b"{}"] {
        let model = Model::example();
        let server = Server::answering(move |request| {
            let answer = model.answer(request);
            if request.is_head() { answer } else { answer.body(body) }
        });
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("config.json"), "old").unwrap();
        let sentence = sentence_of(fetch(&hub_at(&server.address()), folder.path()));
        assert!(sentence.starts_with("config.json has "), "{sentence}");
        assert_eq!(files_in(folder.path()), ["config.json"]);
        assert_eq!(fs::read(folder.path().join("config.json")).unwrap(), b"old");
    }
}

#[test]
fn a_mirror_without_commit_and_checksum_is_believed_by_size() {
    let model = Model::example();
    let answering = model.clone();
    let server = Server::answering(move |request| {
        let content = if request.wants("config.json") { &answering.config } else { &answering.weights };
        Answer::content(request, content).with("ETag", "\"5f0c-62a\"")
    });
    let folder = tempfile::tempdir().unwrap();
    let hub = hub_at(&server.address());
    let fetched = hub.fetch(&request("model", "v1.0/beta", folder.path()), &mut |_| {}).unwrap();
    assert_complete(folder.path(), &model);
    assert_eq!((fetched.commit, fetched.verified), (None, false));
    assert_eq!(server.lines().last().unwrap(), "GET /model/resolve/v1.0%2Fbeta/model.safetensors");
}

#[test]
fn a_busy_server_is_asked_again_and_its_retry_after_is_respected() {
    let model = Model::example();
    let (answering, mut asked) = (model.clone(), 0);
    let server = Server::answering(move |request| {
        asked += 1;
        match asked {
            1 => Answer::status(429).with("Retry-After", 0),
            3 => Answer::status(503),
            _ => answering.answer(request),
        }
    });
    let folder = tempfile::tempdir().unwrap();
    fetch(&hub_at(&server.address()), folder.path()).unwrap();
    assert_complete(folder.path(), &model);
    assert_eq!(server.requests().len(), 4 + 2);
}

#[test]
fn a_git_blob_id_is_what_git_computes() {
    // printf 'hello\n' | git hash-object --stdin
    assert_eq!(git_blob(b"hello\n"), "ce013625030ba8dba906f756967f9e9ca394464a");
    assert_eq!(
        Checksum::from_etag("CE013625030ba8dba906f756967f9e9ca394464a"),
        Some(Checksum::GitBlob("ce013625030ba8dba906f756967f9e9ca394464a".to_owned()))
    );
    assert_eq!(Checksum::from_etag("5f0c-62a"), None);
}

/// As two pulls at once do: each removes its downloads under the lock under which it has fetched them.
#[test]
fn two_fetches_of_one_model_take_turns() {
    let (model, server, root) = honest();
    let (hub, store) = (hub_at(&server.address()), crate::ModelStore::new(root.path().to_owned()));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let _lock = store.lock_downloads(NAME).unwrap();
                let downloads = store.downloads(NAME);
                fetch(&hub, &downloads).unwrap();
                assert_complete(&downloads, &model);
                fs::remove_dir_all(&downloads).unwrap();
            });
        }
    });
    assert_eq!(server.ranges("model.safetensors"), ["all", "all"]);
    assert_eq!(files_in(root.path()), [""; 0]);
}

/// On a full disk a file that is written again is lost first.
#[test]
fn the_record_of_a_part_is_not_written_again() {
    let model = Model::example();
    let server = weights_answered(&model, |n, answer| answer.cut_after(if n == 0 { 100_000 } else { 0 }));
    let folder = tempfile::tempdir().unwrap();
    let record = folder.path().join("model.safetensors.part.etag");
    fetch(&hub_at(&server.address()), folder.path()).unwrap_err();
    let long_ago = std::time::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    fs::File::options().append(true).open(&record).unwrap().set_modified(long_ago).unwrap();
    fetch(&hub_at(&server.address()), folder.path()).unwrap_err();
    assert_eq!(fs::metadata(&record).unwrap().modified().unwrap(), long_ago);
    assert_eq!(server.ranges("model.safetensors").last().unwrap(), "bytes=100000-");
}
