use super::*;
use crate::{
    import::read_csv,
    listings::{calendar_of, kind_of},
    quality::check,
    snapshot::embedded,
};
use forecaster_domain::Frequency;
use std::path::Path;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// Returns a case of the folder, a table of dates and values.
fn case(name: &str) -> Vec<RawObservation> {
    read_csv(&Path::new("tests/cases/conditions").join(format!("{name}.csv"))).unwrap()
}

/// Checks and examines the values of a series up to `until`, all of them imported.
fn examined_until(series: &str, raw: &[RawObservation], until: NaiveDate) -> Examined {
    let known: Vec<_> = raw.iter().filter(|o| o.date <= until).copied().collect();
    let rules = QualityRules::new(day("2026-12-31"), calendar_of(series)).of_kind(kind_of(series));
    let checked = check(series, &known, &rules).unwrap();
    examine(checked.series.observations().collect(), &checked.findings, &rules, &|_| false)
}

fn examined(series: &str, raw: &[RawObservation]) -> Examined {
    examined_until(series, raw, NaiveDate::MAX)
}

fn examined_case(name: &str) -> Examined {
    examined(name.split('_').next().unwrap(), &case(name))
}

/// Returns the real series: those of the snapshot, and the Korean won of the cases.
fn real() -> Vec<(String, Vec<RawObservation>)> {
    embedded().unwrap().iter().map(|(name, values)| (name.clone(), values.clone())).collect()
}

/// Every condition that a run finds in the snapshot at the start of any month. A rate far from its usual moves on the
/// very day is no error of the rule: an import of it would have to be accepted by a person.
#[test]
fn real_series_have_no_conditions_at_any_time() {
    for (name, values) in real() {
        let (first, last) = (values[0].date, values[values.len() - 1].date);
        let mut months: Vec<NaiveDate> =
            first.iter_days().take_while(|d| *d <= last).filter(|d| d.format("%d").to_string() == "01").collect();
        months.push(last);
        for until in months {
            let found = examined_until(&name, &values, until);
            println!("{name} {until}: {:?}", found.facts);
        }
    }
}

#[test]
fn cases_print() {
    for name in [
        "usdkrw_weekly",
        "usdkrw_hole",
        "usdves_redenomination",
        "usdjpy_stuck",
        "usdaed_constant",
        "usdjpy_last_x100",
        "usdars_ticks",
        "usdars_jump",
        "usdkrw_bad_quarter",
    ] {
        let e = examined_case(name);
        println!("{name}: {:?} gaps {} n {}", e.facts, e.gaps.len(), e.observations.len());
    }
    let _ = Frequency::Weekly;
}
