//! Values out of proportion: steps between neighbouring values that no market makes in the time between them. In: the
//! known values and those of a file, by date. Out: for each step, whether it returns, and the judgement on it.

use super::{
    fault::ImportFault,
    point::Point,
    reading::{Reading, shown},
};
use crate::{
    listings::{currencies_of, traits},
    quality::{Action, DataProblem, Finding, QualityRules, SeriesKind},
};
use chrono::NaiveDate;
use std::ops::Range;

/// Least number of values at a new level that confirm it.
pub(super) const LASTING: usize = 3;
/// Days of distance per additional factor of the plausible ratio, as for a provider's answer.
const ROOM_DAYS: f64 = 30.0;
/// Greatest number of such factors; over a longer distance a value may double in a year.
const MOST_ROOM: f64 = 4.0;
/// Share of a step to within which a later value must be back at the level before it.
pub(super) const BACK_SHARE: f64 = 0.25;
/// Longest stretch at another level, in values, that is an error because it returns: a quarter. A longer one is one only
/// in another unit.
pub(super) const LONGEST_STRETCH: usize = 66;
/// Greatest step that a devaluation makes overnight: the Sudanese pound's was 6.8-fold in 2021.
const DEVALUATION: f64 = 8.0;
/// Least power of ten by which currencies are redenominated without further evidence: most were by 1000 to 1,000,000,
/// while factors of 10 and 100 are usually an error of unit.
const REDENOMINATION: i32 = 3;
/// Least number of values on each side of a redenomination.
const REDENOMINATION_VALUES: usize = 10;
/// Least plausible ratio for a series that is in no list.
const LEAST_RATIO: f64 = 1.3;
/// Plausible ratio for such a series when it is too short to tell.
const UNKNOWN_RATIO: f64 = 5.0;
/// Usual daily moves of such a series that are still plausible at once, and the least number to tell them.
const USUAL_MOVES: f64 = 20.0;
const MIN_MOVES: usize = 10;
/// Step of a policy rate, in percentage points, that is plausible whatever the ratio.
const POLICY_STEP: f64 = 2.0;
/// Currencies that are not redenominated.
const LASTING_CURRENCIES: [&str; 10] = ["USD", "EUR", "GBP", "JPY", "CHF", "CAD", "AUD", "NZD", "SEK", "NOK"];

/// Greatest plausible ratio between neighbouring values of a series.
#[derive(Debug, Clone, Copy)]
pub(super) struct Proportions {
    max_ratio: f64,
    kind: SeriesKind,
}

impl Proportions {
    /// Returns the proportions of the series `name`. For one that is in no list they follow from its own usual moves.
    pub(super) fn of(name: &str, rules: &QualityRules, points: &[Point]) -> Self {
        let listed = traits(name).max_ratio;
        let max_ratio = if listed.is_finite() { listed } else { own_ratio(points) };
        Self { max_ratio, kind: rules.kind }
    }

    /// True when one of two values is out of proportion to the other.
    pub(super) fn are_broken_by(&self, (from, a): (NaiveDate, f64), (to, b): (NaiveDate, f64)) -> bool {
        let days = (to - from).num_days().abs() as f64;
        let room = self.max_ratio.ln() * (1.0 + days / ROOM_DAYS);
        let room = room.min(self.max_ratio.ln() * MOST_ROOM + 2_f64.ln() * days / 365.0);
        let is_step = self.kind == SeriesKind::PolicyRate && (b - a).abs() <= POLICY_STEP;
        (b / a).ln().abs() > room && !is_step
    }
}

fn own_ratio(points: &[Point]) -> f64 {
    let daily = |pair: &[Point]| {
        let days = (pair[1].date - pair[0].date).num_days().max(1) as f64;
        (pair[1].value / pair[0].value).ln().abs() / days.sqrt()
    };
    let mut moves: Vec<f64> = points.windows(2).map(daily).filter(|size| *size > 0.0).collect();
    if moves.len() < MIN_MOVES {
        return UNKNOWN_RATIO;
    }
    let middle = moves.len() / 2;
    let usual = *moves.select_nth_unstable_by(middle, f64::total_cmp).1;
    (USUAL_MOVES * usual).exp().max(LEAST_RATIO)
}

/// A step out of proportion, and the values after it up to the next such step, or up to the return.
#[derive(Debug, Clone)]
pub(super) struct Shift {
    pub(super) range: Range<usize>,
    /// True when the values after the range are back at the level before it.
    pub(super) returns: bool,
}

/// Verdict on a step.
pub(super) enum Judgement {
    /// News, or not of the file.
    Fine,
    /// The remark on a change of the currency's unit.
    Redenomination(String),
    /// One value to be left out alone; the fault, should there be too many.
    Single(ImportFault, Finding),
    Fault(ImportFault),
}

