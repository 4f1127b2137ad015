//! The guard of imports: each kind of mistake by an example, and files as they should be.

use super::{reading::shown, *};
use crate::{
    Action, IMPORT_SOURCE, MergeRules, StoredObservation, assemble, calendar_of, kind_of, snapshot::embedded,
};
use chrono::{DateTime, Datelike, TimeDelta, Utc, Weekday};
use forecaster_domain::BusinessCalendar;
use proptest::prelude::*;
use tempfile::TempDir;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn store() -> (TempDir, RatesStore) {
    let folder = tempfile::tempdir().unwrap();
    let store = RatesStore::open(folder.path()).unwrap();
    (folder, store)
}

fn rules(series: &str) -> QualityRules {
    QualityRules::new(day("2026-11-27"), calendar_of(series)).of_kind(kind_of(series))
}

fn rows(pairs: &[(&str, f64)]) -> Vec<RawObservation> {
    pairs.iter().map(|(date, value)| RawObservation { date: day(date), value: *value }).collect()
}

/// Returns `count` weekdays up to `last` with values around `level` that move by about half a per cent a day.
fn wandering(last: &str, count: usize, level: f64) -> Vec<RawObservation> {
    let back = day(last).and_time(chrono::NaiveTime::MIN).date();
    let weekdays = (0..).map(|days| back - TimeDelta::days(days));
    let weekdays = weekdays.filter(|date| !matches!(date.weekday(), Weekday::Sat | Weekday::Sun));
    let mut dates: Vec<NaiveDate> = weekdays.take(count).collect();
    dates.reverse();
    let wander = |i: usize| level * (0.004 * (i as f64 * 1.3).sin() + 0.003 * (i as f64 * 2.9).cos()).exp();
    dates.into_iter().enumerate().map(|(i, date)| RawObservation { date, value: wander(i) }).collect()
}

fn stored(store: &RatesStore, series: &str, rows: &[RawObservation], source: &str, hour: i64) {
    let fetched_at = DateTime::<Utc>::UNIX_EPOCH + TimeDelta::hours(hour);
    let observation =
        |o: &RawObservation| StoredObservation { date: o.date, value: o.value, source: source.into(), fetched_at };
    let observations: Vec<_> = rows.iter().map(observation).collect();
    store.merge(series, &observations, &MergeRules::accepting_all()).unwrap();
}

/// Imports as the command does, and returns the check's result.
fn import(
    store: &RatesStore,
    series: &str,
    rows: &[RawObservation],
    accept_jumps: bool,
) -> Result<CheckedImport, String> {
    let checked = check_import(store, series, rows, &rules(series), accept_jumps).map_err(|e| e.to_string())?;
    let fetched_at = DateTime::<Utc>::UNIX_EPOCH;
    let observation = |o: &RawObservation| StoredObservation {
        date: o.date,
        value: o.value,
        source: IMPORT_SOURCE.into(),
        fetched_at,
    };
    let observations: Vec<_> = checked.observations.iter().map(observation).collect();
    store.import(series, &observations, &checked.accepted).unwrap();
    Ok(checked)
}

fn refused(series: &str, rows: &[RawObservation]) -> String {
    let (_folder, store) = store();
    import(&store, series, rows, false).unwrap_err()
}

fn taken(series: &str, rows: &[RawObservation]) -> CheckedImport {
    let (_folder, store) = store();
    import(&store, series, rows, false).unwrap()
}

#[test]
fn a_file_as_it_should_be_is_taken_whole() {
    let file = wandering("2026-11-20", 300, 157.0);
    let checked = taken("usdjpy", &file);
    assert_eq!(checked.observations, file);
    assert!(checked.findings.is_empty() && checked.accepted.is_empty() && checked.remarks.is_empty(), "{checked:?}");
}

#[test]
fn a_newest_value_a_hundred_times_too_large_is_refused_with_its_other_reading() {
    let mut file = wandering("2026-11-20", 300, 157.0);
    file[299].value *= 100.0;
    let said = refused("usdjpy", &file);
    assert!(said.starts_with("nothing was taken for the series 'usdjpy'"), "{said}");
    assert!(said.contains("\n  2026-11-20: ") && said.contains(", 100 times too large; it may mean 15"), "{said}");
    // A file of a few values, and a name in no list.
    for series in ["usdjpy", "my_series"] {
        assert!(refused(series, &file[297..]).contains("100 times too large"), "{series}");
    }
}

