use super::*;
use crate::{
    catalogue::assemble,
    listings::is_stand_in,
    snapshot::{EMBEDDED_SOURCE, embedded},
    store::{MergeRules, StoredObservation},
};
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

fn rules(name: &str) -> QualityRules {
    let calendar = if name.contains("clp") { BusinessCalendar::chile() } else { BusinessCalendar::weekdays() };
    QualityRules::new(day("2025-01-10"), Some(calendar))
}

/// Returns the rules of a day after the end of the snapshot.
fn later(name: &str) -> QualityRules {
    QualityRules { today: day("2026-11-27"), ..rules(name) }
}

fn made(store: &RatesStore, pair: &str) -> Result<AvailableSeries, RatesError> {
    assemble_pair(store, &pair.parse().unwrap(), rules, None, 600)
}

fn keep(store: &RatesStore, name: &str, source: &str, values: &[(&str, f64)]) {
    let fetched_at = "2025-01-07T12:00:00Z".parse().unwrap();
    let observations: Vec<_> = values
        .iter()
        .map(|&(date, value)| StoredObservation { date: day(date), value, source: source.into(), fetched_at })
        .collect();
    store.merge(name, &observations, &MergeRules::accepting_all()).unwrap();
}

/// Returns the snapshot's value on exactly `date`.
fn embedded_on(name: &str, date: &str) -> f64 {
    embedded().unwrap()[name].iter().find(|o| o.date == day(date)).unwrap().value
}

fn value(available: &AvailableSeries, date: &str) -> f64 {
    available.checked.series.value_on(day(date)).unwrap()
}

/// Official dates, each with the last earlier date on which markets were open.
const OFFICIAL_AND_MARKET: [(&str, &str); 4] = [
    ("2025-01-03", "2025-01-02"),
    // The Tuesday after a holiday in the United States.
    ("2024-10-15", "2024-10-11"),
    // A Monday.
    ("2024-10-21", "2024-10-18"),
    ("2015-06-17", "2015-06-16"),
];

#[test]
fn a_pair_with_a_series_of_its_own_is_that_series() {
    let (_folder, store) = store();
    for (pair, name) in [("USD/CLP", "usdclp"), ("USD/MXN", "usdmxn")] {
        let (pair, own) = (made(&store, pair).unwrap(), assemble(&store, name, &rules(name), None).unwrap());
        assert!(pair.checked.series.observations().eq(own.checked.series.observations()));
        assert_eq!((pair.formula, pair.provider), (None, own.provider));
        assert_eq!(pair.checked.findings, own.checked.findings);
    }
}

#[test]
fn a_pair_whose_opposite_is_stored_is_that_turned_over() {
    let (_folder, store) = store();
    let mxnusd = made(&store, "MXN/USD").unwrap();
    assert_eq!((mxnusd.formula.as_deref(), mxnusd.provider.as_str()), (Some("1 / usdmxn"), EMBEDDED_SOURCE));
    assert_eq!(mxnusd.checked.series.name(), "mxnusd");
    for date in ["2025-01-03", "2020-04-24", "2003-01-02"] {
        assert_eq!(value(&mxnusd, date), 1.0 / embedded_on("usdmxn", date));
    }
    assert_eq!(made(&store, "CLP/USD").unwrap().formula.as_deref(), Some("1 / usdclp"));
}

#[test]
fn a_cross_with_the_dolar_observado_takes_the_market_rate_of_the_day_before() {
    let (_folder, store) = store();
    for (pair, leg, formula) in [("EUR/CLP", "usdeur", "usdclp / usdeur"), ("MXN/CLP", "usdmxn", "usdclp / usdmxn")] {
        let crossed = made(&store, pair).unwrap();
        assert_eq!(crossed.formula.as_deref(), Some(formula));
        let until = assemble_pair(&store, &pair.parse().unwrap(), rules, Some(day("2025-01-03")), 600).unwrap();
        assert_eq!((until.provider.as_str(), until.stand_in()), (EMBEDDED_SOURCE, None));
        assert!(crossed.checked.series.len() > 5000, "{}", crossed.checked.series.len());
        for (date, before) in OFFICIAL_AND_MARKET {
            assert_eq!(
                value(&crossed, date),
                embedded_on("usdclp", date) / embedded_on(leg, before),
                "{pair} {date}"
            );
        }
    }
    let turned = made(&store, "CLP/EUR").unwrap();
    assert_eq!(turned.formula.as_deref(), Some("usdeur / usdclp"));
    for (date, before) in OFFICIAL_AND_MARKET {
        assert_eq!(value(&turned, date), embedded_on("usdeur", before) / embedded_on("usdclp", date), "{date}");
    }
}

