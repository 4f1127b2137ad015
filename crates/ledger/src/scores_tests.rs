//! Scores as actuals arrive, and as they are revised.

use super::*;
use crate::record::samples::{forecast, run};
use crate::record::{IssuedForecast, RunRecord};
use chrono::TimeDelta;
use forecaster_domain::scores::pool;

const PAIR: &str = "USD/CLP";
/// Actuals for the dates that the run of [`run`] forecasts: the 6th, 7th and 8th of January 2025.
const ACTUALS: [(u32, f64); 3] = [(6, 1000.4), (7, 1001.9), (8, 1010.0)];

fn day(d: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2025, 1, d).unwrap()
}

fn published(values: &[(u32, f64)]) -> impl Fn(NaiveDate) -> Option<f64> {
    let values: BTreeMap<NaiveDate, f64> = values.iter().map(|(d, value)| (day(*d), *value)).collect();
    move |date| values.get(&date).copied()
}

fn score(ledger: &Ledger, until: u32, values: &[(u32, f64)]) -> (usize, usize, usize) {
    let ScoringCounts { scored, rescored, revisions } =
        ledger.score_issued(PAIR, day(until), &published(values), Utc::now()).unwrap();
    (scored, rescored, revisions)
}

fn ledger() -> (tempfile::TempDir, Ledger) {
    let directory = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(&directory.path().join("ledger.sqlite")).unwrap();
    (directory, ledger)
}

fn scores(ledger: &Ledger) -> Vec<ScoredForecast> {
    ledger.scored_forecasts(PAIR, Horizon::D7, day(1), day(31)).unwrap()
}

/// Returns the domain's score parts of the same forecast.
fn expected(level: f64, actuals: &[Option<f64>]) -> ScoreSums {
    parts(&Outcome { forecast: &forecast(level), actuals, naive_mae: 1.0 }).unwrap()
}

#[test]
fn a_run_is_scored_once_its_last_target_date_is_known() {
    let (_directory, ledger) = ledger();
    let own = |model: &str, level| IssuedForecast { model: model.into(), weight: None, forecast: forecast(level) };
    let forecasts = vec![own("ensemble", 1000.0), own("var", 990.0)];
    ledger.record(&RunRecord { forecasts, ..run("a") }).unwrap();
    assert_eq!(score(&ledger, 7, &ACTUALS), (0, 0, 0));
    assert!(scores(&ledger).is_empty() && ledger.actuals(PAIR).unwrap().is_empty());
    assert_eq!(score(&ledger, 8, &ACTUALS), (1, 0, 0));
    assert_eq!(score(&ledger, 9, &ACTUALS), (0, 0, 0));
    let found = scores(&ledger);
    let actuals = ACTUALS.map(|(_, value)| Some(value));
    assert_eq!(found.iter().map(|s| s.model.as_str()).collect::<Vec<_>>(), ["ensemble", "var"]);
    assert_eq!((found[0].parts, found[1].parts), (expected(1000.0, &actuals), expected(990.0, &actuals)));
    assert_eq!((found[0].as_of, found[0].end_date), (day(3), day(8)));
    assert_eq!(ledger.actuals(PAIR).unwrap(), ACTUALS.map(|(d, value)| (day(d), value)).into());
    assert!(ledger.scored_forecasts(PAIR, Horizon::D7, day(9), day(31)).unwrap().is_empty());
    assert!(ledger.scored_forecasts(PAIR, Horizon::D30, day(1), day(31)).unwrap().is_empty());
}

