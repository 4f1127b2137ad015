//! The newest value, when it jumps and nothing confirms it: neither later values, nor another source, nor a person.

use super::{Examined, levels::LASTING};
use crate::quality::finding::{DataProblem, Finding};
use chrono::NaiveDate;
use forecaster_domain::SeriesFact;

/// Notes the jump on one of the last dates that the checks found, unless its source is compared with others. A value
/// out of all proportion has already been left out.
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
    if let Some((date, before, value)) = { jumps }.find(is_recent) {
        examined.facts.push(SeriesFact::UnconfirmedJump { date, before, value, is_used: true });
    }
}
