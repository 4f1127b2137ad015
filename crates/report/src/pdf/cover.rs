//! The first page: warnings, headline figures, verdict, fan chart.

use super::blocks::{Block, blocks, chart_blocks, text, texts};
use crate::{
    figure::Figure,
    html::verdict,
    labels,
    page::Page,
    text::{caution_boxes, reasons, sentences},
};
use typst::foundations::{Array, Dict, IntoValue, Value, dict};

/// Adds warnings, headline and opening blocks to the note.
pub(super) fn fill(note: &mut Dict, page: &Page<'_>) {
    note.insert("warnings".into(), warnings(page));
    note.insert("headline".into(), headline(page).into_value());
    note.insert("opening".into(), blocks(opening(page)));
}

/// Boxes at the top: out-of-date rates, cautions, missing models.
fn warnings(page: &Page<'_>) -> Value {
    let (language, view) = (page.language, page.view);
    let mut boxes: Vec<(&str, Vec<String>)> = Vec::new();
    if let Some(stale) = view.stale {
        let last = page.date(page.last().map_or(view.ensemble.as_of(), |o| o.date));
        let line = sentences::staleness(language, stale, &last, &page.date(stale.today));
        boxes.push((labels::stale_heading(language), vec![line]));
    }
    boxes.extend(caution_boxes::boxes(view));
    if !view.left_out.is_empty() {
        let lines = view.left_out.iter().map(|it| reasons::left_out_line(language, it)).collect();
        boxes.push((labels::left_out(language), lines));
    }
    let one = |(heading, lines): (&str, Vec<String>)| {
        dict! { "heading" => text(heading), "lines" => texts(&lines) }.into_value()
    };
    boxes.into_iter().map(one).collect::<Array>().into_value()
}

fn headline(page: &Page<'_>) -> Dict {
    let language = page.language;
    let (forecast, end) = (&page.view.ensemble, page.end());
    let median = forecast.median(end);
    let figure = |name: &str, value: String| dict! { "name" => text(name), "value" => text(&value) }.into_value();
    let figures: Array = [
        figure(labels::interval80(language), page.interval(forecast.interval80(end))),
        figure(labels::interval95(language), page.interval(forecast.interval95(end))),
        figure(labels::rise_probability(language), language.probability(page.probability_of_rise(end))),
    ]
    .into_iter()
    .collect();
    let last = page.last();
    let change = last.map(|last| {
        format!("{} ({})", page.price_change(median - last.value), language.signed_percent(page.change(median), 2))
    });
    let observed = last.map(|last| {
        format!("{}: {}, {}", labels::last_observation(language), page.price(last.value), page.date(last.date))
    });
    dict! {
        "label" => text(&format!("{} {}", labels::median_at(language), page.date(page.end_date()))),
        "median" => text(&page.price(median)),
        "unit" => text(&page.unit()),
        "change" => change.map_or(Value::None, |change| text(&change)),
        "against" => labels::against_last(language),
        "last" => observed.map_or(Value::None, |observed| text(&observed)),
        "figures" => figures,
    }
}

fn opening(page: &Page<'_>) -> Vec<Block> {
    let mut opening = vec![Block::Verdict(verdict(page))];
    opening.extend(chart_blocks(page, &[Figure::Fan]));
    opening
}
