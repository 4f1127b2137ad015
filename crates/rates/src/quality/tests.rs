use super::*;
use crate::snapshot::embedded;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn observed(date: &str, value: f64) -> RawObservation {
    RawObservation { date: day(date), value }
}

fn any_day() -> QualityRules {
    QualityRules::new(day("2025-06-30"), None)
}

fn chilean() -> QualityRules {
    QualityRules::new(day("2025-06-30"), Some(BusinessCalendar::chile()))
}

/// Returns weekdays from `from` with values that vary around 900 by about half a per cent a day and never repeat.
fn wandering(from: &str, count: usize) -> Vec<RawObservation> {
    let weekdays = BusinessCalendar::weekdays();
    let dates = day(from).iter_days().filter(|d| weekdays.is_business_day(*d)).take(count);
    let wander = |i: usize| 900.0 * (0.004 * (i as f64 * 1.3).sin() + 0.003 * (i as f64 * 2.9).cos()).exp();
    dates.enumerate().map(|(i, date)| RawObservation { date, value: wander(i) }).collect()
}

fn texts(checked: &CheckedSeries) -> Vec<String> {
    checked.findings.iter().map(ToString::to_string).collect()
}

#[test]
fn a_clean_series_has_no_findings() {
    let raw = wandering("2024-01-01", 300);
    let checked = check("x", &raw, &any_day()).unwrap();
    assert_eq!(texts(&checked), [""; 0]);
    assert_eq!(checked.series.observations().collect::<Vec<_>>(), raw);
}

#[test]
fn impossible_values_and_future_dates_are_refused() {
    let raw = [
        observed("2025-06-23", f64::NAN),
        observed("2025-06-24", f64::INFINITY),
        observed("2025-06-25", 0.0),
        observed("2025-06-26", -3.5),
        observed("2025-06-30", 930.0),
        observed("2025-07-01", 931.0),
    ];
    let checked = check("x", &raw, &any_day()).unwrap();
    assert_eq!(
        texts(&checked),
        [
            "2025-06-23: NaN is not a number; refused",
            "2025-06-24: inf is not a number; refused",
            "2025-06-25: 0 is not positive; refused",
            "2025-06-26: -3.5 is not positive; refused",
            "2025-07-01: 931 is dated after today (2025-06-30); refused",
        ]
    );
    assert_eq!(checked.series.dates(), [day("2025-06-30")]);
    assert_eq!(checked.refused().count(), 5);
}

#[test]
fn disorder_is_sorted_and_told_once() {
    let raw = [observed("2025-06-25", 3.0), observed("2025-06-24", 2.0), observed("2025-06-23", 1.0)];
    let checked = check("x", &raw, &any_day()).unwrap();
    assert_eq!(texts(&checked), ["2025-06-24: this date and 1 more come after a later one; sorted by date"]);
    assert_eq!(checked.series.values(), [1.0, 2.0, 3.0]);
    assert_eq!(checked.refused().count(), 0);
}

#[test]
fn of_duplicates_the_last_given_is_kept() {
    let raw = [
        observed("2025-06-23", 1.5),
        observed("2025-06-24", 1.6),
        observed("2025-06-23", 1.7),
        observed("2025-06-24", 1.6),
    ];
    let checked = check("x", &raw, &any_day()).unwrap();
    assert_eq!(
        texts(&checked),
        [
            "2025-06-23: this date comes after a later one; sorted by date",
            "2025-06-23: 2 values for one date (1.5, 1.7); kept the last one given",
            "2025-06-24: 2 values for one date (1.6, 1.6); kept once",
        ]
    );
    assert_eq!(checked.series.values(), [1.7, 1.6]);
}

#[test]
fn days_off_the_calendar_are_refused_and_a_carried_value_is_called_that() {
    let raw = [
        observed("2024-10-30", 950.89),
        observed("2024-10-31", 950.89),
        observed("2024-11-01", 955.0),
        observed("2024-11-04", 961.29),
        observed("2024-11-09", 970.0),
        observed("2024-12-08", 971.0),
    ];
    let checked = check("usdclp", &raw, &chilean()).unwrap();
    assert_eq!(
        texts(&checked)[..4],
        [
            "2024-10-31: 950.89 on a holiday (Día de las Iglesias Evangélicas y Protestantes), repeating the value of \
             2024-10-30; refused",
            "2024-11-01: 955 on a holiday (Día de Todos los Santos); refused",
            "2024-11-09: 970 on a weekend; refused",
            // A holiday on a Sunday.
            "2024-12-08: 971 on a weekend; refused",
        ]
    );
    assert_eq!(checked.series.dates(), [day("2024-10-30"), day("2024-11-04")]);
    assert_eq!(check("usdclp", &raw, &any_day()).unwrap().series.len(), 6);
}

