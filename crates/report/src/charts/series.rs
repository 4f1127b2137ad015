//! Plot of values over dates with names at the right ends of its lines; the basis of most charts.
//!
//! In: a [`SeriesLayout`], the values that must fit, names. Out: a [`Series`] with grid, dates and scales to draw on.

use super::{
    axis, labels,
    scale::{Linear, Time},
    sheet::{Mark, Plan, Sheet},
    size::Size,
    svg::{AXIS, Anchor, INK, Point, TextStyle, text_width},
};
use crate::page::Page;
use chrono::NaiveDate;

/// Texts, height and dates of a plot over dates.
#[derive(Debug)]
pub(super) struct SeriesLayout {
    pub(super) title: String,
    pub(super) unit: String,
    pub(super) source: String,
    pub(super) legend: Vec<(Mark, String)>,
    pub(super) height: f64,
    /// First and last date.
    pub(super) dates: (NaiveDate, NaiveDate),
}

/// A name at the right end of a line.
#[derive(Debug, Clone)]
pub(super) struct EndLabel {
    pub(super) value: f64,
    pub(super) text: String,
    pub(super) colour: &'static str,
    pub(super) bold: bool,
}

/// Distance between neighbouring labels.
const LABEL_GAP: f64 = 13.5;
/// Distance from the plot to a label.
const LEADER: f64 = 15.0;

/// Returns the width that labels need beside a plot.
pub(super) fn label_room(ends: &[EndLabel]) -> f64 {
    let widths = ends.iter().map(|end| text_width(&end.text, axis::TICK * if end.bold { 1.08 } else { 1.0 }));
    widths.fold(0.0, f64::max) + LEADER + 3.0
}

/// Writes each label beside the end of its line, without overlaps, with a leader to that end in the line's colour.
pub(super) fn end_labels(sheet: &mut Sheet, scale: &Linear, ends: &[EndLabel]) {
    let plot = sheet.plot;
    let ends: Vec<&EndLabel> = ends.iter().filter(|end| end.value.is_finite()).collect();
    let wanted: Vec<f64> = ends.iter().map(|end| scale.at(end.value)).collect();
    let placed = labels::spread(&wanted, LABEL_GAP, (plot.top + 4.0, plot.bottom - 4.0));
    for (end, (wanted, y)) in ends.iter().zip(wanted.into_iter().zip(placed)) {
        let path = [(plot.right, wanted), (plot.right + 5.0, y), (plot.right + LEADER - 4.0, y)];
        sheet.svg.polyline(&path, end.colour, 1.6);
        let look = TextStyle::new(axis::TICK, INK, Anchor::Start);
        let look = if end.bold { look.bold() } else { look };
        sheet.svg.text((plot.right + LEADER, y + 4.0), &end.text, look);
    }
}

/// A plot over dates with the grid already drawn.
#[derive(Debug)]
pub(super) struct Series {
    pub(super) sheet: Sheet,
    pub(super) scale: Linear,
    pub(super) time: Time,
}

impl Series {
    /// Draws grid and axes of the plot on a new sheet.
    pub(super) fn new(page: &Page<'_>, size: Size, frame: SeriesLayout, scale: Linear, ends: &[EndLabel]) -> Self {
        let most = (frame.height / 34.0) as usize;
        let mut sheet = Sheet::new(Plan {
            width: size.width(),
            title: frame.title,
            unit: frame.unit,
            source: frame.source,
            legend: frame.legend,
            plot_height: frame.height,
            margins: (axis::label_width(page.language, &scale, most), label_room(ends)),
            strip: 6.0,
        });
        let plot = sheet.plot;
        let scale = scale.onto((plot.bottom, plot.top));
        let time = Time::new(frame.dates.0, frame.dates.1, (plot.left, plot.right));
        axis::vertical(&mut sheet, page.language, &scale, most);
        axis::dates(&mut sheet, page.language, &time);
        Self { sheet, scale, time }
    }

    /// Returns the position of a value on a date.
    pub(super) fn at(&self, (date, value): (NaiveDate, f64)) -> Point {
        (self.time.at(date), self.scale.at(value))
    }

    /// Draws a line through values.
    pub(super) fn line(&mut self, values: &[(NaiveDate, f64)], colour: &'static str, width: f64) {
        let points: Vec<Point> = values.iter().map(|value| self.at(*value)).collect();
        self.sheet.svg.polyline(&points, colour, width);
    }

    /// Draws a solid line across the plot at `value`.
    pub(super) fn level(&mut self, value: f64) {
        let (plot, y) = (self.sheet.plot, self.scale.at(value));
        self.sheet.svg.line((plot.left, y), (plot.right, y), AXIS, 1.2);
    }

    /// Writes the labels at the right, then the source line, and returns the document.
    pub(super) fn finish(mut self, ends: &[EndLabel]) -> String {
        end_labels(&mut self.sheet, &self.scale, ends);
        self.sheet.finish()
    }
}

/// Returns first and last date of values; `None` without any.
pub(super) fn span<'a>(values: impl Iterator<Item = &'a (NaiveDate, f64)>) -> Option<(NaiveDate, NaiveDate)> {
    values.fold(None, |span, (date, _)| match span {
        None => Some((*date, *date)),
        Some((first, last)) => Some((first.min(*date), last.max(*date))),
    })
}
