//! Runs of business days without a value. They are reported, never filled: an invented rate would be scored as real.

use super::finding::{Action, DataProblem, Finding};
use crate::snapshot::RawObservation;
use forecaster_domain::BusinessCalendar;

/// Reports every run of more than `max_hole` business days between two observations (strictly increasing dates).
pub(super) fn note_holes(
    observations: &[RawObservation],
    calendar: BusinessCalendar,
    max_hole: u32,
    findings: &mut Vec<Finding>,
) {
    for w in observations.windows(2) {
        let (from, to) = (w[0].date, w[1].date);
        // Cheap test first: the days in between are listed only when there may be a hole.
        if calendar.business_days_between(from, to) <= i64::from(max_hole) {
            continue;
        }
        let mut missing = from.iter_days().skip(1).take_while(|d| *d < to).filter(|d| calendar.is_business_day(*d));
        let Some(date) = missing.next() else { continue };
        let (days, last) = missing.fold((1, date), |(days, _), day| (days + 1, day));
        if days > max_hole {
            findings.push(Finding { date, problem: DataProblem::Hole { to: last, days }, action: Action::Noted });
        }
    }
}
