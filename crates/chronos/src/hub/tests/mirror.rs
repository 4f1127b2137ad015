//! Tests of mirrors that redirect to the hub, as hf-mirror.com does for many places, and of the hub's own redirects.

use super::*;

/// Mirror that redirects every request, with this status, to the same path at `target`.
fn redirecting(status: u16, target: &str) -> Server {
    let target = target.to_owned();
    Server::answering(move |request| {
        Answer::status(status).with("Location", format!("{target}{}", request.path)).body(b"Redirecting")
    })
}

/// Hub as captured in 2026, and its CDN.
fn captured(model: &Model) -> (Server, Server) {
    let weights = model.weights.clone();
    // The CDN's etag has the form of a SHA-256, but is the hash of its own chunks.
    let cdn = Server::answering(move |request| {
        Answer::content(request, &weights).with("ETag", format!("\"{}\"", sha256(b"of the chunks")))
    });
    let (model, address) = (model.clone(), cdn.address());
    (Server::answering(move |request| model.answer_as_captured(request, &address)), cdn)
}

#[test]
fn the_hub_as_captured_is_verified_without_a_head_to_the_cdn() {
    let model = Model::example();
    let (hub, cdn) = captured(&model);
    let folder = tempfile::tempdir().unwrap();
    let fetched = fetch(&hub_at(&hub.address()), folder.path()).unwrap();
    assert_complete(folder.path(), &model);
    assert_eq!((fetched.commit.as_deref(), fetched.verified), (Some(COMMIT), true));
    assert_eq!(cdn.lines(), ["GET /signed/model.safetensors?for=a+while"]);
    let cached = format!("HEAD /api/resolve-cache/models/owner/model/{COMMIT}/config.json?etag=%22x%22");
    assert_eq!(hub.lines()[..2], ["HEAD /owner/model/resolve/main/config.json".to_owned(), cached]);
}

#[test]
fn a_mirror_that_redirects_to_the_hub_is_followed_until_the_hub_describes_the_file() {
    for status in [301, 302, 307, 308] {
        let model = Model::example();
        let (hub, cdn) = captured(&model);
        let mirror = redirecting(status, &hub.address());
        let folder = tempfile::tempdir().unwrap();
        let fetched = fetch(&hub_with_token(&mirror.address()), folder.path()).unwrap();
        assert_complete(folder.path(), &model);
        assert_eq!((fetched.commit.as_deref(), fetched.verified), (Some(COMMIT), true), "{status}");
        // The second file is of the commit that the first one told.
        let of_commit = format!("HEAD /owner/model/resolve/{COMMIT}/model.safetensors");
        assert!(hub.lines().contains(&of_commit) && mirror.lines().contains(&of_commit), "{:?}", hub.lines());
        assert!(!hub.lines().iter().any(|line| line.contains("/main/model.safetensors")));
        assert!(mirror.requests().iter().all(|r| r.header("authorization") == Some("Bearer hf_secret")));
        for server in [&hub, &cdn] {
            assert!(server.requests().iter().all(|r| r.header("authorization").is_none()), "{status}");
        }
        assert!(cdn.requests().iter().all(|request| !request.is_head()));
    }
}

#[test]
fn a_wrong_checksum_behind_a_mirror_is_refused() {
    let model = Model::example();
    let mut forged = model.clone();
    forged.weights[5] ^= 1;
    let cdn = Server::answering(move |request| Answer::content(request, &forged.weights));
    let (answering, address) = (model.clone(), cdn.address());
    let hub = Server::answering(move |request| answering.answer_as_captured(request, &address));
    let mirror = redirecting(308, &hub.address());
    let folder = tempfile::tempdir().unwrap();
    let sentence = sentence_of(fetch(&hub_at(&mirror.address()), folder.path()));
    assert!(sentence.starts_with("model.safetensors has SHA-256 "), "{sentence}");
    assert!(sentence.contains(&sha256(&model.weights)), "{sentence}");
}

#[test]
fn a_refusal_of_the_hub_behind_a_mirror_is_read_as_the_hubs() {
    let cases: [(u16, &str, &str, &str); 4] = [
        (401, "", "Invalid username or password.", "there is no model 'owner/model' at "),
        (404, "RepoNotFound", "", "or set HF_ENDPOINT to that address if it is private"),
        (401, "GatedRepo", "", "which is gated or private; ask for access on its page there and set HF_ENDPOINT"),
        (404, "RevisionNotFound", "", "'owner/model' has no revision 'main'"),
    ];
    for (status, code, message, expected) in cases {
        let hub = Server::answering(move |_| refusal(status, code, message));
        let mirror = redirecting(308, &hub.address());
        let folder = tempfile::tempdir().unwrap();
        let sentence = sentence_of(fetch(&hub_with_token(&mirror.address()), folder.path()));
        assert!(sentence.contains(expected), "{status} {code}: {sentence}");
        assert_eq!((mirror.requests().len(), hub.requests().len()), (1, 1));
    }
}

