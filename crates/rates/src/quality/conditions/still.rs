//! Stillness: a feed that repeats its last value, and a peg that never moved.

use super::examined::{Examined, is_same};
use crate::snapshot::RawObservation;
use forecaster_domain::SeriesFact;

/// Fewest values in a row, two weeks, that count as standing still: a feed may repeat a value over a week of
/// holidays.
const MIN_RUN: usize = 10;
/// Multiple of the series' own longest runs that a run must exceed. The longest one of all is left out of the record: a
/// feed that stood still once may do so again.
const OF_OWN_RUNS: usize = 2;
/// Number of values before the run whose runs are the record: four years.
const RECORD: usize = 1000;
/// Fewest moves in the record: of a crawling peg with fewer, too little is known.
const MIN_MOVES: usize = 20;
/// Number of values, four years, over which a series that never moves is constant.
const CONSTANT: usize = 1000;
/// Fewest values of a constant series that is shorter.
const MIN_CONSTANT: usize = 250;

/// Notes a last value that has not changed: for years, or for much longer than the series' own record of equal
/// values.
pub(super) fn note_stillness(examined: &mut Examined) {
    let observations = &examined.observations;
    let Some(last) = observations.last().copied() else { return };
    let count = observations.iter().rev().take_while(|o| is_same(o.value, last.value)).count();
    let (record, run) = observations.split_at(observations.len() - count);
    let (since, value) = (run[0].date, last.value);
    if count >= CONSTANT || (record.is_empty() && count >= MIN_CONSTANT) {
        examined.facts.push(SeriesFact::Constant { since, value });
        return;
    }
    let record = &record[record.len().saturating_sub(RECORD)..];
    let moves = record.windows(2).filter(|w| !is_same(w[0].value, w[1].value)).count();
    if moves >= MIN_MOVES && count >= MIN_RUN && count > OF_OWN_RUNS * usual_run(record) {
        examined.facts.push(SeriesFact::StandsStill { since, until: last.date, count, value });
    }
}

/// Returns the length of the second longest run of equal values.
fn usual_run(record: &[RawObservation]) -> usize {
    let (mut longest, mut second) = (0, 0);
    for run in record.chunk_by(|a, b| is_same(a.value, b.value)) {
        if run.len() > longest {
            (longest, second) = (run.len(), longest);
        } else {
            second = second.max(run.len());
        }
    }
    second
}
