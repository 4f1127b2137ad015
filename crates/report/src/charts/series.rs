//! Plot of values over dates with names at the right ends of its lines; the basis of most charts.
//!
//! In: a [`SeriesLayout`], the values that must fit, names. Out: a [`Series`] with grid, dates and scales to draw on.

use super::{
    axis, labels,
    measure::{Weight, shortened, text_width},
    scale::{Linear, Time},
    sheet::{Mark, Plan, Sheet},
    size::Size,
    svg::{AXIS, Anchor, INK, Point, TextStyle},
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

/// Name and figure at the right end of a line; either may be empty.
#[derive(Debug, Clone)]
pub(super) struct EndLabel {
    pub(super) value: f64,
    pub(super) name: String,
    pub(super) figure: String,
    pub(super) colour: &'static str,
    pub(super) weight: Weight,
}

impl EndLabel {
    /// Creates a label without a name.
    pub(super) fn figure(value: f64, figure: String, colour: &'static str, weight: Weight) -> Self {
        Self { value, name: String::new(), figure, colour, weight }
    }

    fn width(&self, text: &str) -> f64 {
        text_width(text, axis::TICK, self.weight)
    }

    /// Returns the text for this much room: a name that is too long is shortened, the figure is always whole.
    fn text(&self, room: f64) -> String {
        if self.name.is_empty() {
            return self.figure.clone();
        }
        let tail = if self.figure.is_empty() { String::new() } else { format!(" {}", self.figure) };
        shortened(&self.name, axis::TICK, self.weight, room - self.width(&tail)) + &tail
    }
}

/// Distance between neighbouring labels.
const LABEL_GAP: f64 = 13.5;
/// Distance from the plot to a label.
pub(super) const LEADER: f64 = 15.0;
/// Largest share of a sheet that is given to labels with long names.
const LARGEST_SHARE: f64 = 0.5;

/// Returns the width that labels need beside a plot on a sheet of this size.
pub(super) fn label_room(ends: &[EndLabel], size: Size) -> f64 {
    let room = LARGEST_SHARE * size.width();
    ends.iter().map(|end| end.width(&end.text(room))).fold(0.0, f64::max) + LEADER + axis::SPARE
}

/// Returns the height in which this many labels can stand below one another.
fn label_height(count: usize) -> f64 {
    LABEL_GAP * count.saturating_sub(1) as f64 + 8.0
}

/// Writes each label beside the end of its line, without overlaps, with a leader to that end in the line's colour.
pub(super) fn end_labels(sheet: &mut Sheet, scale: &Linear, ends: &[EndLabel]) {
    let plot = sheet.plot;
    let ends: Vec<&EndLabel> = ends.iter().filter(|end| end.value.is_finite()).collect();
    let wanted: Vec<f64> = ends.iter().map(|end| scale.at(end.value)).collect();
    let placed = labels::spread(&wanted, LABEL_GAP, (plot.top + 4.0, plot.bottom - 4.0));
    let room = sheet.width - plot.right - LEADER;
    for (end, (wanted, y)) in ends.iter().zip(wanted.into_iter().zip(placed)) {
        let path = [(plot.right, wanted), (plot.right + 5.0, y), (plot.right + LEADER - 4.0, y)];
        sheet.svg.polyline(&path, end.colour, 1.6);
        let look = TextStyle::new(axis::TICK, INK, Anchor::Start).weighing(end.weight);
        sheet.svg.text((plot.right + LEADER, y + 4.0), &end.text(room), look);
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
            plot_height: frame.height.max(label_height(ends.len())),
            margins: (axis::label_width(page.language, &scale, most), label_room(ends, size)),
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
