//! `forecaster run`: its output, its files, and that nothing later than the as-of date affects it.

use crate::desk::{Desk, assert_valid, figures, floats};
use chrono::{Days, NaiveDate};
use forecaster_domain::{BusinessCalendar, Horizon};

/// The models of a run without Chronos.
const MODELS: [&str; 6] = ["arima_garch", "ewma_walk", "market_walk", "random_forest", "random_walk", "var"];

#[test]
fn every_horizon_meets_the_contract() {
    let desk = Desk::new();
    let runs = desk.run(&["run", "all", "--offline", "--as-of", "2024-06-28", "--json"]).expect(0).json();
    let calendar = BusinessCalendar::chile();
    let as_of: NaiveDate = "2024-06-28".parse().unwrap();
    for (run, horizon) in runs.as_array().unwrap().iter().zip(Horizon::ALL) {
        assert_valid(run, "run.schema.json");
        assert_eq!(run["horizon"], horizon.key());
        assert_eq!(run["as_of"], "2024-06-28");
        let dates: Vec<NaiveDate> =
            run["dates"].as_array().unwrap().iter().map(|d| d.as_str().unwrap().parse().unwrap()).collect();
        assert_eq!(dates, calendar.target_dates(as_of, horizon));
        assert!(dates.iter().all(|d| *d > as_of && *d <= as_of + Days::new(horizon.days())));
        for row in run["quantiles"].as_array().unwrap() {
            let row = floats(row);
            assert!(row.iter().all(|q| q.is_finite() && *q > 0.0) && row.windows(2).all(|w| w[0] <= w[1]), "{row:?}");
        }
        let models = run["models"].as_object().unwrap();
        assert_eq!(models.keys().collect::<Vec<_>>(), MODELS);
        let total: f64 = models.values().map(|m| m["weight"].as_f64().unwrap()).sum();
        assert!((total - 1.0).abs() < 1e-9);
        assert_eq!(models["random_walk"]["skill"], 0.0);
        assert!(run["ensemble_without_chronos"].is_null());
        let pdf = std::fs::read(desk.path(run["report"]["pdf"].as_str().unwrap())).unwrap();
        assert!(pdf.starts_with(b"%PDF-") && pdf.len() < 600_000, "{}", pdf.len());
    }
}

#[test]
fn cold_and_warm_runs_give_the_same_figures_to_the_last_bit() {
    let desk = Desk::new();
    let run = || desk.run(&["run", "15d", "--offline", "--as-of", "2024-06-28", "--json"]).expect(0).json();
    let (cold, warm) = (run(), run());
    assert_eq!(figures(&cold), figures(&warm));
    let resources: Vec<_> = desk.metrics().iter().map(|m| m["resources"].clone()).collect();
    assert_eq!((&resources[0]["forecasts_cached"], &resources[0]["forecasts_computed"]), (&0.into(), &72.into()));
    assert_eq!((&resources[1]["forecasts_cached"], &resources[1]["forecasts_computed"]), (&72.into(), &0.into()));
    let mut elsewhere = Desk::new();
    elsewhere.set("RAYON_NUM_THREADS", "1");
    let alone = elsewhere.run(&["run", "15d", "--offline", "--as-of", "2024-06-28", "--json"]).expect(0).json();
    assert_eq!(figures(&cold), figures(&alone), "one thread or two");
}

/// Every value after the as-of date is changed, by another amount each day, in the pair and in every regressor.
#[test]
fn not_one_figure_changes_when_the_future_does() {
    let as_of = "2024-06-28";
    let known = Desk::new();
    let before = known.run(&["run", "7d", "--offline", "--as-of", as_of, "--json"]).expect(0).json();
    let before90 = known.run(&["run", "90d", "--offline", "--as-of", as_of, "--json"]).expect(0).json();

    let moved = Desk::new();
    for (name, value) in [("usdclp", 950.0), ("dxy", 105.0), ("usdaud", 1.5), ("usdbrl", 5.5), ("usdcad", 1.37)]
        .into_iter()
        .chain([("usdmxn", 18.0), ("usdnok", 10.7)])
    {
        let mut csv = String::from("date,value\n");
        let start: NaiveDate = "2024-06-29".parse().unwrap();
        for (i, date) in start.iter_days().take(200).enumerate() {
            csv += &format!("{date},{}\n", value * (1.3 + 0.2 * (i as f64).sin()));
        }
        let file = moved.write(&format!("{name}.csv"), &csv);
        let import = ["rates", "import", file.to_str().unwrap(), "--series", name];
        // Nobody would import such a future by mistake.
        moved.run(&import).expect(1);
        moved.run(&[&import[..], &["--accept-jumps"]].concat()).expect(0);
    }
    let changed = moved.run(&["run", "7d", "--offline", "--json"]).expect(3).json();
    assert_ne!(changed["last_value"], 999.85, "the future was really moved");
    let after = moved.run(&["run", "7d", "--offline", "--as-of", as_of, "--json"]).expect(0).json();
    let after90 = moved.run(&["run", "90d", "--offline", "--as-of", as_of, "--json"]).expect(0).json();
    assert_eq!(figures(&before), figures(&after));
    assert_eq!(figures(&before90), figures(&after90));
}

