//! Sample letters with everything that is difficult in letters. fixtures/letters.py repeats their texts word for
//! word.

// The letters are constants: one that cannot be built stops the example.
#![allow(clippy::expect_used)]

use chrono::DateTime;
use forecaster_mail::{Address, Attachment, HtmlBody, InlineImage, Letter, LetterKind};

/// Returns all letters, by name.
pub(crate) fn letters() -> Vec<(&'static str, Letter)> {
    vec![("alert", alert()), ("report", report()), ("page", page()), ("files", files())]
}

fn address(text: &str) -> Address {
    text.parse().expect("an address")
}

/// Only text.
fn alert() -> Letter {
    Letter {
        from: address("forecaster@example.com"),
        to: vec![address("Operator <operator@example.com>")],
        subject: "Chronos is suspended".to_owned(),
        message_id: "alert-0197.1@example.com".to_owned(),
        date: DateTime::parse_from_rfc3339("2026-11-03T07:05:09-03:00").expect("a date"),
        language: "en".to_owned(),
        text: "Two runs failed.\n.\n..\n.hidden\nFrom here on: no Chronos.\n".to_owned(),
        html: None,
        attachments: Vec::new(),
        kind: LetterKind::Alert,
    }
}

/// Everything at once.
fn report() -> Letter {
    let image = |id: &str, name: &str, seed: u8| InlineImage {
        content_id: id.to_owned(),
        media_type: "image/png".to_owned(),
        file_name: name.to_owned(),
        bytes: bytes(700, seed),
    };
    let file = |name: &str, media_type: &str, bytes: Vec<u8>| Attachment {
        name: name.to_owned(),
        media_type: media_type.to_owned(),
        bytes,
    };
    let html = "<p>Pronóstico: 943,10 ≤ x ≤ 961,55</p>\n<img src=\"cid:fan.1@example.com\"><img src=\"cid:skill.2@example.com\">\n";
    Letter {
        from: address("Pronóstico de la Tesorería <pronostico@example.com>"),
        to: vec![
            address("Ñuñoa, María José <maria.jose@ñandú.cl>"),
            address("\"Pérez, \\\"El\\\" Juan\" <juan+rates@example.com>"),
            address("treasury@example.com"),
        ],
        subject: "USD/CLP a 7 días: mediana 952,30 (80 %: 943,10 – 961,55) — «estable» 📈, según el modelo del lunes"
            .to_owned(),
        message_id: "7d-2026-11-23.0197@example.com".to_owned(),
        date: DateTime::parse_from_rfc3339("2026-11-23T08:00:00-03:00").expect("a date"),
        language: "es".to_owned(),
        text: format!(
            "Señores:\r\n.\r\nmediana = 952,30 📈  \r\n\tcon tabulador \rfin\n{}\n--=_mixed_\n",
            "ñandú ".repeat(400)
        ),
        html: Some(HtmlBody {
            html: html.to_owned(),
            images: vec![
                image("fan.1@example.com", "abanico.png", 3),
                image("skill.2@example.com", "habilidad año.png", 5),
            ],
        }),
        attachments: vec![
            file("Pronóstico 7 días — 23-11-2026.pdf", "application/pdf", bytes(1500, 7)),
            file("quantiles \"7d\".csv", "text/csv; charset=utf-8", "fecha,mediana\r\n2026-11-24,952.3\n".into()),
            file("empty.bin", "application/octet-stream", Vec::new()),
        ],
        kind: LetterKind::Report,
    }
}

/// A page without images, a long subject, many recipients.
fn page() -> Letter {
    Letter {
        to: (1..=40).map(|n| address(&format!("Recipient Number {n} <r{n}@example.com>"))).collect(),
        subject: format!("{} {}", "x".repeat(120), "mañana ".repeat(18).trim()),
        message_id: "review.week@example.com".to_owned(),
        html: Some(HtmlBody { html: format!("<p>{}</p>", "a".repeat(3000)), images: Vec::new() }),
        kind: LetterKind::Report,
        ..alert()
    }
}

/// Text and a file with a long name.
fn files() -> Letter {
    let name = format!("{}.json", "forecast_".repeat(12));
    Letter {
        message_id: "files@example.com".to_owned(),
        text: String::new(),
        attachments: vec![Attachment { name, media_type: "application/json".to_owned(), bytes: b"{}\n".to_vec() }],
        ..alert()
    }
}

/// Returns `count` bytes that cover all values.
fn bytes(count: u32, seed: u8) -> Vec<u8> {
    (0..count).map(|n| (n.wrapping_mul(u32::from(seed)) % 256) as u8).collect()
}
