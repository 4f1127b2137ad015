//! Checks that every series passes before a model sees it. In: raw observations in any order. Out: a [`Series`] with
//! only the values that can be trusted, and a [`Finding`] for each observation that was refused, repaired or odd.
//! Nothing is ever filled in, and nothing is dropped without a finding.

mod accepted;
pub(crate) mod conditions;
mod finding;
mod holes;
mod jumps;
mod kind;
mod scale;
mod summary;
#[cfg(test)]
mod tests;

pub(crate) use accepted::AcceptedValues;
pub use finding::{Action, DataProblem, Finding};
pub use kind::SeriesKind;
pub use summary::{SummaryEntry, summarised};

use crate::{error::RatesError, snapshot::RawObservation, tolerance::is_same_value};
use chrono::{Datelike, NaiveDate, Weekday};
use forecaster_domain::{BusinessCalendar, Gap, Series, SeriesCondition};

/// Relative difference below which two values count as one value carried from one date to the other.
const CARRIED: f64 = 1e-4;

/// Repair of a date that was given several times with the same value.
const KEPT_ONCE: &str = "kept once";

/// Rules that a series is checked against.
#[derive(Debug, Clone, Copy)]
pub struct QualityRules {
    /// Last day on which a value may be dated. It is the wall clock's today even when the forecast is for an older
    /// as-of date: for that, [`assemble`](crate::assemble) cuts the series before the checks.
    pub today: NaiveDate,
    /// Business days of the series. On any other day there is no official rate, so a value there is refused. `None`
    /// accepts every day, and counts weekdays where elapsed days matter.
    pub calendar: Option<BusinessCalendar>,
    /// Longest run of business days without a value that is not reported as a hole.
    pub max_hole: u32,
    /// Kind of the series.
    pub kind: SeriesKind,
}

impl QualityRules {
    /// Creates rules for a price on `calendar` with the usual bound on holes: five business days, a week.
    pub fn new(today: NaiveDate, calendar: Option<BusinessCalendar>) -> Self {
        Self { today, calendar, max_hole: 5, kind: SeriesKind::Price }
    }

    /// Returns the same rules for a series of another kind.
    pub fn of_kind(self, kind: SeriesKind) -> Self {
        Self { kind, ..self }
    }

    fn counting_calendar(&self) -> BusinessCalendar {
        self.calendar.unwrap_or_else(BusinessCalendar::weekdays)
    }
}

/// A series that passed the checks, and their findings.
#[derive(Debug, Clone)]
pub struct CheckedSeries {
    /// The accepted observations.
    pub series: Series,
    /// Findings by date; several on one date are in the order of the checks.
    pub findings: Vec<Finding>,
    /// Conditions of the series, and of those it is computed from. [`check`] finds none: an
    /// [assembled](crate::assemble) series has them.
    pub conditions: Vec<SeriesCondition>,
    /// Gaps between the observations over which models bridge, by date.
    pub gaps: Vec<Gap>,
}

impl CheckedSeries {
    /// Returns the findings that cost an observation.
    pub fn refused(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|f| f.action == Action::Refused)
    }
}

/// Checks the observations of the series `name`, given in any order.
///
/// The checks in order: values that are not positive finite numbers and dates after today are refused; disorder is
/// sorted; of several values for one date the last given is kept; days off the calendar are refused; spikes are
/// refused and other jumps noted, unless the series moves in steps; holes are noted.
///
/// # Errors
/// When no observation is left; the error names the series and the first finding.
pub fn check(name: &str, raw: &[RawObservation], rules: &QualityRules) -> Result<CheckedSeries, RatesError> {
    check_accepting(name, raw, rules, &AcceptedValues::new())
}

/// Checks the observations as [`check`] does; jumps to the `accepted` values are kept, whatever their size.
///
/// # Errors
/// As for [`check`].
pub(crate) fn check_accepting(
    name: &str,
    raw: &[RawObservation],
    rules: &QualityRules,
    accepted: &AcceptedValues,
) -> Result<CheckedSeries, RatesError> {
    let mut findings = Vec::new();
    let on_calendar = possible_by_date(raw, rules, &mut findings);
    let calendar = rules.counting_calendar();
    let smooth = jumps::refuse_spikes(on_calendar, calendar, rules.kind, accepted, &mut findings);
    holes::note_holes(&smooth, calendar, rules.max_hole, &mut findings);
    findings.sort_by_key(|f| f.date);

    let series = Series::new(name, &smooth).map_err(|_| {
        let first = findings.first().map_or_else(String::new, |f| format!("; the first finding: {f}"));
        RatesError::NothingUsable {
            series: name.to_owned(),
            reason: format!("{} given, none passed the quality checks{first}", raw.len()),
        }
    })?;
    Ok(CheckedSeries { series, findings, conditions: Vec::new(), gaps: Vec::new() })
}

