//! Managed and rounded currencies: what moves in them is kept, and what is wrong in them is found.

use super::super::{CheckedSeries, QualityRules, check_accepting};
use super::*;
use chrono::NaiveDate;

/// Returns the weekdays from 2018 on with these values.
fn series(count: usize, value: impl Fn(usize) -> f64) -> Vec<RawObservation> {
    let first: NaiveDate = "2018-01-01".parse().unwrap();
    let weekdays = BusinessCalendar::weekdays();
    let dates = first.iter_days().filter(|date| weekdays.is_business_day(*date)).take(count);
    dates.enumerate().map(|(i, date)| RawObservation { date, value: value(i) }).collect()
}

fn checked(observations: &[RawObservation], accepted: &AcceptedValues) -> CheckedSeries {
    let rules = QualityRules::new("2026-11-27".parse().unwrap(), Some(BusinessCalendar::weekdays()));
    check_accepting("x", observations, &rules, accepted).unwrap()
}

fn texts(observations: &[RawObservation]) -> Vec<String> {
    checked(observations, &AcceptedValues::new()).findings.iter().map(ToString::to_string).collect()
}

/// A number in 0..1 that looks random.
fn noise(i: usize) -> f64 {
    (12.9898 * i as f64).sin().mul_add(43_758.545_3, 0.0).rem_euclid(1.0)
}

fn rounded(value: f64, decimals: i32) -> f64 {
    let unit = 10_f64.powi(decimals);
    (value * unit).round() / unit
}

#[test]
fn pegs_with_noise_ticks_or_blips_of_half_a_per_cent_have_no_jumps() {
    let dirham = series(600, |i| if i % 5 == 0 { 3.672_500_01 } else { 3.6725 });
    let riyal = series(600, |i| if noise(i) < 0.02 { 3.7685 } else { 3.75 });
    let hong_kong = series(600, |i| rounded(7.8 + 0.05 * (i as f64 / 60.0).sin() + 0.004 * noise(i), 4));
    let yuan = series(600, |i| if noise(i) < 0.1 { 8.2766 } else { 8.2765 });
    for (name, observations) in [("aed", dirham), ("sar", riyal), ("hkd", hong_kong), ("cny", yuan)] {
        assert_eq!(texts(&observations), [""; 0], "{name}");
    }
}

#[test]
fn steps_of_one_tick_are_no_jumps_however_coarse_the_tick() {
    let crawling = series(600, |i| rounded(2.9 + i as f64 * 1e-4 + 0.005 * noise(i), 2));
    let rupiah = series(600, |i| rounded(14_250.0 * (0.006 * (noise(i) - 0.5)).exp(), 0));
    let peso = series(600, |i| rounded(950.0 * (0.012 * (noise(i) - 0.5)).exp(), 0));
    let four_per_cent = series(600, |i| rounded(0.25 + 0.012 * (noise(i) - 0.5), 2));
    for (name, observations) in
        [("ars", crawling), ("idr", rupiah), ("clp", peso), ("a quarter quoted in cents", four_per_cent)]
    {
        assert_eq!(texts(&observations), [""; 0], "{name}");
    }
}

#[test]
fn a_currency_that_moves_once_a_week_is_measured_by_its_moves() {
    let weekly = series(600, |i| 10.0 * 1.015_f64.powi((i / 5) as i32));
    assert_eq!(texts(&weekly), [""; 0]);
}

#[test]
fn a_day_that_is_five_per_cent_off_a_peg_is_refused_unless_a_person_has_accepted_it() {
    for level in [1.0, 3.75, 7.8, 145.0] {
        let mut peg = series(600, |_| level);
        for at in [100, 200, 300, 400, 500, 550] {
            peg[at].value = 1.05 * level;
        }
        let found = texts(&peg);
        assert_eq!(found.len(), 6, "{level}: {found:?}");
        assert!(found.iter().all(|line| line.ends_with("; refused")), "{found:?}");
        // Float noise on the way to the store is no other value.
        let accepted = AcceptedValues::from([(peg[100].date, peg[100].value * (1.0 + 1e-12))]);
        let checked = checked(&peg, &accepted);
        assert_eq!(checked.series.len(), 595);
        let told = checked.findings[0].to_string();
        assert!(told.ends_with(", accepted by hand; kept"), "{told}");
    }
}

#[test]
fn a_peg_that_breaks_is_news() {
    let broken = |lasting: usize| series(500 + lasting, |i| if i < 500 { 1.2 + 2e-4 * noise(i) } else { 1.02 });
    assert!(texts(&broken(20))[0].ends_with(", it lasted; kept"));
    assert!(texts(&broken(1))[0].ends_with(", not yet confirmed by a later value; kept"));
    // China, 2005-07-21 and 2015-08-11.
    let revalued = texts(&series(600, |i| if i < 300 { 8.2765 } else { 8.11 }));
    assert_eq!(revalued.len(), 1);
    assert!(revalued[0].contains("a jump of 16 deviations, 8.2765 -> 8.11, it lasted; kept"), "{revalued:?}");
}

#[test]
fn a_value_by_rule_has_a_finer_scale() {
    let rules = QualityRules::new("2026-11-27".parse().unwrap(), None).of_kind(SeriesKind::KnownAhead);
    let mut uf = series(300, |i| 39_000.0 * 1.0001_f64.powi(i as i32));
    uf[150].value *= 1.005;
    let checked = check_accepting("uf", &uf, &rules, &AcceptedValues::new()).unwrap();
    assert_eq!(checked.refused().count(), 1);
}