#[test]
fn a_spike_is_refused() {
    let mut raw = wandering("2024-01-01", 300);
    raw[100].value *= 1.1;
    let checked = check("x", &raw, &any_day()).unwrap();
    let [finding] = &checked.findings[..] else { panic!("{:?}", texts(&checked)) };
    assert!(matches!(finding.problem, DataProblem::Spike { .. }), "{finding}");
    assert_eq!((finding.date, finding.action), (raw[100].date, Action::Refused));
    assert_eq!(checked.series.value_on(raw[100].date), None);
    assert_eq!(checked.series.len(), 299);
}

#[test]
fn a_move_that_lasts_is_kept_and_noted() {
    let mut raw = wandering("2024-01-01", 300);
    raw[100..].iter_mut().for_each(|o| o.value *= 1.1);
    let checked = check("x", &raw, &any_day()).unwrap();
    let [finding] = &checked.findings[..] else { panic!("{:?}", texts(&checked)) };
    assert!(matches!(finding.problem, DataProblem::Jump { newest: false, .. }), "{finding}");
    assert_eq!((finding.date, finding.action), (raw[100].date, Action::Noted));
    assert!(finding.to_string().ends_with(", it lasted; kept"), "{finding}");
    assert_eq!(checked.series.len(), 300);
}

#[test]
fn a_jump_on_the_newest_date_is_kept_and_noted() {
    let mut raw = wandering("2024-01-01", 300);
    raw[299].value *= 0.9;
    let checked = check("x", &raw, &any_day()).unwrap();
    let [finding] = &checked.findings[..] else { panic!("{:?}", texts(&checked)) };
    assert!(matches!(finding.problem, DataProblem::Jump { newest: true, .. }), "{finding}");
    assert!(finding.to_string().ends_with(", not yet confirmed by a later value; kept"), "{finding}");
    assert_eq!(checked.series.last_date(), raw[299].date);
}

#[test]
fn a_long_pause_allows_a_larger_move() {
    let mut raw = wandering("2024-01-01", 300);
    raw[100..].iter_mut().for_each(|o| o.value *= 1.06);
    assert_eq!(check("x", &raw, &any_day()).unwrap().findings.len(), 1);
    raw.drain(95..100);
    assert_eq!(texts(&check("x", &raw, &any_day()).unwrap()), [""; 0]);
}

#[test]
fn a_pegged_series_has_no_jumps_in_its_rounding() {
    let mut raw = wandering("2024-01-01", 300);
    raw.iter_mut().enumerate().for_each(|(i, o)| o.value = if i % 7 == 0 { 7.7505 } else { 7.75 });
    assert_eq!(texts(&check("usdhkd", &raw, &any_day()).unwrap()), [""; 0]);
}

#[test]
fn holes_of_more_than_a_week_are_noted_and_not_filled() {
    let mut raw = wandering("2024-01-01", 60);
    raw.drain(40..45);
    raw.drain(10..16);
    let checked = check("x", &raw, &any_day()).unwrap();
    assert_eq!(texts(&checked), ["2024-01-15: no value on 6 business days up to 2024-01-22; not filled"]);
    assert_eq!(checked.series.len(), 49);
}

#[test]
fn holidays_are_no_holes() {
    let before = [observed("2023-12-22", 880.0), observed("2024-01-02", 877.12)];
    let rules = QualityRules { max_hole: 3, ..chilean() };
    let checked = check("usdclp", &before, &rules).unwrap();
    // 25 December and 1 January are holidays; 26 to 29 December are left.
    assert_eq!(texts(&checked), ["2023-12-26: no value on 4 business days up to 2023-12-29; not filled"]);
}