#[test]
fn a_run_leaves_report_json_metrics_and_ledger_that_agree() {
    let desk = Desk::new();
    let run = desk.run(&["run", "30d", "--offline", "--as-of", "2024-06-28", "--json"]).expect(0).json();
    let files = desk.files("reports");
    assert_eq!(files.len(), 3, "{files:?}");
    let json: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(desk.path(run["report"]["json"].as_str().unwrap())).unwrap())
            .unwrap();
    assert_eq!(json, run);
    let html = std::fs::read_to_string(desk.path(run["report"]["html"].as_str().unwrap())).unwrap();
    let end = floats(run["quantiles"].as_array().unwrap().last().unwrap());
    for index in [0, 1, 5, 9, 10] {
        let spanish = format!("{:.2}", end[index]).replace('.', ",");
        assert!(html.replace('.', "").contains(&spanish), "{spanish} is not in the report");
    }
    assert!(!html.contains("<script") && !html.contains("src=\"http"));
    let metrics = desk.metrics();
    assert_eq!(metrics.len(), 1);
    assert_valid(&metrics[0], "metrics.schema.json");
    assert_eq!((&metrics[0]["run_id"], &metrics[0]["status"]), (&run["run_id"], &"ok".into()));
    assert_eq!(metrics[0]["ensemble"], run["ensemble"]);
    let ledger = forecaster_ledger::Ledger::open(&desk.path("data/ledger.sqlite")).unwrap();
    let last: NaiveDate = run["dates"].as_array().unwrap().last().unwrap().as_str().unwrap().parse().unwrap();
    let id = run["run_id"].as_str().unwrap();
    assert_eq!(ledger.issued(id, "ensemble", last).unwrap().unwrap().to_vec(), end);
    assert!(ledger.issued(id, "var", last).unwrap().is_some());
}

/// Outside authority: scipy and statsmodels on the same rates (crates/ensemble/fixtures/drift.py).
#[test]
fn drift_is_found_in_a_storm_and_told_in_log_json_metrics_ledger_and_report() {
    let reference: serde_json::Value =
        serde_json::from_str(include_str!("../../../ensemble/fixtures/drift.json")).unwrap();
    let storm = |case: &&serde_json::Value| case["as_of"] == "2022-07-29";
    let expected = reference["real"].as_array().unwrap().iter().find(storm).unwrap();
    let desk = Desk::new();
    let finished = desk.run(&["run", "7d", "--offline", "--as-of", "2022-07-29", "--json"]).expect(0);
    let run = finished.json();
    let close = |ours: &serde_json::Value, theirs: &serde_json::Value| {
        let (ours, theirs) = (ours.as_f64().unwrap(), theirs.as_f64().unwrap());
        assert!((ours - theirs).abs() < 1e-8, "{ours} against {theirs}");
    };
    for (i, name) in ["distribution", "spread", "autocorrelation"].into_iter().enumerate() {
        for figure in ["statistic", "p", "adjusted"] {
            close(&run["drift"]["tests"][name][figure], &expected["tests"][i][figure]);
        }
    }
    close(&run["drift"]["regime"]["percentile"], &expected["regime"]["percentile"]);
    close(&run["drift"]["regime"]["volatility"], &expected["regime"]["volatility"]);
    assert_eq!(run["drift"]["drifted"], true);
    assert_eq!(finished.stderr().matches("Drift found").count(), 1, "{}", finished.stderr());
    assert_valid(&run, "run.schema.json");
    let metrics = desk.metrics();
    assert_valid(&metrics[0], "metrics.schema.json");
    assert_eq!(metrics[0]["drift"], run["drift"]);
    let ledger = forecaster_ledger::Ledger::open(&desk.path("data/ledger.sqlite")).unwrap();
    let kept = ledger.drift("USD/CLP", 10).unwrap();
    assert_eq!((kept.len(), kept[0].as_of.to_string().as_str()), (1, "2022-07-29"));
    assert_eq!(serde_json::from_str::<serde_json::Value>(&kept[0].findings).unwrap(), run["drift"]);
    let html = std::fs::read_to_string(desk.path(run["report"]["html"].as_str().unwrap())).unwrap();
    assert!(html.contains("Deriva y régimen") && html.contains("no se ha movido como en los 90 anteriores"));
    assert!(html.contains("Todavía no se ha cumplido el plazo de ningún pronóstico emitido."));
}

