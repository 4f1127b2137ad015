//! The newest value, when it jumps and nothing confirms it: neither later values, nor another source, nor a person.

use super::{examined::Examined, levels::LASTING};
use crate::quality::finding::{DataProblem, Finding};
use crate::snapshot::RawObservation;
use chrono::NaiveDate;
use forecaster_domain::SeriesFact;

/// Number of values before the jump whose moves are the record: four years.
const RECORD: usize = 1000;

/// Notes the jump on one of the last dates that the checks found, when it is larger than any move of the record, unless
/// its source is compared with others. A value out of all proportion has already been left out.
pub(super) fn note_jump(examined: &mut Examined, findings: &[Finding], is_vetted: &dyn Fn(NaiveDate) -> bool) {
    if examined.facts.iter().any(|fact| matches!(fact, SeriesFact::UnconfirmedJump { .. })) {
        return;
    }
    let observations = &examined.observations;
    let recent = &observations[observations.len().saturating_sub(LASTING - 1)..];
    let jumps = findings.iter().rev().filter_map(|finding| match finding.problem {
        DataProblem::Jump { before, value, .. } => Some((finding.date, before, value)),
        _ => None,
    });
    let is_recent =
        |(date, _, _): &(NaiveDate, f64, f64)| recent.iter().any(|o| o.date == *date) && !is_vetted(*date);
    let is_record = |(date, before, value): &(NaiveDate, f64, f64)| {
        (value / before).ln().abs() > largest_move(observations, *date)
    };
    if let Some((date, before, value)) = { jumps }.find(|jump| is_recent(jump) && is_record(jump)) {
        examined.facts.push(SeriesFact::UnconfirmedJump { date, before, value, is_used: true });
    }
}

/// Returns the largest absolute log move between observations before `date`.
fn largest_move(observations: &[RawObservation], date: NaiveDate) -> f64 {
    let earlier = &observations[..observations.partition_point(|o| o.date < date)];
    let record = &earlier[earlier.len().saturating_sub(RECORD)..];
    record.windows(2).map(|w| (w[1].value / w[0].value).ln().abs()).fold(0.0, f64::max)
}