#[test]
fn nothing_usable_is_an_error_that_names_the_series() {
    let error = |raw: &[RawObservation]| check("copper", raw, &any_day()).unwrap_err().to_string();
    assert_eq!(
        error(&[observed("2025-06-23", 0.0), observed("2025-06-24", -1.0)]),
        "series 'copper' has no usable observation: 2 given, none passed the quality checks; the first finding: \
         2025-06-23: 0 is not positive; refused"
    );
    assert!(error(&[]).ends_with("'copper' has no usable observation: 0 given, none passed the quality checks"));
}

/// Only days off are refused, on which there is no official rate; no hole is longer than a week.
#[test]
fn the_embedded_peso_loses_only_days_off() {
    let checked = check("usdclp", &embedded().unwrap()["usdclp"], &chilean()).unwrap();
    assert!(
        checked.refused().all(|f| matches!(f.problem, DataProblem::Weekend { .. } | DataProblem::Holiday { .. }))
    );
    let holidays = checked.refused().filter(|f| matches!(f.problem, DataProblem::Holiday { .. }));
    assert_eq!((checked.series.len(), checked.refused().count(), holidays.count()), (5175, 129, 55));
    let noted: Vec<String> =
        checked.findings.iter().filter(|f| f.action == Action::Noted).map(ToString::to_string).collect();
    // A real jump: the Banco Central had announced its purchases of dollars.
    assert_eq!(noted, ["2011-01-05: a jump of 9 deviations, 466.05 -> 486.82, it lasted; kept"]);
}

/// The first is a typing error; the second looks like the value of the next business day.
#[test]
fn most_holiday_values_of_the_embedded_peso_are_carried() {
    let checked = check("usdclp", &embedded().unwrap()["usdclp"], &chilean()).unwrap();
    let own: Vec<String> = checked
        .refused()
        .filter(|f| matches!(f.problem, DataProblem::Holiday { carried_from: None, .. }))
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        own,
        [
            "2005-10-10: 584.03 on a holiday (Encuentro de Dos Mundos); refused",
            "2017-05-01: 665.41 on a holiday (Día del Trabajo); refused",
        ]
    );
}

/// Without the calendar the error of 2005-10-10 is found by its size, and no other value is mistaken for a spike.
#[test]
fn the_known_spike_of_the_embedded_peso_is_also_found_as_a_spike() {
    let checked = check("usdclp", &embedded().unwrap()["usdclp"], &any_day()).unwrap();
    let refused: Vec<String> = checked.refused().map(ToString::to_string).collect();
    assert_eq!(refused, ["2005-10-10: a spike of 19 deviations, 529.13 -> 584.03 -> 530.44; refused"]);
}

/// Each series has month ends on 74 weekends. The peak of usdbrl in October 2008 may be real; a regressor can do
/// without it.
#[test]
fn the_other_embedded_series_lose_weekends_and_spikes() {
    let rules = QualityRules::new(day("2026-11-27"), Some(BusinessCalendar::weekdays()));
    let mut spikes = Vec::new();
    for (name, raw) in embedded().unwrap().iter().filter(|(name, _)| *name != "usdclp") {
        let checked = check(name, raw, &rules).unwrap();
        let (weekends, others): (Vec<_>, Vec<_>) =
            checked.refused().partition(|f| matches!(f.problem, DataProblem::Weekend { .. }));
        // The market quotes are on business days.
        assert_eq!(weekends.len(), if name == "usdclp_spot" { 0 } else { 74 }, "{name}");
        spikes.extend(others.iter().map(|f| format!("{name} {f}")));
    }
    assert_eq!(
        spikes,
        [
            "usdbrl 2008-10-09: a spike of 8 deviations, 2.1875 -> 2.39159 -> 2.18099; refused",
            "usdcad 2011-05-19: a spike of 11 deviations, 0.9723 -> 1.0308 -> 0.973498; refused",
            "usdzar 2004-11-19: a spike of 10 deviations, 6.01003 -> 6.60002 -> 6.006; refused",
            "usdzar 2017-02-03: a spike of 8 deviations, 13.4004 -> 14.499 -> 13.2847; refused",
            "usdzar 2020-04-24: a spike of 19 deviations, 18.9345 -> 15.9654 -> 18.851; refused",
            "usdzar 2021-07-15: a spike of 8 deviations, 14.5525 -> 15.5612 -> 14.3933; refused",
        ]
    );
}
