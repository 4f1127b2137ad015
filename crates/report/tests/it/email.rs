//! Tests of the mail as received: subject, text, HTML and pictures.

// Test helpers outside of test functions.
#![allow(clippy::unwrap_used)]

use forecaster_domain::Horizon;
use forecaster_report::Language::{English, Spanish};
use forecaster_report::*;

/// Text without markup, with spaces as displayed.
pub(crate) fn visible(html: &str) -> String {
    let mut text = String::new();
    let mut in_tag = false;
    for c in html.chars() {
        match c {
            '<' => in_tag = true,
            '>' => {
                in_tag = false;
                text.push(' ');
            }
            c if !in_tag => text.push(if c == '\u{a0}' { ' ' } else { c }),
            _ => {}
        }
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Every figure with decimals: prices, percentages, scores.
fn figures(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !(c.is_ascii_digit() || c == '.' || c == ','));
    let trimmed = words.map(|word| word.trim_matches(['.', ',']));
    trimmed.filter(|word| word.contains(['.', ','])).map(str::to_owned).collect()
}

/// Width, height and pixels as palette colours.
fn decoded(png: &[u8]) -> (u32, u32, Vec<[u8; 3]>) {
    let mut reader = png::Decoder::new(std::io::Cursor::new(png)).read_info().unwrap();
    let palette = reader.info().palette.clone().unwrap().into_owned();
    let mut indices = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut indices).unwrap();
    let colour = |index: &u8| {
        let start = 3 * usize::from(*index);
        [palette[start], palette[start + 1], palette[start + 2]]
    };
    (reader.info().width, reader.info().height, indices.iter().map(colour).collect())
}

#[test]
fn the_subject_has_the_figure_the_interval_and_the_date() {
    let mut view = crate::synthetic::view(Spanish, Horizon::D7);
    assert_eq!(email(&view).unwrap().subject, "USD/CLP 7d: 980 (80 %: 963-998) al 20-ene");
    crate::synthetic::make_stale(&mut view);
    assert_eq!(email(&view).unwrap().subject, "[datos atrasados] USD/CLP 7d: 980 (80 %: 963-998) al 20-ene");
    view.language = English;
    assert_eq!(email(&view).unwrap().subject, "[stale data] USD/CLP 7d: 980 (80 %: 963-998) by 20 Jan");
}

#[test]
fn the_subject_groups_thousands_and_keeps_the_decimals_of_small_prices() {
    let (_, large) = crate::extreme::views().swap_remove(3);
    let subject = email(&large).unwrap().subject;
    assert!(subject.starts_with("USD/CLP 7d: 4.0") && !subject.contains(','), "{subject}");
    let (_, small) = crate::extreme::views().swap_remove(2);
    let subject = email(&small).unwrap().subject;
    assert!(subject.starts_with("USD/CLP 7d: 0,0012"), "{subject}");
}

#[test]
fn every_figure_of_the_mail_is_one_of_the_report() {
    for language in [Spanish, English] {
        for horizon in Horizon::ALL {
            let view = crate::synthetic::view(language, horizon);
            let report = figures(&visible(&html(&view)));
            let mail = email(&view).unwrap();
            let said = figures(&mail.text);
            assert!(said.len() > 40, "{} figures only", said.len());
            for figure in said.iter().chain(&figures(&visible(&mail.html))) {
                assert!(report.contains(figure), "{horizon} {language:?}: {figure} is not in the report");
            }
        }
    }
}

#[test]
fn text_and_html_tell_the_same() {
    let mut view = crate::synthetic::view(Spanish, Horizon::D30);
    crate::synthetic::make_stale(&mut view);
    let mail = email(&view).unwrap();
    let letters = |text: &str| text.split_whitespace().collect::<String>().to_lowercase();
    let (text, html) = (letters(&mail.text), letters(&visible(&mail.html)));
    for words in [
        "Datos desactualizados",
        "tiene 8 días hábiles de antigüedad",
        "Chronos-Bolt: suspendido desde el 14-ene-2025: falló en varias ejecuciones seguidas",
        "Intervalo 80 %",
        "Intervalo 95 %",
        "Probabilidad de alza",
        "no superó al paseo aleatorio: su pérdida (WQL) fue 1,6 % mayor",
        "Desde el informe anterior",
        "Bosque aleatorio",
        "Se toca antes del final",
        "El informe completo va adjunto en PDF.",
    ] {
        assert!(text.contains(&letters(words)), "the text lacks '{words}'");
        assert!(html.contains(&letters(words)), "the HTML lacks '{words}'");
    }
    assert!(text.find("datosdesactualizados") < text.find("medianaal"), "warnings come first");
    assert!(html.find("datosdesactualizados") < html.find("medianaal"), "warnings come first");
}

