//! Tests of refused downloads and their messages.

use super::{super::revision::check_revision, *};
use crate::name::is_name;
use std::os::unix::fs::symlink;

#[test]
fn a_redirect_without_end_is_an_error() {
    let server = Server::answering(|request| Answer::status(307).with("Location", &request.path));
    let folder = tempfile::tempdir().unwrap();
    assert!(sentence_of(fetch(&hub_at(&server.address()), folder.path())).contains("more than 10 redirects"));
}

/// Refusals as the hub sends them, without a token: a model that is missing or private is a 401 without a code.
#[test]
fn each_refusal_is_a_sentence_that_says_what_to_do() {
    let gated = "Access to model owner/model is restricted. You must be authenticated to access it.";
    let cases: [(u16, &str, &str, &str); 11] = [
        (404, "", "", "there is no model 'owner/model' at "),
        (404, "RepoNotFound", "Repository not found", "there is no model 'owner/model' at "),
        (401, "RepoNotFound", "", "there is no model 'owner/model' at "),
        (401, "", "Invalid username or password.", "there is no model 'owner/model' at "),
        (401, "", "", "such as amazon/chronos-bolt-small), or set HF_TOKEN if it is private"),
        (401, "GatedRepo", gated, "refuses access to 'owner/model', which is gated or private; ask for access"),
        (403, "GatedRepo", "", "refuses access to 'owner/model', which is gated or private; ask for access"),
        (
            403,
            "",
            "Access to this resource is disabled.",
            "'owner/model' (Access to this resource is disabled.); ask",
        ),
        (404, "EntryNotFound", "", "'owner/model' has no config.json, so it is not a Chronos-Bolt checkpoint"),
        (404, "RevisionNotFound", "Invalid rev id: main", "'owner/model' has no revision 'main'"),
        (418, "", "", "answered with 418 I'm a teapot instead of the file; check HF_ENDPOINT"),
    ];
    for (status, code, message, expected) in cases {
        let server = Server::answering(move |_| refusal(status, code, message));
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("new");
        let sentence = sentence_of(fetch(&hub_at(&server.address()), &folder));
        assert!(sentence.contains(expected), "{status} {code}: {sentence}");
        assert_eq!(server.requests().len(), 1, "{status} is not asked twice");
        assert!(!folder.exists(), "an empty folder is not left behind");
    }
}

#[test]
fn a_model_without_weights_is_not_a_checkpoint_even_if_the_mirror_gives_no_code() {
    let model = Model::example();
    let server =
        Server::answering(
            move |request| {
                if request.wants("config.json") { model.answer(request) } else { Answer::status(404) }
            },
        );
    let folder = tempfile::tempdir().unwrap();
    let sentence = sentence_of(fetch(&hub_at(&server.address()), folder.path()));
    assert!(sentence.starts_with("'owner/model' has no model.safetensors, so it is not"), "{sentence}");
}

#[test]
fn a_login_page_and_a_compressed_body_are_not_taken_for_the_file() {
    for (name, value, found) in
        [("Content-Type", "text/html; charset=utf-8", "a web page"), ("Content-Encoding", "gzip", "a body in gzip")]
    {
        let server = Server::answering(move |_| Answer::status(200).with(name, value).body(b"Please log in"));
        let folder = tempfile::tempdir().unwrap();
        let sentence = sentence_of(fetch(&hub_at(&server.address()), folder.path()));
        assert!(sentence.contains(found), "{sentence}");
        assert_eq!(files_in(folder.path()), [""; 0]);
    }
}

#[test]
fn a_server_that_stays_busy_or_asks_for_too_long_a_wait_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::answering(|_| Answer::status(503));
    let sentence = sentence_of(fetch(&hub_at(&server.address()), folder.path()));
    assert!(sentence.contains("is busy (it answers 503 Service Unavailable); try again later"), "{sentence}");
    assert_eq!(server.requests().len(), 3);

    // The pause in either header is longer than the program waits.
    for (name, pause) in [("Retry-After", "3600"), ("RateLimit", "\"resolvers\";r=0;t=3599")] {
        let server = Server::answering(move |_| Answer::status(429).with(name, pause));
        let sentence = sentence_of(fetch(&hub_at(&server.address()), folder.path()));
        assert!(sentence.contains("(it answers 429 Too Many Requests); try again in 3600 seconds"), "{sentence}");
        assert_eq!(server.requests().len(), 1);
    }
}

#[test]
fn nothing_listening_is_one_sentence() {
    let (folder, endpoint) = (tempfile::tempdir().unwrap(), nobody());
    let sentence = sentence_of(fetch(&hub_at(&endpoint), folder.path()));
    assert!(sentence.starts_with(&format!("cannot reach {endpoint} (Connection refused")), "{sentence}");
    let advice =
        "); pull where there is a network and use `forecaster model import DIR`, or set HF_ENDPOINT to a mirror";
    assert!(sentence.ends_with(advice), "{sentence}");
}

#[test]
fn a_server_that_does_not_speak_tls_is_the_same_sentence() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("https://{}", listener.local_addr().unwrap());
    let thread = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let _ = std::io::Write::write_all(&mut stream, b"HTTP/1.1 400 -\r\n\r\n");
    });
    let folder = tempfile::tempdir().unwrap();
    let sentence = sentence_of(fetch(&hub_at(&endpoint), folder.path()));
    thread.join().unwrap();
    assert!(sentence.starts_with(&format!("cannot reach {endpoint} (")), "{sentence}");
}

