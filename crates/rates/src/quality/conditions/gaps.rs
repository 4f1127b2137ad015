//! Gaps: stretches in which the values come weekly or monthly, and holes of weeks.

use super::examined::Examined;
use crate::snapshot::RawObservation;
use forecaster_domain::{BusinessCalendar, Frequency, Gap, SeriesFact};

/// Business days without a value, two weeks, that no holidays explain.
const HOLE_DAYS: u32 = 10;
/// Number of neighbouring distances whose median shows how often the values come: two weeks of daily ones, a quarter of
/// weekly ones.
const NEIGHBOURS: usize = 13;
/// Median distance in business days from which the values do not come daily.
const SPARSE: u32 = 2;
/// Number of holes, and of sparse stretches, that are told: the newest ones.
const TOLD: usize = 3;

/// Notes holes and sparse stretches, and every gap over which models bridge.
pub(super) fn note_gaps(examined: &mut Examined, calendar: BusinessCalendar) {
    let observations = &examined.observations;
    // distances[i] is the distance from observation i to the next one.
    let distances: Vec<u32> = observations
        .windows(2)
        .map(|w| calendar.business_days_between(w[0].date, w[1].date).clamp(1, i64::from(u32::MAX)) as u32)
        .collect();
    let is_sparse: Vec<bool> = (0..distances.len()).map(|i| median_around(&distances, i) >= SPARSE).collect();
    let is_hole = |i: &usize| distances[*i] > HOLE_DAYS && !is_sparse[*i];
    let is_gap = |i: &usize| is_hole(i) || (is_sparse[*i] && distances[*i] > 1);
    let gaps = (0..distances.len()).filter(is_gap);
    examined.gaps = gaps.map(|i| Gap { after: observations[i + 1].date, days: distances[i] }).collect();
    let mut facts = sparse_stretches(observations, &distances, &is_sparse);
    let holes = (0..distances.len()).rev().filter(is_hole).take(TOLD);
    facts.extend(holes.filter_map(|i| hole(observations, i, calendar)));
    examined.facts.extend(facts);
}

/// Returns the median of the distances around index `at`; the window is moved inwards at the ends. With fewer than
/// that, one: nothing can be said.
fn median_around(distances: &[u32], at: usize) -> u32 {
    if distances.len() < NEIGHBOURS {
        return 1;
    }
    let start = at.saturating_sub(NEIGHBOURS / 2).min(distances.len() - NEIGHBOURS);
    median(&distances[start..start + NEIGHBOURS])
}

fn median(distances: &[u32]) -> u32 {
    let mut sorted = distances.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied().unwrap_or(1)
}

/// Returns the newest stretches in which the values do not come daily.
fn sparse_stretches(observations: &[RawObservation], distances: &[u32], is_sparse: &[bool]) -> Vec<SeriesFact> {
    let mut facts = Vec::new();
    let mut end = distances.len();
    for stretch in is_sparse.chunk_by(|a, b| a == b).rev() {
        let start = end - stretch.len();
        if stretch.first() == Some(&true) {
            let frequency = Frequency::of_distance(median(&distances[start..end]));
            let (from, to) = (observations[start].date, observations[end].date);
            facts.push(SeriesFact::Sparse { frequency, from, to, is_now: end == distances.len() });
        }
        end = start;
        if facts.len() == TOLD {
            break;
        }
    }
    facts
}

fn hole(observations: &[RawObservation], before: usize, calendar: BusinessCalendar) -> Option<SeriesFact> {
    let (begin, end) = (observations[before].date, observations[before + 1].date);
    let mut missing = begin.iter_days().skip(1).take_while(|d| *d < end).filter(|d| calendar.is_business_day(*d));
    let from = missing.next()?;
    let (days, to) = missing.fold((1, from), |(days, _), day| (days + 1, day));
    Some(SeriesFact::Hole { from, to, days, values_after: observations.len() - before - 1 })
}
