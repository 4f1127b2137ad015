//! Checks that an answer must pass before it reaches the store: those of the embedded data, applied together with the
//! known values, and some that compare it with them. An answer is refused completely when it contradicts the known
//! values, or the earlier values of the same source, on most days they share (another unit, another series, false
//! data), or when it would leave a hole after the known values. A value out of all proportion to its neighbours is
//! refused alone.

use crate::{
    quality::{Action, DataProblem, Finding, QualityRules, check},
    snapshot::RawObservation,
};
use chrono::{NaiveDate, TimeDelta};
use forecaster_domain::BusinessCalendar;
use std::collections::{BTreeMap, BTreeSet};

/// Days before the start of an answer that are checked with it: enough returns to know the usual ones.
const SEEN_BEFORE: TimeDelta = TimeDelta::days(400);
/// Multiple of the tolerated difference beyond which an answer contradicts the store on a day.
const CONTRADICTION: f64 = 5.0;
/// Least number of shared days for a refusal: an answer that contradicts more than half of them is not of this
/// series.
const SHARED_DAYS: usize = 3;
/// Most business days between two values that holidays can explain, within an answer or between it and the known
/// values: a return over a longer hole would count as one day's.
const LONGEST_GAP: i64 = 10;
/// Days of distance to a neighbour per additional factor of `max_ratio` in the plausible ratio.
const ROOM_DAYS: f64 = 30.0;

/// The part of an answer that may be kept.
#[derive(Debug, Clone, Default)]
pub(crate) struct Accepted {
    /// Accepted observations by date.
    pub(crate) observations: Vec<RawObservation>,
    /// Refused or odd values; days off the calendar are omitted, because many providers have values there.
    pub(crate) findings: Vec<Finding>,
}

/// Requirements on an answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct IntakeRules {
    /// Rules for the checks of the embedded data.
    pub(crate) quality: QualityRules,
    /// Greatest plausible ratio between neighbouring values.
    pub(crate) max_ratio: f64,
    /// Tolerated relative difference between two sources; when infinite, any difference is accepted.
    pub(crate) max_difference: f64,
}

/// Values with which an answer is compared, by date.
#[derive(Debug, Clone, Default)]
pub(crate) struct KnownValues {
    /// Known values from sources of the same rank as the answer's or higher, including the snapshot.
    pub(crate) known: BTreeMap<NaiveDate, f64>,
    /// Known values from the same source.
    pub(crate) own: BTreeMap<NaiveDate, f64>,
    /// Days with a value from any source, or from the answer of a better source: they are not holes.
    pub(crate) covered_days: BTreeSet<NaiveDate>,
}