/// Returns the possible values in the order of their dates, one a date and none on a day off: all the checks that
/// come before those of the jumps.
pub(crate) fn possible_by_date(
    raw: &[RawObservation],
    rules: &QualityRules,
    findings: &mut Vec<Finding>,
) -> Vec<RawObservation> {
    let possible = refuse_impossible(raw, rules.today, findings);
    let sorted = sort_by_date(possible, findings);
    let single = keep_one_a_date(sorted, findings);
    match rules.calendar {
        Some(calendar) => refuse_days_off(&single, calendar, findings),
        None => single,
    }
}

fn refuse_impossible(raw: &[RawObservation], today: NaiveDate, findings: &mut Vec<Finding>) -> Vec<RawObservation> {
    let problem = |o: &RawObservation| {
        if !o.value.is_finite() {
            Some(DataProblem::NotANumber { value: o.value })
        } else if o.value <= 0.0 {
            Some(DataProblem::NotPositive { value: o.value })
        } else if o.date > today {
            Some(DataProblem::AfterToday { value: o.value, today })
        } else {
            None
        }
    };
    let mut kept = Vec::with_capacity(raw.len());
    for observation in raw {
        match problem(observation) {
            Some(problem) => findings.push(Finding { date: observation.date, problem, action: Action::Refused }),
            None => kept.push(*observation),
        }
    }
    kept
}

/// Sorts by date, with a single finding for the complete disorder: a file with the newest row first has it on every
/// row.
fn sort_by_date(mut observations: Vec<RawObservation>, findings: &mut Vec<Finding>) -> Vec<RawObservation> {
    let out_of_order: Vec<NaiveDate> =
        observations.windows(2).filter(|w| w[1].date < w[0].date).map(|w| w[1].date).collect();
    if let Some(&date) = out_of_order.first() {
        let problem = DataProblem::Unordered { count: out_of_order.len() };
        findings.push(Finding { date, problem, action: Action::Repaired("sorted by date") });
        // The sort is stable: values of one date stay in the order given.
        observations.sort_by_key(|o| o.date);
    }
    observations
}

fn keep_one_a_date(sorted: Vec<RawObservation>, findings: &mut Vec<Finding>) -> Vec<RawObservation> {
    let mut kept = Vec::with_capacity(sorted.len());
    for same_date in sorted.chunk_by(|a, b| a.date == b.date) {
        let last = same_date[same_date.len() - 1];
        kept.push(last);
        if same_date.len() == 1 {
            continue;
        }
        let equal = same_date.iter().all(|o| is_same_value(o.value, last.value));
        let how = if equal { KEPT_ONCE } else { "kept the last one given" };
        let problem = DataProblem::Duplicate { values: same_date.iter().map(|o| o.value).collect() };
        findings.push(Finding { date: last.date, problem, action: Action::Repaired(how) });
    }
    kept
}

fn refuse_days_off(
    single: &[RawObservation],
    calendar: BusinessCalendar,
    findings: &mut Vec<Finding>,
) -> Vec<RawObservation> {
    let mut kept = Vec::with_capacity(single.len());
    for (i, &observation) in single.iter().enumerate() {
        let RawObservation { date, value } = observation;
        if calendar.is_business_day(date) {
            kept.push(observation);
            continue;
        }
        let before = i.checked_sub(1).map(|i| single[i]);
        let carried_from = [before, single.get(i + 1).copied()]
            .into_iter()
            .flatten()
            .find(|neighbour| (value / neighbour.value - 1.0).abs() < CARRIED)
            .map(|neighbour| neighbour.date);
        let problem = match calendar.holiday(date) {
            Some(holiday) if !is_weekend(date) => DataProblem::Holiday { value, holiday, carried_from },
            _ => DataProblem::Weekend { value, carried_from },
        };
        findings.push(Finding { date, problem, action: Action::Refused });
    }
    kept
}

fn is_weekend(date: NaiveDate) -> bool {
    matches!(date.weekday(), Weekday::Sat | Weekday::Sun)
}