#[test]
fn beside_embedded_values_a_value_out_of_proportion_is_refused_too() {
    let file =
        rows(&[("2024-12-24", 108.26), ("2024-12-26", 108.13), ("2024-12-27", 108.0), ("2024-12-30", 10_813.0)]);
    let said = refused("dxy", &file);
    assert!(
        said.contains("2024-12-30: 10813 after 108 on 2024-12-27, 100 times too large; it may mean 108.13"),
        "{said}"
    );
    assert!(said.contains("; on 2024-12-31 it is 108."), "{said}");
}

#[test]
fn a_point_between_thousands_is_told_with_both_readings() {
    let file = rows(&[
        ("2024-12-26", 987.0),
        ("2024-12-27", 991.4),
        ("2024-12-30", 996.1),
        ("2025-01-02", 1.007),
        ("2025-01-03", 1.011),
    ]);
    for series in ["usdclp", "usdxyz"] {
        let said = refused(series, &file);
        assert!(said.contains("1.007 after 996.1 on 2024-12-30, it may mean 1.007, or 1007 with a point"), "{said}");
    }
    // However long it lasts.
    let mut long = wandering("2026-11-20", 300, 985.0);
    long[150..].iter_mut().for_each(|o| o.value = o.value * 1.04 / 1000.0);
    assert!(refused("usdxyz", &long).contains("with a point between thousands"));
    // Also where most of the days are known.
    let mut known = wandering("2026-11-20", 300, 985.0);
    known[100..].iter_mut().for_each(|o| o.value *= 1.04);
    let (_folder, store) = store();
    stored(&store, "usdxyz", &known, "file", 0);
    known[100..].iter_mut().for_each(|o| o.value /= 1000.0);
    let said = import(&store, "usdxyz", &known, false).unwrap_err();
    assert!(
        said.contains("200 of its 300 values on known days") && said.contains("point between thousands"),
        "{said}"
    );
}

#[test]
fn a_quarter_in_another_unit_is_refused_wherever_it_stands() {
    let good = wandering("2026-11-20", 600, 1350.0);
    for (from, to, word) in [(400, 460, "to 20"), (540, 600, "from 20"), (0, 60, "from 20")] {
        let mut bad = good.clone();
        bad[from..to].iter_mut().for_each(|o| o.value /= 10.0);
        let said = refused("usdkrw", &bad);
        assert!(said.contains(word) && said.contains("10 times too"), "{from}: {said}");
    }
}

#[test]
fn of_a_file_whose_first_value_is_wrong_that_value_is_named() {
    let mut file = wandering("2026-11-20", 300, 157.0);
    file[0].value *= 100.0;
    let said = refused("usdjpy", &file);
    assert!(said.contains(&format!("\n  {}: 15", file[0].date)), "{said}");
    assert!(
        said.contains(&format!(" before {} on ", shown(file[1].value))) && said.contains("100 times too large"),
        "{said}"
    );
}

#[test]
fn a_single_value_far_off_within_the_file_is_left_out_alone() {
    let mut file = wandering("2026-11-20", 600, 1350.0);
    for (at, factor) in [(100, 10.0), (300, 0.01), (400, 1.1)] {
        file[at].value *= factor;
    }
    let checked = taken("usdkrw", &file);
    assert_eq!(checked.observations.len(), 597);
    assert_eq!(checked.findings.iter().filter(|finding| finding.action == Action::Refused).count(), 3);
    // More than a few are a fault of the file.
    (0..5).for_each(|i| file[100 + 20 * i].value = 13.5);
    assert!(refused("usdkrw", &file).contains("100 times too small"));
}

