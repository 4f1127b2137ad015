//! The fan chart: recent observations, then the median and both intervals for every target date.
//!
//! In: a page. Out: an SVG whose last observation and end values are labelled.

use super::{
    axis, labels,
    scale::{Linear, Time},
    sheet::{Mark, Plan, Sheet},
    size::Size,
    svg::{ACCENT, AXIS, Anchor, BAND80, BAND95, INK, MUTED, Point, TextStyle, text_width},
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
    let scale = Linear::around(history.iter().map(|o| o.value).chain(lows).chain(highs), (0.0, 1.0));
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

fn end_width(page: &Page<'_>, size: Size) -> f64 {
    let price = text_width(&page.price(page.view.ensemble.interval95(page.end()).1), axis::TICK * 1.08);
    let date = text_width(&page.date(page.end_date()), axis::TICK);
    let level = if size.is_wide() { LEVEL_WIDTH } else { 0.0 };
    10.0 + (price + level).max(date)
}

/// Width of an interval's name in front of an end value.
const LEVEL_WIDTH: f64 = 36.0;

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
    let label = format!("{}: {}", page.date(last.date), page.price(last.value));
    let left_end = plot.left + text_width(&label, axis::TICK);
    let look = TextStyle::new(axis::TICK, INK, Anchor::End).bold();
    sheet.svg.text((x.max(left_end), plot.top - 10.0), &label, look);
    sheet.svg.dot((x, y), 3.6, INK);
}

/// Writes the end date and the five end values beside the plot, without overlaps, each with a leader to its point.
fn end_labels(sheet: &mut Sheet, page: &Page<'_>, size: Size, scale: &Linear) {
    let plot = sheet.plot;
    let end = page.end();
    let forecast = &page.view.ensemble;
    let ((low80, high80), (low95, high95)) = (forecast.interval80(end), forecast.interval95(end));
    let (band80, band95) = (words::band80(page.language), words::band95(page.language));
    let values = [(high95, band95), (high80, band80), (forecast.median(end), ""), (low80, band80), (low95, band95)];
    let wanted = values.map(|(price, _)| scale.at(price));
    let placed = labels::spread(&wanted, 14.0, (plot.top + 4.0, plot.bottom - 4.0));
    let x = plot.right + 8.0;
    let date = page.date(page.end_date());
    let edge = if size.is_wide() { plot.right + 10.0 } else { size.width() - text_width(&date, axis::TICK) };
    sheet.svg.text((edge, plot.top - 10.0), &date, TextStyle::new(axis::TICK, MUTED, Anchor::Start));
    for ((price, level), (wanted, y)) in values.into_iter().zip(wanted.into_iter().zip(placed)) {
        let is_median = level.is_empty();
        let colour = if is_median { ACCENT } else { AXIS };
        sheet.svg.polyline(&[(plot.right, wanted), (plot.right + 4.0, y), (x, y)], colour, 1.0);
        let look = TextStyle::new(axis::TICK, if is_median { ACCENT } else { INK }, Anchor::Start);
        let look = if is_median { look.bold() } else { look };
        let mut left = x + 3.0;
        if size.is_wide() {
            sheet.svg.text((left, y + 4.0), level, TextStyle::new(axis::TICK, MUTED, Anchor::Start));
            left += LEVEL_WIDTH;
        }
        sheet.svg.text((left, y + 4.0), &page.price(price), look);
    }
    sheet.svg.dot((plot.right, wanted[2]), 3.6, ACCENT);
}
