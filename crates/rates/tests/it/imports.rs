//! Imports of files that went wrong once: what is refused, what is taken, and how a mistake is undone.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use forecaster_domain::Observation;
use forecaster_rates::{
    Action, CheckedImport, DataProblem, DecimalSign, IMPORT_SOURCE, QualityRules, RatesError, RatesStore,
    ReadOptions, Selection, StoredObservation, assemble, calendar_of, check, check_import, end_of, kind_of, known_at,
    read_file, remove,
};
use std::path::Path;
use tempfile::TempDir;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn case(name: &str) -> Vec<Observation> {
    read_file(&Path::new("tests/cases/import").join(name), &ReadOptions::default()).unwrap().observations
}

/// A store and the time of the next import into it, an hour after the one before.
struct Desk {
    _folder: TempDir,
    store: RatesStore,
    now: DateTime<Utc>,
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = RatesStore::open(folder.path()).unwrap();
        Self { _folder: folder, store, now: day("2026-01-05").and_hms_opt(12, 0, 0).unwrap().and_utc() }
    }

    fn rules(series: &str) -> QualityRules {
        QualityRules::new(day("2026-11-27"), calendar_of(series)).of_kind(kind_of(series))
    }

    /// Imports as `forecaster rates import` does.
    fn import(&mut self, series: &str, file: &[Observation], accept_jumps: bool) -> Result<CheckedImport, String> {
        self.now += TimeDelta::hours(1);
        let checked = check_import(&self.store, series, file, &Self::rules(series), accept_jumps);
        let checked = checked.map_err(|error| error.to_string())?;
        let stored = |o: &Observation| StoredObservation {
            date: o.date,
            value: o.value,
            source: IMPORT_SOURCE.into(),
            fetched_at: self.now,
        };
        let observations: Vec<_> = checked.observations.iter().map(stored).collect();
        self.store.import(series, &observations, &checked.accepted).unwrap();
        Ok(checked)
    }

    fn refusal(series: &str, file: &[Observation]) -> String {
        let mut desk = Self::new();
        let said = desk.import(series, file, false).unwrap_err();
        assert_eq!(desk.store.load(series).unwrap(), None, "nothing was taken");
        said
    }
}

/// The right file with the second quarter of 2024 ten times too small.
fn bad_quarter() -> Vec<Observation> {
    let mut file = case("usdkrw_good.csv");
    let quarter = day("2024-04-01")..=day("2024-06-30");
    file.iter_mut().filter(|o| quarter.contains(&o.date)).for_each(|o| o.value /= 10.0);
    file
}

#[test]
fn a_last_value_a_hundred_times_too_large_is_refused_and_taken_on_a_persons_word() {
    let said = Desk::refusal("dxy", &case("dxy_last_x100.csv"));
    assert!(
        said.contains("2024-12-30: 10813 after 108 on 2024-12-27, 100 times too large; it may mean 108.13"),
        "{said}"
    );
    let mut file = case("usdkrw_good.csv");
    file.last_mut().unwrap().value *= 100.0;
    assert!(Desk::refusal("usdkrw", &file).contains("100 times too large; it may mean 1474.781"));
    let mut desk = Desk::new();
    let checked = desk.import("dxy", &case("dxy_last_x100.csv"), true).unwrap();
    assert_eq!(checked.accepted.into_iter().collect::<Vec<_>>(), [(day("2024-12-30"), 10_813.0)]);
    let dxy = assemble(&desk.store, "dxy", &Desk::rules("dxy"), Some(day("2025-01-02"))).unwrap().checked;
    assert_eq!(dxy.series.value_on(day("2024-12-30")), Some(10_813.0));
}

#[test]
fn a_point_between_thousands_is_refused_with_both_readings() {
    let path = Path::new("tests/cases/import/usdclp_dot_thousands.csv");
    // The reader asks; a person who insists on the wrong reading meets the guard.
    let said = read_file(path, &ReadOptions::default()).unwrap_err().to_string();
    assert!(said.contains("1.003") && said.contains("1003") && said.contains("--decimal"), "{said}");
    let options = ReadOptions { decimal: Some(DecimalSign::Point), ..ReadOptions::default() };
    let said = Desk::refusal("usdclp", &read_file(path, &options).unwrap().observations);
    assert!(
        said.contains("1.007 after 996.1 on 2024-12-30, it may mean 1.007, or 1007 with a point between"),
        "{said}"
    );
}

