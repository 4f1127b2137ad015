//! Past forecasts, replayed or actually issued, against observed rates: a bar per origin for each interval, a tick
//! for the median, and a dot for the observed rate, red when it fell outside the 80 % interval.

use super::{
    axis,
    scale::{Linear, Time},
    sheet::{Mark, Plan, Sheet},
    size::Size,
    svg::{ACCENT, ALERT, BAND80, BAND95, INK, thick},
};
use crate::{findings::within, labels as words, page::Page, view::PastForecast};
use chrono::Days;

/// Largest number of forecasts that fit side by side.
pub(super) const MOST: usize = 60;
const MOST_TICKS: usize = 8;

/// Draws the forecasts made by validation at its rolling origins.
pub(super) fn replayed(page: &Page<'_>, size: Size) -> Option<String> {
    let horizon = page.horizon();
    let title = page.language.pick(
        format!("Pronósticos a {horizon} y valor observado en la fecha final"),
        format!("Forecasts {horizon} ahead and the rate observed on the last date"),
    );
    draw(page, size, &page.view.past, title, page.validation_source())
}

/// Draws the forecasts issued by earlier runs.
pub(super) fn issued(page: &Page<'_>, size: Size) -> Option<String> {
    let horizon = page.horizon();
    let title = page.language.pick(
        format!("Pronósticos a {horizon} emitidos y valor observado en la fecha final"),
        format!("Forecasts issued {horizon} ahead and the rate observed on the last date"),
    );
    draw(page, size, &page.view.issued, title, page.price_source())
}

fn draw(page: &Page<'_>, size: Size, all: &[PastForecast], title: String, source: String) -> Option<String> {
    let shown = &all[all.len().saturating_sub(MOST)..];
    let (first, last) = (shown.iter().map(|p| p.date).min()?, shown.iter().map(|p| p.date).max()?);
    let values = shown.iter().flat_map(|p| [Some(p.interval95.0), Some(p.interval95.1), p.actual]).flatten();
    let scale = Linear::around(values, (0.0, 1.0)).spanning(page.least_span());
    let mut sheet = Sheet::new(plan(page, size, &scale, title, source));
    let plot = sheet.plot;
    let scale = scale.onto((plot.bottom, plot.top));
    // Room for half a bar at either end.
    let spare = ((last - first).num_days().max(14) as u64) / 40 + 1;
    let time = Time::new(first - Days::new(spare), last + Days::new(spare), (plot.left, plot.right));
    axis::vertical(&mut sheet, page.language, &scale, MOST_TICKS);
    axis::dates(&mut sheet, page.language, &time);
    let width = bar_width(shown, &time);
    for past in shown {
        bar(&mut sheet, past, time.at(past.date), width, &scale);
    }
    for past in shown {
        dot(&mut sheet, past, time.at(past.date), width, &scale);
    }
    Some(sheet.finish())
}

fn plan(page: &Page<'_>, size: Size, scale: &Linear, title: String, source: String) -> Plan {
    let language = page.language;
    Plan {
        width: size.width(),
        title,
        unit: page.unit(),
        source,
        legend: vec![
            (Mark::Line(ACCENT), words::median(language).to_owned()),
            (Mark::Band(BAND80), words::interval80(language).to_owned()),
            (Mark::Band(BAND95), words::interval95(language).to_owned()),
            (Mark::Dot(INK), words::inside(language).to_owned()),
            (Mark::Dot(ALERT), words::outside(language).to_owned()),
        ],
        plot_height: if size.is_wide() { 250.0 } else { 220.0 },
        margins: (axis::label_width(language, scale, MOST_TICKS), 12.0),
        strip: 0.0,
    }
}

/// Returns the width of a bar: as much as the two closest dates allow, between 2 and 14 units.
fn bar_width(shown: &[PastForecast], time: &Time) -> f64 {
    let mut places: Vec<f64> = shown.iter().map(|p| time.at(p.date)).collect();
    places.sort_by(f64::total_cmp);
    let closest = places.windows(2).map(|w| w[1] - w[0]).filter(|gap| *gap > 0.0).fold(f64::INFINITY, f64::min);
    (0.66 * closest).clamp(2.0, 14.0)
}

fn bar(sheet: &mut Sheet, past: &PastForecast, x: f64, width: f64, scale: &Linear) {
    for ((low, high), colour) in [(past.interval95, BAND95), (past.interval80, BAND80)] {
        let (top, height) = thick(scale.at(high), scale.at(low));
        sheet.svg.rect((x - width / 2.0, top), (width, height), colour);
    }
    let y = scale.at(past.median);
    sheet.svg.line((x - width / 2.0, y), (x + width / 2.0, y), ACCENT, 1.6);
}

fn dot(sheet: &mut Sheet, past: &PastForecast, x: f64, width: f64, scale: &Linear) {
    if let Some(actual) = past.actual {
        let colour = if within(past.interval80, actual) { INK } else { ALERT };
        sheet.svg.dot((x, scale.at(actual)), (0.45 * width).clamp(2.2, 3.6), colour);
    }
}