#[test]
fn stale_data_is_said_everywhere_and_ends_with_exit_code_3() {
    let desk = Desk::new();
    let finished = desk.run(&["run", "7d", "--offline"]).expect(3);
    assert!(finished.stderr().contains("business days old (limit 3)"), "{}", finished.stderr());
    assert!(finished.stdout().trim_end().ends_with(".html"), "the report's path comes last");
    let html = desk.files("reports").into_iter().find(|f| f.extension().unwrap() == "html").unwrap();
    assert!(std::fs::read_to_string(html).unwrap().contains("Datos desactualizados"));
    let metrics = desk.metrics();
    assert_eq!((&metrics[0]["status"], &metrics[0]["data"]["stale"]), (&"degraded".into(), &true.into()));
}

#[test]
fn the_report_speaks_english_when_told_to() {
    let mut desk = Desk::new();
    desk.set("FORECASTER__SERVICE__LANGUAGE", "en");
    desk.run(&["run", "7d", "--offline", "--as-of", "2024-06-28"]).expect(0);
    let html = desk.files("reports").into_iter().find(|f| f.extension().unwrap() == "html").unwrap();
    let html = std::fs::read_to_string(html).unwrap();
    assert!(html.contains("7-day outlook") && !html.contains("perspectiva"));
}

#[test]
fn a_model_that_cannot_forecast_is_left_out_and_named() {
    let desk = Desk::new();
    let config = desk.write("few.toml", "[rates.series]\n[ensemble]\norigins = 12\n");
    let run =
        desk.run(&["--config", config.to_str().unwrap(), "run", "7d", "--as-of", "2024-06-28", "--json"]).expect(3);
    let document = run.json();
    assert_eq!(
        (&document["left_out"][0]["name"], &document["left_out"][0]["code"]),
        (&"var".into(), &"no_regressors".into())
    );
    assert!(document["models"].get("var").is_none());
    assert!(run.stderr().contains("model left out: no usable regressor"), "{}", run.stderr());
    let metrics = desk.metrics();
    assert_eq!((&metrics[0]["status"], &metrics[0]["left_out"][0]["name"]), (&"degraded".into(), &"var".into()));
    let html = std::fs::read_to_string(desk.path(document["report"]["html"].as_str().unwrap())).unwrap();
    assert!(html.contains("Modelos sin pronóstico"));
    assert!(html.contains("ninguna serie explicativa se puede usar al 28-jun-2024"));
    assert!(!html.contains("regressor"), "no English reason in a Spanish report");
}

/// A series that was never fetched has no last observation, whatever the pair's date, and a reason in the reader's
/// language; the remedy for the operator stays in JSON and log.
#[test]
fn a_series_without_data_is_shown_without_a_date_and_with_a_reason_for_the_reader() {
    let desk = Desk::new();
    let series = "[rates.series]\nusdbrl = { lag_days = 1 }\nmissing = { lag_days = 1 }\n";
    desk.write("es.toml", &format!("{series}[ensemble]\norigins = 12\n"));
    desk.write("en.toml", &format!("[service]\nlanguage = \"en\"\n{series}[ensemble]\norigins = 12\n"));
    for (config, said) in [
        ("es.toml", ["sin datos", "No utilizada: todavía no hay datos de esta serie; pida a quien"]),
        ("en.toml", ["no data", "Not used: there are no data for this series yet; ask whoever"]),
    ] {
        let run =
            desk.run(&["--config", config, "run", "7d", "--offline", "--as-of", "2024-06-28", "--json"]).expect(0);
        let document = run.json();
        assert_valid(&document, "run.schema.json");
        let series = document["data"]["series"].as_array().unwrap();
        let missing = series.iter().find(|series| series["name"] == "missing").unwrap();
        assert!(missing["last_observation"].is_null(), "{missing}");
        assert_eq!(missing["left_out_code"], "never_fetched");
        assert!(missing["left_out"].as_str().unwrap().contains("forecaster rates sync"), "{missing}");
        let html = std::fs::read_to_string(desk.path(document["report"]["html"].as_str().unwrap())).unwrap();
        assert!(said.iter().all(|words| html.contains(words)), "{config}");
        assert!(!html.contains("forecaster rates sync"), "no command in a report");
    }
}

