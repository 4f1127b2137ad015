use super::*;
use crate::store::{MergeRules, StoredObservation};
use chrono::DateTime;
use forecaster_domain::BusinessCalendar;
use tempfile::TempDir;

fn store() -> (TempDir, RatesStore) {
    let folder = tempfile::tempdir().unwrap();
    let store = RatesStore::open(folder.path()).unwrap();
    (folder, store)
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn imported(date: &str, value: f64) -> StoredObservation {
    let fetched_at = DateTime::UNIX_EPOCH;
    StoredObservation { date: day(date), value, source: "import".into(), fetched_at }
}

fn rules() -> QualityRules {
    QualityRules::new(day("2025-01-10"), Some(BusinessCalendar::chile()))
}

#[test]
fn without_a_store_the_snapshot_serves() {
    let (_folder, store) = store();
    let usdclp = assemble(&store, "usdclp", &rules(), Some(day("2025-01-03"))).unwrap();
    assert_eq!(usdclp.provider, EMBEDDED_SOURCE);
    assert_eq!(usdclp.checked.series.last_date(), day("2025-01-03"));
    assert_eq!(usdclp.checked.series.last_value(), 999.85);
    assert_eq!((usdclp.stand_in(), usdclp.stand_in_from(), usdclp.stand_ins.len()), (None, None, 0));
    let usdmxn = assemble(&store, "usdmxn", &today("2026-11-27"), None).unwrap();
    assert_eq!((usdmxn.provider.as_str(), usdmxn.checked.series.last_date()), (EMBEDDED_SOURCE, day("2026-10-30")));
}

fn today(date: &str) -> QualityRules {
    QualityRules { today: day(date), ..rules() }
}

/// Returns the embedded quote for the trades of a day.
fn quote(date: &str) -> f64 {
    embedded().unwrap()["usdclp_spot"].iter().find(|o| o.date == day(date)).unwrap().value
}

/// Reference: Narodowy Bank Polski's table of Monday 2026-10-26 has 3.9293 zloty a dollar and 0.003948 a peso.
#[test]
fn where_the_official_rate_ends_the_embedded_quotes_stand_in_for_it() {
    let (_folder, store) = store();
    let usdclp = assemble(&store, "usdclp", &today("2026-11-27"), None).unwrap();
    let series = &usdclp.checked.series;
    assert_eq!((series.last_date(), series.last_value()), (day("2026-10-26"), 995.263));
    assert!((series.last_value() - 3.9293 / 0.003948).abs() < 5e-4);
    assert_eq!((usdclp.provider.as_str(), usdclp.stand_in()), ("nbp", Some("nbp")));
    // Epiphany is a holiday in Poland: there is no quote on 2025-01-06.
    assert_eq!(usdclp.stand_in_from(), Some(day("2025-01-07")));
    let official = embedded().unwrap()["usdclp"].last().unwrap().date;
    let chile = BusinessCalendar::chile();
    let after: Vec<NaiveDate> = series.dates().iter().copied().filter(|date| *date > official).collect();
    assert!(after.len() > 430 && after.iter().all(|date| chile.is_business_day(*date)), "{}", after.len());
    assert_eq!(after, usdclp.stand_ins.keys().copied().collect::<Vec<_>>());
    assert_eq!(series.value_on(day("2025-01-02")), Some(996.46));
}

#[test]
fn a_quote_stands_for_the_weekday_after_the_trades_that_it_closes() {
    let (_folder, store) = store();
    let series = assemble(&store, "usdclp", &today("2026-11-27"), None).unwrap().checked.series;
    for (date, trades) in [("2025-01-08", "2025-01-07"), ("2025-01-13", "2025-01-10"), ("2026-10-26", "2026-10-23")] {
        assert_eq!(series.value_on(day(date)), Some(quote(trades)), "{date}");
    }
    // Good Friday: the quote for Thursday's trades falls on no business day in Chile.
    assert_eq!(series.value_on(day("2025-04-18")), None);
}

#[test]
fn quotes_go_on_after_the_last_official_value_and_fill_no_short_holes() {
    let (_folder, store) = store();
    let official = [imported("2025-01-06", 1001.0), imported("2025-01-09", 1002.0)];
    store.merge("usdclp", &official, &MergeRules::accepting_all()).unwrap();
    let usdclp = assemble(&store, "usdclp", &rules(), None).unwrap();
    let value = |date: &str| usdclp.checked.series.value_on(day(date));
    assert_eq!((value("2025-01-06"), value("2025-01-09")), (Some(1001.0), Some(1002.0)));
    assert_eq!((value("2025-01-07"), value("2025-01-08")), (None, None));
    assert_eq!((value("2025-01-10"), usdclp.stand_in_from()), (Some(quote("2025-01-09")), Some(day("2025-01-10"))));
    // An as-of date within the hole does not fill it either.
    let cut = assemble(&store, "usdclp", &rules(), Some(day("2025-01-08"))).unwrap();
    assert_eq!((cut.checked.series.last_date(), cut.stand_in()), (day("2025-01-06"), None));
}

#[test]
fn an_import_of_one_official_day_leaves_the_quotes_of_the_months_before_it() {
    let empty = store;
    let (_folder, store) = empty();
    let before = assemble(&store, "usdclp", &today("2026-11-27"), None).unwrap();
    store.merge("usdclp", &[imported("2026-10-26", 990.0)], &MergeRules::accepting_all()).unwrap();
    let after = assemble(&store, "usdclp", &today("2026-11-27"), None).unwrap();
    assert_eq!(after.checked.series.dates(), before.checked.series.dates());
    assert_eq!(
        (after.checked.series.last_value(), after.provider.as_str(), after.stand_in()),
        (990.0, "import", None)
    );
    assert_eq!(after.stand_ins.len(), before.stand_ins.len() - 1);
    assert_eq!(after.checked.series.value_on(day("2026-10-23")), Some(quote("2026-10-22")));
    // Six business days are a hole to fill, five are not.
    let (_other, store) = empty();
    store.merge("usdclp", &[imported("2025-01-13", 1002.0)], &MergeRules::accepting_all()).unwrap();
    let stand_ins = |store: &RatesStore| assemble(store, "usdclp", &today("2025-01-31"), None).unwrap().stand_ins;
    assert_eq!(stand_ins(&store).keys().next(), Some(&day("2025-01-14")), "6 to 10 January");
    let (_third, store) = empty();
    store.merge("usdclp", &[imported("2025-01-14", 1002.0)], &MergeRules::accepting_all()).unwrap();
    assert_eq!(stand_ins(&store).keys().next(), Some(&day("2025-01-07")), "6 to 13 January");
}

#[test]
fn what_was_fetched_to_stand_in_counts_before_the_embedded_quotes() {
    let (_folder, store) = store();
    let fetched = StoredObservation { source: "yahoo".into(), ..imported("2025-01-08", 1010.0) };
    store.merge("usdclp", &[fetched], &MergeRules::accepting_all()).unwrap();
    let usdclp = assemble(&store, "usdclp", &rules(), None).unwrap();
    let stand_ins: Vec<(String, &str)> =
        usdclp.stand_ins.iter().map(|(date, by)| (date.to_string(), by.as_str())).collect();
    let expected = [("2025-01-07", "nbp"), ("2025-01-08", "yahoo"), ("2025-01-09", "nbp"), ("2025-01-10", "nbp")];
    assert_eq!(stand_ins, expected.map(|(date, by)| (date.to_owned(), by)));
    assert_eq!(usdclp.checked.series.value_on(day("2025-01-08")), Some(1010.0));
}

#[test]
fn quotes_of_after_an_as_of_date_or_after_today_are_not_known() {
    let (_folder, store) = store();
    let cut = assemble(&store, "usdclp", &today("2026-11-27"), Some(day("2025-01-08"))).unwrap();
    assert_eq!((cut.checked.series.last_date(), cut.stand_in()), (day("2025-01-08"), Some("nbp")));
    assert_eq!(cut.stand_ins.len(), 2);
    for name in ["usdclp", "usdmxn", "usdclp_spot"] {
        let series = assemble(&store, name, &today("2025-01-08"), None).unwrap().checked;
        assert!(series.series.last_date() <= day("2025-01-08"), "{name}");
        assert!(series.findings.iter().all(|finding| finding.date < day("2025-01-08")), "{name}");
    }
}

#[test]
fn a_rate_of_the_market_has_no_stand_ins() {
    let (_folder, store) = store();
    let quote = StoredObservation { source: "yahoo".into(), ..imported("2026-11-02", 17.5) };
    store.merge("usdmxn", &[quote], &MergeRules::accepting_all()).unwrap();
    for name in ["usdmxn", "usdclp_spot", "dxy"] {
        let series = assemble(&store, name, &today("2026-11-27"), None).unwrap();
        assert_eq!((series.stand_in(), series.stand_in_from(), series.stand_ins.len()), (None, None, 0), "{name}");
    }
}

#[test]
fn the_store_overrules_the_snapshot_and_goes_on_after_it() {
    let (_folder, store) = store();
    store
        .merge(
            "usdclp",
            &[imported("2025-01-03", 1000.0), imported("2025-01-06", 1010.0)],
            &MergeRules::accepting_all(),
        )
        .unwrap();
    let usdclp = assemble(&store, "usdclp", &rules(), None).unwrap();
    assert_eq!(usdclp.checked.series.value_on(day("2025-01-02")), Some(996.46));
    assert_eq!(usdclp.checked.series.value_on(day("2025-01-03")), Some(1000.0));
    assert_eq!(usdclp.checked.series.value_on(day("2025-01-06")), Some(1010.0));
    let known = assemble(&store, "usdclp", &rules(), Some(day("2025-01-06"))).unwrap();
    assert_eq!((known.provider.as_str(), known.stand_in()), ("import", None));
}

#[test]
fn a_cut_series_knows_nothing_of_later_dates() {
    let (_folder, store) = store();
    let usdclp = assemble(&store, "usdclp", &rules(), Some(day("2020-01-05"))).unwrap();
    assert_eq!(usdclp.checked.series.last_date(), day("2019-12-30"));
    assert!(usdclp.checked.findings.iter().all(|f| f.date <= day("2020-01-05")));
    let error = assemble(&store, "usdclp", &rules(), Some(day("2000-01-01"))).unwrap_err().to_string();
    assert_eq!(error, "series 'usdclp' starts on 2003-04-01; it has no values on or before 2000-01-01");
}

/// Stores two dates: 2025-01-03 is 1000 from the 6th, 1001 from the 8th and 1002 from the 10th on; 2025-01-06 was
/// fetched on the 8th.
fn revised(store: &RatesStore) {
    for (date, value, fetched) in [
        ("2025-01-03", 1000.0, "2025-01-06T23:59:59.999Z"),
        ("2025-01-03", 1001.0, "2025-01-08T00:00:00Z"),
        ("2025-01-06", 1010.0, "2025-01-08T12:00:00Z"),
        ("2025-01-03", 1002.0, "2025-01-10T12:00:00Z"),
    ] {
        let source = "mindicador".to_owned();
        let observation = StoredObservation { fetched_at: fetched.parse().unwrap(), source, ..imported(date, value) };
        store.merge("usdclp", &[observation], &MergeRules::accepting_all()).unwrap();
    }
}

#[test]
fn a_revised_series_remembers_what_was_known_on_each_day() {
    let (_folder, store) = store();
    revised(&store);
    let series = assemble(&store, "usdclp", &rules(), None).unwrap().checked.series;
    assert_eq!(series.value_on(day("2025-01-03")), Some(1002.0));
    for (known, value) in [("2025-01-03", 1000.0), ("2025-01-07", 1000.0), ("2025-01-08", 1001.0)] {
        assert_eq!(series.until(day(known)).unwrap().value_on(day("2025-01-03")), Some(value), "{known}");
    }
    // The snapshot's 999.85 was overridden, not superseded.
    assert_eq!(series.superseded().len(), 2);
}

#[test]
fn an_old_as_of_date_knows_only_the_revisions_made_by_its_end() {
    let (_folder, store) = store();
    revised(&store);
    for (until, value) in [("2025-01-03", 1000.0), ("2025-01-07", 1000.0), ("2025-01-08", 1001.0)] {
        let series = assemble(&store, "usdclp", &rules(), Some(day(until))).unwrap().checked.series;
        assert_eq!(series.value_on(day("2025-01-03")), Some(value), "{until}");
        let earlier = series.until(day("2025-01-07")).unwrap();
        assert_eq!(earlier.value_on(day("2025-01-03")), Some(1000.0), "{until}");
    }
}

#[test]
fn a_revision_that_fails_the_checks_takes_its_superseded_values_along() {
    let (_folder, store) = store();
    let far_off =
        StoredObservation { fetched_at: "2025-01-09T12:00:00Z".parse().unwrap(), ..imported("2024-12-30", 9000.0) };
    for observation in [imported("2024-12-30", 992.12), far_off] {
        let observation = StoredObservation { source: "mindicador".to_owned(), ..observation };
        store.merge("usdclp", &[observation], &MergeRules::accepting_all()).unwrap();
    }
    let checked = assemble(&store, "usdclp", &rules(), None).unwrap().checked;
    assert_eq!(checked.series.value_on(day("2024-12-30")), None);
    assert!(checked.series.superseded().is_empty());
    let before = assemble(&store, "usdclp", &rules(), Some(day("2025-01-08"))).unwrap().checked;
    assert_eq!(before.series.value_on(day("2024-12-30")), Some(992.12));
}

#[test]
fn a_series_may_be_in_the_store_alone() {
    let (_folder, store) = store();
    store.merge("copper", &[imported("2025-01-03", 4.02)], &MergeRules::accepting_all()).unwrap();
    assert_eq!(assemble(&store, "copper", &rules(), None).unwrap().checked.series.len(), 1);
    assert!(available(&store).unwrap().contains(&"copper".to_owned()));
}

#[test]
fn an_unknown_series_is_named_with_what_there_is_and_what_to_do() {
    let (_folder, store) = store();
    let error = assemble(&store, "copper", &rules(), None).unwrap_err().to_string();
    assert_eq!(
        error,
        "there is no series 'copper'; available: dxy, usdaud, usdbrl, usdcad, usdclp, usdclp_spot, usdeur, \
         usdmxn, usdnok, usdnzd, usdzar. Fetch it: forecaster rates sync --series copper, or add it: forecaster rates import FILE.csv --series copper"
    );
    assert!(matches!(assemble(&store, "../x", &rules(), None), Err(RatesError::SeriesName { .. })));
}
