//! Conditions of a series: facts that decide how far a forecast from it can be trusted, found in the values that
//! passed the checks. In: observations, their findings and the rules. Out: the facts, the observations in one unit and
//! without those that no model can use, and the gaps over which models bridge.
//!
//! Everything is judged by the series' own record and by nothing later than its last date, so that a replay of a past
//! day finds what a run of that day found.

mod gaps;
mod levels;
mod newest;
mod still;
#[cfg(test)]
mod tests;

use super::{QualityRules, SeriesKind, finding::Finding};
use crate::snapshot::RawObservation;
use chrono::NaiveDate;
use forecaster_domain::{BusinessCalendar, Gap, SeriesFact};

/// Relative difference up to which two values are equal: the noise of conversions, far below a tick.
const SAME: f64 = 1e-8;

/// Least number of values from which anything is judged.
const MIN_VALUES: usize = 60;

/// Result of an examination.
#[derive(Debug, Clone, Default)]
pub(crate) struct Examined {
    /// Observations in the unit of the newest one.
    pub(crate) observations: Vec<RawObservation>,
    /// The facts, in the order of the examination.
    pub(crate) facts: Vec<SeriesFact>,
    /// Gaps between the observations over which models bridge.
    pub(crate) gaps: Vec<Gap>,
    /// Factors for the values before each date, cumulative.
    pub(crate) rescaled: Vec<(NaiveDate, f64)>,
}

impl Examined {
    /// Returns the factor from the stored to the present unit for a value of `date`.
    pub(crate) fn factor_on(&self, date: NaiveDate) -> f64 {
        self.rescaled.iter().filter(|(before, _)| date < *before).map(|(_, factor)| factor).product()
    }
}

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

/// Returns the log move from one observation to the next, and the business days that it took, at least one.
fn log_move(from: RawObservation, to: RawObservation, calendar: BusinessCalendar) -> (f64, f64) {
    let days = calendar.business_days_between(from.date, to.date).max(1);
    ((to.value / from.value).ln(), days as f64)
}

/// True when two values are equal apart from the noise of a conversion.
fn is_same(a: f64, b: f64) -> bool {
    (a / b - 1.0).abs() <= SAME
}
