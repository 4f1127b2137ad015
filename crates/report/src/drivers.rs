//! "What changed since the last report": the sentences and the table, identical in HTML, PDF and e-mail.
//!
//! In: a page. Out: plain text. Facts come from `findings::drivers`, wording from `text::drivers`.

use crate::{
    findings::{UNCHANGED_PERCENT, drivers},
    format::{DASH, price_decimals},
    labels,
    page::Page,
    text::{drivers as words, names},
    view::ChangeUnit,
};

/// A row of the table of changes: series, previous value, current value, change.
pub(crate) type DriverRow = [String; 4];

/// Sentences in three groups: market moves; the change of the forecast and the reasons for it; the outcome of the
/// last forecast and the width of the interval. Empty groups are left out; the first report of a horizon has one
/// sentence.
pub(crate) fn paragraphs(page: &Page<'_>) -> Vec<Vec<String>> {
    let Some(since) = &page.view.since_last else { return vec![vec![words::first_report(page)]] };
    let pair = drivers::pair(page, since).and_then(|pair| Some((pair.change?, pair)));
    let mut moved: Vec<String> =
        pair.map(|(change, pair)| words::pair(page, &pair, change.abs() < UNCHANGED_PERCENT)).into_iter().collect();
    moved.extend(words::others(page, &drivers::others(page, since)));
    let mut forecast = Vec::new();
    if let Some(revision) = drivers::revision(page, since) {
        forecast.push(words::revision(page, &revision, &page.date(since.end_date), &page.date(page.end_date())));
        forecast.extend(revision.reasons.map(|why| words::reasons(page, &why)));
    }
    let held = drivers::check_last_forecast(page, since);
    let mut last: Vec<String> = held
        .map(|(median, interval, value, held)| words::last_forecast_sentence(page, median, interval, value, held))
        .into_iter()
        .collect();
    let width = drivers::width(page, since).filter(|_| !page.is_constant());
    last.extend(width.map(|(then, now, same)| words::width(page, then, now, same)));
    [moved, forecast, last].into_iter().filter(|group| !group.is_empty()).collect()
}

/// Names of the table's columns: series, previous (with date), current (with date), change.
pub(crate) fn columns(page: &Page<'_>) -> DriverRow {
    let language = page.language;
    let then = page.view.since_last.as_ref().map_or(DASH.to_owned(), |since| page.date(since.as_of));
    let now = page.date(page.view.ensemble.as_of());
    [labels::series(language).to_owned(), then, now, labels::change(language).to_owned()]
}

/// Rows of the table: the pair, the other series, the median at the end of the horizon. Empty in a first report.
pub(crate) fn rows(page: &Page<'_>) -> Vec<DriverRow> {
    let Some(since) = &page.view.since_last else { return Vec::new() };
    let language = page.language;
    let others = drivers::others(page, since);
    let series = others.moved.iter().chain(&others.steady).chain(&others.unknown).map(|one| {
        let value = |value: f64| match one.measure {
            ChangeUnit::Percent => language.number(value, price_decimals(value)),
            ChangeUnit::Points => language.number(value, 1),
            ChangeUnit::PercentagePoints => language.percent(value, 2),
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
