//! Selection of incoming values as versions of a series. In: the stored versions, new observations and the rules.
//! Out: the resulting versions, and a report of which values were taken, which were not, and why. A taken value is
//! added after the one it supersedes, and stays as what was known then. Only an import does not stay when another
//! import replaces it: it was a person's mistake, which nobody should see again ([`without_corrected_imports`]).

use super::observation::StoredObservation;
use crate::tolerance::is_same_value;
use chrono::{DateTime, NaiveDate, SubsecRound, TimeDelta, Utc};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// Source name of values that an operator imported from a file. It ranks above every provider.
pub const IMPORT_SOURCE: &str = "import";

/// Number of changed dates above which an answer may be a rewritten history; it is one when the changed dates are also
/// more than [`REWRITTEN_SHARE`]. An institute corrects a few days; a provider that has changed its series or its unit
/// changes them all.
const REWRITTEN_DATES: usize = 5;
/// Share of changed dates for [`REWRITTEN_DATES`], among the dates on which the source was asked again.
const REWRITTEN_SHARE: f64 = 0.2;

static NOTHING_CONFIRMED: BTreeMap<NaiveDate, f64> = BTreeMap::new();

/// Conditions under which a value supersedes a stored one. Dates that are not stored yet are always added.
#[derive(Debug, Clone, Copy)]
pub struct MergeRules<'a> {
    /// Sources, most official first. An unlisted source ranks below all of them, except [`IMPORT_SOURCE`], which
    /// ranks above all.
    pub ranking: &'a [String],
    /// Relative difference beyond which two values for one date cannot both be right: 0.02 is 2 %.
    pub max_difference: f64,
    /// Set to accept every revision that a source makes of its own earlier values, however large.
    pub accept_revisions: bool,
    /// Values of another source on some dates: a large revision that agrees with them is taken.
    pub confirmed: &'a BTreeMap<NaiveDate, f64>,
}

impl MergeRules<'_> {
    /// Creates rules that accept everything, whatever its source and however much it differs: for an operator's
    /// imports.
    pub fn accepting_all() -> Self {
        Self { ranking: &[], max_difference: f64::INFINITY, accept_revisions: true, confirmed: &NOTHING_CONFIRMED }
    }

    /// Returns the rank of a source; 0 is the most official. Rules that accept any revision of any size rank all
    /// sources equal.
    fn rank(&self, source: &str) -> usize {
        if self.accept_revisions && self.max_difference == f64::INFINITY || source == IMPORT_SOURCE {
            return 0;
        }
        1 + self.ranking.iter().position(|listed| listed == source).unwrap_or(self.ranking.len())
    }

    fn agree(&self, a: f64, b: f64) -> bool {
        (a / b - 1.0).abs() <= self.max_difference
    }

    /// True when `old` was far from the value of the day before and `new` is far nearer to it: a corrected slip.
    fn is_correction(&self, before: Option<f64>, old: f64, new: f64) -> bool {
        let distance = |value: f64, before: f64| (value / before).ln().abs();
        before.is_some_and(|before| {
            distance(old, before) > self.max_difference && distance(new, before) < 0.25 * distance(old, before)
        })
    }

    /// True when another source's value on `date` agrees with `new` and not with `old`.
    fn is_confirmed(&self, date: NaiveDate, old: f64, new: f64) -> bool {
        self.confirmed.get(&date).is_some_and(|other| self.agree(new, *other) && !self.agree(old, *other))
    }
}

/// A stored value, and another one offered later for the same date.
#[derive(Debug, Clone, PartialEq)]
pub struct Revision {
    /// Day of the value.
    pub date: NaiveDate,
    /// Stored value.
    pub old: f64,
    /// Source of the stored value.
    pub old_source: String,
    /// Offered value.
    pub new: f64,
    /// Source of the offered value.
    pub new_source: String,
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { date, old, old_source, new, new_source } = self;
        let percent = 100.0 * (new / old - 1.0);
        write!(f, "{date}: {old} ({old_source}) -> {new} ({new_source}), {percent:+.2} %")
    }
}