#[test]
fn an_unreachable_cdn_is_named() {
    let (model, cdn) = (Model::example(), nobody());
    let to = cdn.clone();
    let server = Server::answering(move |request| model.answer_with_cdn(request, &to));
    let folder = tempfile::tempdir().unwrap();
    let sentence = sentence_of(fetch(&hub_at(&server.address()), folder.path()));
    assert!(sentence.starts_with(&format!("cannot reach {cdn} (")), "{sentence}");
}

#[test]
fn offline_mode_asks_nobody() {
    let (_, server, folder) = honest();
    let hub = Hub { offline: true, ..hub_at(&server.address()) };
    let sentence = sentence_of(fetch(&hub, folder.path()));
    let expected = "HF_HUB_OFFLINE is set, and the shared cache has no owner/model at main; unset it, or use `forecaster \
                    model import DIR`";
    assert_eq!(sentence, expected);
    assert_eq!(server.requests().len(), 0);
}

#[test]
fn an_endpoint_that_is_no_address_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for endpoint in ["huggingface.co", "ftp://mirror", "not an address"] {
        assert!(matches!(fetch(&hub_at(endpoint), folder.path()), Err(HubError::BadEndpoint { .. })), "{endpoint}");
    }
}

#[test]
fn an_endpoint_with_a_password_is_refused_without_repeating_it() {
    let folder = tempfile::tempdir().unwrap();
    for endpoint in
        ["https://user:geheim@mirror.example", "https://geheim@mirror.example", "ftp://user:geheim@mirror"]
    {
        let hub = hub_with_token(endpoint);
        let sentence = sentence_of(fetch(&hub, folder.path()));
        assert!(sentence.starts_with("HF_ENDPOINT ") && !sentence.contains("geheim"), "{sentence}");
        assert!(!format!("{hub:?}").contains("geheim"));
    }
}

/// A filter or a mirror refuses with nothing but a status; the hub gives its reason.
#[test]
fn a_403_without_a_reason_is_tried_again_and_names_server_proxy_and_mirror() {
    let (folder, server) = (tempfile::tempdir().unwrap(), Server::answering(|_| Answer::status(403)));
    let sentence = sentence_of(fetch(&hub_at(&server.address()), folder.path()));
    let expected = format!(
        "{} refuses the file repeatedly (it answers 403 Forbidden); try again later, check a proxy or filter in between, \
         or set HF_ENDPOINT to another mirror",
        server.address()
    );
    assert_eq!((sentence, server.requests().len()), (expected, 3));

    let model = Model::example();
    let (answering, mut asked) = (model.clone(), 0);
    let server = Server::answering(move |request| {
        asked += 1;
        if asked == 1 { Answer::status(403) } else { answering.answer(request) }
    });
    fetch(&hub_at(&server.address()), folder.path()).unwrap();
    assert_complete(folder.path(), &model);
}

#[test]
fn names_are_checked_before_anything_else() {
    let long = "m".repeat(96);
    for good in ["gpt2", "amazon/chronos-bolt-small", "a/b_c.d-1", &format!("{long}/{long}")] {
        assert!(is_name(good), "{good}");
    }
    let too_long = "m".repeat(97);
    let bad =
        ["", "/", "a/", "/a", "a/b/c", ".", "..", "a/..", "../a", "a..b", "-a", "a/-b", ".a", "a b", "ä", "a\\b"];
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("new");
    for name in bad.into_iter().chain([too_long.as_str(), "a?b", "a#b", "a%2Fb", "a\nb"]) {
        let refused = hub_at(&nobody()).fetch(&request(name, "main", &folder), &mut |_| {});
        assert!(matches!(refused, Err(HubError::BadName { .. })), "{name}");
    }
    assert!(!folder.exists());
}

#[test]
fn revisions_are_checked_before_anything_else() {
    for good in ["main", "v1.0+cpu", "refs/pr/1", COMMIT] {
        assert!(check_revision(good).is_ok(), "{good}");
    }
    for bad in ["", "..", "../main", "a/../b", "/main", "main/", "a//b", "-x", "a b", "a?b", "a%b", &"r".repeat(201)]
    {
        assert!(check_revision(bad).is_err(), "{bad}");
    }
}

#[test]
fn an_unwritable_place_is_named() {
    let (model, server, folder) = honest();
    fs::write(folder.path().join("file"), "").unwrap();
    let below_a_file = folder.path().join("file/models");
    let sentence = sentence_of(fetch(&hub_at(&server.address()), &below_a_file));
    assert!(sentence.starts_with(&format!("cannot create {}: ", below_a_file.display())), "{sentence}");

    let part = folder.path().join("model.safetensors.part");
    symlink("/dev/full", &part).unwrap();
    fs::write(folder.path().join("model.safetensors.part.etag"), sha256(&model.weights)).unwrap();
    let sentence = sentence_of(fetch(&hub_at(&server.address()), folder.path()));
    assert!(sentence.starts_with(&format!("cannot write {}: No space left", part.display())), "{sentence}");
    assert!(!folder.path().join("model.safetensors").exists());
}
