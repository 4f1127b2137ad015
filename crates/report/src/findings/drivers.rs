//! Changes since the last report, as facts: the pair, the other series, the forecast with the reasons for its change,
//! the result of the last forecast for today, and the interval's width.

use super::{UNCHANGED_PERCENT, market, outlook::IntervalPosition, within};
use crate::{
    page::Page,
    view::{ChangeUnit, MedianChange, Move, SinceLast},
};
use forecaster_domain::Observation;

/// Smallest notable move of a price, percent; the limit for commodities, which swing more, is twice as high.
const NOTABLE_PERCENT: f64 = 0.5;
const NOTABLE_COMMODITY: f64 = 1.0;
const NOTABLE_POINTS: f64 = 1.0;
const NOTABLE_PERCENTAGE_POINTS: f64 = 0.1;
/// Share below which a change of the relative width counts as none.
const SAME_WIDTH: f64 = 0.05;

/// Returns the smallest change of a series that is notable.
pub(crate) fn notable(series: &str, measure: ChangeUnit) -> f64 {
    match measure {
        ChangeUnit::Percent if series.starts_with("copper") => NOTABLE_COMMODITY,
        ChangeUnit::Percent => NOTABLE_PERCENT,
        ChangeUnit::Points => NOTABLE_POINTS,
        ChangeUnit::PercentagePoints => NOTABLE_PERCENTAGE_POINTS,
    }
}

/// Measured move of a series.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct MeasuredMove {
    pub(crate) series: String,
    pub(crate) measure: ChangeUnit,
    pub(crate) from: Observation,
    pub(crate) to: Observation,
    /// Change from `from` to `to`; `None` when it cannot be measured.
    pub(crate) change: Option<f64>,
}

impl MeasuredMove {
    fn new(m: &Move) -> Self {
        let change = market::change(m.measure, m.from.value, m.to.value);
        Self { series: m.series.clone(), measure: m.measure, from: m.from, to: m.to, change }
    }

    /// Size of the change as a multiple of the smallest notable one.
    fn size(&self) -> f64 {
        self.change.map_or(0.0, |change| change.abs() / notable(&self.series, self.measure))
    }
}

/// All series except the pair, grouped by their move.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct OtherSeries {
    /// Series with a notable move, the largest multiple of the notable size first.
    pub(crate) moved: Vec<MeasuredMove>,
    /// Series with a newer value that is not notably different.
    pub(crate) steady: Vec<MeasuredMove>,
    /// Series without a newer value.
    pub(crate) unknown: Vec<MeasuredMove>,
}

/// Returns the pair's own move: from the last report's last value to the present one.
pub(crate) fn pair(page: &Page<'_>, since: &SinceLast) -> Option<MeasuredMove> {
    let from = Observation { date: since.as_of, value: since.last_value };
    let series = page.view.pair.series_name();
    Some(MeasuredMove::new(&Move { series, measure: ChangeUnit::Percent, from, to: page.last()? }))
}

/// Groups the other series by their move.
pub(crate) fn others(page: &Page<'_>, since: &SinceLast) -> OtherSeries {
    let pair = page.view.pair.series_name();
    let mut others = OtherSeries::default();
    for one in since.moves.iter().filter(|m| m.series != pair).map(MeasuredMove::new) {
        match one.change {
            _ if one.to.date <= one.from.date => others.unknown.push(one),
            None => {}
            Some(_) if one.size() >= 1.0 => others.moved.push(one),
            Some(_) => others.steady.push(one),
        }
    }
    others.moved.sort_by(|a, b| b.size().total_cmp(&a.size()));
    others
}

/// One of the three parts of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ChangePart {
    Data,
    Models,
    Weights,
}

/// Change of the median at the end of the horizon. Figures are rounded to the decimals of a price, so that the
/// printed figures add up.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct MedianRevision {
    pub(crate) from: f64,
    pub(crate) to: f64,
    pub(crate) change: f64,
    pub(crate) percent: f64,
    /// True when the change is below 0.05 %.
    pub(crate) still: bool,
    pub(crate) reasons: Option<Reasons>,
}

/// Parts of a change, and the dominant one: more than half of the sum of their absolute values.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Reasons {
    /// Parts from data, models and weights, in this order.
    pub(crate) parts: [f64; 3],
    pub(crate) dominant: Option<ChangePart>,
    /// The model behind more than half of the models' part, when that part dominates.
    pub(crate) model: Option<(String, f64)>,
    pub(crate) joined: Vec<String>,
    pub(crate) left: Vec<String>,
}