#[test]
fn a_cross_of_two_market_rates_takes_both_of_one_day() {
    let (_folder, store) = store();
    let crossed = made(&store, "EUR/MXN").unwrap();
    assert_eq!(crossed.formula.as_deref(), Some("usdmxn / usdeur"));
    for date in ["2025-01-03", "2024-12-23", "2015-06-17"] {
        assert_eq!(value(&crossed, date), embedded_on("usdmxn", date) / embedded_on("usdeur", date));
    }
    // A date on which only one leg has a value has no cross.
    keep(&store, "usdmxn", "a", &[("2024-12-30", 20.5), ("2024-12-31", 20.6)]);
    keep(&store, "usdeur", "b", &[("2024-12-31", 0.96)]);
    let crossed = assemble_pair(&store, &"EUR/MXN".parse().unwrap(), rules, Some(day("2024-12-31")), 600).unwrap();
    assert_eq!(crossed.checked.series.value_on(day("2024-12-30")), None);
    assert_eq!((value(&crossed, "2024-12-31"), crossed.provider.as_str()), (20.6 / 0.96, "a + b"));
}

#[test]
fn a_market_rate_does_not_change_the_official_cross_of_its_own_day() {
    let (_folder, store) = store();
    keep(&store, "usdclp", "bank", &[("2025-01-06", 1005.0)]);
    let pair = "EUR/CLP".parse().unwrap();
    let made = || assemble_pair(&store, &pair, rules, Some(day("2025-01-06")), 600).unwrap();
    let before = made();
    keep(&store, "usdeur", "market", &[("2025-01-03", 0.975)]);
    let after = made();
    assert_eq!(value(&after, "2025-01-03"), value(&before, "2025-01-03"));
    assert_eq!(value(&after, "2025-01-06"), 1005.0 / 0.975);
    assert_eq!((before.provider.as_str(), after.provider.as_str()), ("bank + embedded", "bank + market"));
    // An as-of date admits no later values either.
    let cut = assemble_pair(&store, &pair, rules, Some(day("2025-01-03")), 600).unwrap();
    assert_eq!(cut.checked.series.last_date(), day("2025-01-03"));
    assert_eq!(cut.checked.series.last_value(), value(&before, "2025-01-03"));
}

#[test]
fn a_cross_stands_in_where_its_official_leg_does() {
    let (_folder, store) = store();
    let made = |pair: &str| assemble_pair(&store, &pair.parse().unwrap(), later, None, 600).unwrap();
    let spot = embedded_on("usdclp_spot", "2026-10-23");
    let crossed = made("EUR/CLP");
    assert_eq!(crossed.checked.series.last_date(), day("2026-10-26"));
    assert_eq!(crossed.checked.series.last_value(), spot / embedded_on("usdeur", "2026-10-23"));
    assert_eq!((crossed.provider.as_str(), crossed.stand_in()), ("nbp + embedded", Some("nbp")));
    assert_eq!(crossed.stand_in_from(), Some(day("2025-01-07")));
    assert!(is_stand_in("eurclp", &crossed.provider));
    for (pair, provider, last) in
        [("CLP/EUR", "embedded + nbp", embedded_on("usdeur", "2026-10-23") / spot), ("CLP/USD", "nbp", 1.0 / spot)]
    {
        let turned = made(pair);
        assert_eq!((turned.provider.as_str(), turned.stand_in()), (provider, Some("nbp")), "{pair}");
        assert_eq!((turned.checked.series.last_value(), turned.stand_in_from()), (last, Some(day("2025-01-07"))));
    }
    assert_eq!(made("EUR/MXN").stand_in(), None);
    keep(&store, "usdclp", "bank", &[("2026-10-27", 991.0)]);
    // One official day does not take the quotes of the months before it away.
    let official = made("EUR/CLP");
    assert_eq!((official.stand_in(), official.stand_in_from()), (None, None));
    assert!(official.stand_ins.contains_key(&day("2026-10-26")));
}

#[test]
fn a_market_rate_of_more_than_seven_days_ago_is_not_crossed_with() {
    let (_folder, store) = store();
    // The snapshot has nothing from 2024-12-24 to the end of the year.
    assert_eq!(made(&store, "EUR/CLP").unwrap().checked.series.value_on(day("2025-01-02")), None);
    let made = || assemble_pair(&store, &"EUR/CLP".parse().unwrap(), later, None, 600).unwrap();
    keep(&store, "usdclp", "bank", &[("2026-11-05", 1001.0), ("2026-11-06", 1002.0)]);
    // usdeur ends on Friday 2026-10-30.
    assert_eq!(made().checked.series.last_date(), day("2026-11-06"));
    keep(&store, "usdclp", "bank", &[("2026-11-09", 1004.0)]);
    assert_eq!(made().checked.series.last_date(), day("2026-11-06"));
}

