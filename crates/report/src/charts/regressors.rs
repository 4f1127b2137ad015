//! Regressors over the last year as small multiples: one panel per series, with its own scale and its last value.

use super::{
    axis, colours,
    measure::{Weight, shortened, text_width},
    scale::{Linear, Time},
    sheet::{EDGE, Plan, Rect, Sheet},
    size::Size,
    svg::{Anchor, INK, MUTED, Point, TextStyle},
};
use crate::{
    findings::market::{self, RegressorYear},
    format::price_decimals,
    page::Page,
    text::names,
};
use chrono::NaiveDate;

/// Height for name and last value above a panel.
const HEAD: f64 = 22.0;
const PANEL: f64 = 70.0;
/// Space below a panel.
const GAP: f64 = 14.0;
/// Space between columns.
const COLUMN_GAP: f64 = 44.0;
const MOST_TICKS: usize = 3;

pub(super) fn draw(page: &Page<'_>, size: Size) -> Option<String> {
    let years = market::years(page.view);
    let dates = years.iter().fold(None, |span: Option<(NaiveDate, NaiveDate)>, year| {
        let (first, last) = (year.first.date, year.last.date);
        Some(span.map_or((first, last), |(a, b)| (a.min(first), b.max(last))))
    })?;
    let columns = if size.is_wide() { 2 } else { 1 };
    let rows = years.len().div_ceil(columns);
    let mut sheet = Sheet::new(plan(page, size, rows));
    let whole = sheet.plot;
    let scales: Vec<Linear> = years.iter().map(scale).collect();
    let left = scales.iter().map(|s| axis::label_width(page.language, s, MOST_TICKS)).fold(0.0, f64::max);
    let width = (size.width() - 4.0 - COLUMN_GAP * (columns - 1) as f64) / columns as f64;
    let colours = colours::of(&years.iter().map(|year| year.name).collect::<Vec<_>>());
    for (i, (year, scale)) in years.iter().zip(scales).enumerate() {
        let (row, column) = (i / columns, i % columns);
        let top = whole.top + row as f64 * (HEAD + PANEL + GAP) + HEAD;
        let start = column as f64 * (width + COLUMN_GAP);
        sheet.plot = Rect { left: start + left, right: start + width, top, bottom: top + PANEL };
        panel(&mut sheet, page, year, scale, dates, (start, colours[i], i + columns >= years.len()));
    }
    sheet.plot = whole;
    Some(sheet.finish())
}

fn plan(page: &Page<'_>, size: Size, rows: usize) -> Plan {
    let language = page.language;
    Plan {
        width: size.width(),
        title: language.pick("Series explicativas, último año", "Regressors, the past year").to_owned(),
        unit: language
            .pick(
                "Valor conocido en cada fecha del par, en la unidad de cada serie; al lado, cambio desde el primero",
                "Value known on each of the pair's dates, in the unit of each series; beside it, the change since the first",
            )
            .to_owned(),
        source: page.regressors_source(false),
        legend: vec![],
        plot_height: rows as f64 * (HEAD + PANEL + GAP) - GAP,
        margins: (0.0, 0.0),
        strip: 0.0,
    }
}

/// Returns the scale of a panel, with ticks no finer than the printed value.
fn scale(year: &RegressorYear<'_>) -> Linear {
    let least = 5.0 * 10f64.powi(-(price_decimals(year.last.value) as i32));
    Linear::around(year.shown.iter().map(|o| o.value), (0.0, 1.0)).spanning(least)
}

/// Draws one series; `start` is the left end of its column, `dated` is true when dates are written below.
fn panel(
    sheet: &mut Sheet,
    page: &Page<'_>,
    year: &RegressorYear<'_>,
    scale: Linear,
    dates: (NaiveDate, NaiveDate),
    (start, colour, dated): (f64, &'static str, bool),
) {
    let plot = sheet.plot;
    let scale = scale.onto((plot.bottom, plot.top));
    let time = Time::new(dates.0, dates.1, (plot.left, plot.right));
    head(sheet, page, year, start);
    axis::vertical(sheet, page.language, &scale, MOST_TICKS);
    let points: Vec<Point> = year.shown.iter().map(|o| (time.at(o.date), scale.at(o.value))).collect();
    sheet.svg.polyline(&points, colour, 1.6);
    if let Some(last) = points.last() {
        sheet.svg.dot(*last, 3.0, colour);
    }
    if dated {
        axis::dates(sheet, page.language, &time);
    }
}

/// Writes the name at the left, last value and change at the right.
fn head(sheet: &mut Sheet, page: &Page<'_>, year: &RegressorYear<'_>, start: f64) {
    let plot = sheet.plot;
    let language = page.language;
    let y = plot.top - 9.0;
    let value = language.number(year.last.value, price_decimals(year.last.value));
    let figure = match names::change(language, year.change, year.measure) {
        Some(change) => format!("{value} ({change})"),
        None => value,
    };
    let room = plot.right - start - text_width(&figure, axis::TICK, Weight::Regular) - 10.0 - EDGE;
    let name = shortened(&names::series(language, year.name), axis::TICK, Weight::Bold, room);
    sheet.svg.text((start + EDGE, y), &name, TextStyle::new(axis::TICK, INK, Anchor::Start).bold());
    sheet.svg.text((plot.right, y), &figure, TextStyle::new(axis::TICK, MUTED, Anchor::End));
}