/// Returns the change of the median; `None` when one of the two medians is not a valid price.
pub(crate) fn revision(page: &Page<'_>, since: &SinceLast) -> Option<MedianRevision> {
    let to = page.view.ensemble.median(page.end());
    let percent = 100.0 * (to / since.median - 1.0);
    if !(since.median > 0.0 && percent.is_finite()) {
        return None;
    }
    let (from, to) = (page.rounded(since.median), page.rounded(to));
    let change = page.rounded(to - from);
    let why = since.change.as_ref().and_then(|why| reasons(page, why, change));
    Some(MedianRevision { from, to, change, percent, still: percent.abs() < UNCHANGED_PERCENT, reasons: why })
}

/// Returns the parts as printed; `None` when they do not add up to `change`.
fn reasons(page: &Page<'_>, why: &MedianChange, change: f64) -> Option<Reasons> {
    let exact = [why.data, why.models, why.weights];
    // Each of the two medians is rounded by at most half a unit.
    let gap = (exact.iter().sum::<f64>() - change).abs();
    if gap.is_nan() || gap > 1.01 * page.unit_of_price() {
        return None;
    }
    let largest = (0..3).max_by(|a, b| exact[*a].abs().total_cmp(&exact[*b].abs()))?;
    let mut parts = exact.map(|part| page.rounded(part));
    parts[largest] = page.rounded(change - (0..3).filter(|i| *i != largest).map(|i| parts[i]).sum::<f64>());
    let all: f64 = parts.iter().map(|part| part.abs()).sum();
    let clear = exact[largest].abs() > 0.5 * exact.iter().map(|part| part.abs()).sum::<f64>();
    let dominates = clear && parts[largest].abs() > 0.5 * all && parts[largest].abs() >= page.unit_of_price() / 2.0;
    let dominant = dominates.then(|| [ChangePart::Data, ChangePart::Models, ChangePart::Weights][largest]);
    let model = why
        .by_model
        .iter()
        .max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()))
        .filter(|(_, part)| part * why.models > 0.0 && part.abs() > 0.5 * sum_of_sizes(&why.by_model))
        .filter(|(_, part)| {
            dominant == Some(ChangePart::Models) && page.rounded(*part) != 0.0 && part * parts[1] > 0.0
        })
        .cloned();
    Some(Reasons { parts, dominant, model, joined: why.joined.clone(), left: why.left.clone() })
}

fn sum_of_sizes(parts: &[(String, f64)]) -> f64 {
    parts.iter().map(|(_, part)| part.abs()).sum()
}

/// Result of the last report's forecast for today.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum ForecastCheck {
    Inside80,
    Only95,
    Outside(IntervalPosition),
}

/// Judges the last forecast for today: (median, interval named in the sentence, value, result).
pub(crate) fn check_last_forecast(
    page: &Page<'_>,
    since: &SinceLast,
) -> Option<(f64, (f64, f64), f64, ForecastCheck)> {
    let (median, interval80, interval95) = since.forecast_for_today?;
    let value = page.last()?.value;
    let finite =
        [median, interval80.0, interval80.1, interval95.0, interval95.1, value].iter().all(|v| v.is_finite());
    let (interval, held) = match value {
        v if within(interval80, v) => (interval80, ForecastCheck::Inside80),
        v if within(interval95, v) => (interval95, ForecastCheck::Only95),
        v if v > interval95.1 => (interval95, ForecastCheck::Outside(IntervalPosition::Above)),
        _ => (interval95, ForecastCheck::Outside(IntervalPosition::Below)),
    };
    finite.then_some((median, interval, value, held))
}

/// Returns the width of the 80 % interval at the end, in percent of its median: then, now, and true when the two are
/// practically the same (within 5 % of the earlier width).
pub(crate) fn width(page: &Page<'_>, since: &SinceLast) -> Option<(f64, f64, bool)> {
    let relative = |(low, high): (f64, f64), median: f64| 100.0 * (high - low) / median;
    let then = relative(since.interval80, since.median);
    let now = relative(page.view.ensemble.interval80(page.end()), page.view.ensemble.median(page.end()));
    let usable = then > 0.0 && now > 0.0 && then.is_finite() && now.is_finite();
    usable.then(|| (then, now, (now / then - 1.0).abs() < SAME_WIDTH))
}
