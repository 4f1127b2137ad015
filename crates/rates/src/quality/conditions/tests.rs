use super::*;
use crate::{
    import::{ReadOptions, read_file},
    listings::{calendar_of, kind_of},
    quality::check,
    snapshot::embedded,
};
use chrono::Datelike;
use forecaster_domain::{BusinessCalendar, Frequency, Gap, SeriesFact};
use std::path::Path;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// Returns a case of the folder, a table of dates and values.
fn case(name: &str) -> Vec<RawObservation> {
    let path = Path::new("tests/cases/conditions").join(format!("{name}.csv"));
    read_file(&path, &ReadOptions::default()).unwrap().observations
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

fn kinds(examined: &Examined) -> Vec<&'static str> {
    examined.facts.iter().map(SeriesFact::kind).collect()
}

/// Returns daily values on weekdays that swing by `percent`, no two moves alike.
fn swinging(count: usize, level: f64, percent: f64) -> Vec<RawObservation> {
    let weekdays = BusinessCalendar::weekdays();
    let dates = day("2015-01-01").iter_days().filter(|d| weekdays.is_business_day(*d)).take(count);
    let swing = |i: usize| 0.01 * percent * (((i * i * 37 + i * 11) % 101) as f64 / 50.0 - 1.0);
    dates.enumerate().map(|(i, date)| RawObservation { date, value: level * (1.0 + swing(i)) }).collect()
}

/// A run at the start of any quarter finds nothing in the eleven series of the snapshot, even if they had been
/// imported, so that nothing is compared.
#[test]
fn real_series_have_no_conditions_at_any_time() {
    let is_start = |date: &NaiveDate| date.day() == 1 && date.month() % 3 == 1;
    for (name, values) in embedded().unwrap() {
        let last = values[values.len() - 1].date;
        for until in values[0].date.iter_days().take_while(|date| *date <= last).filter(is_start).chain([last]) {
            let known = values.partition_point(|o| o.date <= until);
            let found = examined(name, &values[known.saturating_sub(1500)..known]);
            assert_eq!(found.facts, [], "{name} on {until}");
            assert_eq!(found.gaps, [], "{name} on {until}");
        }
    }
}

/// The crawling peg has runs of equal values of its own, of up to three weeks.
#[test]
fn a_managed_currency_quoted_in_ticks_does_not_stand_still() {
    let values = case("usdars_ticks");
    for known in (100..values.len()).step_by(25) {
        assert_eq!(examined("usdars", &values[..known]).facts, [], "{}", values[known].date);
    }
}

#[test]
fn each_case_has_its_condition() {
    for (name, told) in [
        ("usdkrw_weekly", vec!["sparse"]),
        ("usdkrw_hole", vec!["hole"]),
        ("usdves_redenomination", vec!["redenominated"]),
        ("usdjpy_stuck", vec!["stands_still"]),
        ("usdaed_constant", vec!["constant"]),
        ("usdjpy_last_x100", vec!["unconfirmed_jump"]),
        ("usdkrw_bad_quarter", vec!["off_scale", "hole"]),
        ("usdars_jump", vec![]),
    ] {
        assert_eq!(kinds(&examined_case(name)), told, "{name}");
    }
    let hole = SeriesFact::Hole { from: day("2024-09-02"), to: day("2024-12-17"), days: 77, values_after: 6 };
    assert_eq!(examined_case("usdkrw_hole").facts, [hole]);
    assert_eq!(examined_case("usdkrw_hole").gaps, [Gap { after: day("2024-12-18"), days: 78 }]);
    let weekly = examined_case("usdkrw_weekly");
    let (from, to) = (day("2010-01-08"), day("2024-12-27"));
    assert_eq!(weekly.facts, [SeriesFact::Sparse { frequency: Frequency::Weekly, from, to, is_now: true }]);
    assert_eq!(weekly.gaps.len(), weekly.observations.len() - 1);
}

#[test]
fn a_jump_is_unconfirmed_on_its_day_and_the_next_and_a_proportionate_one_is_used() {
    let values = case("usdars_jump");
    let on = |date: &str| examined_until("usdars", &values, day(date)).facts;
    let found = on("2023-12-12");
    let [SeriesFact::UnconfirmedJump { date, is_used: true, .. }] = found[..] else { panic!("{found:?}") };
    assert_eq!((date, on("2023-12-13")), (day("2023-12-12"), found));
    assert_eq!(on("2023-12-14"), []);
}