/// True when the value at `i` follows settled values and is in proportion to the one before them: after an accepted
/// mistake, a series goes back to where it was.
pub(super) fn goes_on(points: &[Point], i: usize, proportions: &Proportions) -> bool {
    let settled = points[..i].iter().rev().take_while(|point| point.is_settled).count();
    let pair = |i: usize| (points[i].date, points[i].value);
    settled > 0 && i > settled && !proportions.are_broken_by(pair(i - 1 - settled), pair(i))
}

/// Returns the steps out of proportion in the order of their dates.
pub(super) fn shifts(points: &[Point], proportions: &Proportions) -> Vec<Shift> {
    let pair = |i: usize| (points[i].date, points[i].value);
    let is_step = |&i: &usize| {
        let breaks = |from: usize| proportions.are_broken_by(pair(from), pair(i));
        !points[i].is_settled && breaks(i - 1) && !goes_on(points, i, proportions)
    };
    let steps: Vec<usize> = (1..points.len()).filter(is_step).collect();
    let (mut shifts, mut next) = (Vec::new(), 0);
    while let Some(&at) = steps.get(next) {
        let before = points[at - 1].value;
        let size = (points[at].value / before).ln().abs();
        let is_back = |&&i: &&usize| (points[i].value / before).ln().abs() <= BACK_SHARE * size;
        match steps[next + 1..].iter().position(|i| is_back(&i)) {
            Some(place) => {
                shifts.push(Shift { range: at..steps[next + 1 + place], returns: true });
                next += place + 2;
            }
            None => {
                let end = steps.get(next + 1).copied().unwrap_or(points.len());
                shifts.push(Shift { range: at..end, returns: false });
                next += 1;
            }
        }
    }
    shifts
}

impl Shift {
    /// Judges the step in the series `name`, where the file has the dates from `span.0` to `span.1`.
    pub(super) fn judge(&self, points: &[Point], name: &str, span: (NaiveDate, NaiveDate)) -> Judgement {
        let (before, values) = (points[self.range.start - 1], &points[self.range.clone()]);
        let first = values[0];
        let reading = Reading::of(before.value, first.value);
        if self.returns {
            let after = points[self.range.end].value;
            let is_misread = reading.is_some() || Reading::of(after, first.value).is_some();
            let is_error = is_misread || values.len() <= LONGEST_STRETCH;
            if !is_error || !values.iter().any(|point| point.is_new) {
                return Judgement::Fine;
            }
            let fault = ImportFault::stretch(before, values, points[self.range.end], name);
            let is_inside = span.0 < first.date && first.date < span.1;
            return match values {
                [single] if is_inside => Judgement::Single(fault, left_out(before, *single)),
                _ => Judgement::Fault(fault),
            };
        }
        if !before.is_new && !first.is_new {
            return Judgement::Fine;
        }
        let is_newest = self.range.end == points.len() && values.len() < LASTING;
        let beginning = &points[..self.range.start];
        let is_beginning = beginning.len() < LASTING && beginning.len() < values.len();
        match reading {
            Some(Reading::PowerOfTen(power)) if self.is_redenomination(points, power, name) => {
                Judgement::Redenomination(format!(
                    "{}: {} after {} on {}, divided by {}: taken as a redenomination",
                    first.date,
                    shown(first.value),
                    shown(before.value),
                    before.date,
                    10_f64.powi(power.abs())
                ))
            }
            None if is_newest => Judgement::Fault(ImportFault::newest(before, values, None)),
            Some(_) if is_newest => Judgement::Fault(ImportFault::misread_newest(before, values, name)),
            _ if is_beginning => Judgement::Fault(ImportFault::beginning(beginning, first, name)),
            None if (first.value / before.value).ln().abs() <= DEVALUATION.ln() => Judgement::Fine,
            reading => Judgement::Fault(ImportFault::level(before, first, reading, name)),
        }
    }

    /// True when the step is one that the file itself shows, in the direction of a redenomination and for long.
    fn is_redenomination(&self, points: &[Point], power: i32, name: &str) -> bool {
        let may_change = |currency: &str| !LASTING_CURRENCIES.contains(&currency);
        let is_pair = currencies_of(name.strip_suffix("_spot").unwrap_or(name))
            .is_some_and(|(base, quote)| if power < 0 { may_change(&quote) } else { may_change(&base) });
        let (at, lasting) = (self.range.start, self.range.len());
        let in_file = points[at - 1].in_file && points[at].in_file;
        is_pair && in_file && power.abs() >= REDENOMINATION && at.min(lasting) >= REDENOMINATION_VALUES
    }
}

/// Returns the finding on a single value that is left out because it is out of proportion to the one before.
fn left_out(before: Point, point: Point) -> Finding {
    let problem = DataProblem::Implausible { value: point.value, before: before.value, before_date: before.date };
    Finding { date: point.date, problem, action: Action::Refused }
}
