//! Jumps too large for the series' own volatility. A jump that reverts at once is a typing error and is refused; one
//! that lasts is news and is kept. A value that a person has accepted is kept whatever its size.
//!
//! A spike can be recognised only when the next value is known. So a backtest does not see a spike that a forecast made
//! on that very day would have seen.

use super::{
    accepted::AcceptedValues,
    finding::{Action, DataProblem, Finding},
    kind::SeriesKind,
    scale::{MoveScale, daily_return},
};
use crate::{snapshot::RawObservation, tolerance::is_same_value};
use forecaster_domain::BusinessCalendar;

/// Distance, in robust standard deviations from the level before it, to within which a spike must revert.
const BACK_DEVIATIONS: f64 = 3.0;

/// Share of the jump itself to within which a spike must also revert.
const BACK_SHARE: f64 = 0.25;

/// Least number of returns in a series from which its usual ones can be estimated.
const MIN_RETURNS: usize = 30;

/// Drops spikes and notes the other jumps; dates must strictly increase and values be positive. A policy rate has
/// neither: it moves in steps, and some of them last for a day (the federal funds rate at the end of a month).
pub(super) fn refuse_spikes(
    observations: Vec<RawObservation>,
    calendar: BusinessCalendar,
    kind: SeriesKind,
    accepted: &AcceptedValues,
    findings: &mut Vec<Finding>,
) -> Vec<RawObservation> {
    if observations.len() <= MIN_RETURNS {
        return observations;
    }
    let scale = MoveScale::new(&observations, calendar, kind.least_deviation());
    let mut kept: Vec<RawObservation> = vec![observations[0]];
    for (i, &observation) in observations.iter().enumerate().skip(1) {
        let before = kept[kept.len() - 1];
        let size = daily_return(before, observation, calendar).abs();
        // Cheap test first: most moves are below the least size of a jump.
        if size <= kind.jump_deviations() * kind.least_deviation() {
            kept.push(observation);
            continue;
        }
        let deviation = scale.deviation_around(i - 1, before.value);
        if size <= kind.jump_deviations() * deviation {
            kept.push(observation);
            continue;
        }
        let next = observations.get(i + 1).copied();
        let deviations = size / deviation;
        let is_accepted =
            accepted.get(&observation.date).is_some_and(|value| is_same_value(*value, observation.value));
        let spike = next.filter(|&next| returns_later(before, observation, next, deviation, calendar));
        let (value, before) = (observation.value, before.value);
        let (problem, action) = match spike {
            _ if is_accepted => (DataProblem::AcceptedJump { before, value, deviations }, Action::Noted),
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

#[cfg(test)]
mod tests;
