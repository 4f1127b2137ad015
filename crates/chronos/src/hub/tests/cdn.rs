//! Tests of a CDN whose addresses are signed for one range and for a while, and of one that refuses now and then.

use super::*;
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

/// Hub that signs a new address for each request, and a CDN that answers the n-th request (from 0) by `refuses`, and
/// otherwise sends the range that its address was signed for.
fn signing(model: &Model, refuses: impl Fn(usize, bool) -> Option<Answer> + Send + 'static) -> (Server, Server) {
    let weights = model.weights.clone();
    let mut asked = 0;
    let issued = Arc::new(AtomicUsize::new(0));
    let valid = Arc::clone(&issued);
    let cdn = Server::answering(move |request| {
        asked += 1;
        let range = request.header("range").unwrap_or("all").to_owned();
        if let Some(refused) = refuses(asked - 1, range != "all") {
            return refused;
        }
        let (of, signed) = request.path.rsplit_once("?range=").unwrap().1.split_once("&number=").unwrap();
        let is_newest = signed.parse() == Ok(valid.load(Ordering::SeqCst));
        if of == range && is_newest { Answer::content(request, &weights) } else { Answer::status(403) }
    });
    let (model, address) = (model.clone(), cdn.address());
    let hub = Server::answering(move |request| {
        if request.is_head() || request.wants("config.json") {
            return model.answer_with_cdn(request, &address);
        }
        let number = issued.fetch_add(1, Ordering::SeqCst) + 1;
        let range = request.header("range").unwrap_or("all");
        Answer::status(302).with("Location", format!("{address}/model.safetensors?range={range}&number={number}"))
    });
    (hub, cdn)
}

#[test]
fn a_403_of_the_cdn_is_a_setback_and_gets_a_fresh_address() {
    let model = Model::example();
    let (hub, cdn) = signing(&model, |n, _| (n == 0).then(|| Answer::status(403).body(b"Auth failed")));
    let folder = tempfile::tempdir().unwrap();
    fetch(&hub_at(&hub.address()), folder.path()).unwrap();
    assert_complete(folder.path(), &model);
    assert_eq!(cdn.lines(), [1, 2].map(|n| format!("GET /model.safetensors?range=all&number={n}")));
}

#[test]
fn a_403_at_random_and_cuts_are_survived() {
    let model = Model::example();
    let whole = model.weights.clone();
    // Every third request is refused, and the second one is cut.
    let (hub, cdn) = signing(&model, move |n, _| match n % 3 {
        0 => Some(Answer::status(403)),
        1 if n < 3 => Some(Answer::status(200).body(&whole).cut_after(70_000)),
        _ => None,
    });
    let folder = tempfile::tempdir().unwrap();
    fetch(&hub_at(&hub.address()), folder.path()).unwrap();
    assert_complete(folder.path(), &model);
    assert_eq!(cdn.ranges("model.safetensors"), ["all", "all", "bytes=70000-"]);
    assert_eq!(cdn.bytes_sent("model.safetensors"), model.weights.len());
}

/// Leaves a part of the weights, as an earlier call would.
fn leave_part(folder: &Path, model: &Model, bytes: usize) {
    fs::write(folder.join("model.safetensors.part"), &model.weights[..bytes]).unwrap();
    fs::write(folder.join("model.safetensors.part.etag"), sha256(&model.weights)).unwrap();
}

#[test]
fn a_cdn_that_refuses_ranges_is_asked_for_the_whole_after_the_second_refusal() {
    let model = Model::example();
    let (hub, cdn) = signing(&model, |_, is_range| is_range.then(|| Answer::status(403).body(b"invalid range")));
    let folder = tempfile::tempdir().unwrap();
    leave_part(folder.path(), &model, 100_000);
    fetch(&hub_at(&hub.address()), folder.path()).unwrap();
    assert_complete(folder.path(), &model);
    assert_eq!(cdn.ranges("model.safetensors"), ["bytes=100000-", "bytes=100000-", "all"]);
}