/// Result of a merge. Lists are by date.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MergeReport {
    /// Observations on dates that had none.
    pub added: usize,
    /// Observations equal to the stored value; the stored source and time stay.
    pub unchanged: usize,
    /// Values that were taken in place of others; the others stay in the file as earlier versions, unless they were
    /// imports that this import corrects.
    pub revised: Vec<Revision>,
    /// Earlier imports that were removed because this import has other values for their dates.
    pub corrected_imports: usize,
    /// Differing values that were not taken because the stored source is more official.
    pub outranked: usize,
    /// Values of two sources of different ranks that differ by more than the rules tolerate. The more official one
    /// counts, so each of these is also in `revised` or counted in `outranked`.
    pub disagreements: Vec<Revision>,
    /// Revisions by a source of values of its own rank that were not taken: too large, not confirmed by another
    /// source, or part of a rewritten history.
    pub withheld: Vec<Revision>,
    /// True when a source changed so many of its dates that all its revisions were withheld.
    pub rewrites_history: bool,
}

impl MergeReport {
    /// Returns one sentence for each problem that an operator should know: values not taken, and sources that
    /// disagree.
    pub fn warnings(&self, series: &str) -> Vec<String> {
        let mut lines = Vec::new();
        if let Some(first) = self.withheld.first() {
            let count = self.withheld.len();
            let what =
                if self.rewrites_history { "rewrites its history" } else { "contradicts its own earlier values" };
            lines.push(format!(
                "{series}: {} {what} on {count} days, the first {first}: not taken. If the new values are right: \
                 forecaster rates sync --series {series} --from {} --accept-revisions",
                first.new_source, first.date
            ));
        }
        if let Some(first) = self.disagreements.first() {
            let count = self.disagreements.len();
            lines.push(format!(
                "{series}: sources disagree on {count} stored days, the first {first}; the value of the more \
                 official source is used"
            ));
        }
        lines
    }

    /// True when there are new versions to write.
    pub(super) fn changes_the_store(&self) -> bool {
        self.added > 0 || !self.revised.is_empty() || self.corrected_imports > 0
    }
}

/// Decision about a value that differs from the stored one.
enum Decision {
    Taken,
    Withheld,
    Outranked,
}

/// Merges into `versions`, sorted by date and time, the `observations` that the rules accept; of several for one date
/// the most official counts, and among equals the last given.
pub(super) fn merged(
    versions: Vec<StoredObservation>,
    observations: &[StoredObservation],
    rules: &MergeRules<'_>,
) -> (Vec<StoredObservation>, MergeReport) {
    let mut by_date: BTreeMap<NaiveDate, Vec<StoredObservation>> = BTreeMap::new();
    for version in versions {
        by_date.entry(version.date).or_default().push(version);
    }
    let incoming = one_a_date(observations, rules);
    // Values before the merge: one accepted slip must not confirm the next.
    let stored: BTreeMap<NaiveDate, f64> =
        by_date.iter().filter_map(|(date, versions)| Some((*date, versions.last()?.value))).collect();
    let rewriting = rewriting_sources(&by_date, &incoming, rules);
    let mut report = MergeReport { rewrites_history: !rewriting.is_empty(), ..MergeReport::default() };
    for (date, new) in incoming {
        let before = stored.range(..date).next_back().map(|(_, value)| *value);
        let of_date = by_date.entry(date).or_default();
        let Some(old) = of_date.last().cloned() else {
            report.added += 1;
            of_date.push(version_after(new, None));
            continue;
        };
        if is_same_value(old.value, new.value) {
            report.corrected_imports += drop_corrected_imports(of_date, new);
            report.unchanged += 1;
            continue;
        }
        let revision = revision(&old, new);
        if rules.rank(&new.source) != rules.rank(&old.source) && !rules.agree(new.value, old.value) {
            report.disagreements.push(revision.clone());
        }
        match decide(&old, new, before, rules, &rewriting) {
            Decision::Taken => {
                report.corrected_imports += drop_corrected_imports(of_date, new);
                let left = of_date.last();
                // Without the corrected import, the value may be that of its provider again.
                if left.is_none_or(|left| !is_same_value(left.value, new.value)) {
                    let version = version_after(new, left.map(|left| left.fetched_at));
                    of_date.push(version);
                }
                report.revised.push(revision);
            }
            Decision::Withheld => report.withheld.push(revision),
            Decision::Outranked => report.outranked += 1,
        }
    }
    (by_date.into_values().flatten().collect(), report)
}

/// Drops the imports of a date that the import `new` corrects, and returns their number. An import of the same value
/// stays.
fn drop_corrected_imports(of_date: &mut Vec<StoredObservation>, new: &StoredObservation) -> usize {
    if new.source != IMPORT_SOURCE {
        return 0;
    }
    let count = of_date.len();
    of_date.retain(|version| version.source != IMPORT_SOURCE || is_same_value(version.value, new.value));
    count - of_date.len()
}

