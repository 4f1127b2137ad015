//! Jumps too large for the series' own volatility. A jump that reverts at once is a typing error and is refused; one
//! that lasts is news and is kept.
//!
//! A spike can be recognised only when the next value is known. So a backtest does not see a spike that a forecast made
//! on that very day would have seen.

use super::{
    finding::{Action, DataProblem, Finding},
    kind::SeriesKind,
};
use crate::snapshot::RawObservation;
use forecaster_domain::BusinessCalendar;

/// Distance, in robust standard deviations from the level before it, to within which a spike must revert.
const BACK_DEVIATIONS: f64 = 3.0;

/// Share of the jump itself to within which a spike must also revert.
const BACK_SHARE: f64 = 0.25;

/// Number of returns used to judge one return: about a year of them, half before and half after.
const WINDOW: usize = 250;

/// Least number of returns in a series from which its usual ones can be estimated.
const MIN_RETURNS: usize = 30;

/// Ratio of a Gaussian's standard deviation to its median absolute deviation: 1 / Phi^-1(3/4) (Rousseeuw & Croux
/// 1993).
const MAD_TO_DEVIATION: f64 = 1.4826;

/// Least robust standard deviation of a daily log return, one basis point: a pegged series has a median absolute
/// deviation of zero, and each of its rounding errors would be a jump.
const MIN_DEVIATION: f64 = 1e-4;

/// Drops spikes and notes the other jumps; dates must strictly increase and values be positive. A policy rate has
/// neither: it moves in steps, and some of them last for a day (the federal funds rate at the end of a month).
pub(super) fn refuse_spikes(
    observations: Vec<RawObservation>,
    calendar: BusinessCalendar,
    kind: SeriesKind,
    findings: &mut Vec<Finding>,
) -> Vec<RawObservation> {
    let daily: Vec<f64> = observations.windows(2).map(|w| daily_return(w[0], w[1], calendar)).collect();
    if daily.len() < MIN_RETURNS {
        return observations;
    }
    let mut kept: Vec<RawObservation> = vec![observations[0]];
    for (i, &observation) in observations.iter().enumerate().skip(1) {
        let before = kept[kept.len() - 1];
        let size = daily_return(before, observation, calendar).abs();
        let deviation = deviation_around(&daily, i - 1);
        if size <= kind.jump_deviations() * deviation {
            kept.push(observation);
            continue;
        }
        let next = observations.get(i + 1).copied();
        let deviations = size / deviation;
        let spike = next.filter(|&next| returns_later(before, observation, next, deviation, calendar));
        let (value, before) = (observation.value, before.value);
        let (problem, action) = match spike {
            Some(next) => (DataProblem::Spike { before, value, after: next.value, deviations }, Action::Refused),
            None => (DataProblem::Jump { before, value, deviations, newest: next.is_none() }, Action::Noted),
        };
        findings.push(Finding { date: observation.date, problem, action });
        if action == Action::Noted {
            kept.push(observation);
        }
    }
    kept
}

fn returns_later(
    before: RawObservation,
    spike: RawObservation,
    next: RawObservation,
    deviation: f64,
    calendar: BusinessCalendar,
) -> bool {
    let jump = (spike.value / before.value).ln().abs();
    let net = (next.value / before.value).ln().abs();
    net <= BACK_SHARE * jump && daily_return(before, next, calendar).abs() <= BACK_DEVIATIONS * deviation
}

/// Returns the log return per square root of the business days it took, at least one.
fn daily_return(from: RawObservation, to: RawObservation, calendar: BusinessCalendar) -> f64 {
    let days = calendar.business_days_between(from.date, to.date).max(1) as f64;
    (to.value / from.value).ln() / days.sqrt()
}

/// Returns the robust standard deviation of the `WINDOW` returns around index `at`; the window is moved inwards at
/// the ends.
fn deviation_around(daily: &[f64], at: usize) -> f64 {
    let start = at.saturating_sub(WINDOW / 2).min(daily.len().saturating_sub(WINDOW));
    let window = &daily[start..daily.len().min(start + WINDOW)];
    let centre = median(window.to_vec());
    let spread = median(window.iter().map(|r| (r - centre).abs()).collect());
    (MAD_TO_DEVIATION * spread).max(MIN_DEVIATION)
}

/// Returns the upper median of a non-empty list of finite numbers.
fn median(mut values: Vec<f64>) -> f64 {
    let middle = values.len() / 2;
    *values.select_nth_unstable_by(middle, f64::total_cmp).1
}