/// Checks an answer against itself and against the known values.
///
/// # Errors
/// When nothing of the answer can be used; the error is a sentence.
pub(crate) fn accept(
    series: &str,
    answer: &[RawObservation],
    known_values: &KnownValues,
    rules: &IntakeRules,
) -> Result<Accepted, String> {
    let known = &known_values.known;
    let today = rules.quality.today;
    // Values of the next days are left out without a warning; a later sync fetches them again.
    let announced = today + TimeDelta::days(rules.quality.kind.days_ahead());
    let answer: Vec<RawObservation> =
        answer.iter().filter(|o| o.date <= today || o.date > announced).copied().collect();
    if answer.is_empty() {
        return Ok(Accepted::default());
    }
    contradiction(series, &answer, known, CONTRADICTION * rules.max_difference, "the known values")?;
    contradiction(series, &answer, &known_values.own, rules.max_difference, "its own earlier values")?;
    let mut findings = Vec::new();
    let plausible = refuse_implausible(&answer, known, rules, &mut findings)?;
    let Some(first) = plausible.iter().map(|o| o.date).min() else {
        let first = findings.first().map_or_else(String::new, |f| format!(", the first: {f}"));
        return Err(format!("none of its {} values can be used{first}", answer.len()));
    };
    let answered: BTreeMap<NaiveDate, f64> = plausible.iter().map(|o| (o.date, o.value)).collect();
    let before = known.range(first - SEEN_BEFORE..).filter(|(date, _)| !answered.contains_key(date));
    let before = before.map(|(&date, &value)| RawObservation { date, value });
    let mut seen: Vec<RawObservation> = before.chain(plausible).collect();
    seen.sort_by_key(|o| o.date);
    let checked = check(series, &seen, &rules.quality).map_err(|error| error.to_string())?;
    let of_answer = |finding: &Finding| {
        let day_off = matches!(finding.problem, DataProblem::Weekend { .. } | DataProblem::Holiday { .. });
        let noted = matches!(finding.problem, DataProblem::Hole { .. } | DataProblem::Unordered { .. });
        !day_off && !noted && answered.contains_key(&finding.date)
    };
    findings.extend(checked.findings.into_iter().filter(of_answer));
    findings.sort_by_key(|f| f.date);
    let mut observations: Vec<RawObservation> =
        checked.series.observations().filter(|o| answered.contains_key(&o.date)).collect();
    // An infinite `max_difference` (`--accept-revisions`) also accepts holes.
    if let Some(calendar) = rules.quality.calendar.filter(|_| rules.max_difference.is_finite()) {
        match hole(&observations, &known_values.covered_days, calendar) {
            Some((from, to, days)) if known_values.covered_days.is_empty() => {
                tracing::debug!(
                    series,
                    "what lies before a hole of {days} business days, {from} to {to}, is left out"
                );
                observations.retain(|o| o.date >= to);
            }
            Some((from, to, days)) => return Err(hole_message(series, from, to, days)),
            None => {}
        }
    }
    Ok(Accepted { observations, findings })
}

/// Beginning of the message about an answer that leaves a hole.
const LEAVES_HOLE: &str = "it has nothing from";

/// True when a message of [`accept`] is about a hole before the answer.
pub(crate) fn leaves_hole(reason: &str) -> bool {
    reason.starts_with(LEAVES_HOLE)
}

fn hole_message(series: &str, from: NaiveDate, to: NaiveDate, days: i64) -> String {
    format!(
        "{LEAVES_HOLE} {from} to {to}, {days} business days: its later values do not continue the known ones \
         and were not taken. Import the missing history, or accept the hole: forecaster rates sync --from {from} \
         --accept-revisions --series {series}"
    )
}

/// Returns the last hole before a new value: its ends, and the number of business days between them. In a series with
/// wider usual gaps, such as a monthly one, only a longer gap is a hole.
fn hole(
    observations: &[RawObservation],
    there: &BTreeSet<NaiveDate>,
    calendar: BusinessCalendar,
) -> Option<(NaiveDate, NaiveDate, i64)> {
    let new: BTreeSet<NaiveDate> = observations.iter().map(|o| o.date).filter(|date| !there.contains(date)).collect();
    let before = there.range(..new.first()?).next_back().unwrap_or(new.first()?);
    let dates: BTreeSet<NaiveDate> = there.range(before..).chain(&new).copied().collect();
    let gaps: Vec<(NaiveDate, NaiveDate, i64)> = dates
        .iter()
        .zip(dates.iter().skip(1))
        .map(|(from, to)| (*from, *to, calendar.business_days_between(*from, *to)))
        .collect();
    let usual = usual_gap(there.iter().chain(&new), calendar);
    let is_hole =
        |(_, to, days): &&(NaiveDate, NaiveDate, i64)| *days > LONGEST_GAP.max(3 * usual) && new.contains(to);
    gaps.iter().rev().find(is_hole).map(|(from, to, days)| (*from, *to, days - 1))
}

