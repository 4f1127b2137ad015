//! Tests of the market's quote in HTML, PDF and mail: the quote, its value, and the sentences without one.

// Test helpers outside of test functions.
#![allow(clippy::unwrap_used)]
// Other tests use the rest of the sample.
#![allow(dead_code)]

use forecaster_domain::{ExclusionReason, Horizon};
use forecaster_report::Language::{English, Spanish};
use forecaster_report::*;

fn words(text: &str) -> String {
    text.split(|c: char| c.is_whitespace() || c == '\u{a0}')
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Text of the HTML without markup.
fn visible(html: &str) -> String {
    let mut pieces = html.split('<');
    let first = pieces.next().unwrap_or_default().to_owned();
    let text = pieces.filter_map(|piece| piece.split_once('>')).fold(first, |text, (_, after)| text + after);
    words(&text)
}

fn with_scores(mut view: ReportView, ensemble: (f64, f64), walk: (f64, f64), beyond: f64) -> ReportView {
    let scored = |scores: &mut ScoreView, (skill, error): (f64, f64)| {
        (scores.skill, scores.skill_error) = (skill, Some(error));
    };
    view.ensemble_scores.iter_mut().for_each(|scores| scored(scores, ensemble));
    let walks = view.models.iter_mut().filter(|model| model.name == "market_walk");
    walks.filter_map(|model| model.scores.as_mut()).for_each(|scores| scored(scores, walk));
    view.beyond_quote_error = Some(beyond);
    view
}

#[test]
fn a_reader_learns_which_quote_it_was_and_what_comes_from_it() {
    let view = with_scores(crate::synthetic::view(Spanish, Horizon::D7), (0.044, 0.012), (0.041, 0.011), 0.004);
    let text = visible(&html(&view));
    let quote = format!(
        "{} (Narodowy Bank Polski, 13-ene-2025, 08:15)",
        Spanish.number(view.quote.as_ref().unwrap().value, 2)
    );
    for expected in [
        &*format!(
            "El pronóstico ya recoge una cotización de mercado de {quote}, 0,31 % sobre la tasa oficial: es una noticia \
             posterior a las operaciones que esa tasa promedia."
        ),
        "De la ventaja de 4,4 % sobre el paseo aleatorio, 4,1 puntos vienen de la cotización y 0,3 de los modelos. La parte \
         de los modelos no se distingue del azar.",
        "La ventaja del conjunto se nota el primer día (9,5 %); la diferencia al final del plazo (0,7 %) no se distingue del azar.",
        "Errores estándar, en puntos: total 1,2; cotización 1,1; modelos 0,4; primer día 2,1; último día 0,9.",
        "Cotización de mercado conocida desde el 13-ene-2025, 08:15",
    ] {
        assert!(text.contains(expected), "'{expected}' is not in {text}");
    }
    let mail = email(&view).unwrap();
    for mail in [words(&mail.text), visible(&mail.html)] {
        assert!(mail.contains(&quote), "{mail}");
        assert!(!mail.contains("puntos vienen de la cotización"), "one sentence is enough in a mail: {mail}");
    }
}

#[test]
fn models_that_take_away_are_said_to() {
    let view = with_scores(crate::synthetic::view(Spanish, Horizon::D7), (0.0391, 0.012), (0.0413, 0.011), 0.001);
    let expected = "la cotización suma 4,1 puntos y los modelos restan 0,2 puntos: en total, una ventaja de 3,9 %.";
    let text = visible(&html(&view));
    assert!(text.contains(expected) && !text.contains("La parte de los modelos no se"), "{text}");
    let view = with_scores(crate::synthetic::view(English, Horizon::D7), (-0.012, 0.002), (0.003, 0.002), 0.001);
    let text = visible(&html(&view));
    for expected in [
        "the quote adds 0.3 points and the models take away 1.5 points: in all, a disadvantage of 1.2%.",
        "The quote's part cannot be told from chance.",
    ] {
        assert!(text.contains(expected), "{text}");
    }
}

#[test]
fn without_a_usable_quote_the_reason_is_given_and_that_the_two_walks_are_then_one() {
    let mut view = crate::synthetic::view(Spanish, Horizon::D7);
    view.quote = None;
    let date = crate::synthetic::day("2025-01-10");
    let spot = view.sources.iter_mut().filter(|source| source.series == "usdclp_spot");
    spot.for_each(|source| source.left_out = Some(SourceProblem::Dates(ExclusionReason::StandsIn { date })));
    let text = visible(&html(&view));
    let expected = "Este pronóstico no recoge ninguna cotización de mercado; sin ella, el paseo desde el mercado es igual al paseo \
         aleatorio. Motivo (usdclp_spot): reemplaza a la tasa oficial el 10-ene-2025, así que no dice nada más.";
    assert!(text.contains(expected), "{text}");
    assert!(!words(&email(&view).unwrap().text).contains("cotización de mercado de"));
}

#[test]
fn at_90_days_it_is_said_to_hardly_matter() {
    let view = with_scores(crate::synthetic::view(English, Horizon::D90), (0.004, 0.01), (0.003, 0.01), 0.004);
    let text = visible(&html(&view));
    assert!(
        text.contains("At 90 days the quote hardly matters") && text.contains("None of it can be told from chance.")
    );
}

#[test]
fn the_pdf_has_the_same_words() {
    let view = crate::synthetic::view(English, Horizon::D15);
    let document = lopdf::Document::load_mem(&pdf(&view).unwrap()).unwrap();
    let pages: Vec<u32> = document.get_pages().into_keys().collect();
    let letters =
        |text: &str| -> String { text.chars().filter(|c| !c.is_whitespace() && *c != '\u{200b}').collect() };
    let text = letters(&document.extract_text(&pages).unwrap());
    for expected in [
        "Contribution of the market's quote",
        "which is more recent than the trades averaged in that rate",
        "points come from the quote",
        "Market quote known since 13 Jan 2025, 08:15",
    ] {
        assert!(text.contains(&letters(expected)), "{expected}");
    }
}