#[test]
fn a_vetted_source_needs_no_second_opinion_here() {
    let mut values = swinging(300, 100.0, 0.5);
    values[299].value *= 1.2;
    let rules = QualityRules::new(day("2026-12-31"), Some(BusinessCalendar::weekdays()));
    let checked = check("x", &values, &rules).unwrap();
    let found = |vetted: bool| {
        let observations = checked.series.observations().collect();
        kinds(&examine(observations, &checked.findings, &rules, &|_| vetted))
    };
    assert_eq!((found(false), found(true)), (vec!["unconfirmed_jump"], vec![]));
    // Without the finding, a person has accepted the jump.
    let observations = checked.series.observations().collect();
    assert_eq!(kinds(&examine(observations, &[], &rules, &|_| false)), [] as [&str; 0]);
}

#[test]
fn a_feed_that_repeats_its_value_is_told_after_two_weeks_also_with_the_noise_of_a_conversion() {
    let mut values = swinging(300, 100.0, 0.5);
    let still = values[280].value;
    values[280..].iter_mut().enumerate().for_each(|(i, o)| o.value = still * (1.0 + 1e-12 * i as f64));
    let at = |count: usize| kinds(&examined("usdkrw", &values[..count]));
    assert_eq!((at(289), at(290)), (vec![], vec!["stands_still"]));
    // A peg with noise is constant.
    let mut peg = swinging(400, 3.6725, 0.0);
    peg.iter_mut().enumerate().for_each(|(i, o)| o.value *= 1.0 + 1e-12 * (i % 7) as f64);
    assert_eq!(kinds(&examined("usdaed", &peg)), ["constant"]);
}

#[test]
fn only_an_exact_power_of_ten_that_lasts_is_a_redenomination() {
    let scaled = |from: usize, to: usize, factor: f64| {
        let mut values = swinging(700, 250.0, 0.5);
        values[from..to].iter_mut().for_each(|o| o.value *= factor);
        examined("usdkrw", &values)
    };
    let renamed = scaled(400, 700, 0.001);
    assert_eq!(kinds(&renamed), ["redenominated"]);
    assert!(renamed.observations.iter().all(|o| (0.2..0.3).contains(&o.value)));
    assert_eq!(
        (renamed.factor_on(renamed.observations[399].date), renamed.factor_on(renamed.observations[400].date)),
        (0.001, 1.0)
    );
    // Three values of it are enough to be told, and twenty to be sure.
    assert_eq!(kinds(&scaled(697, 700, 0.001)), ["redenominated"]);
    assert!(scaled(697, 700, 0.001).facts[0].is_degrading() && !scaled(680, 700, 0.001).facts[0].is_degrading());
    assert_eq!(kinds(&scaled(698, 700, 0.001)), ["unconfirmed_jump"]);
    // A unit that comes back is an error, short or long.
    assert_eq!(kinds(&scaled(400, 402, 100.0)), ["off_scale"]);
    let back = scaled(400, 460, 0.01);
    assert_eq!((kinds(&back), back.observations.len()), (vec!["off_scale", "hole"], 640));
    // A factor that is no power of ten ends the history.
    let broken = scaled(400, 700, 6.8);
    assert_eq!((kinds(&broken), broken.observations.len()), (vec!["break"], 300));
    // A devaluation by half is a move.
    assert_eq!(kinds(&scaled(400, 700, 2.18)), [] as [&str; 0]);
}

#[test]
fn half_a_file_upside_down_is_found_at_any_level() {
    for level in [1450.0, 1.09, 0.92, 0.0007] {
        let mut values = swinging(700, level, 0.5);
        values[..350].iter_mut().for_each(|o| o.value = 1.0 / o.value);
        let found = examined("usdkrw", &values);
        let [SeriesFact::Break { is_reciprocal: true, date, .. }] = found.facts[..] else {
            panic!("{:?}", found.facts)
        };
        assert_eq!((date, found.observations.len()), (values[350].date, 350), "{level}");
    }
}

#[test]
fn values_that_were_weekly_once_are_told_with_their_end() {
    let values = swinging(1300, 100.0, 0.5);
    let earlier = values[..500].iter().step_by(5).chain(&values[500..]).copied().collect::<Vec<_>>();
    let found = examined("usdkrw", &earlier);
    let [SeriesFact::Sparse { frequency: Frequency::Weekly, is_now: false, to, .. }] = found.facts[..] else {
        panic!("{:?}", found.facts)
    };
    assert!((to - values[500].date).num_days().abs() < 45, "{to}");
    assert!(found.gaps.iter().all(|gap| gap.after <= values[505].date));
    // Weekly values since a quarter.
    let later = values[..1200].iter().chain(values[1200..].iter().step_by(5)).copied().collect::<Vec<_>>();
    assert!(matches!(examined("usdkrw", &later).facts[..], [SeriesFact::Sparse { is_now: true, .. }]));
}

#[test]
fn rates_that_move_in_steps_have_no_conditions() {
    let mut values = swinging(300, 4.25, 0.0);
    values[..100].iter_mut().for_each(|o| o.value = 5.0);
    assert_eq!(examined("tpm", &values).facts, []);
    assert_eq!(examined("utm", &values[..60]).facts, []);
}
