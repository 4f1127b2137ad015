use super::*;
use crate::{MergeRules, known_at, wire::Validators};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeMap;
use tempfile::TempDir;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn at(hour: i64) -> DateTime<Utc> {
    day("2025-01-06").and_hms_opt(0, 0, 0).unwrap().and_utc() + TimeDelta::hours(hour)
}

fn version(date: &str, value: f64, source: &str, hour: i64) -> StoredObservation {
    StoredObservation { date: day(date), value, source: source.into(), fetched_at: at(hour) }
}

/// A store with three days of a provider, the second of them revised by it, and an import over the third.
fn store() -> (TempDir, RatesStore) {
    let folder = tempfile::tempdir().unwrap();
    let store = RatesStore::open(folder.path()).unwrap();
    for one in [
        version("2025-01-06", 1000.0, "mindicador", 1),
        version("2025-01-07", 1001.0, "mindicador", 1),
        version("2025-01-08", 1002.0, "mindicador", 1),
        version("2025-01-07", 1001.5, "mindicador", 2),
        version("2025-01-08", 100.2, "import", 3),
    ] {
        store.merge("usdclp", &[one], &MergeRules::accepting_all()).unwrap();
    }
    (folder, store)
}

fn of_import() -> Selection {
    Selection { source: Some("import".into()), ..Selection::default() }
}

fn removed(store: &RatesStore, selection: &Selection) -> Removal {
    remove::<RatesError>(store, "usdclp", selection, |_| Ok(())).unwrap()
}

#[test]
fn without_the_import_the_value_of_the_provider_counts_again() {
    let (_folder, store) = store();
    let planned = removable(&store, "usdclp", &of_import()).unwrap();
    assert_eq!(store.load("usdclp").unwrap().unwrap()[2].value, 100.2, "a plan removes nothing");
    let found = removed(&store, &of_import());
    assert_eq!(found, planned);
    assert_eq!(found.removed, [version("2025-01-08", 100.2, "import", 3)]);
    assert_eq!((found.still_stored, found.still_embedded), (1, 0));
    assert_eq!(found.sources, ["import", "mindicador"]);
    assert_eq!(store.load("usdclp").unwrap().unwrap()[2], version("2025-01-08", 1002.0, "mindicador", 1));
    assert!(removed(&store, &of_import()).removed.is_empty());
}

#[test]
fn all_versions_of_the_dates_go_and_an_emptied_series_has_no_file() {
    let (folder, store) = store();
    let from = Selection { from: Some(day("2025-01-07")), ..Selection::default() };
    assert_eq!(removed(&store, &from).removed.len(), 4);
    assert_eq!(store.load("usdclp").unwrap().unwrap(), [version("2025-01-06", 1000.0, "mindicador", 1)]);
    assert_eq!(removed(&store, &Selection::default()).removed.len(), 1);
    assert_eq!(store.load("usdclp").unwrap(), None);
    assert!(!folder.path().join("rates/usdclp.parquet").exists());
}

#[test]
fn nothing_is_removed_when_the_copy_cannot_be_made() {
    let (_folder, store) = store();
    let before = store.load_versions("usdclp").unwrap();
    let failing = |_: &[StoredObservation]| Err(RatesError::Locked { path: "copy".into() });
    remove(&store, "usdclp", &Selection::default(), failing).unwrap_err();
    assert_eq!(store.load_versions("usdclp").unwrap(), before);
}

#[test]
fn embedded_values_stay_and_are_told() {
    let (_folder, store) = store();
    store.merge("usdclp", &[version("2025-01-02", 99.0, "import", 4)], &MergeRules::accepting_all()).unwrap();
    let bounds = Selection { from: Some(day("2025-01-02")), to: Some(day("2025-01-03")), source: None };
    let found = removed(&store, &bounds);
    assert_eq!((found.removed.len(), found.still_embedded), (1, 1));
    let nothing = removed(&store, &bounds);
    assert!(nothing.removed.is_empty() && nothing.embedded > 1 && nothing.sources.is_empty(), "{nothing:?}");
}

#[test]
fn what_was_accepted_or_remembered_about_the_values_goes_with_them() {
    let (_folder, store) = store();
    let odd = version("2025-01-09", 733.0, "import", 5);
    let accepted = BTreeMap::from([(odd.date, odd.value)]);
    store.import("usdclp", &[odd], &accepted).unwrap();
    let mut memory = ProviderMemory::default();
    let etag = Validators { etag: Some("\"7\"".into()), modified: None };
    let (asked_to, newest) = (day("2025-01-10"), day("2025-01-08"));
    memory.record_validators("usdclp", "http://x/dolar", etag.clone(), asked_to, newest);
    memory.record_validators("usdeur", "http://x/dolar", etag.clone(), asked_to, newest);
    memory.save(&store).unwrap();
    removed(&store, &Selection { to: Some(day("2025-01-07")), ..Selection::default() });
    assert_eq!(store.accepted_values("usdclp"), accepted, "its date is left");
    let again = ProviderMemory::load(&store);
    assert!(again.validators_for("usdclp", "http://x/dolar", asked_to, Some(newest)).is_empty());
    assert_eq!(again.validators_for("usdeur", "http://x/dolar", asked_to, Some(newest)), etag);
    removed(&store, &of_import());
    assert!(store.accepted_values("usdclp").is_empty());
    assert_eq!(known_at(&store.load_versions("usdclp").unwrap().unwrap(), at(9)).len(), 1);
}