/// Returns the median of the business days from one value to the next.
fn usual_gap<'a>(dates: impl Iterator<Item = &'a NaiveDate>, calendar: BusinessCalendar) -> i64 {
    let dates: BTreeSet<&NaiveDate> = dates.collect();
    let pairs = dates.iter().zip(dates.iter().skip(1));
    let mut gaps: Vec<i64> = pairs.map(|(from, to)| calendar.business_days_between(**from, **to)).collect();
    gaps.sort_unstable();
    gaps.get(gaps.len().saturating_sub(1) / 2).copied().unwrap_or(1)
}

fn contradiction(
    series: &str,
    answer: &[RawObservation],
    known: &BTreeMap<NaiveDate, f64>,
    tolerated: f64,
    what: &str,
) -> Result<(), String> {
    let shared: Vec<(RawObservation, f64)> = answer.iter().filter_map(|o| Some((*o, *known.get(&o.date)?))).collect();
    let off = |(o, known): &&(RawObservation, f64)| {
        let difference = (o.value / known - 1.0).abs();
        difference.is_nan() || difference > tolerated
    };
    let contradicting: Vec<_> = shared.iter().filter(off).collect();
    match contradicting.iter().min_by_key(|(o, _)| o.date) {
        Some((first, known)) if shared.len() >= SHARED_DAYS && 2 * contradicting.len() > shared.len() => {
            Err(format!(
                "it contradicts {what} on {} of {} days, first on {} with {} instead of {known}; it may be another \
                 unit or another series. The answer was not taken. If its values are right, accept them: forecaster \
                 rates sync --from {} --accept-revisions --series {series}",
                contradicting.len(),
                shared.len(),
                first.date,
                first.value,
                first.date
            ))
        }
        _ => Ok(()),
    }
}

