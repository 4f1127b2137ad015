//! The track record: wording shared by HTML and PDF.
//!
//! In: a page. Out: columns and rows of a table, sentences.

use crate::{
    labels,
    page::Page,
    text::track_record::{self as words, Compared},
    view::{TrackComparison, TrackRecord, TrackRow},
};
use forecaster_domain::decimals_of_small;

/// Track record, if it has any rows.
fn known<'a>(page: &Page<'a>) -> Option<&'a TrackRecord> {
    page.view.track_record.as_ref().filter(|record| !record.rows.is_empty())
}

/// Names of the table's columns after the model column.
pub(crate) fn columns(page: &Page<'_>) -> [String; 7] {
    let language = page.language;
    [
        labels::forecasts_scored(language).to_owned(),
        format!("RMSE ({})", page.view.pair.quote()),
        "MAPE".to_owned(),
        "WQL".to_owned(),
        labels::coverage80(language).to_owned(),
        labels::coverage95(language).to_owned(),
        labels::skill(language).to_owned(),
    ]
}

/// Rows of the table: name, values, and true for the ensemble's row.
pub(crate) fn rows(page: &Page<'_>) -> Vec<(String, [String; 7], bool)> {
    let language = page.language;
    let row = |row: &TrackRow| {
        let values = [
            language.count(row.n),
            page.difference(row.rmse),
            language.small_percent(row.mape, 2),
            language.number(row.wql, decimals_of_small(row.wql, 5)),
            language.share(row.coverage80, 1),
            language.share(row.coverage95, 1),
            language.signed_percent(100.0 * row.skill.filter(|_| !page.is_constant()).unwrap_or(f64::NAN), 1),
        ];
        (words::name(language, &row.model), values, row.model == "ensemble")
    };
    known(page).map_or_else(Vec::new, |record| record.rows.iter().map(row).collect())
}

/// Sentence on the forecasts counted, or that there are none.
pub(crate) fn introduction(page: &Page<'_>) -> String {
    let language = page.language;
    known(page).map_or_else(
        || words::nothing_due(language).to_owned(),
        |record| words::span(language, &page.date(record.from), &page.date(record.to)),
    )
}

/// Sentences, one per comparison.
pub(crate) fn comparisons(page: &Page<'_>) -> Vec<String> {
    let language = page.language;
    let sentence = |one: &TrackComparison| {
        let percent = 100.0 * one.skill.abs();
        let facts = Compared {
            model: &one.model,
            against: &one.against,
            count: one.n,
            difference: (percent.is_finite() && percent >= 0.05).then(|| language.percent(percent, 1)),
            lower: one.skill > 0.0,
            p_value: one.p_value.filter(|p| p.is_finite()).map(|p| {
                let written = language.p_value(p);
                if written.starts_with('<') { written } else { format!("=\u{a0}{written}") }
            }),
            verdict: one.verdict,
        };
        words::comparison(language, &facts)
    };
    known(page).map_or_else(Vec::new, |record| record.comparisons.iter().map(sentence).collect())
}
