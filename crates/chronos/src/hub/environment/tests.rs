//! Tests of the environment variables.

use super::*;
use std::fs;

fn hub_of(variables: &[(&str, &str)]) -> Environment {
    read_environment(|name| variables.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned()))
}

fn token(value: &str, origin: &str) -> Access {
    Access::Token(Token { value: value.to_owned(), origin: origin.to_owned() })
}

#[test]
fn the_environment_is_read_as_hugging_face_reads_it() {
    let home = tempfile::tempdir().unwrap();
    let (home_text, file) = (home.path().to_str().unwrap(), home.path().join("token"));
    fs::write(&file, "hf_from_file\n").unwrap();

    let hub = hub_of(&[]);
    assert_eq!(hub.endpoint, "https://huggingface.co");
    assert_eq!((hub.access, hub.shared_cache, hub.offline), (Access::Anonymous, None, false));

    let hub =
        hub_of(&[("HF_HOME", home_text), ("HF_ENDPOINT", "https://mirror.example/hf/"), ("HF_HUB_OFFLINE", "ON")]);
    assert_eq!(hub.endpoint, "https://mirror.example/hf");
    assert_eq!(hub.access, token("hf_from_file", file.to_str().unwrap()));
    assert_eq!(hub.shared_cache, Some(home.path().join("hub")));
    assert!(hub.offline);

    let hub =
        hub_of(&[("HOME", "/home/op"), ("HF_TOKEN", " hf_given "), ("HF_ENDPOINT", ""), ("HF_HUB_OFFLINE", "0")]);
    assert_eq!(hub.endpoint, "https://huggingface.co");
    assert_eq!(hub.access, token("hf_given", "HF_TOKEN"));
    assert_eq!(hub.shared_cache, Some("/home/op/.cache/huggingface/hub".into()));
    assert!(!hub.offline);

    assert_eq!(hub_of(&[("HF_HOME", home_text), ("HF_HUB_CACHE", "/a")]).shared_cache, Some("/a".into()));
    assert_eq!(hub_of(&[("HF_HOME", home_text), ("HUGGINGFACE_HUB_CACHE", "/b")]).shared_cache, Some("/b".into()));
    assert_eq!(hub_of(&[("XDG_CACHE_HOME", "/c")]).shared_cache, Some("/c/huggingface/hub".into()));
}

#[test]
fn a_token_is_taken_from_the_first_place_that_has_one() {
    let home = tempfile::tempdir().unwrap();
    let (home_text, other) = (home.path().to_str().unwrap(), home.path().join("other"));
    fs::write(home.path().join("token"), "hf_of_home").unwrap();
    fs::write(&other, "hf_\r\nother\n").unwrap();
    let other = other.to_str().unwrap();
    let of_home = token("hf_of_home", home.path().join("token").to_str().unwrap());
    assert_eq!(hub_of(&[("HF_HOME", home_text)]).access, of_home);

    assert_eq!(hub_of(&[("HF_HOME", home_text), ("HF_TOKEN_PATH", other)]).access, token("hf_other", other));
    // An empty HF_TOKEN means no token: the file is not read.
    for empty in ["", " \n"] {
        let access = hub_of(&[("HF_HOME", home_text), ("HF_TOKEN", empty)]).access;
        assert_eq!(access, Access::Withheld("the empty HF_TOKEN"));
    }
    let older = ("HUGGING_FACE_HUB_TOKEN", "hf_older");
    assert_eq!(hub_of(&[("HF_HOME", home_text), ("HF_TOKEN", ""), older]).access, token("hf_older", older.0));
    assert_eq!(hub_of(&[("HF_TOKEN", "hf_new"), older]).access, token("hf_new", "HF_TOKEN"));
    // The file that was asked for is not there: the one in HF_HOME is not taken in its place.
    assert_eq!(hub_of(&[("HF_HOME", home_text), ("HF_TOKEN_PATH", "/no/file")]).access, Access::Anonymous);
}

#[test]
fn the_implicit_token_can_be_kept_back() {
    for (value, kept_back) in [("1", true), ("YES", true), ("0", false), ("", false)] {
        let access = hub_of(&[("HF_TOKEN", "hf_given"), ("HF_HUB_DISABLE_IMPLICIT_TOKEN", value)]).access;
        assert_eq!(matches!(access, Access::Withheld(_)), kept_back, "{value}");
    }
}

#[test]
fn a_tilde_and_variables_in_paths_are_expanded() {
    let home = tempfile::tempdir().unwrap();
    let home_text = home.path().to_str().unwrap();
    fs::create_dir(home.path().join("hf")).unwrap();
    fs::write(home.path().join("hf/token"), "hf_of_home").unwrap();
    let hub = hub_of(&[("HOME", home_text), ("HF_HOME", "~/hf")]);
    assert_eq!(hub.shared_cache, Some(home.path().join("hf/hub")));
    assert_eq!(hub.access, token("hf_of_home", home.path().join("hf/token").to_str().unwrap()));

    let variables = |name: &str| match name {
        "HOME" => Some("/home/op/".to_owned()),
        "A_1" => Some("x".to_owned()),
        _ => None,
    };
    for (path, expected) in [
        ("~", "/home/op"),
        ("~/a/~", "/home/op/a/~"),
        ("~other/a", "~other/a"),
        ("/a/~", "/a/~"),
        ("$HOME/a", "/home/op//a"),
        ("/$A_1/${A_1}y$A_1", "/x/xyx"),
        ("/$NO/${NO}/$", "/$NO/${NO}/$"),
        ("/${A_1/$/${}é$é", "/${A_1/$/${}é$é"),
    ] {
        assert_eq!(expanded(path, variables), expected, "{path}");
    }
    assert_eq!(expanded("~/a", |_| None), "~/a");
}