#[test]
fn a_leg_may_itself_be_turned_over() {
    let (_folder, store) = store();
    let values: Vec<(String, f64)> =
        embedded().unwrap()["usdnok"].iter().map(|o| (o.date.to_string(), 2.0 / o.value)).collect();
    let values: Vec<(&str, f64)> = values.iter().map(|(date, value)| (date.as_str(), *value)).collect();
    keep(&store, "sekusd", "a", &values);
    let crossed = made(&store, "SEK/NOK").unwrap();
    assert_eq!(crossed.formula.as_deref(), Some("usdnok / (1 / sekusd)"));
    assert_eq!(crossed.provider, "embedded + a");
    assert!((value(&crossed, "2024-12-23") - 2.0).abs() < 1e-12);
}

#[test]
fn a_short_series_of_its_own_gives_way_to_a_longer_cross_and_stays_when_there_is_none() {
    let (_folder, store) = store();
    keep(&store, "eurclp", "a", &[("2025-01-02", 1030.0), ("2025-01-03", 1031.0)]);
    assert_eq!(made(&store, "EUR/CLP").unwrap().formula.as_deref(), Some("usdclp / usdeur"));
    let content = assemble_pair(&store, &"EUR/CLP".parse().unwrap(), rules, None, 2).unwrap();
    assert_eq!((content.formula, content.checked.series.len()), (None, 2));
    keep(&store, "pencop", "a", &[("2025-01-02", 1150.0), ("2025-01-03", 1151.0)]);
    let alone = made(&store, "PEN/COP").unwrap();
    assert_eq!((alone.formula, alone.checked.series.len()), (None, 2));
}

#[test]
fn revisions_of_a_series_go_with_it_when_it_is_turned_over() {
    let (_folder, store) = store();
    keep(&store, "usdmxn", "a", &[("2025-01-06", 20.0)]);
    let later = "2025-01-09T12:00:00Z".parse().unwrap();
    let revised = StoredObservation { date: day("2025-01-06"), value: 20.5, source: "a".into(), fetched_at: later };
    store.merge("usdmxn", &[revised], &MergeRules::accepting_all()).unwrap();
    let mxnusd = made(&store, "MXN/USD").unwrap().checked.series;
    assert_eq!(mxnusd.value_on(day("2025-01-06")), Some(1.0 / 20.5));
    assert_eq!(mxnusd.until(day("2025-01-08")).unwrap().value_on(day("2025-01-06")), Some(1.0 / 20.0));
}

#[test]
fn a_pair_that_cannot_be_had_is_named_with_what_is_missing_and_what_to_do() {
    let (_folder, store) = store();
    let error = |pair: &str| made(&store, pair).unwrap_err().to_string();
    let advice = "Try to fetch it with: forecaster rates sync. Or add it with: forecaster rates import \
                  FILE.csv --series";
    assert_eq!(
        error("EUR/PEN"),
        format!(
            "EUR/PEN is not available: there is no series eurpen or peneur, and there is no usdpen to cross over \
             USD. {advice} eurpen"
        )
    );
    assert_eq!(
        error("COP/PEN"),
        format!(
            "COP/PEN is not available: there is no series coppen or pencop, and there is no usdcop and no usdpen to \
             cross over USD. {advice} coppen"
        )
    );
    assert_eq!(
        error("USD/PEN"),
        format!("USD/PEN is not available: there is no series usdpen or penusd. {advice} usdpen")
    );
}

#[test]
fn what_keeps_a_pair_from_being_made_is_told() {
    let (folder, store) = store();
    let pair = "EUR/CLP".parse().unwrap();
    let early = assemble_pair(&store, &pair, rules, Some(day("2000-01-01")), 600).unwrap_err().to_string();
    assert_eq!(early, "series 'usdeur' starts on 2003-01-02; it has no values on or before 2000-01-01");
    let disjoint = assemble_pair(&store, &pair, rules, Some(day("2003-01-02")), 600).unwrap_err().to_string();
    assert_eq!(disjoint, "series 'usdclp' starts on 2003-04-01; it has no values on or before 2003-01-02");

    keep(&store, "usdpen", "a", &[("2001-01-02", 3.5)]);
    assert_eq!(
        made(&store, "EUR/PEN").unwrap_err().to_string(),
        "series 'eurpen' has no usable observation: it is derived from usdpen / usdeur, but these series have no \
         date in common"
    );
    // An unreadable file is not a missing series.
    keep(&store, "eurclp", "a", &[("2025-01-03", 1031.0)]);
    std::fs::write(folder.path().join("rates/usdeur.parquet"), b"broken").unwrap();
    assert!(matches!(made(&store, "EUR/CLP"), Err(RatesError::CorruptStore { .. })));
}
