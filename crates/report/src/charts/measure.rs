//! Measures texts before they are drawn, so that every chart has room for its own.
//!
//! In: a text, its size and weight. Out: its width, or the text broken or shortened to fit. The widths are those of the
//! widest face that a browser may choose (`widths.rs`): mail clients and strict browsers do not load the font that the
//! report carries.

use super::widths::{ASCII, LATIN, SIGNS};

/// Weight of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    Regular,
    Bold,
}

/// Width of a letter of any other script, in thousandths of an em.
const OTHER: u16 = 1100;

/// Returns the largest width of `text` at font size `size`, in user units.
pub(super) fn text_width(text: &str, size: f64, weight: Weight) -> f64 {
    size * text.chars().map(|c| f64::from(thousandths(c, weight))).sum::<f64>() / 1000.0
}

fn thousandths(c: char, weight: Weight) -> u16 {
    let face = match weight {
        Weight::Regular => 0,
        Weight::Bold => 1,
    };
    match c {
        ' '..='~' => ASCII[face][c as usize - 0x20],
        '\u{a0}'..='\u{ff}' => LATIN[face][c as usize - 0xa0],
        _ => SIGNS.iter().find(|(sign, _)| *sign == c).map_or(OTHER, |(_, widths)| widths[face]),
    }
}

/// Breaks `text` at spaces into lines no wider than `width`; a single word that is wider is cut with an ellipsis.
pub(super) fn wrapped(text: &str, size: f64, weight: Weight, width: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ').map(|word| shortened(word, size, weight, width)) {
        match lines.last_mut() {
            Some(line) if text_width(&format!("{line} {word}"), size, weight) <= width => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    lines
}

/// Returns `text` if it fits into `width`, otherwise as much of it as fits, followed by an ellipsis.
pub(super) fn shortened(text: &str, size: f64, weight: Weight, width: f64) -> String {
    if text_width(text, size, weight) <= width {
        return text.to_owned();
    }
    let mut kept = text.to_owned();
    while kept.pop().is_some() && text_width(&kept, size, weight) + size > width {}
    kept.truncate(kept.trim_end().len());
    kept + "…"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{charts::tests::EmbeddedFace, tests::synthetic};
    use forecaster_domain::Horizon;
    use forecaster_report::{Language, html};

    #[test]
    fn no_letter_of_the_embedded_font_is_wider_than_the_table_says() {
        for weight in [Weight::Regular, Weight::Bold] {
            let face = EmbeddedFace::new(weight);
            let mut measured = 0;
            for c in (' '..='\u{17f}').chain(SIGNS.map(|(sign, _)| sign)) {
                let Some(advance) = face.advance(c) else { continue };
                assert!(1000.0 * advance <= f64::from(thousandths(c, weight)) + 1e-6, "{weight:?} '{c}': {advance}");
                measured += 1;
            }
            assert!(measured > 300, "{measured}");
        }
    }

    #[test]
    fn every_sign_of_a_report_is_in_the_table_and_so_in_the_font_that_the_report_carries() {
        for language in [Language::Spanish, Language::English] {
            let document = html(&synthetic::view(language, Horizon::D30));
            for c in document.split("</style>").last().unwrap().chars() {
                assert!(
                    thousandths(c, Weight::Regular) != OTHER,
                    "'{c}': add it to SIGNS in fonts/web.py and run it"
                );
            }
        }
    }

    #[test]
    fn there_is_room_for_figures_a_quarter_wider_than_the_embedded_ones() {
        for weight in [Weight::Regular, Weight::Bold] {
            let face = EmbeddedFace::new(weight);
            for c in "0123456789., ".chars() {
                let ratio = f64::from(thousandths(c, weight)) / (1000.0 * face.advance(c).unwrap());
                assert!(ratio >= 1.25, "{weight:?} '{c}': {ratio:.2}");
            }
        }
    }

    #[test]
    fn text_is_broken_to_fit() {
        let lines = wrapped("uno dos tres cuatro cinco seis", 10.0, Weight::Regular, 80.0);
        assert!(lines.len() > 1 && lines.iter().all(|l| text_width(l, 10.0, Weight::Regular) <= 80.0), "{lines:?}");
        assert_eq!(lines.join(" "), "uno dos tres cuatro cinco seis");
        assert!(wrapped(&"x".repeat(80), 10.0, Weight::Bold, 80.0)[0].ends_with('…'));
        assert_eq!(shortened("Dólar amplio", 10.0, Weight::Regular, 45.0), "Dólar…");
    }
}
