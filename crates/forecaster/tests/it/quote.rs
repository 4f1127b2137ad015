//! The market's quote in the JSON of a run and in its report: its value, its source and when it became known.

#![allow(clippy::unwrap_used)]

use crate::desk::{Desk, assert_valid};
use serde_json::Value;

fn run(desk: &Desk, horizon: &str, as_of: &str) -> Value {
    let run = desk.run(&["run", horizon, "--offline", "--as-of", as_of, "--json"]).expect(0).json();
    assert_valid(&run, "run.schema.json");
    run
}

fn report(desk: &Desk, run: &Value) -> String {
    std::fs::read_to_string(desk.path(run["report"]["html"].as_str().unwrap())).unwrap().replace('\u{a0}', " ")
}

/// In winter 12:15 in Warsaw is 08:15 in Santiago, in July 06:15: by then the quote of the morning is known.
#[test]
fn a_run_says_which_quote_it_knows_whose_and_since_when() {
    let desk = Desk::new();
    for (as_of, known_at) in
        [("2024-12-23", "2024-12-23T08:15:00-03:00"), ("2024-07-09", "2024-07-09T06:15:00-04:00")]
    {
        let run = run(&desk, "7d", as_of);
        let quote = &run["quote"];
        assert_eq!((&quote["source"], &quote["known_at"]), (&"nbp".into(), &known_at.into()), "{as_of}");
        let off = quote["value"].as_f64().unwrap() / run["last_value"].as_f64().unwrap() - 1.0;
        assert!(off.abs() < 0.05 && off != 0.0, "{quote}");
        assert!(run["models"]["market_walk"]["skill_first"].is_number(), "{}", run["models"]["market_walk"]);
        let report = report(&desk, &run);
        for said in ["Lo que aporta la cotización de mercado", "Narodowy Bank Polski"] {
            assert!(report.contains(said), "the report of {as_of} does not say {said:?}");
        }
    }
}

/// The official rate ends in January 2025 in the snapshot; after that, quotes stand in for it and add nothing to it.
#[test]
fn without_a_usable_quote_it_is_null_and_the_report_says_why() {
    let desk = Desk::new();
    let run = run(&desk, "7d", "2026-10-26");
    assert!(run["quote"].is_null(), "{}", run["quote"]);
    let series = run["data"]["series"].as_array().unwrap();
    assert!(series.iter().any(|s| s["name"] == "usdclp_spot" && s["left_out"].is_string()), "{series:?}");
    assert_eq!(run["models"]["market_walk"]["quantiles"], run["models"]["random_walk"]["quantiles"]);
    let report = report(&desk, &run);
    assert!(report.contains("no recoge ninguna cotización de mercado") && report.contains("Motivo (usdclp_spot): "));
    let detail = "cotización del mercado no utilizada</dt><dd>reemplaza a la tasa oficial el 23-oct-2026";
    assert!(report.contains(detail) && !report.contains("the pair's own last value"));
    let detail = run["models"]["var"]["details"]["spot quote left out"].as_str();
    assert_eq!(detail, Some("is the pair's own last value (quote of 2026-10-23)"), "as before");
}