#[test]
fn a_refused_range_that_works_the_second_time_loses_nothing() {
    let model = Model::example();
    let (hub, cdn) = signing(&model, |n, _| (n == 0).then(|| Answer::status(403)));
    let folder = tempfile::tempdir().unwrap();
    leave_part(folder.path(), &model, 100_000);
    fetch(&hub_at(&hub.address()), folder.path()).unwrap();
    assert_complete(folder.path(), &model);
    assert_eq!(cdn.bytes_sent("model.safetensors"), model.weights.len() - 100_000);
}

#[test]
fn a_part_is_kept_as_long_as_the_whole_is_refused_too() {
    let model = Model::example();
    let (hub, cdn) = signing(&model, |_, _| Some(Answer::status(403)));
    let folder = tempfile::tempdir().unwrap();
    leave_part(folder.path(), &model, 100_000);
    let sentence = sentence_of(fetch(&hub_at(&hub.address()), folder.path()));
    assert!(sentence.contains("was cut off after 100000 of 300000 bytes ("), "{sentence}");
    assert!(sentence.contains(&format!("({}: it answers 403 Forbidden)", cdn.address())), "{sentence}");
    assert_eq!(cdn.ranges("model.safetensors"), ["bytes=100000-", "bytes=100000-", "all"]);
    assert_eq!(fs::metadata(folder.path().join("model.safetensors.part")).unwrap().len(), 100_000);
}

/// A CDN that refuses ranges and cuts the whole must not be asked for ever.
#[test]
fn a_file_is_begun_again_only_once() {
    let model = Model::example();
    let whole = model.weights.clone();
    let (hub, cdn) = signing(&model, move |_, is_range| {
        Some(if is_range { Answer::status(403) } else { Answer::status(200).body(&whole).cut_after(50_000) })
    });
    let folder = tempfile::tempdir().unwrap();
    leave_part(folder.path(), &model, 100_000);
    let sentence = sentence_of(fetch(&hub_at(&hub.address()), folder.path()));
    assert!(sentence.contains("was cut off after 50000 of 300000 bytes ("), "{sentence}");
    let part = "bytes=50000-";
    assert_eq!(cdn.ranges("model.safetensors"), ["bytes=100000-", "bytes=100000-", "all", part, part]);
}

#[test]
fn a_cdn_that_refuses_everything_is_named() {
    for status in [400, 401, 403, 404, 410] {
        let model = Model::example();
        let (hub, cdn) = signing(&model, move |_, _| Some(Answer::status(status)));
        let folder = tempfile::tempdir().unwrap();
        let sentence = sentence_of(fetch(&hub_at(&hub.address()), folder.path()));
        assert!(sentence.starts_with(&format!("{} refuses the file repeatedly (it", cdn.address())), "{sentence}");
        assert!(sentence.contains(&format!("(it answers {status} ")), "{sentence}");
        assert_eq!(cdn.requests().len(), 3);
    }
}

#[test]
fn a_mirror_that_refuses_ranges_of_its_own_files_is_asked_for_the_whole() {
    let model = Model::example();
    let answering = model.clone();
    let server = Server::answering(move |request| match request.header("range") {
        Some(_) => Answer::status(403),
        None => answering.answer(request),
    });
    let folder = tempfile::tempdir().unwrap();
    leave_part(folder.path(), &model, 100_000);
    fetch(&hub_at(&server.address()), folder.path()).unwrap();
    assert_complete(folder.path(), &model);
    assert_eq!(server.ranges("model.safetensors"), ["bytes=100000-", "bytes=100000-", "all"]);
}

/// The server counts requests in windows, here of 1.5 seconds, and says when the next one begins, rounded down. The
/// program's own pauses, of some milliseconds, would end long before.
#[test]
fn the_pause_in_the_rate_limit_is_respected() {
    let model = Model::example();
    let answering = model.clone();
    let mut begin = None;
    let server = Server::answering(move |request| {
        let begin: &Instant = begin.get_or_insert_with(Instant::now);
        match begin.elapsed() < Duration::from_millis(1500) {
            true => Answer::status(429).with("RateLimit", "\"resolvers\";r=0;t=1"),
            false => answering.answer(request),
        }
    });
    let folder = tempfile::tempdir().unwrap();
    fetch(&hub_at(&server.address()), folder.path()).unwrap();
    assert_complete(folder.path(), &model);
    assert_eq!(server.requests().len(), 1 + 4);
}
