//! Pairs of every size, and pairs that do not vary: each figure shows the digits that its reader needs, and what has no
//! meaning is not said.

use super::synthetic;
use crate::{
    figure::Figure,
    findings::interval_hits,
    html::{self, against_random_walk, score_values},
    page::Page,
    technical::realised_volatility,
    view::{
        Language::{self, English, Spanish},
        ReportView,
    },
};
use forecaster_domain::{Horizon, QuantileForecast};

/// Last values of USD/IDR, USD/JPY, EUR/USD, USD/KWD, CLP/USD, VND/USD and a currency after its hyperinflation.
const SIZES: [f64; 7] = [16_250.0, 151.23, 1.0834, 0.3075, 0.001012, 0.0000393, 5_700_000.0];

/// Changes every price of the view by the same factor.
fn scale(view: &mut ReportView, factor: f64) {
    let scaled = |forecast: &QuantileForecast| {
        let values = forecast.values() * factor;
        QuantileForecast::new(forecast.as_of(), forecast.dates().to_vec(), values).unwrap()
    };
    view.ensemble = scaled(&view.ensemble);
    view.observations.iter_mut().for_each(|o| o.value *= factor);
    view.round_levels.iter_mut().for_each(|level| level.price *= factor);
    if let Some(scores) = &mut view.ensemble_scores {
        scores.scores.rmse *= factor;
    }
    for model in &mut view.models {
        model.forecast = scaled(&model.forecast);
        if let Some(scores) = &mut model.scores {
            scores.scores.rmse *= factor;
        }
    }
    for past in view.past.iter_mut().chain(&mut view.issued) {
        past.median *= factor;
        past.interval80 = (past.interval80.0 * factor, past.interval80.1 * factor);
        past.interval95 = (past.interval95.0 * factor, past.interval95.1 * factor);
        past.actual = past.actual.map(|actual| actual * factor);
    }
    (view.since_last, view.quote) = (None, None);
}

/// The view of a pair with this last value.
fn sized(language: Language, last: f64) -> ReportView {
    let mut view = synthetic::view(language, Horizon::D7);
    let factor = last / view.observations.last().unwrap().value;
    scale(&mut view, factor);
    view
}

/// A pegged view: 3.6725; see [`peg_at`].
fn peg(language: Language, noise: f64) -> ReportView {
    peg_at(3.6725, language, noise)
}

/// A peg; `noise` is the relative error by which each model's numbers differ from it.
fn peg_at(price: f64, language: Language, noise: f64) -> ReportView {
    let mut view = sized(language, price);
    let flat = |forecast: &QuantileForecast| {
        let mut values = forecast.values().clone();
        values
            .indexed_iter_mut()
            .for_each(|((_, level), value)| *value = price * (1.0 - noise * (11 - level) as f64));
        QuantileForecast::new(forecast.as_of(), forecast.dates().to_vec(), values).unwrap()
    };
    view.ensemble = flat(&view.ensemble);
    view.models.iter_mut().for_each(|model| model.forecast = flat(&model.forecast));
    view.observations.iter_mut().for_each(|o| o.value = price);
    for past in &mut view.past {
        let low = price * (1.0 - 2.0 * noise);
        (past.median, past.interval80, past.interval95, past.actual) = (low, (low, low), (low, low), Some(price));
    }
    if let Some(scores) = &mut view.ensemble_scores {
        scores.skill = f64::NEG_INFINITY;
    }
    for loss in &mut view.losses {
        (loss.ensemble, loss.random_walk) = (noise, 0.0);
    }
    view.round_levels.clear();
    view
}

fn digits(text: &str) -> usize {
    text.trim_start_matches(|c: char| !c.is_ascii_digit() || c == '0').bytes().filter(u8::is_ascii_digit).count()
}

#[test]
fn the_bounds_of_an_interval_and_the_errors_of_the_models_can_be_told_apart_in_every_pair() {
    for last in SIZES {
        let view = sized(English, last);
        let page = Page::new(&view);
        let (low, high) = view.ensemble.interval80(page.end());
        assert_ne!(page.price(low), page.price(high), "{last}");
        assert!(digits(&page.price(last)) >= 4, "{last}: {}", page.price(last));
        for scores in view.models.iter().map(|model| model.scores.as_ref()) {
            let rmse = &score_values(&page, None, scores)[1];
            assert!(digits(rmse) >= 2, "{last}: RMSE {rmse}");
        }
        assert!(digits(&page.difference(high - low)) >= 2, "{last}: {}", page.difference(high - low));
    }
}

