use super::*;
use chrono::{NaiveDate, Utc};
use std::thread;
use tempfile::TempDir;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn at(hour: u32) -> DateTime<Utc> {
    day("2025-01-06").and_hms_opt(hour, 30, 0).unwrap().and_utc()
}

fn stored(date: &str, value: f64, source: &str) -> StoredObservation {
    StoredObservation { date: day(date), value, source: source.into(), fetched_at: at(11) }
}

fn store() -> (TempDir, RatesStore) {
    let folder = tempfile::tempdir().unwrap();
    let store = RatesStore::open(folder.path()).unwrap();
    (folder, store)
}

fn keep(store: &RatesStore, observations: &[StoredObservation]) -> Result<MergeReport, RatesError> {
    store.merge("usdclp", observations, &MergeRules::accepting_all())
}

fn path(store: &RatesStore) -> PathBuf {
    store.path_of("usdclp").unwrap()
}

#[test]
fn what_is_merged_can_be_loaded() {
    let (_folder, store) = store();
    assert_eq!(store.load("usdclp").unwrap(), None);
    let observations =
        [stored("1969-12-31", 5.5, "import"), stored("2025-01-02", 996.46, "a"), stored("2025-01-03", 999.85, "b")];
    let report = keep(&store, &observations).unwrap();
    assert_eq!(report, MergeReport { added: 3, ..MergeReport::default() });
    assert_eq!(store.load("usdclp").unwrap().unwrap(), observations);
    assert_eq!(store.series().unwrap(), ["usdclp"]);
}

#[test]
fn a_merge_keeps_the_old_observations_and_reports_revisions() {
    let (_folder, store) = store();
    keep(&store, &[stored("2025-01-02", 996.46, "a"), stored("2025-01-03", 999.85, "a")]).unwrap();
    let later = |date, value| StoredObservation { fetched_at: at(12), ..stored(date, value, "b") };
    let report =
        keep(&store, &[later("2025-01-06", 1010.0), later("2025-01-03", 1000.0), later("2025-01-02", 996.46)])
            .unwrap();
    let (old_source, new_source) = ("a".into(), "b".into());
    let revised = vec![Revision { date: day("2025-01-03"), old: 999.85, old_source, new: 1000.0, new_source }];
    assert_eq!(report, MergeReport { added: 1, unchanged: 1, revised, ..MergeReport::default() });
    let expected = [stored("2025-01-02", 996.46, "a"), later("2025-01-03", 1000.0), later("2025-01-06", 1010.0)];
    assert_eq!(store.load("usdclp").unwrap().unwrap(), expected);
}

/// A file from earlier versions of the program: the same columns, one row per date.
#[test]
fn a_file_with_one_row_a_date_is_read_as_it_is_and_extended() {
    let (_folder, store) = store();
    let written = [stored("2025-01-02", 996.46, "a"), stored("2025-01-03", 999.85, "a")];
    let times = written.iter().map(|o| o.fetched_at.timestamp_millis()).collect();
    let columns = vec![
        Cells::Dates("date", vec![day("2025-01-02"), day("2025-01-03")]),
        Cells::Numbers("value", vec![996.46, 999.85]),
        Cells::Texts("source", vec!["a", "a"]),
        Cells::Integers("fetched_at_ms", times),
    ];
    fs::write(path(&store), encode(columns).unwrap()).unwrap();
    assert_eq!(store.load("usdclp").unwrap().unwrap(), written);
    assert_eq!(store.load_versions("usdclp").unwrap().unwrap(), written);

    let later = StoredObservation { fetched_at: at(12), ..stored("2025-01-02", 996.5, "a") };
    keep(&store, &[later.clone(), stored("2025-01-06", 1010.0, "a")]).unwrap();
    let newest = stored("2025-01-06", 1010.0, "a");
    let versions = [written[0].clone(), later.clone(), written[1].clone(), newest.clone()];
    assert_eq!(store.load_versions("usdclp").unwrap().unwrap(), versions);
    assert_eq!(store.load("usdclp").unwrap().unwrap(), [later, written[1].clone(), newest]);
}

#[test]
fn a_file_whose_rows_are_out_of_order_is_refused() {
    let (_folder, store) = store();
    let later = StoredObservation { fetched_at: at(12), ..stored("2025-01-03", 999.0, "a") };
    for rows in [
        [stored("2025-01-03", 999.85, "a"), stored("2025-01-02", 996.46, "a")],
        [later.clone(), stored("2025-01-03", 999.85, "a")],
    ] {
        fs::write(path(&store), encode_versions(&rows).unwrap()).unwrap();
        let error = store.load("usdclp").unwrap_err().to_string();
        assert!(error.contains(&format!("row 2 ({}) is out of order, after 2025-01-03", rows[1].date)));
    }
}

