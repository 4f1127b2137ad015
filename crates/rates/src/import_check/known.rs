//! Values that are known for a series, and a file's contradiction of them.

use super::{fault::ImportFault, levels::Proportions, point::Point, reading::Reading};
use crate::{
    catalogue::overlay,
    crossing::assemble_pair,
    error::RatesError,
    listings::{calendar_of, currencies_of, kind_of},
    quality::{AcceptedValues, QualityRules, possible_by_date},
    snapshot::RawObservation,
    store::{IMPORT_SOURCE, RatesStore},
    tolerance::is_same_value,
};
use chrono::NaiveDate;
use forecaster_domain::Pair;
use std::collections::BTreeMap;

/// Relative difference beyond which a file contradicts the known value of a day, as for a provider's answer.
const CONTRADICTION: f64 = 0.1;
/// Relative difference within which a known value confirms the file's of the same day.
const AGREEMENT: f64 = 0.02;
/// Least number of shared days for a contradiction.
const SHARED_DAYS: usize = 3;

/// Value of a day and its source.
#[derive(Debug, Clone, Copy, PartialEq)]
struct KnownValue {
    value: f64,
    is_import: bool,
}

/// Known values of a series, from the store and the snapshot.
#[derive(Debug, Clone, Default)]
pub(super) struct KnownDays(BTreeMap<NaiveDate, KnownValue>);

impl KnownDays {
    /// Reads what is known of the series `name`; nothing when it is new.
    ///
    /// # Errors
    /// When the name is invalid or the series cannot be read.
    pub(super) fn of(store: &RatesStore, name: &str, rules: &QualityRules) -> Result<Self, RatesError> {
        let known = match overlay(store, name, rules.today, None) {
            Ok(known) => known.by_date,
            Err(RatesError::UnknownSeries { .. }) => BTreeMap::new(),
            Err(error) => return Err(error),
        };
        let values: Vec<RawObservation> =
            known.iter().map(|(&date, &(value, _))| RawObservation { date, value }).collect();
        let source_is_import = |date: &NaiveDate| known.get(date).is_some_and(|(_, source)| source == IMPORT_SOURCE);
        let usable = possible_by_date(&values, rules, &mut Vec::new()).into_iter();
        let known_value =
            |o: RawObservation| (o.date, KnownValue { value: o.value, is_import: source_is_import(&o.date) });
        Ok(Self(usable.map(known_value).collect()))
    }

    /// Returns the known values overridden by those of the file. `by_hand` are values that a person has accepted.
    pub(super) fn merged_with(&self, file: &[RawObservation], by_hand: &AcceptedValues) -> Vec<Point> {
        let accepted =
            |date: &NaiveDate, value: f64| by_hand.get(date).is_some_and(|known| is_same_value(*known, value));
        let known_point = |(&date, known): (&NaiveDate, &KnownValue)| {
            let is_settled = accepted(&date, known.value);
            (date, Point { date, value: known.value, in_file: false, is_new: false, is_settled })
        };
        let mut points: BTreeMap<NaiveDate, Point> = self.0.iter().map(known_point).collect();
        for &RawObservation { date, value } in file {
            let known = self.0.get(&date);
            let is_new = known.is_none_or(|known| !is_same_value(known.value, value));
            let confirms =
                |known: &KnownValue| !known.is_import && is_new && (value / known.value - 1.0).abs() <= AGREEMENT;
            let is_settled = accepted(&date, value) || known.is_some_and(confirms);
            points.insert(date, Point { date, value, in_file: true, is_new, is_settled });
        }
        points.into_values().collect()
    }

    /// Returns the values of the shared days: date, the file's and the known one.
    fn shared_with(&self, file: &[RawObservation], imports: bool) -> Vec<(NaiveDate, f64, f64)> {
        let known = |date: &NaiveDate| self.0.get(date).filter(|known| imports || !known.is_import);
        file.iter().filter_map(|o| Some((o.date, o.value, known(&o.date)?.value))).collect()
    }

