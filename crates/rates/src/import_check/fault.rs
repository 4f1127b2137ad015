//! Faults of a file, each with its one-line text for the operator.

use super::{
    point::Point,
    reading::{Reading, shown},
};
use chrono::NaiveDate;
use std::fmt;

/// A reason why nothing of a file is taken; its `Display` is one line with the dates, the values and their other
/// reading.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ImportFault {
    /// Dates concerned.
    place: String,
    /// Values found, and those they do not fit.
    values: String,
    /// Other reading, or the measure of the difference.
    measure: String,
    /// Values that follow, or the reason why nothing confirms these; may be empty.
    after: String,
}

impl ImportFault {
    /// Builds the fault of values that leave the level before and return to it.
    pub(super) fn stretch(before: Point, stretch: &[Point], after: Point, name: &str) -> Self {
        let fault = Self::of(before, stretch, name, false);
        let first = stretch.first().map_or(before.value, |point| point.value);
        let reading = Reading::of(before.value, first).or_else(|| Reading::of(after.value, first));
        let measure = reading.map_or(fault.measure, |reading| reading.of_value(first, name));
        let after = format!("; on {} it is {} again", after.date, shown(after.value));
        Self { measure, after, ..fault }
    }

    /// Builds the fault of the newest values, which nothing confirms.
    pub(super) fn newest(before: Point, newest: &[Point], deviations: Option<f64>) -> Self {
        let size = deviations.map_or_else(String::new, |size| format!(", {size:.0} of its usual daily moves"));
        let after = format!("{size}; no later value and no other source confirms it");
        Self { after, ..Self::of(before, newest, "", false) }
    }

    /// Builds the fault of the newest values in another reading.
    pub(super) fn misread_newest(before: Point, newest: &[Point], name: &str) -> Self {
        Self::of(before, newest, name, false)
    }

    /// Builds the fault of a step to another level that lasts.
    pub(super) fn level(before: Point, first: Point, reading: Option<Reading>, name: &str) -> Self {
        let fault = Self::of(before, &[first], name, true);
        match reading {
            Some(reading) => Self { measure: reading.of_value(first.value, name), ..fault },
            None => fault,
        }
    }

    /// Builds the fault of the first values, which those after them do not continue.
    pub(super) fn beginning(beginning: &[Point], after: Point, name: &str) -> Self {
        let fault = Self::of(after, beginning, name, false);
        let first = beginning.first().map_or(after.value, |point| point.value);
        Self { values: format!("{} before {} on {}", shown(first), shown(after.value), after.date), ..fault }
    }

    /// Builds the fault of values that differ from the known ones on most days.
    pub(super) fn contradiction(
        (differing, shared): (usize, usize),
        (date, value, known): (NaiveDate, f64, f64),
        what: &str,
        measure: String,
    ) -> Self {
        Self {
            place: format!("{differing} of its {shared} values on known days contradict {what}"),
            values: format!("the first on {date} with {} instead of {}", shown(value), shown(known)),
            measure,
            after: String::new(),
        }
    }

    fn of(before: Point, values: &[Point], name: &str, lasts: bool) -> Self {
        let first = values.first().copied().unwrap_or(before);
        let place = match values {
            _ if lasts => format!("from {} on", first.date),
            [_, .., last] => format!("{} to {}, {} values", first.date, last.date, values.len()),
            _ => first.date.to_string(),
        };
        let measure = match Reading::of(before.value, first.value) {
            Some(reading) => reading.of_value(first.value, name),
            None => format!("{:+.1} %", 100.0 * (first.value / before.value - 1.0)),
        };
        let values = format!("{} after {} on {}", shown(first.value), shown(before.value), before.date);
        Self { place, values, measure, after: String::new() }
    }
}

impl fmt::Display for ImportFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, values, measure, after } = self;
        write!(f, "{place}: {values}, {measure}{after}")
    }
}