#[test]
fn a_merge_that_changes_nothing_writes_nothing() {
    let (_folder, store) = store();
    keep(&store, &[stored("2025-01-02", 996.46, "a")]).unwrap();
    let before = fs::metadata(path(&store)).unwrap();
    keep(&store, &[stored("2025-01-02", 996.46, "b")]).unwrap();
    keep(&store, &[]).unwrap();
    assert_eq!(fs::metadata(path(&store)).unwrap().modified().unwrap(), before.modified().unwrap());
}

#[test]
fn concurrent_merges_of_different_dates_lose_none() {
    let (folder, _) = store();
    let days: Vec<NaiveDate> = day("2024-01-01").iter_days().take(80).collect();
    thread::scope(|scope| {
        for part in days.chunks(20) {
            // Each thread opens the store itself, as another process would.
            let store = RatesStore::open(folder.path()).unwrap();
            scope.spawn(move || {
                for date in part {
                    keep(&store, &[stored(&date.to_string(), 900.0, "a")]).unwrap();
                }
            });
        }
    });
    let store = RatesStore::open(folder.path()).unwrap();
    let found: Vec<NaiveDate> = store.load("usdclp").unwrap().unwrap().iter().map(|o| o.date).collect();
    assert_eq!(found, days);
}

#[test]
fn a_writer_killed_halfway_leaves_the_old_file_and_the_next_merge_cleans_up() {
    let (_folder, store) = store();
    keep(&store, &[stored("2025-01-02", 996.46, "a")]).unwrap();
    let abandoned = store.folder.join(format!("{TEMPORARY}Ab12Cd"));
    fs::write(&abandoned, &fs::read(path(&store)).unwrap()[..50]).unwrap();
    assert_eq!(store.series().unwrap(), ["usdclp"]);
    assert_eq!(store.load("usdclp").unwrap().unwrap(), [stored("2025-01-02", 996.46, "a")]);
    keep(&store, &[stored("2025-01-03", 999.85, "a")]).unwrap();
    assert_eq!(store.load("usdclp").unwrap().unwrap().len(), 2);
    assert!(!abandoned.exists());
}

#[test]
fn a_corrupt_file_is_refused_and_never_overwritten() {
    let (_folder, store) = store();
    keep(&store, &[stored("2025-01-02", 996.46, "a")]).unwrap();
    let whole = fs::read(path(&store)).unwrap();
    for broken in [&b""[..], &b"date,value\n"[..], &whole[..whole.len() - 7], &whole[20..]] {
        fs::write(path(&store), broken).unwrap();
        let error = store.load("usdclp").unwrap_err().to_string();
        assert!(error.contains("usdclp.parquet is not a readable rates file"), "{error}");
        assert!(error.contains("It was left as it is. Move it away (mv "), "{error}");
        keep(&store, &[stored("2025-01-03", 999.85, "a")]).unwrap_err();
        assert_eq!(fs::read(path(&store)).unwrap(), broken);
    }
}

/// A flipped bit may go unnoticed in a value, but must neither cause a panic nor produce an impossible series.
#[test]
fn no_flipped_byte_makes_reading_panic() {
    let (_folder, store) = store();
    keep(&store, &[stored("2025-01-02", 996.46, "a"), stored("2025-01-03", 999.85, "b")]).unwrap();
    let whole = fs::read(path(&store)).unwrap();
    for i in 0..whole.len() {
        let mut broken = whole.clone();
        broken[i] ^= 0xff;
        fs::write(path(&store), broken).unwrap();
        if let Ok(Some(observations)) = store.load("usdclp") {
            assert!(observations.windows(2).all(|w| w[0].date < w[1].date));
            assert!(observations.iter().all(|o| o.value > 0.0));
        }
    }
}

#[test]
fn a_foreign_parquet_file_is_refused_with_what_is_missing() {
    let (_folder, store) = store();
    fs::write(path(&store), encode(vec![Cells::Numbers("value", vec![1.0])]).unwrap()).unwrap();
    let error = store.load("usdclp").unwrap_err().to_string();
    assert!(error.contains("there is no column 'date' among [\"value\"]"), "{error}");
}

#[test]
fn names_that_are_not_series_names_never_become_paths() {
    let (_folder, store) = store();
    for name in ["", "../usdclp", "usd/clp", "USDCLP", "usdclp.parquet", ".lock", "ñ", &"a".repeat(65)] {
        assert!(matches!(store.load(name), Err(RatesError::SeriesName { .. })), "{name}");
        assert!(
            matches!(store.merge(name, &[], &MergeRules::accepting_all()), Err(RatesError::SeriesName { .. })),
            "{name}"
        );
    }
}

#[test]
fn impossible_values_are_not_kept() {
    let (_folder, store) = store();
    for value in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let batch = [stored("2025-01-02", 996.46, "a"), stored("2025-01-03", value, "a")];
        let error = keep(&store, &batch).unwrap_err().to_string();
        assert!(error.contains("2025-01-03 has value"), "{error}");
    }
    assert_eq!(store.load("usdclp").unwrap(), None);
}