#[test]
fn the_text_keeps_to_72_columns() {
    for (name, view) in
        crate::extreme::views().into_iter().chain([("plain", crate::synthetic::view(English, Horizon::D90))])
    {
        let text = email(&view).unwrap().text;
        for line in text.lines() {
            assert!(line.chars().count() <= 72, "{name}: {line}");
            assert!(!line.contains('\u{a0}') && !line.ends_with(' '), "{name}: {line}");
        }
    }
}

#[test]
fn nothing_is_fetched_and_nothing_runs() {
    let mail = email(&crate::synthetic::view(Spanish, Horizon::D7)).unwrap();
    for forbidden in ["http", "<script", "href=", "url(", "<link", "@import", "<style", "background="] {
        assert!(!mail.html.contains(forbidden), "{forbidden}");
    }
    let sources: Vec<&str> = mail.html.split("src=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    let images: Vec<String> = mail.images.iter().map(|image| format!("cid:{}", image.cid)).collect();
    assert_eq!(sources, images, "each picture is shown once, and nothing else");
    assert_eq!(mail.images[0].cid, "fan.01946a3c-7d7e-7c31-9f0a-52b1d8e6c0f4@forecaster");
}

#[test]
fn it_is_small_enough_for_every_client() {
    for horizon in Horizon::ALL {
        let mail = email(&crate::synthetic::view(Spanish, horizon)).unwrap();
        let images: usize = mail.images.iter().map(|image| image.png.len()).sum();
        assert!(mail.html.len() < 60_000, "{} bytes of HTML", mail.html.len());
        assert!(images < 80_000, "{images} bytes of pictures");
        assert!(mail.html.len() + mail.text.len() + images < 300_000);
    }
}

#[test]
fn the_pictures_show_the_fan_on_white() {
    for (name, view) in
        crate::extreme::views().into_iter().chain([("plain", crate::synthetic::view(Spanish, Horizon::D7))])
    {
        for image in email(&view).unwrap().images {
            let (width, height, pixels) = decoded(&image.png);
            assert_eq!(width, 1200, "{name}");
            assert!((400..2400).contains(&height), "{name}: {height}");
            assert_eq!(pixels[pixels.len() - 1], [255; 3], "{name}: white in the corner");
            for (what, colour) in [("text", [0x1d, 0x27, 0x33]), ("accent", [0x0f, 0x4c, 0x75])] {
                let count = pixels.iter().filter(|pixel| **pixel == colour).count();
                assert!(count > 500, "{name}: {count} pixels of {what}");
            }
        }
    }
}

#[test]
fn two_mails_of_one_run_are_the_same() {
    let view = crate::synthetic::view(English, Horizon::D15);
    let (first, second) = (email(&view).unwrap(), email(&view).unwrap());
    assert_eq!((first.subject, first.text, first.html), (second.subject, second.text, second.html));
    assert_eq!(first.images[0].png, second.images[0].png);
}

#[test]
fn text_from_outside_stays_text() {
    let evil = "<img src=x onerror=alert(1)>&\r\nBcc: all@example.org";
    let mut view = crate::synthetic::view(Spanish, Horizon::D7);
    view.run_id = evil.to_owned();
    view.zone = evil.to_owned();
    view.models[1].name = evil.to_owned();
    view.left_out = vec![crate::reasons::without_regressors(evil)];
    let mail = email(&view).unwrap();
    assert!(!mail.html.contains("<img src=x") && mail.html.contains("&lt;img src=x"));
    assert!(!mail.subject.contains(['\r', '\n']) && !mail.text.contains('\r'));
    assert!(
        mail.images[0].cid.chars().all(|c| c.is_ascii_alphanumeric() || "-.@".contains(c)),
        "{}",
        mail.images[0].cid
    );
}

#[test]
fn extreme_views_make_mails_too() {
    for (name, view) in crate::extreme::views() {
        for language in [Spanish, English] {
            let mail = email(&ReportView { language, ..view.clone() }).unwrap();
            for part in [&mail.subject, &mail.text, &mail.html] {
                assert!(!part.contains("NaN") && !part.contains(" inf ") && !part.contains("inf%"), "{name}");
            }
        }
    }
}
