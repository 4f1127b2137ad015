//! Tests of colours: every chart colour has a dark one, text is readable in both modes, and lines can be told apart.

// Test helpers outside of test functions.
#![allow(clippy::unwrap_used)]

use forecaster_domain::Horizon;
use forecaster_report::{Language, html};
use std::collections::BTreeMap;

const CSS: &str = include_str!("../../src/html/note.css");
const HUES: [&str; 9] =
    ["#0f4c75", "#767c83", "#cb7e63", "#103e34", "#d25cd2", "#4c3e08", "#0d60f2", "#f0690d", "#4c089e"];

fn dark_block() -> &'static str {
    let start = CSS.find("(prefers-color-scheme: dark)").unwrap();
    &CSS[start..start + CSS[start..].find("\n}").unwrap()]
}

/// Variables of the first `:root` in a part of the style sheet.
fn variables(css: &str) -> BTreeMap<String, String> {
    let root = css.split(":root {").nth(1).unwrap().split('}').next().unwrap();
    let pairs = root.split(';').filter_map(|line| line.trim().split_once(": "));
    pairs
        .filter(|(name, _)| name.starts_with("--"))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// Dark variant of a chart colour.
fn dark(colour: &str, attribute: &str) -> Option<String> {
    let rule = dark_block().split(&format!("[{attribute}=\"{colour}\"] {{ {attribute}: ")).nth(1)?;
    let value = rule.split(';').next()?;
    match value.strip_prefix("var(").and_then(|name| name.strip_suffix(')')) {
        Some(name) => variables(dark_block()).get(name).cloned(),
        None => Some(value.to_owned()),
    }
}

fn linear(colour: &str) -> [f64; 3] {
    std::array::from_fn(|i| {
        let value = f64::from(u8::from_str_radix(&colour[1 + 2 * i..3 + 2 * i], 16).unwrap()) / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    })
}

/// Contrast ratio according to WCAG 2.
fn contrast(a: &str, b: &str) -> f64 {
    let luminance = |c: &str| linear(c).iter().zip([0.2126, 0.7152, 0.0722]).map(|(v, w)| v * w).sum::<f64>() + 0.05;
    let (a, b) = (luminance(a), luminance(b));
    a.max(b) / a.min(b)
}

/// CIELAB of a colour as seen without one kind of cone (Machado, Oliveira and Fernandes 2009, severity 1).
fn seen(colour: &str, matrix: &[[f64; 3]; 3]) -> [f64; 3] {
    let rgb = linear(colour);
    let [r, g, b] = matrix.map(|row| row.iter().zip(rgb).map(|(w, v)| w * v).sum::<f64>().max(0.0));
    let root = |t: f64| if t > 0.008856 { t.cbrt() } else { 7.787 * t + 16.0 / 116.0 };
    let x = root((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505);
    let y = root(0.2126 * r + 0.7152 * g + 0.0722 * b);
    let z = root((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089);
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

#[test]
fn every_colour_of_a_chart_has_its_dark_one() {
    for horizon in [Horizon::D7, Horizon::D90] {
        let document = html(&crate::synthetic::view(Language::Spanish, horizon));
        let body = document.split("</style>").nth(1).unwrap();
        for attribute in ["fill", "stroke"] {
            for piece in body.split(&format!(" {attribute}=\"#")).skip(1) {
                let colour = format!("#{}", &piece[..6]);
                assert!(dark(&colour, attribute).is_some(), "{attribute} {colour}");
            }
        }
    }
    for hue in HUES {
        assert!(dark(hue, "stroke").is_some() && dark(hue, "fill").is_some(), "{hue}");
    }
}

#[test]
fn text_and_lines_stand_out_from_both_pages() {
    for css in [CSS, dark_block()] {
        let colours = variables(css);
        for name in ["--ink", "--muted", "--accent", "--alert"] {
            for ground in ["--paper", "--tint"] {
                let ratio = contrast(&colours[name], &colours[ground]);
                assert!(ratio >= 4.5, "{name} on {ground}: {ratio:.2}");
            }
        }
    }
    let night = variables(dark_block())["--paper"].clone();
    for hue in HUES {
        let (light, dark) = (contrast(hue, "#ffffff"), contrast(&dark(hue, "stroke").unwrap(), &night));
        assert!(light >= 3.0 && dark >= 3.0, "{hue}: {light:.2} {dark:.2}");
    }
}

#[test]
fn the_colour_blind_can_tell_the_lines_apart() {
    let eyes = [
        [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    ];
    let night = HUES.map(|hue| dark(hue, "stroke").unwrap());
    for palette in [HUES.map(str::to_owned), night] {
        for (i, a) in palette.iter().enumerate() {
            for (b, eye) in palette[..i].iter().flat_map(|b| eyes.iter().map(move |eye| (b, eye))) {
                let distance =
                    seen(a, eye).iter().zip(seen(b, eye)).map(|(x, y)| (x - y).powi(2)).sum::<f64>().sqrt();
                assert!(distance > 20.0, "{a} and {b}: {distance:.1}");
            }
        }
    }
}

#[test]
fn paper_stays_light_and_the_page_says_that_it_knows_both() {
    assert!(CSS.contains("@media screen and (prefers-color-scheme: dark)"), "screens only");
    let print = CSS.split("@media print {").nth(1).unwrap();
    assert!(!print.contains("prefers-color-scheme"));
    let mut view = crate::synthetic::view(Language::English, Horizon::D7);
    crate::synthetic::more::strip(&mut view);
    crate::synthetic::make_stale(&mut view);
    assert!(html(&view).contains(r#"<meta name="color-scheme" content="light dark">"#));
}