#[test]
fn the_right_file_over_a_wrong_one_leaves_the_store_as_if_the_wrong_one_had_never_been() {
    let said = Desk::refusal("usdkrw", &bad_quarter());
    assert!(said.contains("10 times too small; it may mean"), "{said}");
    let (mut mended, mut clean) = (Desk::new(), Desk::new());
    mended.import("usdkrw", &bad_quarter(), true).unwrap();
    mended.import("usdkrw", &case("usdkrw_good.csv"), false).unwrap();
    clean.import("usdkrw", &case("usdkrw_good.csv"), false).unwrap();
    let views = |desk: &Desk| {
        let versions = desk.store.load_versions("usdkrw").unwrap().unwrap();
        assert_eq!(versions.len(), 2305, "one version a day");
        let instants = ["2024-05-15", "2026-01-05", "2026-01-06"].map(|date| end_of(day(date)));
        let known = instants
            .map(|instant| known_at(&versions, instant))
            .map(|known| known.into_iter().map(|o| (o.date, o.value, o.source)).collect::<Vec<_>>());
        let series = assemble(&desk.store, "usdkrw", &Desk::rules("usdkrw"), None).unwrap().checked.series;
        (known, series.superseded().len(), series.values().to_vec())
    };
    let (mended, clean) = (views(&mended), views(&clean));
    assert_eq!((&mended.0, mended.1), (&clean.0, 0));
    assert_eq!(mended.2, clean.2);
}

#[test]
fn ticks_of_a_crawling_peg_are_no_spikes() {
    let file = case("usdars_ticks.csv");
    let checked = check("usdars", &file, &Desk::rules("usdars")).unwrap();
    assert_eq!((checked.series.len(), checked.findings.len()), (1500, 0));
    let mut desk = Desk::new();
    assert_eq!(desk.import("usdars", &file, false).unwrap().observations.len(), 1500);
    // A slip of five per cent is one in this series too.
    let mut slipped = file.clone();
    slipped[700].value *= 1.05;
    let found = check("usdars", &slipped, &Desk::rules("usdars")).unwrap();
    let refused: Vec<NaiveDate> = found.refused().map(|finding| finding.date).collect();
    assert_eq!(refused, [slipped[700].date]);
}

#[test]
fn a_devaluation_of_today_waits_for_a_persons_word_or_for_the_days_after() {
    let file = case("usdars_jump.csv");
    let until = |date: &str| -> Vec<_> { file.iter().filter(|o| o.date <= day(date)).copied().collect() };
    let said = Desk::refusal("usdars", &until("2023-12-12"));
    assert!(said.contains("2023-12-12: 733.68 after 336.55 on 2023-12-11, +118.0 %; no later value"), "{said}");
    Desk::refusal("usdars", &until("2023-12-13"));
    for date in ["2023-12-14", "2023-12-19"] {
        let mut desk = Desk::new();
        let checked = desk.import("usdars", &until(date), false).unwrap();
        assert!(checked.findings.iter().any(|finding| finding.to_string().ends_with(", it lasted; kept")));
    }
    let mut desk = Desk::new();
    desk.import("usdars", &until("2023-12-12"), true).unwrap();
    let checked = assemble(&desk.store, "usdars", &Desk::rules("usdars"), None).unwrap().checked;
    assert_eq!(checked.series.last_value(), 733.68);
    let newest = checked.findings.iter().filter(|f| matches!(f.problem, DataProblem::Jump { newest: true, .. }));
    assert_eq!(newest.count(), 0, "a person's word counts");
    let accepted = |f: &&forecaster_rates::Finding| matches!(f.problem, DataProblem::AcceptedJump { .. });
    assert_eq!(checked.findings.iter().find(accepted).unwrap().action, Action::Noted);
}

#[test]
fn a_removed_import_leaves_what_the_provider_had() {
    let mut desk = Desk::new();
    let of_provider: Vec<_> = case("usdkrw_good.csv")
        .into_iter()
        .map(|o| StoredObservation { date: o.date, value: o.value, source: "ecb".into(), fetched_at: desk.now })
        .collect();
    let everything = forecaster_rates::MergeRules::accepting_all();
    desk.store.merge("usdkrw", &of_provider, &everything).unwrap();
    desk.import("usdkrw", &bad_quarter(), true).unwrap();
    let of_import = Selection { source: Some(IMPORT_SOURCE.into()), ..Selection::default() };
    let removal = remove::<RatesError>(&desk.store, "usdkrw", &of_import, |copy| {
        assert!(copy.iter().all(|version| version.source == IMPORT_SOURCE && version.value < 200.0));
        Ok(())
    });
    let removal = removal.unwrap();
    assert_eq!(removal.removed.len(), removal.still_stored);
    assert_eq!(desk.store.load_versions("usdkrw").unwrap().unwrap(), of_provider);
}
