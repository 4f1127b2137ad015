use super::*;
use crate::calendar::BusinessCalendar;
use crate::series::{Observation, Superseded};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn weekdays(name: &str, from: &str, count: usize) -> Series {
    let observations: Vec<_> = day(from)
        .iter_days()
        .filter(|d| BusinessCalendar::weekdays().is_business_day(*d))
        .take(count)
        .enumerate()
        .map(|(i, date)| Observation { date, value: 100.0 + i as f64 })
        .collect();
    Series::new(name, &observations).unwrap()
}

#[test]
fn a_regressor_is_seen_only_after_its_lag() {
    let regressor = Regressor::new(weekdays("dxy", "2024-01-01", 20), 1);
    let history = History::new(weekdays("usdclp", "2024-01-08", 10), vec![regressor]);
    let (aligned, statuses) = history.aligned_regressors();
    assert_eq!(statuses[0].left_out, None);
    // Monday 2024-01-08 knows Friday's value (the fifth), Tuesday knows Monday's.
    assert_eq!(aligned[0].values[..2], [104.0, 105.0]);
    assert!(history.regressors()[0].series.last_date() < history.as_of());
}

#[test]
fn a_regressor_that_ends_early_is_left_out_and_says_so() {
    let regressor = Regressor::new(weekdays("dxy", "2024-01-01", 10), 1);
    let history = History::new(weekdays("usdclp", "2024-01-02", 30), vec![regressor]);
    let (aligned, statuses) = history.aligned_regressors();
    assert!(aligned.is_empty());
    let reason = statuses[0].left_out.unwrap().to_string();
    assert_eq!(reason, "ends on 2024-01-12, before the pair (2024-02-12)");
    // Before its end it was usable.
    let (aligned, _) = history.until(day("2024-01-15")).unwrap().aligned_regressors();
    assert_eq!(aligned.len(), 1);
}

#[test]
fn a_regressor_with_a_long_hole_or_a_late_start_is_left_out() {
    let mut observations: Vec<_> = weekdays("dxy", "2024-01-01", 40).observations().collect();
    observations.drain(10..20);
    let holed = Regressor::new(Series::new("dxy", &observations).unwrap(), 0);
    let late = Regressor::new(weekdays("usdbrl", "2024-01-10", 40), 0);
    let history = History::new(weekdays("usdclp", "2024-01-01", 40), vec![holed, late]);
    let reasons: Vec<_> =
        history.aligned_regressors().1.iter().filter_map(|s| Some(s.left_out?.to_string())).collect();
    assert_eq!(
        reasons,
        ["has no value from 2024-01-12 to 2024-01-22", "starts on 2024-01-10, after the window (2024-01-01)"]
    );
}

#[test]
fn an_as_of_before_the_first_observation_is_refused() {
    let history = History::new(weekdays("usdclp", "2024-01-02", 30), vec![]);
    let error = history.until(day("2023-12-31")).unwrap_err().to_string();
    assert_eq!(error, "series 'usdclp' starts on 2024-01-02; it has no values on or before 2023-12-31");
}

/// Returns `series` with `value` as the known value of `date` up to the day before `until`.
fn once(series: Series, date: &str, value: f64, until: &str) -> Series {
    series.with_superseded(vec![Superseded { date: day(date), value, until: day(until) }])
}

#[test]
fn a_cut_history_shows_the_values_of_its_day_and_the_whole_one_those_of_today() {
    // The last observation is of Friday 2024-01-19; the revision of the 10th came the day after.
    let pair = once(weekdays("usdclp", "2024-01-08", 10), "2024-01-10", 90.0, "2024-01-20");
    let history = History::new(pair, vec![]);
    assert_eq!(history.pair().value_on(day("2024-01-10")), Some(102.0));
    assert_eq!(history.window(9).pair().value_on(day("2024-01-10")), Some(102.0));
    for date in ["2024-01-10", "2024-01-18", "2024-01-19", "2024-01-21"] {
        let cut = history.until(day(date)).unwrap();
        assert_eq!(cut.pair().value_on(day("2024-01-10")), Some(90.0), "{date}");
        assert_eq!(cut.window(100).pair().value_on(day("2024-01-10")), Some(90.0), "{date}");
    }
}

