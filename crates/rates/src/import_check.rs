//! Guard of an operator's import: the plausibility rules of a provider's answer ([`intake`](crate::intake)), for a file
//! that a person gives. In: the file's observations, the store, and whether jumps are accepted by hand. Out: the
//! observations to take with their findings, or one error that names what is wrong; then nothing of the file is taken.
//!
//! The file is judged by itself, by the values that are known around it, and by the values that are known for its
//! days. A single value far off, between values that are right, is left out alone.

mod fault;
mod known;
mod levels;
mod point;
mod reading;
#[cfg(test)]
mod tests;

use crate::{
    error::RatesError,
    quality::{
        AcceptedValues, Action, CheckedSeries, DataProblem, Finding, QualityRules, check, check_accepting,
        possible_by_date,
    },
    snapshot::RawObservation,
    store::RatesStore,
};
use chrono::NaiveDate;
use fault::ImportFault;
use known::KnownDays;
use levels::{Judgement, Proportions};
use point::Point;
use reading::Reading;
use std::collections::{BTreeMap, BTreeSet};

/// Most single values out of proportion that are left out alone: a file with more of them has another fault.
const MOST_SINGLES: usize = 3;
/// Most faults that an error names one by one.
const NAMED_FAULTS: usize = 4;
/// Least logarithm of a jump whose return within a quarter is taken for an error: 10 %. Currencies do not jump there and
/// back in two days that far.
const RETURNING: f64 = 0.095;

/// A file's observations that may be imported.
#[derive(Debug, Clone, Default)]
pub struct CheckedImport {
    /// Observations to take, by date.
    pub observations: Vec<RawObservation>,
    /// Refused, repaired or unusual observations of the file, by date.
    pub findings: Vec<Finding>,
    /// Values that the checks object to and that are taken because a person accepts them, by date.
    pub accepted: BTreeMap<NaiveDate, f64>,
    /// Assumptions about the file, one sentence each: a redenomination.
    pub remarks: Vec<String>,
}

impl CheckedImport {
    /// Returns the findings that cost an observation.
    pub fn refused(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.action == Action::Refused)
    }
}

/// Checks the observations of a file before they are imported as the series `name`. With `accept_jumps`, a person
/// vouches for values that are out of proportion, jump without confirmation or contradict the known ones.
///
/// # Errors
/// [`RatesError::ImportRefused`] when values are implausible and not accepted; then nothing should be taken.
/// Otherwise as for [`check`], or when the store cannot be read.
pub fn check_import(
    store: &RatesStore,
    name: &str,
    file: &[RawObservation],
    rules: &QualityRules,
    accept_jumps: bool,
) -> Result<CheckedImport, RatesError> {
    let mut findings = Vec::new();
    let usable = possible_by_date(file, rules, &mut findings);
    let (Some(first), Some(last)) = (usable.first(), usable.last()) else {
        return check(name, file, rules).map(|_| CheckedImport::default());
    };
    let known = KnownDays::of(store, name, rules)?;
    let import = Import {
        name,
        rules,
        by_hand: store.accepted_values(name),
        span: (first.date, last.date),
        points: known.merged_with(&usable, &store.accepted_values(name)),
    };
    let mut judged = import.judge_levels();
    let checked = import.check(&judged)?;
    import.judge_jumps(&checked, &mut judged);
    // The other faults would tell the same again.
    if let Some(fault) = known::contradiction(store, name, rules, &usable, &known, &import.proportions()) {
        judged.faults = vec![fault];
    }
    if !accept_jumps && !judged.faults.is_empty() {
        return Err(import.refusal(&judged.faults));
    }
    let accepted = if accept_jumps { judged.objections.clone() } else { AcceptedValues::new() };
    let left_out = if accept_jumps { BTreeMap::new() } else { judged.singles() };
    let checked = if accept_jumps { import.check_with(&accepted, &BTreeSet::new())? } else { checked };
    findings.extend(import.findings_of(&checked));
    findings.extend(left_out.values().cloned());
    findings.sort_by_key(|finding| finding.date);
    let taken = |o: &&RawObservation| !left_out.contains_key(&o.date) && checked.series.value_on(o.date).is_some();
    let observations = usable.iter().filter(taken).copied().collect();
    Ok(CheckedImport { observations, findings, accepted, remarks: judged.remarks })
}

