//! `forecaster review` on real rates: its scores equal those of an independent calculation, and its counts are right.
#![allow(clippy::unwrap_used)]

use crate::desk::{Desk, assert_valid};
use crate::reckoning::{Issued, Reckoned, diebold_mariano, embedded_rates, issued, overlap, reckon};
use chrono::{Days, NaiveDate};
use rusqlite::Connection;
use serde_json::Value;
use std::collections::BTreeMap;

const QUARTER: [&str; 6] = ["review", "quarter", "--replays", "--as-of", "2024-12-23", "--json"];

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn review(desk: &Desk, arguments: &[&str]) -> Value {
    let document = desk.run(arguments).expect(0).json();
    assert_valid(&document, "review.schema.json");
    document
}

fn assert_close(found: &Value, expected: f64, what: &str) {
    let found = found.as_f64().unwrap_or_else(|| panic!("{what} is {found}"));
    assert!((found - expected).abs() <= 1e-9 * expected.abs().max(1e-3), "{what}: {found} is not {expected}");
}

/// A desk with 26 Mondays of 7-day runs and a 30-day run every fifth week; one Monday is run a second time.
fn half_a_year() -> Desk {
    let desk = Desk::with_chronos();
    let run = |horizon: &str, date: NaiveDate| {
        desk.run(&["run", horizon, "--offline", "--no-email", "--as-of", &date.to_string()]).expect(0);
    };
    for week in 0..26 {
        let monday = day("2024-06-24") + Days::new(7 * week);
        run("7d", monday);
        if week % 5 == 0 {
            run("30d", monday);
        }
    }
    run("7d", day("2024-12-02"));
    desk
}

/// Returns the forecasts of each model whose last target date is in the quarter up to 2024-12-23.
fn of_quarter(desk: &Desk, horizon: &str) -> BTreeMap<String, Vec<Issued>> {
    let mut by_model = issued(&desk.path("data/ledger.sqlite"), horizon);
    let first = day("2024-12-23") - Days::new(90);
    for forecasts in by_model.values_mut() {
        forecasts.retain(|one| first <= one.end() && one.end() <= day("2024-12-23"));
    }
    by_model
}

#[test]
#[cfg_attr(not(onnxruntime), ignore = "needs ONNX Runtime, and this build has none")]
fn half_a_year_of_mondays_is_scored_as_an_independent_reckoning_scores_it() {
    let desk = half_a_year();
    let document = review(&desk, &QUARTER);
    assert_eq!((&document["from"], &document["to"]), (&"2024-09-24".into(), &"2024-12-23".into()));
    let rates = embedded_rates();
    for (horizon, n) in [("7d", 13), ("30d", 3)] {
        let by_model = of_quarter(&desk, horizon);
        let found = &document["horizons"][horizon];
        let models = found["models"].as_object().unwrap();
        assert_eq!(models.keys().collect::<Vec<_>>(), by_model.keys().collect::<Vec<_>>());
        for (model, forecasts) in &by_model {
            let reckoned = reckon(forecasts, &rates);
            assert_eq!(reckoned.n, n, "{horizon} {model}");
            check_scores(&models[model], &reckoned, &reckon(&by_model["random_walk"], &rates), overlap(forecasts));
        }
        check_comparisons(found, &by_model, &rates);
        check_runs(&desk, horizon, found);
    }
    assert_eq!(document["horizons"]["90d"]["note"], "no run in this period");
    // A review of a ledger without scores gives the same figures as the scores that the runs stored.
    let ledger = Connection::open(desk.path("data/ledger.sqlite")).unwrap();
    ledger.execute_batch("DELETE FROM scores; DELETE FROM actuals").unwrap();
    assert_eq!(review(&desk, &QUARTER), document);
    let table = desk.run(&QUARTER[..5]).expect(0).stdout();
    assert!(table.lines().all(|line| line.chars().count() <= 100), "{table}");
    assert!(table.contains("Ensemble with Chronos against without: "), "{table}");
}

