//! Findings of the forecast's own charts: position of the interval, agreement of the models, narrowest and widest
//! interval, direction in which the medians of past forecasts missed.

use super::{UNCHANGED_PERCENT, within};
use crate::{page::Page, view::PastForecast};

/// Position of an interval relative to a price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IntervalPosition {
    /// The interval contains the price.
    Around,
    /// The whole interval is above the price.
    Above,
    /// The whole interval is below the price.
    Below,
}

/// Compares the final 80 % interval with the last observation: changes to its bounds in percent, and its position.
pub(crate) fn end_interval(page: &Page<'_>) -> Option<(f64, f64, IntervalPosition)> {
    let last = page.last()?.value;
    let (low, high) = page.view.ensemble.interval80(page.end());
    let place = match last {
        v if within((low, high), v) => IntervalPosition::Around,
        v if v < low => IntervalPosition::Above,
        _ => IntervalPosition::Below,
    };
    let (down, up) = (page.change(low), page.change(high));
    (down.is_finite() && up.is_finite()).then_some((down, up, place))
}

/// Agreement of the models' medians at the end of the horizon.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Agreement {
    /// Lowest and highest median, each with its model.
    pub(crate) lowest: (String, f64),
    pub(crate) highest: (String, f64),
    /// Distance between the two in percent of the last observation.
    pub(crate) spread: f64,
    /// True when `spread` is below 0.05 %.
    pub(crate) same: bool,
    /// Number of models; then of those whose median is above, or below, the last observation by 0.05 % or more.
    pub(crate) count: usize,
    pub(crate) above: usize,
    pub(crate) below: usize,
}

/// Compares the models' medians; `None` without models or a last observation.
pub(crate) fn agreement(page: &Page<'_>) -> Option<Agreement> {
    let last = page.last()?.value;
    let ends: Vec<(String, f64)> =
        page.view.models.iter().map(|m| (m.name.clone(), m.forecast.median(m.forecast.last_step()))).collect();
    let lowest = ends.iter().min_by(|a, b| a.1.total_cmp(&b.1))?.clone();
    let highest = ends.iter().max_by(|a, b| a.1.total_cmp(&b.1))?.clone();
    let spread = 100.0 * (highest.1 - lowest.1) / last;
    let changes: Vec<f64> = ends.iter().map(|(_, median)| page.change(*median)).collect();
    Some(Agreement {
        lowest,
        highest,
        spread,
        same: spread < UNCHANGED_PERCENT,
        count: ends.len(),
        above: changes.iter().filter(|change| **change >= UNCHANGED_PERCENT).count(),
        below: changes.iter().filter(|change| **change <= -UNCHANGED_PERCENT).count(),
    })
}

/// Largest relative difference at which two widths are practically the same.
const SAME_WIDTH: f64 = 0.02;

/// Widths of the 80 % intervals at the end of the horizon, price units.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct IntervalWidths {
    pub(crate) narrowest: (String, f64),
    pub(crate) widest: (String, f64),
    pub(crate) ensemble: f64,
    /// True when narrowest and widest differ by at most 2 % of the widest.
    pub(crate) same: bool,
    pub(crate) count: usize,
}

/// Compares the models' widths; `None` without models.
pub(crate) fn widths(page: &Page<'_>) -> Option<IntervalWidths> {
    let width = |(low, high): (f64, f64)| high - low;
    let models = page.view.models.iter();
    let all: Vec<(String, f64)> =
        models.map(|m| (m.name.clone(), width(m.forecast.interval80(m.forecast.last_step())))).collect();
    let narrowest = all.iter().min_by(|a, b| a.1.total_cmp(&b.1))?.clone();
    let widest = all.iter().max_by(|a, b| a.1.total_cmp(&b.1))?.clone();
    Some(IntervalWidths {
        same: widest.1 - narrowest.1 <= SAME_WIDTH * widest.1,
        narrowest,
        widest,
        ensemble: width(page.view.ensemble.interval80(page.end())),
        count: all.len(),
    })
}

/// Counts the misses of past medians by direction: (rates above the median, rates below it).
pub(crate) fn misses(past: &[PastForecast]) -> (usize, usize) {
    let count = |beyond: &dyn Fn(f64, f64) -> bool| {
        past.iter().filter(|p| p.actual.is_some_and(|actual| beyond(actual, p.median))).count()
    };
    (count(&|actual, median| actual > median), count(&|actual, median| actual < median))
}