#[test]
fn a_devaluation_that_lasts_is_taken_and_one_on_the_last_days_is_not() {
    let mut file = wandering("2023-12-19", 300, 336.0);
    file[294..].iter_mut().for_each(|o| o.value *= 2.18);
    let checked = taken("usdars", &file);
    assert_eq!(checked.observations.len(), 300);
    assert!(checked.findings[0].to_string().contains("it lasted; kept"), "{}", checked.findings[0]);
    for count in [295, 296] {
        let said = refused("usdars", &file[..count]);
        assert!(said.contains("no later value and no other source confirms it") && said.contains("+11"), "{said}");
    }
    assert_eq!(taken("usdars", &file[..297]).observations.len(), 297);
}

#[test]
fn a_newest_jump_far_beyond_the_usual_moves_is_refused_until_something_confirms_it() {
    let mut file = wandering("2026-11-20", 300, 157.0);
    file[299].value *= 1.1;
    let said = refused("usdjpy", &file);
    assert!(said.contains("of its usual daily moves; no later value and no other source"), "{said}");
    let (_folder, store) = store();
    stored(&store, "usdjpy", &[RawObservation { value: 1.005 * file[299].value, ..file[299] }], "ecb", 0);
    assert_eq!(import(&store, "usdjpy", &file, false).unwrap().observations.len(), 300);
}

#[test]
fn a_redenomination_that_lasts_is_taken_and_told_and_only_in_its_direction() {
    let mut file = wandering("2026-11-20", 300, 2_898_776.3);
    file[200..].iter_mut().for_each(|o| o.value /= 1e6);
    let checked = taken("usdves", &file);
    assert_eq!(checked.observations.len(), 300);
    assert!(checked.remarks[0].contains("divided by 1000000: taken as a redenomination"), "{:?}", checked.remarks);
    // The dollar is not redenominated, and ten values confirm more than three.
    assert!(refused("vesusd", &file).contains("1000000 times too small"));
    assert!(refused("usdves", &file[..205]).contains("1000000 times too small"));
    file[200..].iter_mut().for_each(|o| o.value *= 1e4);
    assert!(refused("usdves", &file).contains("100 times too small"), "a factor of 100 is usually an error");
}

#[test]
fn a_file_or_half_of_it_upside_down_is_refused() {
    let (_folder, store) = store();
    let good = wandering("2026-11-20", 300, 950.0);
    let turned: Vec<_> = good.iter().map(|o| RawObservation { value: 1.0 / o.value, ..*o }).collect();
    let said = import(&store, "usdclp", &turned, false).unwrap_err();
    assert!(said.contains("contradict the known values"), "{said}");
    assert!(said.contains("its values look like CLP/USD, one divided by the values of USD/CLP"), "{said}");
    let half = [&good[..150], &turned[150..]].concat();
    assert!(refused("usdkrw", &half).contains("its values look like KRW/USD"));
    // Near 1 nothing is out of proportion.
    let near = wandering("2026-11-20", 300, 1.08);
    let turned: Vec<_> = near.iter().map(|o| RawObservation { value: 1.0 / o.value, ..*o }).collect();
    let half = [&near[..150], &turned[150..]].concat();
    assert!(refused("usdchf", &half).contains("its values look like CHF/USD"));
    // The embedded series of the opposite pair shows it.
    let said = import(&store, "clpusd", &good, false).unwrap_err();
    assert!(said.contains("the values of 1 / usdclp") && said.contains("USD/CLP, one divided by"), "{said}");
}

#[test]
fn another_unit_than_the_known_values_is_refused() {
    let embedded = &embedded().unwrap()["usdmxn"];
    let cents: Vec<_> = embedded[5000..].iter().map(|o| RawObservation { value: 100.0 * o.value, ..*o }).collect();
    let said = refused("usdmxn", &cents);
    assert!(said.contains("of its") && said.contains("its values are 100 times too large"), "{said}");
    let another: Vec<_> = embedded[5000..].iter().map(|o| RawObservation { value: 1.3 * o.value, ..*o }).collect();
    assert!(refused("usdmxn", &another).contains("it may be another unit or another series"));
}