fn check_scores(found: &Value, reckoned: &Reckoned, random_walk: &Reckoned, lag: usize) {
    assert_eq!(found["n"], reckoned.n);
    for (key, expected) in [
        ("rmse", reckoned.rmse),
        ("mape", reckoned.mape),
        ("wql", reckoned.wql),
        ("coverage80", reckoned.coverage80),
        ("coverage95", reckoned.coverage95),
        ("skill", 1.0 - reckoned.wql / random_walk.wql),
    ] {
        assert_close(&found[key], expected, key);
    }
    let differs = reckoned.each != random_walk.each;
    // The ensemble's tests compare its size by hand; here it must be present exactly when it can be calculated.
    assert_eq!(found["skill_se"].as_f64().is_some_and(|error| error > 0.0), reckoned.n >= 2 && differs, "{found}");
    if reckoned.n >= 8 && differs {
        assert_close(&found["p_value"], diebold_mariano(&reckoned.each, &random_walk.each, lag).0, "p-value");
    } else {
        assert!(found["p_value"].is_null());
    }
}

fn check_comparisons(found: &Value, by_model: &BTreeMap<String, Vec<Issued>>, rates: &BTreeMap<NaiveDate, f64>) {
    for comparison in found["comparisons"].as_array().unwrap() {
        let of = |key: &str| by_model.get(comparison[key].as_str().unwrap());
        let (Some(own), Some(other)) = (of("model"), of("against")) else {
            assert_eq!((&comparison["n"], &comparison["verdict"]), (&0.into(), &"cannot_tell_yet".into()));
            continue;
        };
        assert!(own.iter().map(|o| &o.run_id).eq(other.iter().map(|o| &o.run_id)));
        let (a, b) = (reckon(own, rates), reckon(other, rates));
        assert_eq!(comparison["n"], a.n);
        assert_close(&comparison["wql"], a.wql, "WQL");
        assert_close(&comparison["wql_against"], b.wql, "WQL of the other");
        assert_close(&comparison["skill"], 1.0 - a.wql / b.wql, "skill");
        let verdict = comparison["verdict"].as_str().unwrap();
        if a.n < 8 {
            assert_eq!((verdict, &comparison["more_runs_needed"]), ("cannot_tell_yet", &(8 - a.n).into()));
            continue;
        }
        let (p_value, needed) = diebold_mariano(&a.each, &b.each, overlap(own));
        assert_close(&comparison["p_value"], p_value, "p-value");
        let lower = a.each.iter().sum::<f64>() < b.each.iter().sum::<f64>();
        let expected = match (p_value < 0.05, lower) {
            (true, true) => "better",
            (true, false) => "worse",
            (false, _) => "cannot_tell_yet",
        };
        assert_eq!(verdict, expected, "{comparison}");
        let more = (needed.ceil() as i64 - a.n as i64).max(1);
        match comparison["more_runs_needed"].as_i64() {
            Some(0) => assert!(p_value < 0.05),
            Some(found) => assert_eq!(found, more),
            None => assert!(more > 1000),
        }
    }
}

/// Checks that runs, weights, memory and seconds equal those of the metrics lines.
fn check_runs(desk: &Desk, horizon: &str, found: &Value) {
    let in_quarter = |line: &Value| {
        let as_of = day(line["as_of"].as_str().unwrap());
        line["horizon"] == horizon && day("2024-09-24") <= as_of && as_of <= day("2024-12-23")
    };
    let lines: Vec<Value> = desk.metrics().into_iter().filter(in_quarter).collect();
    assert_eq!((&found["runs"]["total"], &found["runs"]["ok"]), (&lines.len().into(), &lines.len().into()));
    let all = |pointer: &str| lines.iter().filter_map(|l| l.pointer(pointer)?.as_f64()).collect::<Vec<f64>>();
    let check = |figures: &Value, values: &[f64], what: &str| {
        let sorted = |mut values: Vec<f64>| {
            values.sort_by(f64::total_cmp);
            values
        };
        let sorted = sorted(values.to_vec());
        assert_close(&figures["mean"], sorted.iter().sum::<f64>() / sorted.len() as f64, what);
        assert_eq!(figures["max"], *sorted.last().unwrap(), "{what}");
        assert!(figures["min"].is_null() || figures["min"] == sorted[0], "{what}");
    };
    check(&found["runs"]["peak_rss_mb"], &all("/resources/peak_rss_mb"), "memory");
    check(&found["runs"]["seconds"], &all("/resources/seconds_total"), "seconds");
    for (model, figures) in found["models"].as_object().unwrap() {
        if model.starts_with("ensemble") {
            assert!(figures["weight"].is_null() && figures["runs"] == lines.len(), "{model}");
            continue;
        }
        check(&figures["weight"], &all(&format!("/models/{model}/weight")), model);
        check(&figures["seconds"], &all(&format!("/models/{model}/seconds")), model);
    }
}