/// Removes from the versions of a series each import that a later import of its date has replaced: earlier versions of
/// the program kept them. Where a provider's value is then followed by an import of the same value, the import goes
/// too, as if only the right file had been imported.
pub(super) fn without_corrected_imports(versions: Vec<StoredObservation>) -> Vec<StoredObservation> {
    let mut kept: Vec<StoredObservation> = Vec::with_capacity(versions.len());
    for of_date in versions.chunk_by(|a, b| a.date == b.date) {
        let is_import = |version: &StoredObservation| version.source == IMPORT_SOURCE;
        let last = of_date.iter().rposition(is_import);
        let is_corrected = of_date.iter().filter(|version| is_import(version)).count() > 1;
        for (i, version) in of_date.iter().enumerate() {
            let before = kept.last().filter(|before| before.date == version.date);
            let repeats = || before.is_some_and(|before| is_same_value(before.value, version.value));
            if !(is_corrected && is_import(version) && (Some(i) != last || repeats())) {
                kept.push(version.clone());
            }
        }
    }
    kept
}

fn one_a_date<'a>(
    observations: &'a [StoredObservation],
    rules: &MergeRules<'_>,
) -> BTreeMap<NaiveDate, &'a StoredObservation> {
    let mut incoming: BTreeMap<NaiveDate, &StoredObservation> = BTreeMap::new();
    for new in observations {
        let counts = |other: &&StoredObservation| rules.rank(&new.source) <= rules.rank(&other.source);
        if incoming.get(&new.date).is_none_or(counts) {
            incoming.insert(new.date, new);
        }
    }
    incoming
}

/// Returns the sources of `incoming` with too many revisions for corrections; none when the rules accept revisions.
fn rewriting_sources<'a>(
    by_date: &BTreeMap<NaiveDate, Vec<StoredObservation>>,
    incoming: &BTreeMap<NaiveDate, &'a StoredObservation>,
    rules: &MergeRules<'_>,
) -> BTreeSet<&'a str> {
    if rules.accept_revisions {
        return BTreeSet::new();
    }
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (date, new) in incoming {
        let Some(old) = by_date.get(date).and_then(|of_date| of_date.last()) else { continue };
        if rules.rank(&old.source) == rules.rank(&new.source) {
            let (common, changed) = counts.entry(new.source.as_str()).or_default();
            *common += 1;
            // A smaller difference is noise in the last digits.
            *changed += usize::from((new.value / old.value - 1.0).abs() > 1e-6);
        }
    }
    let rewrites = |(common, changed): &(usize, usize)| {
        *changed > REWRITTEN_DATES && *changed as f64 > REWRITTEN_SHARE * *common as f64
    };
    counts.into_iter().filter(|(_, count)| rewrites(count)).map(|(source, _)| source).collect()
}

fn decide(
    old: &StoredObservation,
    new: &StoredObservation,
    before: Option<f64>,
    rules: &MergeRules<'_>,
    rewriting: &BTreeSet<&str>,
) -> Decision {
    match rules.rank(&new.source).cmp(&rules.rank(&old.source)) {
        std::cmp::Ordering::Less => Decision::Taken,
        std::cmp::Ordering::Greater => Decision::Outranked,
        std::cmp::Ordering::Equal if rules.accept_revisions => Decision::Taken,
        std::cmp::Ordering::Equal if rewriting.contains(new.source.as_str()) => Decision::Withheld,
        std::cmp::Ordering::Equal => {
            let believable = rules.agree(new.value, old.value)
                || rules.is_confirmed(new.date, old.value, new.value)
                || rules.is_correction(before, old.value, new.value);
            if believable { Decision::Taken } else { Decision::Withheld }
        }
    }
}

fn revision(old: &StoredObservation, new: &StoredObservation) -> Revision {
    Revision {
        date: new.date,
        old: old.value,
        old_source: old.source.clone(),
        new: new.value,
        new_source: new.source.clone(),
    }
}

/// Returns `new` as stored: its time of fetching is a whole millisecond and later than that of the version it
/// supersedes, even when the clock has gone back since.
fn version_after(new: &StoredObservation, before: Option<DateTime<Utc>>) -> StoredObservation {
    let fetched_at = new.fetched_at.trunc_subsecs(3);
    let earliest = before.and_then(|time| time.checked_add_signed(TimeDelta::milliseconds(1)));
    StoredObservation { fetched_at: earliest.map_or(fetched_at, |earliest| fetched_at.max(earliest)), ..new.clone() }
}
