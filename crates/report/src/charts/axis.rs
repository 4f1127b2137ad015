//! Axes: light grid lines with numbers, and dates along the bottom.
//!
//! In: a scale and the plot rectangle. Out: ticks and labels on the sheet that do not overlap.

use super::{
    scale::{Linear, Time},
    sheet::Sheet,
    svg::{AXIS, Anchor, GRID, MUTED, TextStyle, text_width},
};
use crate::view::Language;
use chrono::Datelike;

/// Font size of tick labels.
pub(super) const TICK: f64 = 11.0;

/// Returns the width of a vertical axis's labels, including the gap to the plot.
pub(super) fn label_width(language: Language, scale: &Linear, most: usize) -> f64 {
    let (ticks, decimals) = scale.ticks(most);
    let width = |tick: &f64| text_width(&language.number(*tick, decimals), TICK);
    8.0 + ticks.iter().map(width).fold(0.0, f64::max)
}

/// Draws grid lines and numbers of a vertical axis.
pub(super) fn vertical(sheet: &mut Sheet, language: Language, scale: &Linear, most: usize) {
    let plot = sheet.plot;
    let (ticks, decimals) = scale.ticks(most);
    for tick in ticks {
        let y = scale.at(tick);
        sheet.svg.line((plot.left, y), (plot.right, y), GRID, 1.0);
        let look = TextStyle::new(TICK, MUTED, Anchor::End);
        sheet.svg.text((plot.left - 8.0, y + 4.0), &language.number(tick, decimals), look);
    }
}

/// Draws grid lines and numbers of a horizontal axis.
pub(super) fn horizontal(sheet: &mut Sheet, language: Language, scale: &Linear, most: usize) {
    let plot = sheet.plot;
    let (ticks, decimals) = scale.ticks(most);
    for tick in ticks {
        let x = scale.at(tick);
        sheet.svg.line((x, plot.top), (x, plot.bottom), GRID, 1.0);
        let look = TextStyle::new(TICK, MUTED, Anchor::Middle);
        sheet.svg.text((x, plot.bottom + 16.0), &language.number(tick, decimals), look);
    }
}

/// Draws base line, ticks and dates along the bottom; the year stands below the first date of each year.
pub(super) fn dates(sheet: &mut Sheet, language: Language, time: &Time) {
    let plot = sheet.plot;
    sheet.svg.line((plot.left, plot.bottom), (plot.right, plot.bottom), AXIS, 1.0);
    let mut year = None;
    for date in time.ticks(text_width("00-sep", TICK) + 18.0) {
        let x = time.at(date);
        sheet.svg.line((x, plot.bottom), (x, plot.bottom + 4.0), AXIS, 1.0);
        let look = TextStyle::new(TICK, MUTED, Anchor::Middle);
        let day = language.day_month(date);
        let x = sheet.clamp_centre(x, text_width(&day, TICK));
        sheet.svg.text((x, plot.bottom + 16.0), &day, look);
        if year != Some(date.year()) {
            year = Some(date.year());
            sheet.svg.text((x, plot.bottom + 29.0), &date.year().to_string(), look);
        }
    }
}
