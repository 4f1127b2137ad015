//! The fan chart: recent observations, then the median and both intervals for every target date.
//!
//! In: a page. Out: an SVG whose last observation and end values are labelled.

use super::{
    axis, labels,
    measure::{Weight, text_width},
    scale::{Linear, Time},
    sheet::{EDGE, Mark, Plan, Sheet},
    size::Size,
    svg::{ACCENT, AXIS, Anchor, BAND80, BAND95, INK, MUTED, Point, TextStyle},
};
use crate::{labels as words, page::Page};
use chrono::NaiveDate;
use forecaster_domain::{Horizon, Observation};

const MOST_TICKS: usize = 7;

pub(super) fn draw(page: &Page<'_>, size: Size) -> String {
    let forecast = &page.view.ensemble;
    let history = history(page);
    let lows = (0..forecast.steps()).map(|i| forecast.interval95(i).0);
    let highs = (0..forecast.steps()).map(|i| forecast.interval95(i).1);
    let shown = history.iter().map(|o| o.value).chain(lows).chain(highs);
    let scale = Linear::around(shown, (0.0, 1.0)).spanning(page.least_span());
    let mut sheet = Sheet::new(plan(page, size, &scale));
    let plot = sheet.plot;
    let scale = scale.onto((plot.bottom, plot.top));
    let first = history.first().map_or(forecast.as_of(), |o| o.date);
    let time = Time::new(first, page.end_date(), (plot.left, plot.right));
    axis::vertical(&mut sheet, page.language, &scale, MOST_TICKS);
    bands(&mut sheet, page, &scale, &time);
    axis::dates(&mut sheet, page.language, &time);
    let observed: Vec<Point> = history.iter().map(|o| (time.at(o.date), scale.at(o.value))).collect();
    sheet.svg.polyline(&observed, INK, 1.4);
    if let Some(last) = page.last() {
        last_observation(&mut sheet, page, (time.at(last.date), scale.at(last.value)), last);
    }
    end_labels(&mut sheet, page, size, &scale);
    sheet.finish()
}

/// Returns the history to draw: enough to show where the price comes from, but without squeezing the fan to a sliver.
fn history<'a>(page: &Page<'a>) -> &'a [Observation] {
    let count = match page.view.horizon {
        Horizon::D7 | Horizon::D15 => 60,
        Horizon::D30 => 75,
        Horizon::D90 => 90,
    };
    let all = &page.view.observations;
    &all[all.len().saturating_sub(count)..]
}

fn plan(page: &Page<'_>, size: Size, scale: &Linear) -> Plan {
    let language = page.language;
    let horizon = page.horizon();
    let pair = &page.view.pair;
    Plan {
        width: size.width(),
        title: language.pick(
            format!("{pair}: observado y pronóstico a {horizon}"),
            format!("{pair}: observed and forecast, {horizon}"),
        ),
        unit: page.unit(),
        source: page.price_source(),
        legend: vec![
            (Mark::Line(INK), words::observed(language).to_owned()),
            (Mark::Line(ACCENT), words::median(language).to_owned()),
            (Mark::Band(BAND80), words::interval80(language).to_owned()),
            (Mark::Band(BAND95), words::interval95(language).to_owned()),
        ],
        plot_height: if size.is_wide() { 280.0 } else { 230.0 },
        margins: (axis::label_width(language, scale, MOST_TICKS), end_width(page, size)),
        strip: 20.0,
    }
}

/// Returns prices at the end of the horizon from high to low, each with the name of its interval; none for the median.
fn end_values(page: &Page<'_>) -> [(f64, &'static str); 5] {
    let (end, forecast) = (page.end(), &page.view.ensemble);
    let ((low80, high80), (low95, high95)) = (forecast.interval80(end), forecast.interval95(end));
    let (band80, band95) = (words::band80(page.language), words::band95(page.language));
    [(high95, band95), (high80, band80), (forecast.median(end), ""), (low80, band80), (low95, band95)]
}

fn end_width(page: &Page<'_>, size: Size) -> f64 {
    let prices = end_values(page).map(|(price, _)| page.price(price));
    let prices = axis::widest(prices.iter().map(String::as_str), Weight::Bold);
    let date = text_width(&page.date(page.end_date()), axis::TICK, Weight::Regular);
    END_GAP + (prices + level_width(page, size)).max(date) + axis::SPARE
}