/// Mirror that redirects to its own file server, which describes nothing and may not even allow HEAD.
#[test]
fn a_mirror_that_describes_nothing_still_gives_the_files_but_they_are_not_verified() {
    for head in [200, 403, 404, 501, 503] {
        let model = Model::example();
        let answering = model.clone();
        let files = Server::answering(move |request| {
            let content = if request.wants("config.json") { &answering.config } else { &answering.weights };
            let answer = Answer::content(request, content).with("ETag", format!("\"{}\"", sha256(b"no checksum")));
            if request.is_head() && head != 200 { Answer::status(head) } else { answer }
        });
        let mirror = redirecting(302, &files.address());
        let folder = tempfile::tempdir().unwrap();
        let fetched = fetch(&hub_at(&mirror.address()), folder.path()).unwrap();
        assert_complete(folder.path(), &model);
        assert_eq!((fetched.commit, fetched.verified), (None, false), "{head}");
    }
}

/// Without the hub's checksums nothing would be verified.
#[test]
fn a_hub_behind_a_mirror_that_cannot_answer_now_is_an_error() {
    let spoken = |status: u16| Answer::status(status).with("X-Error-Message", "Try again later");
    let (model, away) = (Model::example(), nobody());
    for (first, second) in [(Answer::status(429), None), (spoken(503), None), (spoken(500), None)]
        .into_iter()
        .chain([429, 500, 503].map(|status| (Answer::status(200), Some(Answer::status(status)))))
    {
        let answering = model.clone();
        let (refused_file, refusal) = match &second {
            None => ("config.json", first.clone()),
            Some(second) => ("model.safetensors", second.clone()),
        };
        let hub = Server::answering(move |request| match request.is_head() && request.wants(refused_file) {
            true => refusal.clone(),
            false => answering.answer(request),
        });
        let mirror = redirecting(308, &hub.address());
        let folder = tempfile::tempdir().unwrap();
        let sentence = sentence_of(fetch(&hub_at(&mirror.address()), folder.path()));
        assert!(sentence.starts_with(&format!("{} is busy (", hub.address())), "{refused_file}: {sentence}");
        assert_eq!(hub.ranges(refused_file), [""; 0]);
    }
    // A mirror that redirects the second file to nobody.
    let server = Server::answering(move |request| match request.wants("config.json") {
        true => model.answer(request),
        false => Answer::status(308).with("Location", format!("{away}{}", request.path)),
    });
    let folder = tempfile::tempdir().unwrap();
    let sentence = sentence_of(fetch(&hub_at(&server.address()), folder.path()));
    assert!(sentence.starts_with("cannot reach ") && !sentence.contains(&server.address()), "{sentence}");
    assert_eq!(server.ranges("model.safetensors"), [""; 0], "the file itself is not asked for");
}

/// HF_TOKEN would be sent to the mirror only.
#[test]
fn behind_a_mirror_nobody_is_told_to_set_a_token() {
    for access in [Access::Anonymous, Access::Withheld("HF_HUB_DISABLE_IMPLICIT_TOKEN")] {
        for (code, expected) in
            [("RepoNotFound", "or set HF_ENDPOINT to that address"), ("GatedRepo", "and set HF_ENDPOINT")]
        {
            let hub = Server::answering(move |_| refusal(401, code, ""));
            let mirror = redirecting(308, &hub.address());
            let folder = tempfile::tempdir().unwrap();
            let sentence =
                sentence_of(fetch(&Hub { access: access.clone(), ..hub_at(&mirror.address()) }, folder.path()));
            assert!(sentence.contains(expected), "{sentence}");
            assert!(!sentence.contains("HF_TOKEN") && !sentence.contains("IMPLICIT"), "{sentence}");
        }
    }
}

#[test]
fn a_server_behind_a_mirror_that_cannot_be_reached_is_named() {
    let away = nobody();
    let mirror = redirecting(308, &away);
    let folder = tempfile::tempdir().unwrap();
    let sentence = sentence_of(fetch(&hub_at(&mirror.address()), folder.path()));
    assert!(sentence.starts_with(&format!("cannot reach {away} (Connection refused")), "{sentence}");
}