#[test]
fn with_no_model_left_nothing_is_half_written() {
    let desk = Desk::new();
    let config =
        desk.write("none.toml", "[rates.series]\n[ensemble]\norigins = 12\n[horizons.7d]\nmodels = [\"var\"]\n");
    let finished = desk.run(&["--config", config.to_str().unwrap(), "run", "7d", "--as-of", "2024-06-28"]).expect(1);
    assert!(finished.stderr().contains("error: no model is left for the forecast (var: no usable regressor"));
    assert!(finished.stderr().contains("hint: "));
    assert!(desk.files("reports").is_empty());
    let metrics = desk.metrics();
    assert_valid(&metrics[0], "metrics.schema.json");
    assert_eq!(metrics[0]["status"], "failed");
}

#[test]
fn a_reports_directory_that_cannot_be_written_fails_with_its_name_and_is_recorded() {
    let mut desk = Desk::new();
    desk.write("taken", "a file where the directory should be");
    desk.set("FORECASTER__SERVICE__REPORTS_DIR", "taken");
    let finished = desk.run(&["run", "7d", "--as-of", "2024-06-28"]).expect(1);
    assert!(finished.stderr().contains("error: cannot write taken/7d/2024-06-28-"), "{}", finished.stderr());
    let metrics = desk.metrics();
    assert_eq!((metrics.len(), &metrics[0]["status"]), (1, &"failed".into()));
    assert!(metrics[0]["error"].as_str().unwrap().contains("cannot write taken/7d"));
}

#[test]
fn there_is_no_progress_bar_in_a_pipe() {
    let desk = Desk::new();
    let finished = desk.run(&["run", "7d", "--as-of", "2024-06-28"]).expect(0);
    assert!(!finished.stderr().contains('\r') && !finished.stderr().contains("validation "));
    assert!(finished.stderr().contains("Ensemble weights: {\"random_walk\": "));
}

#[test]
fn impossible_requests_say_what_is_possible() {
    let desk = Desk::new();
    let refused = |arguments: &[&str], text: &str| {
        let finished = desk.run(arguments).expect(2);
        assert!(finished.stderr().contains(text), "{arguments:?}: {}", finished.stderr());
    };
    refused(&["run", "8d"], "expected 7d, 15d, 30d, 90d or all");
    refused(&["run", "7d", "--as-of", "yesterday"], "expected a date such as 2024-12-30");
    refused(
        &["run", "7d", "--as-of", "2003-05-05"],
        "observations of usdclp (the first on 2003-04-01); at least 600",
    );
    refused(&["run", "7d", "--as-of", "2000-01-01"], "usdclp");
    refused(&["run", "7d", "--as-of", "2099-01-01"], "lies in the future");
    refused(&["run", "7d", "--as-of=-262143-01-01"], "expected a year from 1990 to 2100");
    refused(&["--config", "nowhere.toml", "run", "7d"], "configuration nowhere.toml: no such file");
}

