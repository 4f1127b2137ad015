//! Which incoming values become versions of a series. In come the stored versions, new observations and the rules;
//! out come the versions as they are to be and a report of what was taken, what was not, and why. Nothing stored
//! ever goes: a value that is taken is added after the one it supersedes.

use super::observation::StoredObservation;
use chrono::{DateTime, NaiveDate, SubsecRound, TimeDelta, Utc};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// Source of what an operator imported from a file. It ranks above every provider.
pub const IMPORT_SOURCE: &str = "import";

/// A source that changes more dates than this, and more than [`REWRITTEN_SHARE`] of those it had given, rewrites its
/// history: an institute corrects a few days, a provider that changed its series or its unit changes them all.
const REWRITTEN_DATES: usize = 5;
/// See [`REWRITTEN_DATES`]; of the dates on which the source was asked again.
const REWRITTEN_SHARE: f64 = 0.2;

static NOTHING_CONFIRMED: BTreeMap<NaiveDate, f64> = BTreeMap::new();

/// What a value must be like to supersede a stored one. Dates that are not stored yet are always added.
#[derive(Debug, Clone, Copy)]
pub struct MergeRules<'a> {
    /// Sources, most official first. One that is not listed ranks below all of them, but for [`IMPORT_SOURCE`], which
    /// ranks above all.
    pub ranking: &'a [String],
    /// Relative difference beyond which two values for one date cannot both be right: 0.02 is 2 %.
    pub max_difference: f64,
    /// Takes whatever a source says of its own earlier values, however much it changes.
    pub accept_revisions: bool,
    /// What another source says of some dates: a large revision that agrees with it is taken.
    pub confirmed: &'a BTreeMap<NaiveDate, f64>,
}

impl MergeRules<'_> {
    /// Rules that take everything, whatever its source and however much it differs: for what an operator imports.
    pub fn trusting() -> Self {
        Self { ranking: &[], max_difference: f64::INFINITY, accept_revisions: true, confirmed: &NOTHING_CONFIRMED }
    }

    /// 0 is the most official. Rules that take any revision of any size know no ranks either.
    fn rank(&self, source: &str) -> usize {
        if self.accept_revisions && self.max_difference == f64::INFINITY || source == IMPORT_SOURCE {
            return 0;
        }
        1 + self.ranking.iter().position(|listed| listed == source).unwrap_or(self.ranking.len())
    }

    fn agree(&self, a: f64, b: f64) -> bool {
        (a / b - 1.0).abs() <= self.max_difference
    }

    /// True when `new` is far nearer to the value of the day before than `old`, which was far from it: a slip corrected.
    fn corrects(&self, before: Option<f64>, old: f64, new: f64) -> bool {
        let distance = |value: f64, before: f64| (value / before).ln().abs();
        before.is_some_and(|before| {
            distance(old, before) > self.max_difference && distance(new, before) < 0.25 * distance(old, before)
        })
    }

    /// True when another source confirms that `date` is `new` and no longer `old`.
    fn confirm(&self, date: NaiveDate, old: f64, new: f64) -> bool {
        self.confirmed.get(&date).is_some_and(|other| self.agree(new, *other) && !self.agree(old, *other))
    }
}

/// A stored value and another one for the same date, offered later.
#[derive(Debug, Clone, PartialEq)]
pub struct Revision {
    /// Day of the value.
    pub date: NaiveDate,
    /// What was stored.
    pub old: f64,
    /// Who had said so.
    pub old_source: String,
    /// What was offered.
    pub new: f64,
    /// Who says so.
    pub new_source: String,
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { date, old, old_source, new, new_source } = self;
        let percent = 100.0 * (new / old - 1.0);
        write!(f, "{date}: {old} ({old_source}) -> {new} ({new_source}), {percent:+.2} %")
    }
}

/// What a merge did. Lists are by date.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MergeReport {
    /// Observations on dates that had none.
    pub added: usize,
    /// Observations equal to what was stored; the stored source and time stay.
    pub unchanged: usize,
    /// Values that were taken in place of others, which stay in the file as earlier versions.
    pub revised: Vec<Revision>,
    /// Differing values that were not taken because the stored source is more official.
    pub outranked: usize,
    /// Values of sources of different ranks that differ by more than may be. The more official one counts, so each of
    /// these is also in `revised` or counted in `outranked`.
    pub disagreements: Vec<Revision>,
    /// Revisions a source made of values of its own rank that were not taken: too large, not confirmed by another
    /// source, or part of a rewritten history.
    pub withheld: Vec<Revision>,
    /// True when a source changed so many of its dates that all its revisions were withheld.
    pub rewrites_history: bool,
}

