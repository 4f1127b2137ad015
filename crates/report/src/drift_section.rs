//! Drift and regime: wording shared by HTML, PDF and mail.
//!
//! In: a page. Out: rows of a table, sentences.

use crate::{
    labels,
    page::Page,
    text::drift_sentences,
    view::{DriftTestKind, DriftTestView, Regime},
};

/// Names of the table's columns.
pub(crate) fn columns(page: &Page<'_>) -> [&'static str; 5] {
    let language = page.language;
    [
        labels::drift_test(language),
        labels::statistic(language),
        labels::p_value(language),
        labels::adjusted_p(language),
        labels::reading(language),
    ]
}

/// Rows of the table: test, statistic, p-value, adjusted p-value, reading.
pub(crate) fn rows(page: &Page<'_>) -> Vec<[String; 5]> {
    let language = page.language;
    if page.is_constant() {
        return Vec::new();
    }
    let row = |test: &DriftTestView| {
        [
            drift_sentences::test(language, test.kind).to_owned(),
            language.number(test.statistic, 3),
            language.p_value(test.p),
            language.p_value(test.adjusted),
            drift_sentences::reading(language, test.kind, test.found).to_owned(),
        ]
    };
    page.view.drift.tests.iter().map(row).collect()
}

/// Sentences of the section, one a paragraph: the tests and the regime, or that the pair does not vary.
pub(crate) fn paragraphs(page: &Page<'_>) -> Vec<String> {
    if page.is_constant() {
        vec![drift_sentences::constant(page.language, &page.view.pair)]
    } else {
        vec![verdict(page), regime(page)]
    }
}

/// Sentence on the combined result of the tests.
pub(crate) fn verdict(page: &Page<'_>) -> String {
    let tests = &page.view.drift.tests;
    if tests.is_empty() {
        return drift_sentences::no_tests(page.language).to_owned();
    }
    let found: Vec<DriftTestKind> = tests.iter().filter(|test| test.found).map(|test| test.kind).collect();
    drift_sentences::verdict(page.language, &found)
}

/// Sentence on the volatility regime.
pub(crate) fn regime(page: &Page<'_>) -> String {
    let language = page.language;
    let Some(known) = page.view.drift.regime else { return drift_sentences::no_regime(language).to_owned() };
    // Rounded down, so that the printed figure never reaches a threshold that the regime has not reached.
    let percentile = language.number((1000.0 * known.percentile + 1e-9).floor() / 10.0, 1);
    drift_sentences::regime(
        language,
        known.regime,
        &language.small_percent(100.0 * known.volatility, 1),
        &percentile,
        &language.count(known.windows),
    )
}

/// Sentences for the mail: detected drift, an extreme regime; `None` without either.
pub(crate) fn alert(page: &Page<'_>) -> Option<String> {
    let known = &page.view.drift;
    if page.is_constant() {
        return None;
    }
    let drifted = known.tests.iter().any(|test| test.found).then(|| verdict(page));
    let extreme = known.regime.filter(|known| known.regime == Regime::Extreme).map(|_| regime(page));
    let sentences: Vec<String> = drifted.into_iter().chain(extreme).collect();
    (!sentences.is_empty()).then(|| sentences.join(" "))
}