#[test]
fn a_regressor_shows_what_was_known_of_it_at_the_as_of_date_whatever_its_lag() {
    // The fifth value, of Friday 2024-01-05, was revised on Tuesday the 9th.
    let dxy = once(weekdays("dxy", "2024-01-01", 20), "2024-01-05", 50.0, "2024-01-09");
    let regressor = Regressor::new(dxy, 1);
    let history = History::new(weekdays("usdclp", "2024-01-08", 10), vec![regressor]);
    let aligned = |history: &History| history.aligned_regressors().0[0].values.clone();
    assert_eq!(aligned(&history)[..2], [104.0, 105.0]);
    // Monday sees the old value. Tuesday sees the new one, although the newest published value is Monday's.
    assert_eq!(aligned(&history.until(day("2024-01-08")).unwrap()), [50.0]);
    assert_eq!(aligned(&history.until(day("2024-01-09")).unwrap()), [104.0, 105.0]);
}

#[test]
fn cutting_in_two_steps_is_cutting_once() {
    let pair = once(weekdays("usdclp", "2024-01-08", 10), "2024-01-09", 90.0, "2024-01-12");
    let history = History::new(pair, vec![]);
    let values = |history: &History, date| history.until(day(date)).unwrap().pair().values().to_vec();
    let later = history.until(day("2024-01-17")).unwrap();
    for date in ["2024-01-09", "2024-01-11", "2024-01-12", "2024-01-16"] {
        assert_eq!(values(&history, date), values(&later, date), "{date}");
    }
    let earlier = history.until(day("2024-01-11")).unwrap();
    assert_eq!(values(&earlier, "2024-01-17"), values(&history, "2024-01-11"));
}

fn at(text: &str) -> ClockTime {
    text.parse().unwrap()
}

/// The pair at 100 and more on thirty weekdays from 2024-01-08 on, and quotes of it that become known at 12:15 in
/// Warsaw on the next weekday.
fn quoted_in_warsaw() -> History {
    let pair = weekdays("usdclp", "2024-01-08", 30);
    let quotes: Vec<Observation> = weekdays("usdclp_spot", "2024-01-05", 31)
        .observations()
        .map(|o| Observation {
            value: o.value * (1.0 + 0.001 * f64::from(chrono::Datelike::day(&o.date) * 7 % 11)),
            ..o
        })
        .collect();
    let spot = Regressor {
        published: Some(at("12:15 Europe/Warsaw")),
        ..Regressor::new(Series::new("usdclp_spot", &quotes).unwrap(), 1)
    };
    History::new(pair, vec![]).with_spot(spot)
}

#[test]
fn a_replay_knows_the_quote_that_had_been_published_at_its_hour() {
    let history = quoted_in_warsaw();
    // In January 12:15 in Warsaw is 08:15 in Santiago.
    let seen = |time: &str, date: &str| {
        let history = history.clone().with_forecast_time(Some(at(time)), false).until(day(date)).unwrap();
        history.spot_gap().map(|gap| gap.unwrap().quoted)
    };
    assert_eq!(seen("08:30 America/Santiago", "2024-02-05"), Ok(day("2024-02-02")), "a Monday knows Friday's close");
    assert_eq!(seen("08:30 America/Santiago", "2024-02-06"), Ok(day("2024-02-05")));
    assert!(matches!(seen("08:00 America/Santiago", "2024-02-06"), Err(ExclusionReason::Ended { .. })));
    assert!(matches!(seen("08:00 America/Santiago", "2024-02-05"), Err(ExclusionReason::Ended { .. })), "hours old");
}

#[test]
fn now_all_that_is_at_hand_is_known_and_the_past_is_still_as_it_was() {
    let early = Some(at("08:00 America/Santiago"));
    let now = quoted_in_warsaw().with_forecast_time(early, true);
    // On the last date the quote is known, but no earlier date had one: too few to estimate the usual gap.
    assert_eq!(now.spot_gap().unwrap_err(), ExclusionReason::TooFew { known: 1, needed: 10 });
    let late = quoted_in_warsaw().with_forecast_time(Some(at("08:30 America/Santiago")), true);
    assert_eq!(late.spot_gap().unwrap().unwrap().quoted, day("2024-02-15"));
    assert_eq!(late.until(late.as_of()).unwrap().spot_gap(), late.spot_gap());
    assert_eq!(late.without_quotes().spot_gap(), Ok(None));
}