impl MergeReport {
    /// What an operator should know, a sentence each: values that were not taken, and sources that disagree.
    pub fn complaints(&self, series: &str) -> Vec<String> {
        let mut lines = Vec::new();
        if let Some(first) = self.withheld.first() {
            let count = self.withheld.len();
            let what = if self.rewrites_history { "rewrites its history" } else { "contradicts what it said before" };
            lines.push(format!(
                "{series}: {} {what} on {count} days, the first {first}: not taken. If it is right: forecaster rates \
                 sync --series {series} --from {} --accept-revisions",
                first.new_source, first.date
            ));
        }
        if let Some(first) = self.disagreements.first() {
            let count = self.disagreements.len();
            lines.push(format!(
                "{series}: sources disagree on {count} stored days, the first {first}; the more official counts"
            ));
        }
        lines
    }

    /// True when there is anything new to be written.
    pub(super) fn changes_the_store(&self) -> bool {
        self.added > 0 || !self.revised.is_empty()
    }
}

/// What is to become of a value that differs from the stored one.
enum Verdict {
    Taken,
    Withheld,
    Outranked,
}

/// `versions`, sorted by date and time, with those of `observations` that may be taken; of several for one date the
/// most official counts, and among equals the last given.
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
    // As it was: one slip taken must not vouch for the next.
    let stored: BTreeMap<NaiveDate, f64> =
        by_date.iter().filter_map(|(date, versions)| Some((*date, versions.last()?.value))).collect();
    let rewriting = rewriting_sources(&by_date, &incoming, rules);
    let mut report = MergeReport { rewrites_history: !rewriting.is_empty(), ..MergeReport::default() };
    for (date, new) in incoming {
        let before = stored.range(..date).next_back().map(|(_, value)| *value);
        let of_date = by_date.entry(date).or_default();
        let Some(old) = of_date.last() else {
            report.added += 1;
            of_date.push(version_after(new, None));
            continue;
        };
        if old.value == new.value {
            report.unchanged += 1;
            continue;
        }
        let revision = revision(old, new);
        if rules.rank(&new.source) != rules.rank(&old.source) && !rules.agree(new.value, old.value) {
            report.disagreements.push(revision.clone());
        }
        match judge(old, new, before, rules, &rewriting) {
            Verdict::Taken => {
                let version = version_after(new, Some(old.fetched_at));
                of_date.push(version);
                report.revised.push(revision);
            }
            Verdict::Withheld => report.withheld.push(revision),
            Verdict::Outranked => report.outranked += 1,
        }
    }
    (by_date.into_values().flatten().collect(), report)
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

/// The sources of `incoming` whose revisions are too many to be corrections; none when the rules accept revisions.
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
            // Less is noise in the last digits.
            *changed += usize::from((new.value / old.value - 1.0).abs() > 1e-6);
        }
    }
    let rewrites = |(common, changed): &(usize, usize)| {
        *changed > REWRITTEN_DATES && *changed as f64 > REWRITTEN_SHARE * *common as f64
    };
    counts.into_iter().filter(|(_, count)| rewrites(count)).map(|(source, _)| source).collect()
}

fn judge(
    old: &StoredObservation,
    new: &StoredObservation,
    before: Option<f64>,
    rules: &MergeRules<'_>,
    rewriting: &BTreeSet<&str>,
) -> Verdict {
    match rules.rank(&new.source).cmp(&rules.rank(&old.source)) {
        std::cmp::Ordering::Less => Verdict::Taken,
        std::cmp::Ordering::Greater => Verdict::Outranked,
        std::cmp::Ordering::Equal if rules.accept_revisions => Verdict::Taken,
        std::cmp::Ordering::Equal if rewriting.contains(new.source.as_str()) => Verdict::Withheld,
        std::cmp::Ordering::Equal => {
            let believable = rules.agree(new.value, old.value)
                || rules.confirm(new.date, old.value, new.value)
                || rules.corrects(before, old.value, new.value);
            if believable { Verdict::Taken } else { Verdict::Withheld }
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

/// `new` as the file keeps it: fetched at a whole millisecond, later than the version it supersedes, also when the
/// clock has gone back since.
fn version_after(new: &StoredObservation, before: Option<DateTime<Utc>>) -> StoredObservation {
    let fetched_at = new.fetched_at.trunc_subsecs(3);
    let earliest = before.and_then(|time| time.checked_add_signed(TimeDelta::milliseconds(1)));
    StoredObservation { fetched_at: earliest.map_or(fetched_at, |earliest| fetched_at.max(earliest)), ..new.clone() }
}
