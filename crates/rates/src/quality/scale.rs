//! Scale of a series' usual moves, against which a jump is measured. In: the returns and values of the series. Out:
//! a standard deviation for each place, never less than what rounding and the kind of the series explain.

use crate::{snapshot::RawObservation, tolerance::is_same_value};
use forecaster_domain::BusinessCalendar;

/// Number of returns used to judge one return: about a year of them, half before and half after.
const WINDOW: usize = 250;

/// Ratio of a Gaussian's standard deviation to its median absolute deviation: 1 / Phi^-1(3/4) (Rousseeuw & Croux
/// 1993).
const MAD_TO_DEVIATION: f64 = 1.4826;

/// Share of returns that must not be zero for their median to be a usual move. A series that stands still on most
/// days has a median absolute deviation of zero although it moves every week; a peg with a dozen errors a year
/// stays below this share.
const MOVING_SHARE: f64 = 0.1;

/// Least number of steps from which the tick of a series can be told.
const MIN_STEPS: usize = 10;

/// Share of the steps that are no larger than the tick. In a series quoted in ticks the smallest step is the most
/// frequent one; in one with many digits this share of the steps is far below a usual move.
const TICK_SHARE: f64 = 0.1;

/// Largest tick, as a share of the price, that is believed without further evidence.
const LARGE_TICK: f64 = 0.01;

/// Share of the values that must be whole multiples of a larger tick, in a series that moves often.
const MULTIPLES_SHARE: f64 = 0.95;

/// Returns and steps of a series from which its usual moves are estimated.
pub(super) struct MoveScale {
    /// Log returns per square root of the business days they took.
    returns: Vec<f64>,
    /// Values, one more than the returns.
    values: Vec<f64>,
    /// Tick of the complete series; 0 when it has none.
    tick: f64,
    /// Least deviation of the kind of the series.
    least: f64,
}

impl MoveScale {
    /// Measures a series with strictly increasing dates; no deviation will be less than `least`.
    pub(super) fn new(observations: &[RawObservation], calendar: BusinessCalendar, least: f64) -> Self {
        let values: Vec<f64> = observations.iter().map(|o| o.value).collect();
        Self {
            returns: observations.windows(2).map(|w| daily_return(w[0], w[1], calendar)).collect(),
            tick: tick_of(&values).unwrap_or(0.0),
            values,
            least,
        }
    }

    /// Returns the standard deviation of the returns around index `at`, at the price `price`. It is the largest of:
    ///
    /// - the robust deviation of the `WINDOW` returns around it, which is moved inwards at the ends;
    /// - the median size of those that are not zero, when there are many of them;
    /// - the error of a difference of two values rounded to the series' tick, tick / sqrt(6);
    /// - the least deviation of the kind of the series.
    pub(super) fn deviation_around(&self, at: usize, price: f64) -> f64 {
        let start = at.saturating_sub(WINDOW / 2).min(self.returns.len().saturating_sub(WINDOW));
        let end = self.returns.len().min(start + WINDOW);
        let window = &self.returns[start..end];
        let centre = median(window.to_vec()).unwrap_or(0.0);
        let spread = median(window.iter().map(|r| (r - centre).abs()).collect()).unwrap_or(0.0);
        let values = &self.values[start..=end];
        let moves = values.windows(2).zip(window).filter(|(pair, _)| !is_same_value(pair[0], pair[1]));
        let moves: Vec<f64> = moves.map(|(_, r)| r.abs()).collect();
        let is_moving = moves.len() as f64 >= MOVING_SHARE * window.len() as f64;
        let usual_move = if is_moving { median(moves).unwrap_or(0.0) } else { 0.0 };
        let rounding = tick_of(values).unwrap_or(self.tick) / price / 6.0_f64.sqrt();
        (MAD_TO_DEVIATION * spread).max(usual_move).max(rounding).max(self.least)
    }
}

/// Returns the log return per square root of the business days it took, at least one.
pub(super) fn daily_return(from: RawObservation, to: RawObservation, calendar: BusinessCalendar) -> f64 {
    let days = calendar.business_days_between(from.date, to.date).max(1) as f64;
    (to.value / from.value).ln() / days.sqrt()
}

/// Returns the tick in which values move; `None` when there are too few steps to tell.
fn tick_of(values: &[f64]) -> Option<f64> {
    let moved = values.windows(2).filter(|pair| !is_same_value(pair[0], pair[1]));
    let mut steps: Vec<f64> = moved.map(|pair| (pair[1] - pair[0]).abs()).collect();
    if steps.len() < MIN_STEPS {
        return None;
    }
    let place = (TICK_SHARE * steps.len() as f64) as usize;
    let step = *steps.select_nth_unstable_by(place, f64::total_cmp).1;
    let price = median(values.to_vec())?;
    let is_multiple = |value: &&f64| {
        let multiple = **value / step;
        (multiple - multiple.round()).abs() <= 1e-6 * multiple.max(1.0)
    };
    let moves_often = steps.len() as f64 >= MOVING_SHARE * values.len() as f64;
    let all_multiples = || values.iter().filter(is_multiple).count() as f64 >= MULTIPLES_SHARE * values.len() as f64;
    Some(if step <= LARGE_TICK * price || (moves_often && all_multiples()) { step } else { LARGE_TICK * price })
}

/// Returns the upper median of finite numbers; `None` when there are none.
fn median(mut values: Vec<f64>) -> Option<f64> {
    let middle = values.len() / 2;
    (!values.is_empty()).then(|| *values.select_nth_unstable_by(middle, f64::total_cmp).1)
}
