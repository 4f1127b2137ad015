//! Conditions of a series: facts that decide how far a forecast from it can be trusted, found in the values that
//! passed the checks. In: observations, their findings and the rules. Out: the facts, the observations in one unit and
//! without those that no model can use, and the gaps over which models bridge.
//!
//! Everything is judged by the series' own record and by nothing later than its last date, so that a replay of a past
//! day finds what a run of that day found.

mod examined;
mod gaps;
mod levels;
mod newest;
mod still;
#[cfg(test)]
mod tests;

use super::{QualityRules, SeriesKind, finding::Finding};
use crate::snapshot::RawObservation;
use chrono::NaiveDate;
use examined::Examined;

/// Least number of values from which anything is judged.
const MIN_VALUES: usize = 60;

/// Examines the values of a series that passed the checks of `rules`, with the `findings` of these. `is_vetted` tells
/// of which dates the values come from a source that is compared with others, or from the embedded snapshot.
///
/// Rates that a central bank sets, values known ahead and monthly series have none of these conditions: they move in
/// steps.
pub(crate) fn examine(
    observations: Vec<RawObservation>,
    findings: &[Finding],
    rules: &QualityRules,
    is_vetted: &dyn Fn(NaiveDate) -> bool,
) -> Examined {
    let mut examined = Examined { observations, ..Examined::default() };
    let moves_daily = matches!(rules.kind, SeriesKind::Price | SeriesKind::Index);
    let Some(calendar) = rules.calendar.filter(|_| moves_daily) else { return examined };
    if examined.observations.len() < MIN_VALUES {
        return examined;
    }
    levels::put_in_one_unit(&mut examined, findings, calendar);
    newest::note_jump(&mut examined, findings, is_vetted);
    still::note_stillness(&mut examined);
    gaps::note_gaps(&mut examined, calendar);
    examined
}
