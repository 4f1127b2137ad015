//! Letters as bytes. The output for the sample letters is in fixtures/letters and was verified word for word by
//! Python's email package (fixtures/letters.py). To make it again: `cargo run -p forecaster-mail --example send --
//! write FOLDER`.

use crate::sample;
use forecaster_mail::{Address, Attachment, HtmlBody, InlineImage, Letter};
use proptest::prelude::*;

fn letter(name: &str) -> Letter {
    sample::letters().into_iter().find(|(found, _)| *found == name).unwrap().1
}

fn refusal(change: impl FnOnce(&mut Letter)) -> String {
    let mut letter = letter("report");
    change(&mut letter);
    letter.to_bytes().unwrap_err().to_string()
}

#[test]
fn letters_are_what_python_has_read() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/letters");
    for (name, letter) in sample::letters() {
        let known = std::fs::read_to_string(format!("{folder}/{name}.eml")).unwrap();
        let version = |text: &str| text.replacen(env!("CARGO_PKG_VERSION"), "VERSION", 1);
        let written = String::from_utf8(letter.to_bytes().unwrap()).unwrap();
        assert!(version(&written) == version(&known), "{name} has changed; check it with fixtures/letters.py");
    }
}

#[test]
fn what_would_break_a_header_is_refused_with_the_part() {
    for (found, part) in [
        (refusal(|letter| letter.subject = "a\r\nBcc: x@y.cl".into()), "the subject has a line break"),
        (refusal(|letter| letter.subject = "a\u{0}b".into()), "the subject has a line break or another control"),
        (refusal(|letter| letter.subject = String::new()), "the subject has 0 characters"),
        (refusal(|letter| letter.subject = "x".repeat(251)), "the subject has 251 characters"),
        (refusal(|letter| letter.to.clear()), "the list of recipients is empty"),
        (refusal(|letter| letter.message_id = "no-domain".into()), "the message's identity is none"),
        (refusal(|letter| letter.message_id = "<a@b>".into()), "the message's identity is none"),
        (refusal(|letter| letter.message_id = "a@b\r\nX: y".into()), "the message's identity is none"),
        (refusal(|letter| letter.language = "es\r\nX: y".into()), "the language is none"),
        (refusal(|letter| letter.attachments[0].name = "a\r\nX: y".into()), "the attachment's name has a line break"),
        (refusal(|letter| letter.attachments[0].name = "../a".into()), "the attachment's name has a slash"),
        (refusal(|letter| letter.attachments[0].media_type = "pdf".into()), "the attachment's media type is none"),
        (
            refusal(|letter| letter.attachments[0].media_type = "a/b\r\nX: y".into()),
            "the attachment's media type is none",
        ),
        (
            refusal(|letter| letter.attachments[0].media_type = "multipart/mixed".into()),
            "the attachment's media type",
        ),
        (refusal(|letter| image(letter).content_id = "a b@c".into()), "the image's identity is none"),
        (refusal(|letter| image(letter).file_name = "a\nb".into()), "the image's name has a line break"),
        (refusal(|letter| image(letter).media_type = String::new()), "the image's media type is none"),
    ] {
        assert!(found.starts_with(&format!("the letter cannot be written: {part}")), "{found}");
        assert!(!found.contains(['\r', '\n']), "{found}");
    }
}

fn image(letter: &mut Letter) -> &mut InlineImage {
    &mut letter.html.as_mut().unwrap().images[0]
}

#[test]
fn another_identity_gives_other_boundaries() {
    let (one, mut other) = (letter("report"), letter("report"));
    assert_eq!(one.to_bytes().unwrap(), one.to_bytes().unwrap());
    other.message_id = "7d-2026-11-23.0198@example.com".to_owned();
    let boundary = |letter: &Letter| {
        let text = String::from_utf8(letter.to_bytes().unwrap()).unwrap();
        text.split("boundary=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
    };
    assert_ne!(boundary(&one), boundary(&other));
}

proptest! {
    #[test]
    fn whatever_is_in_a_letter_its_lines_and_headers_are_sound(
        subject in ".{0,260}", name in "\\PC{0,60}", file in ".{0,130}", text in "(?s).{0,400}", html in "(?s).{0,400}",
    ) {
        let mut letter = letter("files");
        letter.subject = subject;
        if let Ok(address) = Address::parse(&format!("{name} <a@example.com>")) {
            letter.to = vec![address.clone(); 3];
            letter.from = address;
        }
        letter.attachments = vec![Attachment { name: file, media_type: "text/csv".to_owned(), bytes: text.clone().into() }];
        letter.text = text;
        letter.html = Some(HtmlBody { html, images: Vec::new() });
        if let Ok(bytes) = letter.to_bytes() {
            let message = String::from_utf8(bytes).unwrap();
            prop_assert!(message.is_ascii() && message.ends_with("\r\n"));
            prop_assert!(message.lines().all(|line| line.len() <= 998));
            let (head, _) = message.split_once("\r\n\r\n").unwrap();
            let names = head.split("\r\n").filter(|line| !line.starts_with([' ', '\t']));
            let names: Vec<_> = names.map(|line| line.split(':').next().unwrap()).collect();
            let expected = ["Date", "Content-Language", "Auto-Submitted", "X-Auto-Response-Suppress", "X-Mailer",
                "Importance", "From", "To", "Subject", "Message-ID", "MIME-Version", "Content-Type"];
            prop_assert_eq!(names, expected);
        }
    }
}