#[test]
fn a_regressor_with_a_time_of_publication_is_seen_from_then_on() {
    let dxy = Regressor {
        published: Some(at("18:00 America/New_York")),
        ..Regressor::new(weekdays("dxy", "2024-01-01", 20), 0)
    };
    let history = History::new(weekdays("usdclp", "2024-01-08", 10), vec![dxy]);
    let aligned = |time: &str| {
        history.clone().with_forecast_time(Some(at(time)), false).aligned_regressors().0[0].values[..2].to_vec()
    };
    // Monday evening knows Monday's value, the sixth; Monday morning knows Friday's.
    assert_eq!(aligned("21:00 America/Santiago"), [105.0, 106.0]);
    assert_eq!(aligned("08:30 America/Santiago"), [104.0, 105.0]);
    let regressor = &history.regressors()[0];
    assert_eq!(regressor.known_at(day("2024-01-08")).to_rfc3339(), "2024-01-08T23:00:00+00:00");
    assert_eq!(
        regressor.known_at(day("2024-01-06")).to_rfc3339(),
        "2024-01-08T23:00:00+00:00",
        "a Saturday waits for Monday"
    );
}

/// The pair with nothing on 12 business days, and a regressor and quotes on all days.
fn with_hole() -> History {
    let all = weekdays("usdclp", "2024-01-01", 40);
    let mut observations: Vec<_> = all.observations().collect();
    observations.drain(20..32);
    let pair = Series::new("usdclp", &observations).unwrap();
    let gap = Gap { after: pair.dates()[20], days: 13 };
    let quotes: Vec<_> = all.observations().map(|o| Observation { value: o.value * 1.001, ..o }).collect();
    let quotes = Regressor::new(Series::new("usdclp_spot", &quotes).unwrap(), 1);
    History::new(pair, vec![Regressor::new(weekdays("dxy", "2024-01-01", 40), 0)])
        .with_spot(quotes)
        .with_gaps(vec![gap])
}

#[test]
fn models_see_the_move_across_a_hole_as_one_day_s_and_everyone_else_the_true_values() {
    let history = with_hole();
    let seen = history.modelled(100);
    let log = |w: &[f64]| (w[1] / w[0]).ln();
    let true_move = log(&history.pair().values()[19..21]);
    assert!((seen.log_returns()[19] - true_move / 13.0_f64.sqrt()).abs() < 1e-12);
    assert_eq!(seen.pair().values()[20..], history.pair().values()[20..]);
    assert_eq!(seen.observed().values(), history.pair().values());
    // The regressor moved over the same days.
    let aligned = &seen.aligned_regressors().0[0].values;
    assert!((log(&aligned[19..21]) - true_move / 13.0_f64.sqrt()).abs() < 1e-12, "{aligned:?}");
    assert_eq!(history.aligned_regressors().0[0].values[..20], weekdays("dxy", "2024-01-01", 40).values()[..20]);
    // All others are the same.
    for (bridged, observed) in seen.log_returns().iter().zip(history.log_returns()).take(19) {
        assert!((bridged - observed).abs() < 1e-12);
    }
    // A cut of the bridged history is that of the history, bridged.
    let cut = seen.until(day("2024-02-20")).unwrap();
    assert_eq!(cut.log_returns(), seen.log_returns()[..cut.pair().len() - 1]);
    assert_eq!(cut.observed().last_value(), history.until(day("2024-02-20")).unwrap().pair().last_value());
}

#[test]
fn the_quotes_gap_is_the_same_for_models_as_without_the_bridge() {
    let history = with_hole();
    let gap = |history: &History| history.spot_gap().unwrap().unwrap().values.clone();
    for (bridged, observed) in gap(&history.modelled(100)).iter().zip(gap(&history)) {
        assert_eq!(bridged.is_some(), observed.is_some());
        assert!((bridged.unwrap_or(0.0) - observed.unwrap_or(0.0)).abs() < 1e-12);
    }
}

#[test]
fn a_window_after_the_hole_is_untouched() {
    let history = with_hole();
    assert_eq!(history.modelled(8).pair().values(), history.window(8).pair().values());
    let before = history.until(day("2024-01-25")).unwrap();
    assert_eq!(before.modelled(100).pair().values(), before.pair().values());
}
