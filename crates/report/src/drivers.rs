//! "What changed since the last report": the sentences and the table that HTML, PDF and e-mail show word for word.
//!
//! In: a page. Out: plain text. Facts come from `findings::drivers`, words from `text::drivers`.

use crate::{
    Measure,
    findings::{STILL_PERCENT, drivers},
    format::{DASH, price_decimals},
    page::Page,
    text::{drivers as words, labels, names},
};

/// One row of the table of changes: series, value then, value now, change.
pub(crate) type DriverRow = [String; 4];

/// The paragraph, sentence by sentence: what moved, how the forecast changed and why, whether the last one held. One
/// sentence in the first report of a horizon.
pub(crate) fn sentences(page: &Page<'_>) -> Vec<String> {
    let Some(since) = &page.view.since_last else { return vec![words::first_report(page)] };
    let mut all = Vec::new();
    if let Some(pair) = drivers::pair(page, since)
        && let Some(change) = pair.change
    {
        all.push(words::pair(page, &pair, change.abs() < STILL_PERCENT));
    }
    all.extend(words::others(page, &drivers::others(page, since)));
    if let Some(revision) = drivers::revision(page, since) {
        all.push(words::revision(page, &revision, &page.date(since.end_date), &page.date(page.end_date())));
        all.extend(revision.why.map(|why| words::reasons(page, &why)));
    }
    if let Some((median, interval, value, held)) = drivers::held(page, since) {
        all.push(words::held(page, median, interval, value, held));
    }
    if let Some((then, now, same)) = drivers::width(page, since) {
        all.push(words::width(page, then, now, same));
    }
    all
}

/// The paragraph as one text.
pub(crate) fn paragraph(page: &Page<'_>) -> String {
    sentences(page).join(" ")
}

/// Names of the table's columns: series, then (with its date), now (with its date), change.
pub(crate) fn columns(page: &Page<'_>) -> DriverRow {
    let language = page.language;
    let then = page.view.since_last.as_ref().map_or(DASH.to_owned(), |since| page.date(since.as_of));
    let now = page.date(page.view.ensemble.as_of());
    [labels::series(language).to_owned(), then, now, labels::change(language).to_owned()]
}

/// The table: the pair, the other series, the median at the end of the horizon. Empty in a first report.
pub(crate) fn rows(page: &Page<'_>) -> Vec<DriverRow> {
    let Some(since) = &page.view.since_last else { return Vec::new() };
    let language = page.language;
    let others = drivers::others(page, since);
    let series = others.moved.iter().chain(&others.steady).chain(&others.unknown).map(|one| {
        let value = |value: f64| match one.measure {
            Measure::Percent => language.number(value, price_decimals(value)),
            Measure::Points => language.number(value, 1),
            Measure::PercentagePoints => language.percent(value, 2),
        };
        let change = if one.to.date > one.from.date { one.change } else { None };
        let change = names::change(language, change, one.measure).unwrap_or_else(|| DASH.to_owned());
        [names::series(language, &one.series), value(one.from.value), value(one.to.value), change]
    });
    let pair = drivers::pair(page, since).map(|pair| {
        let change = names::change(language, pair.change, pair.measure).unwrap_or_else(|| DASH.to_owned());
        [page.view.pair.to_string(), page.price(pair.from.value), page.price(pair.to.value), change]
    });
    let median = drivers::revision(page, since).map(|revision| {
        let change = language.signed_percent(revision.percent, 2);
        [labels::median_at_end(language).to_owned(), page.price(revision.from), page.price(revision.to), change]
    });
    pair.into_iter().chain(series).chain(median).collect()
}