#[test]
fn a_revised_actual_is_noted_and_all_that_was_scored_with_it_is_scored_again() {
    let (_directory, ledger) = ledger();
    ledger.record(&run("a")).unwrap();
    let later = RunRecord { as_of: Some(day(5)), ..run("b") };
    ledger.record(&later).unwrap();
    assert_eq!(score(&ledger, 8, &ACTUALS), (2, 0, 0));
    let before = pool(scores(&ledger).iter().map(|s| &s.parts)).unwrap();
    let revised = [ACTUALS[0], (7, 1003.0), ACTUALS[2]];
    assert_eq!(score(&ledger, 6, &revised), (0, 0, 0), "a run that knows less than the 7th sees no revision of it");
    assert_eq!(score(&ledger, 8, &revised), (0, 2, 1));
    assert_eq!(score(&ledger, 8, &revised), (0, 0, 0));
    let after = scores(&ledger);
    assert!(after.iter().all(|s| s.parts == expected(1000.0, &revised.map(|(_, value)| Some(value)))));
    assert_ne!(pool(after.iter().map(|s| &s.parts)).unwrap().wql, before.wql);
    let noted: (f64, f64, Option<String>) = ledger
        .connection()
        .query_row("SELECT value, revised_from, revised_at FROM actuals WHERE date = '2025-01-07'", [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .unwrap();
    assert_eq!((noted.0, noted.1, noted.2.is_some()), (1003.0, 1001.9, true));
}

#[test]
fn an_actual_that_comes_late_counts_from_then_on() {
    let (_directory, ledger) = ledger();
    ledger.record(&run("a")).unwrap();
    assert_eq!(score(&ledger, 10, &[]), (0, 0, 0), "without any actual there is nothing to score");
    assert_eq!(score(&ledger, 10, &ACTUALS[..2]), (1, 0, 0));
    let [_, _, (_, last)] = ACTUALS;
    let two = [Some(ACTUALS[0].1), Some(ACTUALS[1].1), None];
    assert_eq!((scores(&ledger)[0].parts, two[2]), (expected(1000.0, &two), None));
    assert_eq!(score(&ledger, 10, &ACTUALS), (0, 1, 1));
    assert_eq!(scores(&ledger)[0].parts, expected(1000.0, &[two[0], two[1], Some(last)]));
    assert_eq!(score(&ledger, 10, &ACTUALS[..2]), (0, 0, 0), "what is known no more stays as noted");
    assert_eq!(scores(&ledger)[0].parts.dates, 3);
}

#[test]
fn of_several_runs_of_one_date_only_the_first_is_read_and_no_other_pair() {
    let (_directory, ledger) = ledger();
    for (run_id, minutes) in [("late", 9), ("first", 1), ("last", 12)] {
        let finished_at = Utc::now() + TimeDelta::minutes(minutes);
        ledger.record(&RunRecord { finished_at, ..run(run_id) }).unwrap();
    }
    ledger.record(&RunRecord { pair: "EUR/CLP".into(), ..run("other") }).unwrap();
    assert_eq!(score(&ledger, 8, &ACTUALS), (3, 0, 0));
    let found = scores(&ledger);
    assert_eq!((found.len(), found[0].run_id.as_str()), (1, "first"));
    assert!(ledger.scored_forecasts("EUR/CLP", Horizon::D7, day(1), day(31)).unwrap().is_empty());
}

#[test]
fn runs_are_found_by_their_as_of_date_and_by_the_day_on_which_they_ended() {
    let (_directory, ledger) = ledger();
    let at = |d: u32| day(d).and_hms_opt(15, 0, 0).unwrap().and_utc();
    let failed = RunRecord { as_of: None, status: RunStatus::Failed, forecasts: Vec::new(), ..run("failed") };
    ledger.record(&RunRecord { finished_at: at(20), ..failed }).unwrap();
    ledger.record(&RunRecord { finished_at: at(20) + TimeDelta::days(300), ..run("replay") }).unwrap();
    ledger.record(&RunRecord { as_of: Some(day(27)), finished_at: at(28), ..run("elsewhere") }).unwrap();
    let found = |from, to| {
        let runs = ledger.runs_between(PAIR, Horizon::D7, day(from), day(to)).unwrap();
        runs.into_iter().map(|past| (past.run.run_id, past.end_date)).collect::<Vec<_>>()
    };
    assert_eq!(found(19, 22), [("failed".to_owned(), None)]);
    assert_eq!(found(2, 4), [("replay".to_owned(), Some(day(8)))]);
    assert_eq!(found(1, 31).len(), 3);
}
