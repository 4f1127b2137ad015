//! Narodowy Bank Polski, whose morning quote stands in for the official rate when no provider has that: fetched,
//! corrected, failing, and across the turn of the year.

use super::{
    Desk, NaiveDate, Server, World, configuration, expect_said, report, row, server::Reply, services, stored,
};
use chrono::{Datelike, Days};
use std::sync::{Arc, Mutex};

/// The bank after an official source that is missing.
const ORDER: &str = r#"["bcch", "nbp"]"#;
/// No regressors, and the one model that needs none.
const ALONE: &str = "[rates.series]\n[horizons.7d]\nmodels = [\"random_walk\"]\n";

fn desk_at(server: &Server, more: &str) -> Desk {
    Desk::with_configuration(&configuration(&server.url(), ORDER, more))
}

/// Returns code, first and last day of a request.
fn asked(path: &str) -> (String, NaiveDate, NaiveDate) {
    let parts: Vec<&str> = path.split('?').next().unwrap().split('/').collect();
    (parts[5].to_owned(), parts[6].parse().unwrap(), parts[7].parse().unwrap())
}

#[test]
fn its_quotes_go_on_where_the_official_rate_ends_and_the_run_says_so() {
    let (world, server) = (World::today(), services());
    let desk = desk_at(&server, ALONE);
    let finished = desk.run(&["run", "7d", "--json"]).expect(0);
    let run = finished.json();
    let kept = stored(&desk, "usdclp");
    let newest = kept.last().unwrap();
    assert_eq!((&run["as_of"], &run["last_value"]), (&newest.date.to_string().into(), &newest.value.into()));
    assert_eq!(newest.date, world.newest("usdclp"), "the quote of this morning is there");
    let close = newest.date.iter_days().rev().skip(1).find_map(|day| world.value("usdclp_spot", day)).unwrap();
    assert!((newest.value / close - 1.0).abs() < 1e-5, "{} is not {close}", newest.value);
    assert!(kept.iter().all(|o| o.source == "nbp"));
    let caution = "the last value is a market quote of nbp, standing in for the official rate";
    assert_eq!(run["data"]["cautions"], serde_json::json!([caution]));
    expect_said(&finished, &[caution, "from nbp"]);
    assert!(report(&desk).contains("nbp"));
    // Documents span at most 93 days each; one of them crosses the turn of the year.
    let spans: Vec<(String, NaiveDate, NaiveDate)> = server.paths().iter().map(|path| asked(path)).collect();
    assert!(spans.iter().all(|(_, from, to)| (*to - *from).num_days() < 93), "{spans:?}");
    assert!(spans.iter().any(|(_, from, to)| from.year() < to.year()), "{spans:?}");
    let dates: Vec<NaiveDate> = kept.iter().map(|o| o.date).collect();
    let first_of_the_year: NaiveDate = "2026-01-02".parse().unwrap();
    assert!(dates.contains(&first_of_the_year) && !dates.contains(&(first_of_the_year - Days::new(1))));
}

#[test]
fn the_quote_of_the_pair_is_dated_at_the_weekday_whose_trades_it_closes() {
    let (world, server) = (World::today(), services());
    let desk = desk_at(&server, "[rates.series.usdclp_spot]\n");
    desk.run(&["rates", "sync", "--series", "usdclp_spot"]).expect(0);
    let kept = stored(&desk, "usdclp_spot");
    assert!(!kept.is_empty());
    for o in kept {
        let close = world.value("usdclp_spot", o.date).unwrap();
        assert!(
            o.date < world.last && (o.value / close - 1.0).abs() < 1e-5,
            "{}: {} is not {close}",
            o.date,
            o.value
        );
    }
}

#[test]
fn a_day_that_it_corrects_is_told_and_kept_with_the_value_before() {
    let world = Arc::new(Mutex::new(World::today()));
    let published = Arc::clone(&world);
    let server = Server::answering(move |request| published.lock().unwrap().answer(request));
    let desk = desk_at(&server, ALONE);
    desk.run(&["rates", "sync"]).expect(0);
    let before = stored(&desk, "usdclp").pop().unwrap();
    // The trades that the newest quote closes turn out a little dearer than published: no other quote changes. They
    // are counted from that quote, not from today: on a weekend the trades of Friday have no quote yet.
    let days = before.date.iter_days().rev().skip(1);
    let weekday = days.into_iter().find(|day| day.weekday().num_days_from_monday() < 5).unwrap();
    *world.lock().unwrap() = World { moved: Some((weekday, 1.004)), ..World::today() };
    let printed = desk.run(&["rates", "sync"]).expect(0).stdout();
    let after = stored(&desk, "usdclp").pop().unwrap();
    assert!((after.value / before.value - 1.004).abs() < 1e-5, "{before:?} -> {after:?}");
    let told = format!("revised {}: {} (nbp) -> {} (nbp)", after.date, before.value, after.value);
    assert!(printed.contains(&told), "{told} is not in:\n{printed}");
    let revisions = desk.run(&["rates", "show", "--revisions"]).expect(0).stdout();
    assert_eq!(revisions.lines().count(), 1, "{revisions}");
}

#[test]
fn the_official_source_takes_over_when_there_is_an_answer() {
    let server = services();
    let desk = desk_at(&server, ALONE);
    desk.run(&["rates", "sync"]).expect(0);
    assert!(stored(&desk, "usdclp").iter().all(|o| o.source == "nbp"));
    desk.write("config/forecasters.toml", &configuration(&server.url(), r#"["mindicador", "nbp"]"#, ALONE));
    let run = desk.run(&["run", "7d", "--json"]).expect(0).json();
    assert_eq!(run["data"]["cautions"], serde_json::json!([]));
    assert_eq!(row(&run["data"]["series"], "name", "usdclp")["provider"], "mindicador");
    assert!(stored(&desk, "usdclp").iter().all(|o| o.source == "mindicador"));
}

type Answer = fn() -> Reply;

#[test]
fn its_failures_are_told_and_the_run_goes_on_with_the_embedded_quotes() {
    let rows: [(Answer, &str); 4] = [
        (
            || Reply::status(400, "400 BadRequest - Błędny zakres dat / Invalid date range"),
            "answers 400 Bad Request: '400 BadRequest - Błędny zakres dat / Invalid date range'",
        ),
        (|| Reply::ok("<!DOCTYPE html><title>Prace serwisowe</title>"), "is not JSON with 'code' and 'rates'"),
        (|| Reply::ok(r#"{"table":"A","code":"CZK","rates":[]}"#), "the answer is not about 'CLP': 'CZK'"),
        (|| Reply::ok(r#"{"table":"A","code":"CLP","rates":[{"no":"2"#), "EOF while parsing"),
    ];
    for (reply, expected) in rows {
        let server = Server::answering(move |_| reply());
        let desk = desk_at(&server, ALONE);
        let finished = desk.run(&["run", "7d", "--json"]).expect(3);
        expect_said(&finished, &["WARN nbp, usdclp: CLP from ", expected]);
        assert_eq!(finished.json()["as_of"], "2026-10-26");
    }
    // An answer without values is not a failure.
    let server = Server::answering(|_| Reply::status(404, "404 NotFound - Not Found - Brak danych"));
    let desk = desk_at(&server, ALONE);
    let finished = desk.run(&["run", "7d", "--json"]).expect(3);
    assert_eq!(finished.json()["data"]["provider_failures"], serde_json::json!([]));
    assert!(!finished.stderr().contains("WARN nbp"), "{}", finished.stderr());
}