#[test]
fn the_pages_of_the_peso_have_two_decimals_as_ever() {
    let view = synthetic::view(Spanish, Horizon::D7);
    let page = Page::new(&view);
    assert_eq!((page.price(1011.823), page.difference(8.254)), ("1.011,82".to_owned(), "8,25".to_owned()));
    assert_eq!((page.price_change(-3.0), page.signed_difference(0.031)), ("-3,00".to_owned(), "+0,03".to_owned()));
}

#[test]
fn the_report_of_a_peg_says_that_it_does_not_vary_and_nothing_without_meaning() {
    for noise in [0.0, 2e-8] {
        for language in [Spanish, English] {
            let view = peg(language, noise);
            let page = Page::new(&view);
            assert!(page.is_constant());
            let text = html::html(&view).replace('\u{a0}', " ");
            let does_not_vary = language.pick("no varía", "does not vary");
            assert!(text.matches(does_not_vary).count() >= 4, "{}", text.matches(does_not_vary).count());
            for nonsense in
                ["inf%", "inf %", "NaN", "RSI 14", "MACD 12", language.pick("Niveles redondos", "Round levels")]
            {
                assert!(!text.contains(nonsense), "{language:?}, noise {noise}: {nonsense}");
            }
            let verdict = against_random_walk(&page);
            assert!(verdict.contains(does_not_vary), "{verdict}");
            assert!(page.probability_of_rise(0).is_nan());
            for figure in [Figure::Reliability, Figure::Weights, Figure::Skill, Figure::Price, Figure::Indicators] {
                assert_eq!(figure.takeaway(&page), None, "{figure:?}");
            }
            assert_eq!(score_values(&page, None, view.ensemble_scores.as_ref())[6], "–");
        }
    }
}

#[test]
fn a_peg_that_rounding_keeps_out_of_its_interval_is_counted_inside() {
    let view = peg(Spanish, 2e-8);
    let hits = interval_hits(&view.past);
    assert!(hits.published > 0 && (hits.inside80, hits.inside95) == (hits.published, hits.published), "{hits:?}");
}

#[test]
fn the_subject_of_a_mail_has_whole_numbers_only_where_the_interval_spans_several() {
    let subject = |view: &ReportView| crate::email::subject(&Page::new(view));
    assert_eq!(subject(&synthetic::view(Spanish, Horizon::D7)), "USD/CLP 7d: 980 (80 %: 963-998) al 20-ene");
    assert!(subject(&peg_at(655.957, English, 0.0)).contains(": 655.96 (80 %: 655.96-655.96)"));
    assert!(subject(&sized(English, 0.001012)).contains(": 0.001013 (80 %: 0.000996-0.001031)"));
}

#[test]
fn a_price_that_stands_still_for_three_weeks_has_no_relative_strength_and_its_reading_says_so() {
    let mut view = synthetic::view(English, Horizon::D7);
    view.observations.iter_mut().rev().take(21).for_each(|o| o.value = 979.36);
    let page = Page::new(&view);
    let rows = html::indicator_rows(&page, &page.prices());
    for (name, value, reading) in &rows[..2] {
        assert_eq!((value.as_str(), *reading), ("–", "Price unchanged over 14 days"), "{name}");
    }
    let said = Figure::Indicators.takeaway(&page).unwrap();
    assert!(said.starts_with("The price has not changed over the last 21 observations"), "{said}");
    assert!(!page.is_constant());
}

#[test]
fn one_volatility_is_called_the_current_one_and_it_is_that_of_the_table() {
    for language in [Spanish, English] {
        let view = synthetic::view(language, Horizon::D7);
        let page = Page::new(&view);
        let realised = language.percent(100.0 * realised_volatility(&page.prices(), 20).unwrap(), 1);
        let said = Figure::Volatility.takeaway(&page).unwrap();
        let lead = language.pick("Volatilidad actual: ", "Volatility now: ");
        assert!(said.starts_with(&format!("{lead}{realised}")), "{said}");
        let (name, value, _) = html::indicator_rows(&page, &page.prices())[3].clone();
        assert_eq!(value, realised, "{name}");
        let text = html::html(&view);
        let calls =
            language.pick(["olatilidad actual", "olatilidad anual actual"], ["olatility now", "resent volatility"]);
        let count: usize = calls.iter().map(|call| text.matches(call).count()).sum();
        assert_eq!(count, 2, "the row of the table and the sentence");
        let known = view.volatility.as_ref().unwrap();
        let (last, end) = (known.past.last().unwrap(), known.ahead.last().unwrap());
        let garch = [last.1, end.1].map(|share| language.percent(100.0 * share, 1));
        assert!(garch.iter().all(|figure| said.contains(figure)), "{said}");
        assert!(said.contains("GARCH") && said.contains(&page.date(last.0)), "{said}");
    }
}