/// Drops values out of all proportion to the one before. The first is compared with the last known value before it
/// or, when there is none, with the median of the answer's first values.
fn refuse_implausible(
    answer: &[RawObservation],
    known: &BTreeMap<NaiveDate, f64>,
    rules: &IntakeRules,
    findings: &mut Vec<Finding>,
) -> Result<Vec<RawObservation>, String> {
    let mut sorted: Vec<RawObservation> = answer.to_vec();
    sorted.sort_by_key(|o| o.date);
    let usable = |o: &RawObservation| o.value.is_finite() && o.value > 0.0 && o.date <= rules.quality.today;
    let mut beginning: Vec<f64> = sorted.iter().filter(|o| usable(o)).take(9).map(|o| o.value).collect();
    beginning.sort_by(f64::total_cmp);
    let first = sorted.iter().find(|o| usable(o)).map(|o| o.date);
    let anchor = first.and_then(|first| known.range(..first).next_back());
    let mut before = match (anchor, first) {
        (Some((&date, &value)), _) => RawObservation { date, value },
        (None, Some(date)) => RawObservation { date, value: beginning[beginning.len() / 2] },
        // The quality checks report the problem of each value.
        (None, None) => return Ok(sorted),
    };
    let (mut kept, mut refused) = (Vec::with_capacity(sorted.len()), 0);
    for observation in sorted {
        let RawObservation { date, value } = observation;
        if !usable(&observation) {
            kept.push(observation);
            continue;
        }
        let room = 1.0 + (date - before.date).num_days().max(0) as f64 / ROOM_DAYS;
        let ratio = (value / before.value).max(before.value / value);
        if ratio.is_finite() && ratio <= rules.max_ratio.powf(room) {
            before = observation;
            kept.push(observation);
        } else {
            refused += 1;
            let problem = DataProblem::Implausible { value, before: before.value, before_date: before.date };
            findings.push(Finding { date, problem, action: Action::Refused });
        }
    }
    match findings.first() {
        Some(first) if refused >= SHARED_DAYS && 2 * refused > answer.len() => Err(format!(
            "{refused} of its {} values are out of proportion, the first: {first}; the answer was not taken",
            answer.len()
        )),
        _ => Ok(kept),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn rules() -> IntakeRules {
        let quality = QualityRules::new(day("2026-11-23"), Some(BusinessCalendar::chile()));
        IntakeRules { quality, max_ratio: 1.3, max_difference: 0.02 }
    }

    /// Returns `count` business days up to 2026-11-20, with values around 950.
    fn known(count: usize) -> BTreeMap<NaiveDate, f64> {
        let chile = BusinessCalendar::chile();
        let days = (0..).map(|back| day("2026-11-20") - TimeDelta::days(back)).filter(|d| chile.is_business_day(*d));
        days.take(count).enumerate().map(|(i, date)| (date, 950.0 * (1.0 + 0.01 * (1.7 * i as f64).sin()))).collect()
    }

    fn beside(known: BTreeMap<NaiveDate, f64>) -> KnownValues {
        KnownValues { covered_days: known.keys().copied().collect(), known, ..KnownValues::default() }
    }

    fn answer(pairs: &[(&str, f64)]) -> Vec<RawObservation> {
        pairs.iter().map(|(date, value)| RawObservation { date: day(date), value: *value }).collect()
    }

    #[test]
    fn a_good_answer_is_taken_whole() {
        let accepted =
            accept("usdclp", &answer(&[("2026-11-23", 955.0), ("2026-11-20", 950.0)]), &beside(known(300)), &rules())
                .unwrap();
        assert_eq!(accepted.observations, answer(&[("2026-11-20", 950.0), ("2026-11-23", 955.0)]));
        assert!(accepted.findings.iter().all(|f| f.action != Action::Refused));
    }

    #[test]
    fn each_bad_value_is_refused_and_the_good_ones_are_taken() {
        for bad in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e30, 1e-30, 95.0] {
            let given = answer(&[("2026-11-20", 950.0), ("2026-11-23", bad)]);
            let accepted = accept("usdclp", &given, &beside(known(300)), &rules()).unwrap();
            assert_eq!(accepted.observations, answer(&[("2026-11-20", 950.0)]), "{bad}");
            assert_eq!(accepted.findings.len(), 1, "{bad}: {:?}", accepted.findings);
            assert!(accepted.findings[0].to_string().starts_with("2026-11-23: "), "{}", accepted.findings[0]);
        }
    }

    #[test]
    fn a_value_of_the_next_days_is_left_for_then_and_one_of_2099_is_refused() {
        let given = answer(&[("2026-11-23", 955.0), ("2026-11-24", 956.0), ("2099-01-05", 955.0)]);
        let accepted = accept("usdclp", &given, &beside(known(300)), &rules()).unwrap();
        assert_eq!(accepted.observations, answer(&[("2026-11-23", 955.0)]));
        let said: Vec<String> = accepted.findings.iter().map(ToString::to_string).collect();
        assert_eq!(said, ["2099-01-05: 955 is dated after today (2026-11-23); refused"]);
    }

    #[test]
    fn an_answer_in_another_unit_is_refused_whole() {
        let other: Vec<RawObservation> =
            known(10).into_iter().map(|(date, value)| RawObservation { date, value: value / 10.0 }).collect();
        let error = accept("usdclp", &other, &beside(known(300)), &rules()).unwrap_err();
        assert!(error.contains("contradicts the known values on 10 of 10 days"), "{error}");
        // No days are shared: the ratio to the earlier values shows the other unit.
        let later = answer(&[("2026-11-17", 95.0), ("2026-11-18", 95.5), ("2026-11-19", 95.2)]);
        let older: BTreeMap<_, _> = known(300).into_iter().filter(|(date, _)| *date < day("2026-11-14")).collect();
        let error = accept("usdclp", &later, &beside(older), &rules()).unwrap_err();
        assert!(error.contains("3 of its 3 values are out of proportion"), "{error}");
    }

    #[test]
    fn without_anything_known_the_answer_is_its_own_measure() {
        let given =
            answer(&[("2026-11-18", 1e30), ("2026-11-19", 950.0), ("2026-11-20", 951.0), ("2026-11-23", 952.0)]);
        let accepted = accept("usdclp", &given, &KnownValues::default(), &rules()).unwrap();
        assert_eq!(accepted.observations.len(), 3);
        assert!(accepted.findings[0].to_string().contains("out of proportion"), "{}", accepted.findings[0]);
    }

    #[test]
    fn duplicate_days_are_kept_once_and_told() {
        let given = answer(&[("2026-11-20", 950.0), ("2026-11-23", 955.0), ("2026-11-23", 956.0)]);
        let accepted = accept("usdclp", &given, &beside(known(300)), &rules()).unwrap();
        assert_eq!(accepted.observations.last().unwrap().value, 956.0);
        assert!(accepted.findings.iter().any(|f| f.to_string().contains("2 values for one date (955, 956)")));
    }

    #[test]
    fn an_empty_answer_is_no_fault() {
        assert!(accept("usdclp", &[], &beside(known(300)), &rules()).unwrap().observations.is_empty());
    }

    #[test]
    fn a_source_that_contradicts_itself_is_refused_sooner_than_one_that_differs_from_others() {
        let higher: Vec<RawObservation> =
            known(10).into_iter().map(|(date, value)| RawObservation { date, value: 1.05 * value }).collect();
        assert!(accept("usdclp", &higher, &beside(known(300)), &rules()).is_ok());
        let own = KnownValues { known: known(300), own: known(300), ..KnownValues::default() };
        let error = accept("usdclp", &higher, &own, &rules()).unwrap_err();
        assert!(error.contains("contradicts its own earlier values on 10 of 10 days"), "{error}");
        assert!(error.contains("--accept-revisions"), "{error}");
    }

    #[test]
    fn an_answer_that_would_leave_a_hole_is_refused() {
        let older: BTreeMap<_, _> = known(300).into_iter().filter(|(date, _)| *date < day("2026-10-30")).collect();
        let late = answer(&[("2026-11-19", 952.0), ("2026-11-20", 953.0)]);
        let error = accept("usdclp", &late, &beside(older.clone()), &rules()).unwrap_err();
        assert!(error.starts_with("it has nothing from 2026-10-29 to 2026-11-19, 14 business days"), "{error}");
        let joined: Vec<RawObservation> =
            known(16).into_iter().map(|(date, value)| RawObservation { date, value }).collect();
        assert_eq!(accept("usdclp", &joined, &beside(older.clone()), &rules()).unwrap().observations.len(), 16);
        // The operator may accept the hole; days that other sources have are not a hole.
        let accepting = IntakeRules { max_difference: f64::INFINITY, ..rules() };
        assert_eq!(accept("usdclp", &late, &beside(older.clone()), &accepting).unwrap().observations.len(), 2);
        let filled = KnownValues { covered_days: known(300).into_keys().collect(), ..beside(older) };
        assert_eq!(accept("usdclp", &late, &filled, &rules()).unwrap().observations.len(), 2);
    }

    #[test]
    fn with_nothing_known_what_lies_before_a_hole_is_left_out() {
        let given = answer(&[("2024-03-04", 950.0), ("2026-11-19", 952.0), ("2026-11-20", 953.0)]);
        let accepted = accept("usdclp", &given, &KnownValues::default(), &rules()).unwrap();
        assert_eq!(accepted.observations, given[1..]);
    }

    #[test]
    fn values_that_come_once_a_month_have_no_holes_between_them() {
        let months = [("2026-08-03", 100.0), ("2026-09-01", 101.0), ("2026-10-01", 102.0)];
        let known = beside(months.iter().map(|(date, value)| (day(date), *value)).collect());
        let next = answer(&[("2026-11-02", 103.0)]);
        assert_eq!(accept("cpi", &next, &known, &rules()).unwrap().observations, next);
    }
}