    /// True when the file corrects earlier imports: it fits the known values before and after it, and the imports do
    /// not.
    fn are_corrected_by(&self, file: &[RawObservation], proportions: &Proportions) -> bool {
        let (Some(first), Some(last)) = (file.first(), file.last()) else { return false };
        let before = self.0.range(..first.date).next_back().map(|edge| (edge, first));
        let after = self.0.range(last.date..).find(|(date, _)| **date > last.date).map(|edge| (edge, last));
        let edges: Vec<_> = before.into_iter().chain(after).collect();
        let is_mended = |((edge, beside), right): &((&NaiveDate, &KnownValue), &RawObservation)| {
            let breaks = |value: f64| proportions.are_broken_by((**edge, beside.value), (right.date, value));
            self.0.get(&right.date).is_some_and(|wrong| breaks(wrong.value)) && !breaks(right.value)
        };
        !edges.is_empty() && edges.iter().all(is_mended)
    }
}

/// Returns the fault of a file that contradicts the known values on most of the days they share; `None` when it does
/// not. Sources other than imports count first; where they are missing, a pair that can be computed from others; at
/// last the earlier imports, unless the file corrects them.
pub(super) fn contradiction(
    store: &RatesStore,
    name: &str,
    rules: &QualityRules,
    file: &[RawObservation],
    known: &KnownDays,
    proportions: &Proportions,
) -> Option<ImportFault> {
    let of_sources = known.shared_with(file, false);
    if of_sources.len() >= SHARED_DAYS {
        return contradicted(name, &of_sources, "the known values");
    }
    if let Some((computed, formula)) = computed(store, name, rules) {
        let shared: Vec<_> = file.iter().filter_map(|o| Some((o.date, o.value, *computed.get(&o.date)?))).collect();
        if shared.len() >= SHARED_DAYS {
            return contradicted(name, &shared, &format!("the values of {formula}"));
        }
    }
    let of_imports = known.shared_with(file, true);
    contradicted(name, &of_imports, "the values imported before")
        .filter(|_| !known.are_corrected_by(file, proportions))
}

/// Returns the values of a pair that can be computed from other series, with the formula.
fn computed(store: &RatesStore, name: &str, rules: &QualityRules) -> Option<(BTreeMap<NaiveDate, f64>, String)> {
    let (base, quote) = currencies_of(name)?;
    let pair: Pair = format!("{base}/{quote}").parse().ok()?;
    let of_series = |series: &str| QualityRules::new(rules.today, calendar_of(series)).of_kind(kind_of(series));
    // More observations than there are, so that the pair's own series does not serve.
    let made = assemble_pair(store, &pair, of_series, None, usize::MAX).ok()?;
    let values = made.checked.series.observations().map(|o| (o.date, o.value)).collect();
    Some((values, made.formula?))
}

fn contradicted(name: &str, shared: &[(NaiveDate, f64, f64)], what: &str) -> Option<ImportFault> {
    let median = |measure: &dyn Fn(&(NaiveDate, f64, f64)) -> f64| {
        let mut sizes: Vec<f64> = shared.iter().map(measure).collect();
        let middle = sizes.len() / 2;
        sizes.select_nth_unstable_by(middle, f64::total_cmp);
        sizes[middle]
    };
    if shared.len() < SHARED_DAYS {
        return None;
    }
    let turned = median(&|(_, value, known)| (value * known).ln().abs());
    let apart = median(&|(_, value, known)| (value / known).ln().abs());
    let is_upside_down = turned <= CONTRADICTION && turned < 0.25 * apart;
    let tolerated = if is_upside_down { AGREEMENT } else { CONTRADICTION };
    let differing: Vec<_> =
        shared.iter().filter(|(_, value, known)| (value / known - 1.0).abs() > tolerated).collect();
    if 2 * differing.len() <= shared.len() {
        return None;
    }
    let factor = median(&|(_, value, known)| (value / known).ln()).exp();
    let first = **differing.first()?;
    // Only values from 1000 on are written with a point between thousands; the others agree.
    let below = |(_, _, known): &&(NaiveDate, f64, f64)| *known < 1000.0;
    let crosses = differing.len() < shared.len()
        && differing.len() + shared.iter().filter(below).count() == shared.len()
        && !differing.iter().any(below);
    let measure = match Reading::of_factor(factor) {
        _ if is_upside_down => Reading::Reciprocal.of_file(name),
        Some(Reading::PowerOfTen(-3)) if crosses => Reading::PointBetweenThousands.of_value(first.1, name),
        Some(reading) => reading.of_file(name),
        None => "it may be another unit or another series".to_owned(),
    };
    let counts = (differing.len(), shared.len());
    Some(ImportFault::contradiction(counts, first, what, measure))
}