/// A file beside what is known.
struct Import<'a> {
    name: &'a str,
    rules: &'a QualityRules,
    /// Values accepted in earlier imports.
    by_hand: AcceptedValues,
    /// First and last date of the file.
    span: (NaiveDate, NaiveDate),
    /// Known values and those of the file, which count before the known ones of their dates.
    points: Vec<Point>,
}

/// Objections to a file, as they are found.
#[derive(Default)]
struct Judged {
    faults: Vec<ImportFault>,
    /// Values that are taken only when a person accepts them.
    objections: AcceptedValues,
    /// Single values to be left out, with the reason.
    singles: Vec<Finding>,
    remarks: Vec<String>,
}

impl Judged {
    fn singles(&self) -> BTreeMap<NaiveDate, Finding> {
        self.singles.iter().map(|finding| (finding.date, finding.clone())).collect()
    }
}

impl Import<'_> {
    fn proportions(&self) -> Proportions {
        Proportions::of(self.name, self.rules, &self.points)
    }

    /// Judges the values that are out of proportion to the ones before.
    fn judge_levels(&self) -> Judged {
        let (mut judged, proportions) = (Judged::default(), self.proportions());
        let mut singles: Vec<(ImportFault, Finding)> = Vec::new();
        for shift in levels::shifts(&self.points, &proportions) {
            match shift.judge(&self.points, self.name, self.span) {
                Judgement::Fine => continue,
                Judgement::Redenomination(remark) => {
                    judged.remarks.push(remark);
                    continue;
                }
                Judgement::Single(fault, finding) => singles.push((fault, finding)),
                Judgement::Fault(fault) => judged.faults.push(fault),
            }
            let objected = &self.points[shift.range.clone()];
            // A person who accepts a level accepts the step to it; the rest follows from that.
            let count = if shift.returns || objected.len() < levels::LASTING { objected.len() } else { 1 };
            let of_file = objected[..count].iter().filter(|point| point.in_file);
            judged.objections.extend(of_file.map(|point| (point.date, point.value)));
        }
        if singles.len() > MOST_SINGLES {
            judged.faults.extend(singles.into_iter().map(|(fault, _)| fault));
        } else {
            judged.singles = singles.into_iter().map(|(_, finding)| finding).collect();
        }
        judged
    }

    /// Checks the values without those that are left out.
    fn check(&self, judged: &Judged) -> Result<CheckedSeries, RatesError> {
        self.check_with(&AcceptedValues::new(), &judged.singles().into_keys().collect())
    }

    fn check_with(
        &self,
        accepted: &AcceptedValues,
        without: &BTreeSet<NaiveDate>,
    ) -> Result<CheckedSeries, RatesError> {
        let accepted = self.by_hand.iter().chain(accepted).map(|(date, value)| (*date, *value)).collect();
        let points = self.points.iter().filter(|point| !without.contains(&point.date));
        let values: Vec<RawObservation> = points.map(|p| RawObservation { date: p.date, value: p.value }).collect();
        check_accepting(self.name, &values, self.rules, &accepted)
    }

    /// Judges the jumps that the checks of the values found: those of the newest value, and upside-down values of a
    /// pair near 1, which are not out of proportion.
    fn judge_jumps(&self, checked: &CheckedSeries, judged: &mut Judged) {
        let proportions = self.proportions();
        for finding in &checked.findings {
            let Some(at) = self.points.iter().position(|point| point.date == finding.date) else { continue };
            let point = self.points[at];
            if !point.is_new || point.is_settled || at == 0 {
                continue;
            }
            let before = self.points[at - 1];
            // A move from before the settled values is judged by proportion alone.
            if before.is_settled
                && levels::goes_on(&self.points, at, &proportions)
                && proportions.are_broken_by((before.date, before.value), (point.date, point.value))
            {
                continue;
            }
            match finding.problem {
                DataProblem::Spike { .. } => {}
                DataProblem::Jump { newest: true, deviations, .. } => {
                    let is_told = judged.objections.contains_key(&point.date);
                    judged.faults.extend((!is_told).then(|| ImportFault::newest(before, &[point], Some(deviations))));
                }
                DataProblem::Jump { before: level, .. }
                    if Reading::is_reciprocal(level, point.value) && !judged.objections.contains_key(&point.date) =>
                {
                    judged.faults.push(ImportFault::level(before, point, Some(Reading::Reciprocal), self.name));
                }
                DataProblem::Jump { before: level, deviations, .. } => {
                    let Some(fault) = self.unconfirmed(at, level, deviations, checked) else { continue };
                    let is_told = judged.objections.contains_key(&point.date);
                    judged.faults.extend((!is_told).then_some(fault.0));
                    judged.objections.extend(fault.1.iter().filter(|p| p.is_new).map(|p| (p.date, p.value)));
                    continue;
                }
                _ => continue,
            }
            judged.objections.insert(point.date, point.value);
        }
    }

    /// Returns the fault of a jump at position `at`, from `level`, that fewer than [`levels::LASTING`] values confirm, or
    /// that a jump back ends within a quarter; and the values at the new level. `None` for a jump that lasted.
    fn unconfirmed(
        &self,
        at: usize,
        level: f64,
        deviations: f64,
        checked: &CheckedSeries,
    ) -> Option<(ImportFault, &[Point])> {
        let size = (self.points[at].value / level).ln().abs();
        let near = |value: f64, other: f64| (value / other).ln().abs() <= levels::BACK_SHARE * size;
        let later = &self.points[at..];
        if later.len() < levels::LASTING {
            return Some((ImportFault::newest(self.points[at - 1], later, Some(deviations)), later));
        }
        let jumps = |date: NaiveDate| {
            let is_jump = |f: &&Finding| f.date == date && matches!(f.problem, DataProblem::Jump { .. });
            checked.findings.iter().any(|f| is_jump(&f))
        };
        let is_back = |i: &usize| {
            near(later[*i].value, level) && near(later[i - 1].value, later[0].value) && jumps(later[*i].date)
        };
        let end = (1..later.len().min(levels::LONGEST_STRETCH + 1)).find(is_back).filter(|_| size >= RETURNING)?;
        let stretch = &later[..end];
        Some((ImportFault::stretch(self.points[at - 1], stretch, later[end], self.name), stretch))
    }

    /// Returns the findings on the file's values, and on the holes between them.
    fn findings_of(&self, checked: &CheckedSeries) -> Vec<Finding> {
        let of_file: BTreeSet<NaiveDate> = self.points.iter().filter(|p| p.in_file).map(|p| p.date).collect();
        let concerns = |finding: &&Finding| match finding.problem {
            DataProblem::Hole { .. } => self.span.0 < finding.date && finding.date < self.span.1,
            _ => of_file.contains(&finding.date),
        };
        checked.findings.iter().filter(concerns).cloned().collect()
    }

    fn refusal(&self, faults: &[ImportFault]) -> RatesError {
        let mut reasons: Vec<String> = faults.iter().take(NAMED_FAULTS).map(ToString::to_string).collect();
        if faults.len() > NAMED_FAULTS {
            reasons.push(format!("and {} more like these", faults.len() - NAMED_FAULTS));
        }
        RatesError::ImportRefused { series: self.name.to_owned(), reasons }
    }
}