/// Calculates the parts once more, from the documents of the two runs.
#[test]
fn what_changed_since_the_last_report_is_told_and_its_parts_add_up() {
    let desk = Desk::new();
    let run = |as_of| desk.run(&["run", "7d", "--offline", "--as-of", as_of, "--json"]).expect(0).json();
    let first = run("2024-06-21");
    assert!(first["since_last"].is_null());
    let (earlier, now) = (run("2024-06-24"), run("2024-06-28"));
    let since = &now["since_last"];
    assert_eq!((&since["as_of"], &since["last_value"]), (&"2024-06-24".into(), &earlier["last_value"]));
    let number = |value: &serde_json::Value| value.as_f64().unwrap();
    let end = |run: &serde_json::Value, quantiles: &serde_json::Value| {
        number(&quantiles[run["dates"].as_array().unwrap().len() - 1][5])
    };
    let (before, after) = (end(&earlier, &earlier["quantiles"]), end(&now, &now["quantiles"]));
    assert_eq!(number(&since["median"]), before);
    assert_eq!(since["end_date"], *earlier["dates"].as_array().unwrap().last().unwrap());
    let change = &since["change"];
    let parts = ["data", "models", "weights"].map(|part| number(&change[part]));
    assert!((parts.iter().sum::<f64>() - (after - before)).abs() < 1e-9, "{change}");

    let drift = |run: &serde_json::Value, model: &str| {
        (end(run, &run["models"][model]["quantiles"]) / number(&run["last_value"])).ln()
    };
    let weight = |run: &serde_json::Value, model: &str| number(&run["models"][model]["weight"]);
    let price = (after - before) / (after / before).ln();
    let data = price * (number(&now["last_value"]) / number(&earlier["last_value"])).ln();
    let opinion = |m: &str| price * weight(&earlier, m) * (drift(&now, m) - drift(&earlier, m));
    let other_weights = |m: &str| price * (weight(&now, m) - weight(&earlier, m)) * drift(&now, m);
    let again = [data, MODELS.map(opinion).iter().sum(), MODELS.map(other_weights).iter().sum()];
    for (told, expected) in parts.iter().zip(again) {
        assert!((told - expected).abs() < 1e-6, "{parts:?} {again:?}");
    }
    assert!((number(&change["by_model"]["var"]) - opinion("var")).abs() < 1e-6);

    let position = earlier["dates"].as_array().unwrap().iter().position(|date| date == "2024-06-28").unwrap();
    assert_eq!(since["for_now"]["median"], earlier["quantiles"][position][5]);
    let moves = since["moves"].as_array().unwrap();
    assert_eq!((&moves[0]["series"], &moves[0]["to"]["value"]), (&"usdclp".into(), &now["last_value"]));
    let mexican = moves.iter().find(|m| m["series"] == "usdmxn").unwrap();
    assert_eq!((&mexican["from"]["date"], &mexican["to"]["date"]), (&"2024-06-21".into(), &"2024-06-27".into()));
}

#[test]
fn series_that_are_only_watched_move_in_the_report_and_change_no_figure() {
    let plain = Desk::new();
    let watching = Desk::new();
    let days = |from: &str, values: &dyn Fn(usize) -> f64| -> String {
        let start: NaiveDate = from.parse().unwrap();
        let weekdays = start.iter_days().filter(|d| chrono::Datelike::weekday(d).num_days_from_monday() < 5).take(15);
        let rows = weekdays.enumerate().map(|(i, date)| format!("{date},{}\n", values(i)));
        std::iter::once("date,value\n".to_owned()).chain(rows).collect()
    };
    for (name, csv) in [
        ("tpm", days("2024-06-11", &|i| if i < 6 { 6.0 } else { 5.75 })),
        ("fed_funds", days("2024-06-11", &|_| 5.33)),
        ("vix", days("2024-06-11", &|i| 12.0 + i as f64)),
    ] {
        let file = watching.write(&format!("{name}.csv"), &csv);
        watching.run(&["rates", "import", file.to_str().unwrap(), "--series", name]).expect(0);
    }
    let run = |desk: &Desk| {
        desk.run(&["run", "7d", "--offline", "--as-of", "2024-06-14"]).expect(0);
        desk.run(&["run", "7d", "--offline", "--as-of", "2024-06-28", "--json"]).expect(0).json()
    };
    let (plain, watched) = (run(&plain), run(&watching));
    for same in ["quantiles", "ensemble", "calibration"] {
        assert!(plain[same] == watched[same], "{same}");
    }
    let change = |series: &str| {
        let moves = watched["since_last"]["moves"].as_array().unwrap();
        let it = moves.iter().find(|m| m["series"] == series).unwrap_or_else(|| panic!("{series} {moves:?}"));
        (it["to"]["value"].as_f64().unwrap() - it["from"]["value"].as_f64().unwrap(), it["measure"].clone())
    };
    assert!((change("tpm - fed_funds").0 + 0.25).abs() < 1e-9);
    assert_eq!(change("tpm"), (-0.25, "percentage points".into()));
    assert_eq!(change("vix"), (10.0, "points".into()));
}