/// Distance from the plot to the end values.
const END_GAP: f64 = 11.0;

/// Width of an interval's name in front of an end value; nothing where there is no room for it.
fn level_width(page: &Page<'_>, size: Size) -> f64 {
    let names = end_values(page).map(|(_, name)| name);
    if size.is_wide() { axis::widest(names, Weight::Regular) + 8.0 } else { 0.0 }
}

/// Draws both bands and the median, opening from the last observation.
fn bands(sheet: &mut Sheet, page: &Page<'_>, scale: &Linear, time: &Time) {
    let forecast = &page.view.ensemble;
    let start: Option<(NaiveDate, f64)> = page.last().map(|o| (o.date, o.value));
    let path = |value: &dyn Fn(usize) -> f64| -> Vec<Point> {
        let steps = forecast.dates().iter().enumerate().map(|(i, date)| (*date, value(i)));
        start.into_iter().chain(steps).map(|(date, price)| (time.at(date), scale.at(price))).collect()
    };
    let band = |interval: &dyn Fn(usize) -> (f64, f64)| {
        let mut outline = path(&|i| interval(i).1);
        outline.extend(path(&|i| interval(i).0).into_iter().rev());
        outline
    };
    sheet.svg.area(&band(&|i| forecast.interval95(i)), BAND95);
    sheet.svg.area(&band(&|i| forecast.interval80(i)), BAND80);
    sheet.svg.polyline(&path(&|i| forecast.median(i)), ACCENT, 2.0);
}

/// Draws a dashed line at the as-of date with date and price above the plot, and a dot.
fn last_observation(sheet: &mut Sheet, page: &Page<'_>, (x, y): Point, last: Observation) {
    let plot = sheet.plot;
    sheet.svg.dashed((x, plot.top - 6.0), (x, plot.bottom), AXIS);
    let price = page.price(last.value);
    let dated = format!("{}: {price}", page.date(last.date));
    let width = |text: &str| text_width(text, axis::TICK, Weight::Bold);
    let label = if EDGE + width(&dated) <= plot.right { dated } else { price };
    let look = TextStyle::new(axis::TICK, INK, Anchor::End).bold();
    // From the left edge of the plot, or of the sheet where the label is longer than that.
    let right_end = x.max((plot.left + width(&label)).min(plot.right)).max(EDGE + width(&label));
    sheet.svg.text((right_end, plot.top - 10.0), &label, look);
    sheet.svg.dot((x, y), 3.6, INK);
}

/// Writes the end date and the five end values beside the plot, without overlaps, each with a leader to its point.
fn end_labels(sheet: &mut Sheet, page: &Page<'_>, size: Size, scale: &Linear) {
    let plot = sheet.plot;
    let values = end_values(page);
    let wanted = values.map(|(price, _)| scale.at(price));
    let placed = labels::spread(&wanted, 14.0, (plot.top + 4.0, plot.bottom - 4.0));
    let level_width = level_width(page, size);
    let x = plot.right + END_GAP - 3.0;
    let date = TextStyle::new(axis::TICK, MUTED, Anchor::Start);
    sheet.svg.text((plot.right + END_GAP, plot.top - 10.0), &page.date(page.end_date()), date);
    for ((price, level), (wanted, y)) in values.into_iter().zip(wanted.into_iter().zip(placed)) {
        let is_median = level.is_empty();
        let colour = if is_median { ACCENT } else { AXIS };
        sheet.svg.polyline(&[(plot.right, wanted), (plot.right + 4.0, y), (x, y)], colour, 1.0);
        let look = TextStyle::new(axis::TICK, if is_median { ACCENT } else { INK }, Anchor::Start);
        let look = if is_median { look.bold() } else { look };
        let mut left = x + 3.0;
        if size.is_wide() {
            sheet.svg.text((left, y + 4.0), level, TextStyle::new(axis::TICK, MUTED, Anchor::Start));
            left += level_width;
        }
        sheet.svg.text((left, y + 4.0), &page.price(price), look);
    }
    sheet.svg.dot((plot.right, wanted[2]), 3.6, ACCENT);
}