/// Returns the value, the previous value, and true when a time of revision is recorded.
fn noted(desk: &Desk, date: &str) -> Option<(f64, Option<f64>, bool)> {
    let ledger = Connection::open(desk.path("data/ledger.sqlite")).unwrap();
    let mut statement =
        ledger.prepare("SELECT value, revised_from, revised_at IS NOT NULL FROM actuals WHERE date = ?1").unwrap();
    let mut rows = statement.query_map([date], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
    rows.next().map(Result::unwrap)
}

#[test]
fn a_revised_rate_is_noted_and_changes_the_scores_and_a_replay_does_not_take_that_back() {
    let desk = Desk::new();
    let run = |date: &str| drop(desk.run(&["run", "7d", "--offline", "--as-of", date]).expect(0));
    run("2024-12-02");
    run("2024-12-06");
    assert_eq!(noted(&desk, "2024-12-03"), None, "a replay sees nothing later than its as-of date");
    run("2024-12-09");
    let mut rates = embedded_rates();
    let old = rates[&day("2024-12-09")];
    assert_eq!(noted(&desk, "2024-12-09"), Some((old, None, false)));
    let expected = |rates: &BTreeMap<NaiveDate, f64>| reckon(&of_quarter(&desk, "7d")["ensemble"], rates);
    let before = review(&desk, &QUARTER);
    let scores = |document: &Value| document["horizons"]["7d"]["models"]["ensemble"].clone();
    assert_close(&scores(&before)["wql"], expected(&rates).wql, "WQL");

    let revised = (100.0 * old).round() / 100.0 + 3.0;
    let file = desk.write("corrected.csv", &format!("date,value\n2024-12-09,{revised}\n"));
    desk.run(&["rates", "import", file.to_str().unwrap(), "--series", "usdclp"]).expect(0);
    let after = review(&desk, &QUARTER);
    rates.insert(day("2024-12-09"), revised);
    let reckoned = expected(&rates);
    assert_close(&scores(&after)["wql"], reckoned.wql, "WQL");
    assert_close(&scores(&after)["rmse"], reckoned.rmse, "RMSE");
    assert_ne!(scores(&after)["wql"], scores(&before)["wql"]);
    assert_eq!(noted(&desk, "2024-12-09"), Some((revised, Some(old), true)));

    run("2024-12-10");
    assert_eq!(noted(&desk, "2024-12-09"), Some((revised, Some(old), true)));
}

#[test]
fn replays_count_only_when_asked_for_and_the_same_run_made_ahead_counts_always() {
    let desk = Desk::new();
    desk.run(&["run", "7d", "--offline", "--as-of", "2024-12-02"]).expect(0);
    let plain = ["review", "quarter", "--as-of", "2024-12-23", "--json"];
    let without = review(&desk, &plain);
    let (horizon, with) = (&without["horizons"]["7d"], review(&desk, &QUARTER));
    assert_eq!((&horizon["runs"]["total"], &horizon["note"]), (&0.into(), &"no run in this period".into()));
    assert_eq!(horizon["models"], Value::Object(serde_json::Map::new()));
    assert_eq!(with["horizons"]["7d"]["models"]["var"]["n"], 1);
    assert_eq!((&without["replays"], &with["replays"]), (&false.into(), &true.into()));
    let ledger = Connection::open(desk.path("data/ledger.sqlite")).unwrap();
    ledger.execute("UPDATE runs SET finished_at = '2024-12-03T11:00:05+00:00'", []).unwrap();
    let ahead = review(&desk, &plain);
    assert_eq!(ahead["horizons"], with["horizons"]);
    let week = review(&desk, &["review", "week", "--as-of", "2024-12-09", "--json"]);
    let figures = &week["horizons"]["7d"];
    assert_eq!((&figures["runs"]["total"], &figures["models"]["var"]["n"]), (&1.into(), &1.into()));
    let later = review(&desk, &["review", "week", "--as-of", "2024-12-15", "--json"]);
    let figures = &later["horizons"]["7d"];
    assert_eq!((&figures["runs"]["total"], &figures["models"]["var"]["n"]), (&0.into(), &1.into()));
    assert!(figures["note"].as_str().unwrap().contains("earlier runs have matured"));
}

/// The report of a later run shows the results of earlier ones, with the review's figures.
#[test]
fn the_report_tells_the_track_record_of_what_was_issued() {
    let mut desk = Desk::new();
    desk.set("FORECASTER__SERVICE__LANGUAGE", "en");
    let report = |as_of: &str| -> String {
        let run = desk.run(&["run", "7d", "--offline", "--as-of", as_of, "--json"]).expect(0).json();
        std::fs::read_to_string(desk.path(run["report"]["html"].as_str().unwrap())).unwrap()
    };
    let first = report("2024-12-02");
    let heading = "Track record of issued forecasts";
    assert!(first.contains(heading));
    let ledger = Connection::open(desk.path("data/ledger.sqlite")).unwrap();
    ledger.execute("UPDATE runs SET finished_at = '2024-12-03T11:00:05+00:00'", []).unwrap();
    let later = report("2024-12-23");
    let review = review(&desk, &["review", "quarter", "--as-of", "2024-12-23", "--json"]);
    let rmse = review["horizons"]["7d"]["models"]["ensemble"]["rmse"].as_f64().unwrap();
    let section = &later[later.find(heading).unwrap()..];
    assert!(section.contains(&format!("{rmse:.2}")), "RMSE {rmse:.2} in the table");
    assert!(section.contains("it is not yet known which is better"), "{section}");
}

#[test]
fn failed_runs_and_models_that_were_left_out_are_counted() {
    let desk = Desk::new();
    desk.write("config/forecasters.toml", "[rates.series]\n");
    desk.run(&["run", "7d", "--offline", "--as-of", "2024-12-23"]).expect(3);
    let replayed = review(&desk, &QUARTER);
    let horizon = &replayed["horizons"]["7d"];
    assert_eq!((&horizon["runs"]["degraded"], &horizon["runs"]["failed"]), (&1.into(), &0.into()));
    let var = &horizon["models"]["var"];
    assert_eq!((&var["left_out"], &var["runs"], &var["n"]), (&1.into(), &0.into(), &0.into()));
    std::fs::remove_dir_all(desk.path("reports")).unwrap();
    desk.write("reports", "no directory");
    desk.run(&["run", "7d", "--offline", "--as-of", "2024-12-23"]).expect(1);
    let week = review(&desk, &["review", "week", "--json"]);
    let runs = &week["horizons"]["7d"]["runs"];
    assert_eq!((&runs["total"], &runs["failed"]), (&1.into(), &1.into()));
}

#[test]
fn what_cannot_be_scored_is_warned_of_and_neither_run_nor_review_fails() {
    let desk = Desk::new();
    let run = ["run", "7d", "--offline", "--as-of", "2024-12-23"];
    desk.run(&run).expect(0);
    let ledger = Connection::open(desk.path("data/ledger.sqlite")).unwrap();
    ledger.execute("DROP TABLE actuals", []).unwrap();
    for arguments in [&run[..], &["review", "week"]] {
        let finished = desk.run(arguments).expect(0);
        assert!(finished.stderr().contains("earlier forecasts could not be scored"), "{}", finished.stderr());
    }
}

#[test]
fn with_nothing_to_review_that_is_said_and_it_is_no_error() {
    let desk = Desk::new();
    let document = review(&desk, &["review", "--json"]);
    assert_eq!(document["period"], "month");
    for horizon in document["horizons"].as_object().unwrap().values() {
        assert_eq!(horizon["note"], "no run in this period");
        let comparisons = horizon["comparisons"].as_array().unwrap();
        assert!(comparisons.iter().all(|c| c["n"] == 0 && c["more_runs_needed"] == 8));
    }
    let table = desk.run(&["review", "week"]).expect(0).stdout();
    assert_eq!(table.matches("no run in this period").count(), 4, "{table}");
    let future = desk.run(&["review", "--as-of", "2100-01-01"]).expect(2);
    assert!(future.stderr().contains("lies in the future"), "{}", future.stderr());
}
