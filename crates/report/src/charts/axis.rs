//! Axes: light grid lines with numbers, and dates along the bottom.
//!
//! In: a scale and the plot rectangle. Out: ticks and labels on the sheet that do not overlap.

use super::{
    measure::{Weight, text_width},
    scale::{Linear, Time},
    sheet::Sheet,
    svg::{AXIS, Anchor, GRID, MUTED, TextStyle},
};
use crate::view::Language;
use chrono::Datelike;

/// Font size of tick labels.
pub(super) const TICK: f64 = 11.0;

/// Distance from the labels of a vertical axis to the plot.
const GAP: f64 = 8.0;
/// Room left over beside labels at an edge of the sheet.
pub(super) const SPARE: f64 = 2.0;
/// Smallest distance between neighbouring labels of a horizontal axis.
const APART: f64 = 8.0;

/// Returns the width of the widest of these texts at the size of tick labels.
pub(super) fn widest<'a>(texts: impl IntoIterator<Item = &'a str>, weight: Weight) -> f64 {
    texts.into_iter().map(|text| text_width(text, TICK, weight)).fold(0.0, f64::max)
}

/// Returns the width that labels beside a vertical axis need, including the gap to the plot.
pub(super) fn room<'a>(labels: impl IntoIterator<Item = &'a str>) -> f64 {
    SPARE + widest(labels, Weight::Regular) + GAP
}

/// Returns the width of a vertical axis's labels, including the gap to the plot.
pub(super) fn label_width(language: Language, scale: &Linear, most: usize) -> f64 {
    let (ticks, decimals) = scale.ticks(most);
    let labels: Vec<String> = ticks.iter().map(|tick| language.number(*tick, decimals)).collect();
    room(labels.iter().map(String::as_str))
}

/// Draws grid lines and numbers of a vertical axis.
pub(super) fn vertical(sheet: &mut Sheet, language: Language, scale: &Linear, most: usize) {
    let plot = sheet.plot;
    let (ticks, decimals) = scale.ticks(most);
    for tick in ticks {
        let y = scale.at(tick);
        sheet.svg.line((plot.left, y), (plot.right, y), GRID, 1.0);
        let look = TextStyle::new(TICK, MUTED, Anchor::End);
        sheet.svg.text((plot.left - GAP, y + 4.0), &language.number(tick, decimals), look);
    }
}

/// Draws grid lines and numbers of a horizontal axis: every tick, or every second, third ... where numbers are wide.
pub(super) fn horizontal(sheet: &mut Sheet, language: Language, scale: &Linear, most: usize) {
    let plot = sheet.plot;
    let (ticks, decimals) = scale.ticks(most);
    let labels: Vec<String> = ticks.iter().map(|tick| language.number(*tick, decimals)).collect();
    let needed = widest(labels.iter().map(String::as_str), Weight::Regular) + APART;
    let step = ticks.get(1).map_or(needed, |second| scale.at(*second) - scale.at(ticks[0]));
    let every = (needed / step).ceil().max(1.0) as usize;
    for (tick, label) in ticks.into_iter().zip(labels).step_by(every) {
        let x = scale.at(tick);
        sheet.svg.line((x, plot.top), (x, plot.bottom), GRID, 1.0);
        let look = TextStyle::new(TICK, MUTED, Anchor::Middle);
        let x = sheet.clamp_centre(x, text_width(&label, TICK, Weight::Regular));
        sheet.svg.text((x, plot.bottom + 16.0), &label, look);
    }
}

/// Draws base line, ticks and dates along the bottom; the year stands below the first date of each year.
pub(super) fn dates(sheet: &mut Sheet, language: Language, time: &Time) {
    let plot = sheet.plot;
    sheet.svg.line((plot.left, plot.bottom), (plot.right, plot.bottom), AXIS, 1.0);
    let look = TextStyle::new(TICK, MUTED, Anchor::Middle);
    let mut year = None;
    let mut free_from = f64::NEG_INFINITY;
    for date in time.ticks(text_width("00-May", TICK, Weight::Regular) + 14.0) {
        let (day, below) = (language.day_month(date), date.year().to_string());
        let width = widest([day.as_str(), below.as_str()], Weight::Regular);
        let x = sheet.clamp_centre(time.at(date), width);
        // A label that was moved away from the sheet's edge may reach its neighbour.
        if x - width / 2.0 < free_from {
            continue;
        }
        free_from = x + width / 2.0 + 4.0;
        sheet.svg.line((time.at(date), plot.bottom), (time.at(date), plot.bottom + 4.0), AXIS, 1.0);
        sheet.svg.text((x, plot.bottom + 16.0), &day, look);
        if year != Some(date.year()) {
            year = Some(date.year());
            sheet.svg.text((x, plot.bottom + 29.0), &below, look);
        }
    }
}