#[test]
fn what_a_person_accepts_is_taken_and_counts_from_then_on() {
    let (_folder, store) = store();
    let mut file = wandering("2023-12-12", 300, 336.0);
    file[299].value *= 2.18;
    file[200].value *= 1.2;
    let checked = import(&store, "usdars", &file, true).unwrap();
    assert_eq!(checked.observations.len(), 300);
    let dates: Vec<NaiveDate> = checked.accepted.keys().copied().collect();
    assert_eq!(dates, [file[200].date, file[299].date]);
    let series = assemble(&store, "usdars", &rules("usdars"), None).unwrap().checked;
    assert_eq!(series.series.len(), 300);
    let objects = |finding: &&Finding| {
        matches!(finding.problem, DataProblem::Spike { .. } | DataProblem::Jump { newest: true, .. })
    };
    assert_eq!(series.findings.iter().filter(objects).count(), 0, "{:?}", series.findings);
    let told: Vec<String> = series.findings.iter().map(ToString::to_string).collect();
    assert!(told.iter().all(|line| line.ends_with("accepted by hand; kept") || line.ends_with("it lasted; kept")));
    // The same file again, and the next day's value, need no word.
    assert_eq!(import(&store, "usdars", &file, false).unwrap().observations.len(), 300);
    let next = rows(&[("2023-12-13", 736.0)]);
    assert_eq!(import(&store, "usdars", &next, false).unwrap().observations.len(), 1);
    // Another value of that day counts as any other.
    let slip = RawObservation { value: 73_300.0, ..file[299] };
    assert!(import(&store, "usdars", &[slip], false).unwrap_err().contains("100 times too large"));
    // A value after an accepted mistake may go back to the level before it.
    let back = rows(&[("2023-12-13", 337.0)]);
    assert_eq!(import(&store, "usdars", &back, false).unwrap().observations.len(), 1);
}

#[test]
fn a_corrected_file_replaces_an_accepted_mistake_for_good() {
    let (_folder, one) = store();
    let good = wandering("2026-11-20", 600, 1350.0);
    let mut bad = good.clone();
    bad[400..460].iter_mut().for_each(|o| o.value /= 10.0);
    import(&one, "usdkrw", &bad, true).unwrap();
    assert_eq!(one.accepted_values("usdkrw").len(), 60);
    // The missing quarter alone, or the complete file.
    for correction in [&good[400..460], &good[..]] {
        let (_folder, store) = store();
        import(&store, "usdkrw", &bad, true).unwrap();
        import(&store, "usdkrw", correction, false).unwrap();
        let clean = store_of(&good);
        assert_eq!(store.load_versions("usdkrw").unwrap(), clean.1.load_versions("usdkrw").unwrap());
        assert!(store.accepted_values("usdkrw").is_empty());
    }
}

fn store_of(file: &[RawObservation]) -> (TempDir, RatesStore) {
    let (folder, store) = store();
    import(&store, "usdkrw", file, false).unwrap();
    (folder, store)
}

#[test]
fn weekly_and_monthly_files_are_judged_by_the_time_between_their_values() {
    let daily = wandering("2026-11-20", 2600, 1350.0);
    for (step, speed) in [(5, 0.7), (21, 1.4)] {
        let moving = |i: usize, o: &RawObservation| RawObservation {
            value: o.value * (0.03 * (i as f64 * speed).sin()).exp(),
            ..*o
        };
        let sparse: Vec<_> = daily.iter().step_by(step).enumerate().map(|(i, o)| moving(i, o)).collect();
        assert_eq!(taken("usdkrw", &sparse).observations.len(), sparse.len());
    }
}

#[test]
fn a_policy_rate_an_index_and_a_value_by_rule_follow_their_kind() {
    let step = |from: f64, to: f64| {
        let mut file = wandering("2026-11-20", 100, from);
        file.iter_mut().enumerate().for_each(|(i, o)| o.value = if i < 99 { from } else { to });
        file
    };
    assert_eq!(taken("tpm", &step(4.5, 4.25)).observations.len(), 100);
    assert_eq!(taken("tpm", &step(0.05, 0.5)).observations.len(), 100, "half a point from near zero");
    assert!(refused("tpm", &step(4.5, 45.0)).contains("10 times too large"));
    let mut vix = wandering("2018-02-05", 300, 17.3);
    vix.iter_mut().enumerate().for_each(|(i, o)| o.value *= (0.06 * (i as f64 * 2.1).sin()).exp());
    vix[299].value = 37.32;
    assert_eq!(taken("vix", &vix).observations.len(), 300);
    assert!(refused("uf", &step(39_000.0, 45_000.0)).contains("no later value"));
}

