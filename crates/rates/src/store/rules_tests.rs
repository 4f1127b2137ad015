//! Merge rules, each by an example, and a property: no sequence of merges loses anything but corrected imports.

use super::*;
use chrono::{NaiveDate, Utc};
use proptest::prelude::*;
use std::collections::BTreeMap;
use tempfile::TempDir;

/// Returns a store whose `usdclp` has 40 days from 2025-01-01 on, day i being 900 + i, from the source "official".
fn forty_days() -> (TempDir, RatesStore) {
    let folder = tempfile::tempdir().unwrap();
    let store = RatesStore::open(folder.path()).unwrap();
    let observations: Vec<_> = (0..40).map(|i| said(i, 900.0 + i as f64, "official")).collect();
    store.merge("usdclp", &observations, &MergeRules::accepting_all()).unwrap();
    (folder, store)
}

fn day(i: u64) -> NaiveDate {
    NaiveDate::from_ymd_opt(2025, 1, 1).unwrap() + chrono::Days::new(i)
}

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_740_000_000 + second, 0).unwrap()
}

fn said(i: u64, value: f64, source: &str) -> StoredObservation {
    StoredObservation { date: day(i), value, source: source.into(), fetched_at: at(0) }
}

/// Merges under the ranking official, market, with other sources below; a difference above 2 % is too much.
fn merge(
    store: &RatesStore,
    observations: &[StoredObservation],
    change: impl FnOnce(&mut MergeRules<'_>),
) -> MergeReport {
    let ranking = ["official".to_owned(), "market".to_owned()];
    let nothing = BTreeMap::new();
    let mut rules =
        MergeRules { ranking: &ranking, max_difference: 0.02, accept_revisions: false, confirmed: &nothing };
    change(&mut rules);
    store.merge("usdclp", observations, &rules).unwrap()
}

fn as_usual(_: &mut MergeRules<'_>) {}

fn current(store: &RatesStore, i: u64) -> (f64, String) {
    let found = store.load("usdclp").unwrap().unwrap().into_iter().find(|o| o.date == day(i)).unwrap();
    (found.value, found.source)
}

fn texts(revisions: &[Revision]) -> Vec<String> {
    revisions.iter().map(ToString::to_string).collect()
}

#[test]
fn an_equal_value_changes_nothing_whoever_says_it() {
    let (_folder, store) = forty_days();
    let same = [said(0, 900.0, "official"), said(1, 901.0, "market"), said(2, 902.0, "import")];
    let report = merge(&store, &same, as_usual);
    assert_eq!(report, MergeReport { unchanged: 3, ..MergeReport::default() });
    assert_eq!(current(&store, 2), (902.0, "official".into()));
}

#[test]
fn a_less_official_source_is_not_believed_and_a_large_difference_is_told() {
    let (_folder, store) = forty_days();
    for source in ["market", "unheard_of"] {
        let report = merge(&store, &[said(0, 901.0, source), said(1, 930.0, source)], as_usual);
        assert_eq!((report.outranked, report.revised.len(), report.withheld.len()), (2, 0, 0));
        let told = format!("2025-01-02: 901 (official) -> 930 ({source}), +3.22 %");
        assert_eq!(texts(&report.disagreements), [told]);
    }
    assert_eq!(current(&store, 1), (901.0, "official".into()));
}

#[test]
fn a_more_official_source_is_believed_and_a_large_difference_is_told() {
    let (_folder, store) = forty_days();
    merge(&store, &[said(50, 950.0, "market"), said(51, 951.0, "market")], as_usual);
    let report = merge(&store, &[said(50, 952.0, "official"), said(51, 990.0, "official")], as_usual);
    assert_eq!(report.revised.len(), 2);
    assert_eq!(texts(&report.disagreements), ["2025-02-21: 951 (market) -> 990 (official), +4.10 %"]);
    assert_eq!((report.outranked, report.withheld.len()), (0, 0));
    assert_eq!(current(&store, 51), (990.0, "official".into()));
    // An operator's import ranks above every provider, and no provider replaces it.
    assert_eq!(merge(&store, &[said(51, 500.0, "import")], as_usual).revised.len(), 1);
    assert_eq!(merge(&store, &[said(51, 990.0, "official")], as_usual).outranked, 1);
    assert_eq!(current(&store, 51), (500.0, "import".into()));
}

#[test]
fn a_source_may_revise_itself_a_little() {
    let (_folder, store) = forty_days();
    let report = merge(&store, &[said(0, 917.0, "official"), said(1, 930.0, "official")], as_usual);
    assert_eq!(texts(&report.revised), ["2025-01-01: 900 (official) -> 917 (official), +1.89 %"]);
    assert_eq!(texts(&report.withheld), ["2025-01-02: 901 (official) -> 930 (official), +3.22 %"]);
    assert!(report.disagreements.is_empty());
    assert_eq!((current(&store, 0).0, current(&store, 1).0), (917.0, 901.0));
}

#[test]
fn a_large_revision_is_taken_when_the_operator_accepts_it_or_another_source_confirms_it() {
    let (_folder, store) = forty_days();
    let large = [said(1, 930.0, "official"), said(2, 930.0, "official"), said(3, 922.0, "official")];
    // The second is contradicted; for the third, the other source agrees with both values.
    let others = BTreeMap::from([(day(1), 935.0), (day(2), 902.0), (day(3), 912.0)]);
    let rules = MergeRules { ranking: &[], max_difference: 0.02, accept_revisions: false, confirmed: &others };
    let report = store.merge("usdclp", &large, &rules).unwrap();
    assert_eq!(report.revised.iter().map(|r| r.date).collect::<Vec<_>>(), [day(1)]);
    assert_eq!(report.withheld.iter().map(|r| r.date).collect::<Vec<_>>(), [day(2), day(3)]);

    let report = merge(&store, &large, |rules| rules.accept_revisions = true);
    assert_eq!((report.unchanged, report.revised.len(), report.withheld.len()), (1, 2, 0));
}

#[test]
fn a_slip_may_be_corrected_by_whoever_made_it() {
    let (_folder, store) = forty_days();
    let report = merge(&store, &[said(40, 1190.0, "official")], as_usual);
    assert_eq!(report.added, 1);
    // Back near its neighbour, 939 on the day before.
    let report = merge(&store, &[said(40, 941.0, "official")], as_usual);
    assert_eq!(texts(&report.revised), ["2025-02-10: 1190 (official) -> 941 (official), -20.92 %"]);
    // The reverse is not accepted.
    let report = merge(&store, &[said(40, 1190.0, "official")], as_usual);
    assert_eq!((report.revised.len(), report.withheld.len()), (0, 1));
}

#[test]
fn a_source_that_rewrites_its_history_is_not_followed_and_its_new_dates_are_added() {
    let (_folder, store) = forty_days();
    let revised = |count: u64| -> Vec<StoredObservation> {
        (0..40).map(|i| said(i, 900.0 + i as f64 + if i < count { 0.5 } else { 0.0 }, "official")).collect()
    };
    // 9 of 40 are more than a fifth.
    let mut rewritten = revised(9);
    rewritten.push(said(40, 940.0, "official"));
    let report = merge(&store, &rewritten, as_usual);
    assert!(report.rewrites_history && report.revised.is_empty());
    assert_eq!((report.added, report.unchanged, report.withheld.len()), (1, 31, 9));
    assert_eq!((current(&store, 0).0, current(&store, 40).0), (900.0, 940.0));
    // Even a value that another source confirms is withheld: that source may have copied it.
    let confirmed = BTreeMap::from([(day(0), 1000.0)]);
    rewritten[0].value = 1000.0;
    let rules = MergeRules { ranking: &[], max_difference: 0.02, accept_revisions: false, confirmed: &confirmed };
    assert_eq!(store.merge("usdclp", &rewritten, &rules).unwrap().withheld.len(), 9);

    // 8 of 40 are no more than a fifth, 5 of 5 are no more than five: corrections.
    assert_eq!(merge(&store, &revised(8), as_usual).revised.len(), 8);
    let five: Vec<_> = (20..25).map(|i| said(i, 921.0, "official")).collect();
    let report = merge(&store, &five, as_usual);
    assert!(!report.rewrites_history);
    assert_eq!((report.revised.len(), report.unchanged), (4, 1));
}

#[test]
fn an_operator_may_accept_a_rewritten_history() {
    let (_folder, store) = forty_days();
    let doubled: Vec<_> = (0..40).map(|i| said(i, 1800.0 + i as f64, "official")).collect();
    let report = merge(&store, &doubled, |rules| rules.accept_revisions = true);
    assert_eq!((report.revised.len(), report.rewrites_history), (40, false));
}

#[test]
fn only_values_of_its_own_rank_count_as_a_history_a_source_rewrites() {
    let (_folder, store) = forty_days();
    let own: Vec<_> = (50..60).map(|i| said(i, 950.0, "market")).collect();
    merge(&store, &own, as_usual);
    // The market source differs from the official one everywhere, and revises one of its own ten values.
    let mut all: Vec<_> = (0..40).map(|i| said(i, 901.0 + i as f64, "market")).collect();
    all.extend(own);
    all[40].value = 951.0;
    let report = merge(&store, &all, as_usual);
    assert_eq!((report.outranked, report.unchanged, report.revised.len()), (40, 9, 1));
    assert!(!report.rewrites_history);
}

#[test]
fn of_several_values_for_one_date_the_most_official_counts_and_then_the_last() {
    let (_folder, store) = forty_days();
    let batch = [said(50, 1.0, "official"), said(50, 2.0, "official"), said(50, 3.0, "market")];
    assert_eq!(merge(&store, &batch, as_usual).added, 1);
    assert_eq!(current(&store, 50), (2.0, "official".into()));
}

#[test]
fn trusting_rules_take_everything() {
    let (_folder, store) = forty_days();
    for (value, source) in [(90.0, "import"), (9000.0, "unheard_of"), (1.0, "market"), (2.0, "market")] {
        let report = store.merge("usdclp", &[said(0, value, source)], &MergeRules::accepting_all()).unwrap();
        assert_eq!((report.revised.len(), report.disagreements.len()), (1, 0));
        assert_eq!(current(&store, 0), (value, source.into()));
    }
    assert_eq!(store.load_versions("usdclp").unwrap().unwrap().len(), 44);
}

fn at_hour(hour: i64, one: StoredObservation) -> StoredObservation {
    StoredObservation { fetched_at: at(3600 * hour), ..one }
}

/// Returns a store into which the batches were imported one after the other, an hour apart, over the forty days.
fn importing(batches: &[Vec<StoredObservation>]) -> (TempDir, RatesStore) {
    let (folder, store) = forty_days();
    for (hour, batch) in batches.iter().enumerate() {
        let batch: Vec<_> = batch.iter().map(|one| at_hour(1 + hour as i64, one.clone())).collect();
        store.merge("usdclp", &batch, &MergeRules::accepting_all()).unwrap();
    }
    (folder, store)
}

#[test]
fn an_import_over_an_import_replaces_it_for_good() {
    let wrong: Vec<_> = (30..50).map(|i| said(i, 90.0 + i as f64 / 10.0, "import")).collect();
    let right: Vec<_> = (30..50).map(|i| said(i, 901.0 + i as f64, "import")).collect();
    let (_one, corrected) = importing(&[wrong.clone(), right.clone()]);
    // The right file alone, imported at the same time as the second one above.
    let (_two, clean) = importing(&[Vec::new(), right.clone()]);
    let versions = |store: &RatesStore| store.load_versions("usdclp").unwrap().unwrap();
    assert_eq!(versions(&corrected), versions(&clean));
    assert_eq!(
        std::fs::read(corrected.path_of("usdclp").unwrap()).unwrap(),
        std::fs::read(clean.path_of("usdclp").unwrap()).unwrap()
    );
    // What the provider had is still what was known before.
    assert_eq!(known_at(&versions(&corrected), at(60))[35].value, 935.0);
    assert_eq!(super::superseded(&versions(&corrected)).count(), 10);
    // The wrong file was imported by mistake once more, and corrected by the provider's own values.
    let of_provider: Vec<_> = (30..40).map(|i| said(i, 900.0 + i as f64, "import")).collect();
    let (_three, again) = importing(&[wrong, of_provider]);
    assert_eq!(versions(&again)[..40], versions(&forty_days().1)[..]);
}

#[test]
fn a_report_counts_the_imports_that_an_import_corrects() {
    let (_folder, store) = importing(&[vec![said(39, 93.9, "import"), said(40, 94.0, "import")]]);
    let report = store.import("usdclp", &[said(39, 939.5, "import"), said(40, 94.0, "import")], &BTreeMap::new());
    let report = report.unwrap();
    assert_eq!((report.revised.len(), report.unchanged, report.corrected_imports), (1, 1, 1));
    assert_eq!(texts(&report.revised), ["2025-02-09: 93.9 (import) -> 939.5 (import), +900.53 %"]);
}

/// Earlier versions of the program kept a corrected import as what was known at its time.
#[test]
fn a_corrected_import_in_an_older_file_is_not_seen_again() {
    let (_folder, store) = forty_days();
    let older = [
        said(0, 900.0, "official"),
        at_hour(1, said(0, 90.0, "import")),
        at_hour(2, said(0, 905.0, "import")),
        at_hour(1, said(1, 90.0, "import")),
        at_hour(2, said(1, 901.0, "import")),
        said(2, 902.0, "official"),
        at_hour(1, said(2, 90.0, "import")),
        at_hour(2, said(2, 902.0, "import")),
        said(3, 903.0, "official"),
        at_hour(1, said(3, 903.5, "import")),
    ];
    std::fs::write(store.path_of("usdclp").unwrap(), encode_versions(&older).unwrap()).unwrap();
    let kept = [0, 2, 4, 5, 8, 9].map(|i: usize| older[i].clone());
    assert_eq!(store.load_versions("usdclp").unwrap().unwrap(), kept);
}

#[test]
fn float_noise_is_no_revision() {
    let (_folder, store) = forty_days();
    let report = merge(&store, &[said(0, 900.000_000_001, "official")], as_usual);
    assert_eq!((report.unchanged, report.revised.len()), (1, 0));
}

#[test]
fn a_version_is_later_than_the_one_it_supersedes_even_when_the_clock_went_back() {
    let (_folder, store) = forty_days();
    let early = StoredObservation { fetched_at: at(-3600), ..said(0, 901.0, "official") };
    merge(&store, &[early], as_usual);
    let versions = store.load_versions("usdclp").unwrap().unwrap();
    assert_eq!((versions[0].value, versions[1].value), (900.0, 901.0));
    assert_eq!(versions[1].fetched_at - versions[0].fetched_at, chrono::TimeDelta::milliseconds(1));
    assert_eq!(known_at(&versions, at(0))[0].value, 900.0);
}

/// Generates merges `[merge][observation]`: a flag for trusting rules, and observations made from (day, tenths of the
/// value, source, second of fetching).
fn any_merges() -> impl Strategy<Value = Vec<(bool, Vec<StoredObservation>)>> {
    let sources = prop::sample::select(vec!["official", "market", "other", "import"]);
    let observation = (0..15u64, 9000..9500u32, sources, -90..90i64).prop_map(|(i, tenths, source, second)| {
        let millis = chrono::TimeDelta::microseconds(1500 * second);
        StoredObservation { fetched_at: at(second) + millis, ..said(i, f64::from(tenths) / 10.0, source) }
    });
    prop::collection::vec((any::<bool>(), prop::collection::vec(observation, 0..20)), 1..8)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_sequence_of_merges_loses_a_date_or_a_version(merges in any_merges()) {
        let folder = tempfile::tempdir().unwrap();
        let store = RatesStore::open(folder.path()).unwrap();
        let mut once_current: Vec<StoredObservation> = Vec::new();
        for (trusts, observations) in &merges {
            let before = store.load("usdclp").unwrap().unwrap_or_default();
            let report = if *trusts {
                store.merge("usdclp", observations, &MergeRules::accepting_all()).unwrap()
            } else {
                merge(&store, observations, as_usual)
            };
            // Read by another process.
            let store = RatesStore::open(folder.path()).unwrap();
            let versions = store.load_versions("usdclp").unwrap().unwrap_or_default();
            let now = store.load("usdclp").unwrap().unwrap_or_default();
            let by_date: BTreeMap<NaiveDate, &StoredObservation> = versions.iter().map(|v| (v.date, v)).collect();

            prop_assert!(before.iter().all(|o| by_date.contains_key(&o.date)), "a stored date is gone");
            prop_assert!(observations.iter().all(|o| by_date.contains_key(&o.date)), "an offered date is missing");
            prop_assert_eq!(now.len(), before.len() + report.added);
            prop_assert_eq!(&now.iter().collect::<Vec<_>>(), &by_date.into_values().collect::<Vec<_>>());
            once_current.extend(now.iter().filter(|o| o.source != IMPORT_SOURCE).cloned());
            prop_assert!(once_current.iter().all(|o| versions.contains(o)), "a version is gone");
            for pair in versions.windows(2) {
                prop_assert!((pair[0].date, pair[0].fetched_at) < (pair[1].date, pair[1].fetched_at));
            }
            prop_assert_eq!(known_at(&versions, at(1_000_000)), now);
        }
    }
}
