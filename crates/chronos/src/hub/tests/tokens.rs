//! Tests of tokens that the hub accepts, does not accept, or does not get.

use super::*;

const INVALID: &str = "Invalid credentials in Authorization header";

/// Server for a public model that refuses every request with a token, as the hub does when the token is not valid.
fn refusing_tokens(model: &Model, message: &'static str) -> Server {
    let model = model.clone();
    Server::answering(move |request| match request.header("authorization") {
        Some(_) => refusal(401, "", message),
        None => model.answer(request),
    })
}

#[test]
fn an_invalid_token_does_not_keep_from_a_public_model() {
    for message in [INVALID, ""] {
        let model = Model::example();
        let server = refusing_tokens(&model, message);
        let folder = tempfile::tempdir().unwrap();
        fetch(&hub_with_token(&server.address()), folder.path()).unwrap();
        assert_complete(folder.path(), &model);
        let with_token = server.requests().iter().filter(|request| request.header("authorization").is_some()).count();
        assert_eq!((with_token, server.requests().len()), (1, 1 + 4), "the token is sent once, and then no more");
    }
}

#[test]
fn the_reason_for_a_refusal_is_the_token_when_it_is_invalid() {
    for (without, code, expected) in [
        (401, "", "there is no model 'owner/model' at "),
        (
            401,
            "GatedRepo",
            "which is gated or private; renew the token in HF_TOKEN, which is not valid, with one whose",
        ),
    ] {
        let server = Server::answering(move |request| match request.header("authorization") {
            Some(_) => refusal(401, "", INVALID),
            None => refusal(without, code, ""),
        });
        let folder = tempfile::tempdir().unwrap();
        let sentence = sentence_of(fetch(&hub_with_token(&server.address()), folder.path()));
        assert!(sentence.contains(expected) && sentence.contains("HF_TOKEN, which is not valid"), "{sentence}");
        assert_eq!(server.requests().len(), 2);
    }
}

#[test]
fn a_token_that_does_not_help_gets_another_advice() {
    for (status, code, expected) in [
        (403, "GatedRepo", "check that the token in HF_TOKEN is valid and that its account has been given access"),
        (404, "RepoNotFound", "if it is private (the one in HF_TOKEN was sent)"),
    ] {
        let server = Server::answering(move |_| refusal(status, code, ""));
        let folder = tempfile::tempdir().unwrap();
        let sentence = sentence_of(fetch(&hub_with_token(&server.address()), folder.path()));
        assert!(sentence.contains(expected), "{sentence}");
        assert_eq!(server.requests().len(), 1);
    }
}

#[test]
fn a_token_that_cannot_be_sent_is_named_by_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let token = Token { value: "two\nlines".to_owned(), origin: "/a/token".to_owned() };
    let hub = Hub { access: Access::Token(token), ..hub_at(&nobody()) };
    let sentence = sentence_of(fetch(&hub, folder.path()));
    assert_eq!(sentence, "the token in /a/token contains characters that no token can have; set it again");
}

#[test]
fn a_token_that_is_kept_back_is_not_sent_and_the_advice_says_so() {
    let server = Server::answering(|_| refusal(401, "", "Invalid username or password."));
    let folder = tempfile::tempdir().unwrap();
    let hub = Hub { access: Access::Withheld("HF_HUB_DISABLE_IMPLICIT_TOKEN"), ..hub_at(&server.address()) };
    let sentence = sentence_of(fetch(&hub, folder.path()));
    assert!(sentence.ends_with("or unset HF_HUB_DISABLE_IMPLICIT_TOKEN if it is private"), "{sentence}");
    assert!(server.requests().iter().all(|request| request.header("authorization").is_none()));
}