#[test]
fn a_name_in_no_list_is_judged_by_its_own_moves() {
    let mut wild = wandering("2026-11-20", 300, 50.0);
    wild.iter_mut().enumerate().for_each(|(i, o)| o.value *= (0.8 * (i as f64 * 2.1).sin()).exp());
    assert_eq!(taken("gas_storage", &wild).observations.len(), 300);
    let mut calm = wandering("2026-11-20", 300, 50.0);
    calm[299].value *= 1.6;
    assert!(refused("gas_storage", &calm).contains("no later value"));
}

/// The guard is no obstacle to what is right: each embedded series is taken, whole and in pieces, on its own and over
/// the snapshot.
#[test]
fn every_embedded_series_is_taken() {
    for (name, series) in embedded().unwrap() {
        let (_folder, store) = store();
        for file in [&series[..], &series[series.len() - 700..], &series[1000..1500]] {
            // Under another name nothing else is known.
            for import_name in [name.clone(), format!("own_{name}")] {
                let checked = check_import(&store, &import_name, file, &rules(name), false);
                let checked = checked.unwrap_or_else(|error| panic!("{name}: {error}"));
                assert!(checked.observations.len() as f64 > 0.95 * file.len() as f64, "{name}");
            }
        }
    }
}

#[test]
fn a_file_without_a_usable_value_is_named() {
    let (_folder, store) = store();
    let error = check_import(&store, "usdjpy", &rows(&[("2026-11-20", -1.0)]), &rules("usdjpy"), true).unwrap_err();
    assert!(matches!(error, RatesError::NothingUsable { .. }), "{error}");
    let weekdays = QualityRules::new(day("2026-11-27"), Some(BusinessCalendar::weekdays()));
    let checked = check_import(&store, "usdjpy", &rows(&[("2026-11-20", 157.0)]), &weekdays, false).unwrap();
    assert_eq!(checked.observations.len(), 1);
}

/// Generates a file from (day, value) with values from the smallest to the largest.
fn any_file() -> impl Strategy<Value = Vec<RawObservation>> {
    let value = prop_oneof![
        Just(f64::MIN_POSITIVE),
        Just(f64::MAX),
        Just(f64::NAN),
        Just(0.0),
        1e-6..1e6,
        prop::sample::select(vec![1.003, 10.0, 99.8, 100.0, 100.2, 998.0, 10_000.0])
    ];
    let row = (-40i64..400, value).prop_map(|(days, value)| {
        let date = day("2025-12-01") + TimeDelta::days(days);
        RawObservation { date, value }
    });
    prop::collection::vec(row, 0..80)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_file_is_taken_in_part_or_refused_and_taken_whole_on_a_persons_word(
        first in any_file(), second in any_file(), series in prop::sample::select(vec!["usdjpy", "usdclp", "own", "tpm"])
    ) {
        let (_folder, store) = store();
        for (file, accept_jumps) in [(&first, true), (&second, false), (&second, true)] {
            let Ok(checked) = import(&store, series, file, accept_jumps) else { continue };
            prop_assert!(checked.observations.iter().all(|o| file.contains(o)));
            let stored = store.load(series).unwrap().unwrap_or_default();
            let current: BTreeMap<NaiveDate, f64> = stored.iter().map(|o| (o.date, o.value)).collect();
            for o in &checked.observations {
                prop_assert!(current.get(&o.date).is_none_or(|value| (value / o.value - 1.0).abs() < 1e-7));
            }
            prop_assert!(checked.accepted.keys().all(|date| checked.observations.iter().any(|o| o.date == *date)));
            // What was taken is not objected to when it is given again.
            let again = check_import(&store, series, &checked.observations, &rules(series), false);
            prop_assert!(checked.observations.is_empty() || again.is_ok(), "{}", again.unwrap_err());
        }
    }
}
