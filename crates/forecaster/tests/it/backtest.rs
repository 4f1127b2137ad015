//! `forecaster backtest`: its contract, and that it scores exactly the forecasts that `run` would have issued.

use crate::desk::{Desk, floats};

#[test]
fn the_document_holds_every_model_with_every_score() {
    let desk = Desk::new();
    let arguments = ["backtest", "7d", "--from", "2024-01-02", "--to", "2024-03-28", "--every", "10", "--json"];
    let document = desk.run(&arguments).expect(0).json();
    assert_eq!((&document["pair"], &document["every"]), (&"USD/CLP".into(), &10.into()));
    let horizon = &document["horizons"]["7d"];
    assert!(horizon["origins"].as_u64().unwrap() >= 6);
    let models = horizon["models"].as_object().unwrap();
    let names: Vec<&String> = models.keys().collect();
    assert_eq!(names, ["arima_garch", "ensemble", "ewma_walk", "market_walk", "random_forest", "random_walk", "var"]);
    for scores in models.values() {
        for key in ["n", "wql", "rmse", "mape", "mase", "coverage80", "coverage95", "skill"] {
            assert!(scores[key].as_f64().unwrap().is_finite(), "{key}");
        }
    }
    assert_eq!(models["random_walk"]["skill"], 0.0);
    assert!(models["random_walk"]["skill_se"].is_null(), "it does not differ from itself");
    let ensemble = &models["ensemble"];
    for key in ["skill_se", "skill_first", "skill_first_se", "skill_last", "skill_last_se"] {
        assert!(ensemble[key].as_f64().is_some_and(f64::is_finite), "{key}: {ensemble}");
    }
    assert!(ensemble["skill_se"].as_f64().unwrap() > 0.0);
    assert_eq!(desk.run(&arguments).expect(0).json(), document, "again, from the cache");
}

#[test]
fn the_random_walk_is_scored_even_when_another_model_is_asked_for() {
    let desk = Desk::with(&[("FORECASTER__ENSEMBLE__ORIGINS", "12"), ("FORECASTER__ENSEMBLE__WEIGHT_CAP", "1.0")]);
    let arguments =
        ["backtest", "7d", "--from", "2024-01-02", "--to", "2024-02-28", "--models", "arima_garch", "--json"];
    let document = desk.run(&arguments).expect(0).json();
    let models = document["horizons"]["7d"]["models"].as_object().unwrap();
    assert_eq!(models.keys().collect::<Vec<_>>(), ["arima_garch", "ensemble", "market_walk", "random_walk"]);
}

/// The quote of a morning is published at 08:15 at the latest, so a backtest of forecasts made at six o'clock knows
/// no quote of that same morning. It has news only after a holiday in Chile, from the quote of the day before.
/// Without a publication time it would know all quotes.
#[test]
fn a_backtest_knows_the_quotes_that_had_been_published_at_the_scheduled_hour() {
    let skill = |settings: &[(&str, &str)]| {
        let period = ["--from", "2023-08-01", "--to", "2024-07-31", "--every", "2"];
        let arguments = [&["backtest", "7d", "--models", "market_walk", "--json"][..], &period].concat();
        let document = Desk::with(settings).run(&arguments).expect(0).json();
        document["horizons"]["7d"]["models"]["market_walk"]["skill_first"].as_f64().unwrap()
    };
    assert!(skill(&[]) > 0.1, "at half past eight");
    let at_six = ("FORECASTER__HORIZONS__7D__SCHEDULE", "0 6 * * Mon");
    assert!(skill(&[at_six]).abs() < 0.02, "at six");
    assert!(skill(&[at_six, ("FORECASTER__RATES__SERIES__USDCLP_SPOT__PUBLISHED", "")]) > 0.1, "without a time");
}

#[test]
fn no_forecast_is_judged_by_quotes_that_stand_in_for_official_rates() {
    let desk = Desk::new();
    let arguments = ["backtest", "90d", "--from", "2024-09-02", "--every", "5", "--models", "random_walk", "--json"];
    let document = desk.run(&arguments).expect(0).json();
    assert_eq!(document["to"], "2025-01-03", "the last official rate in the program");
    // Of the weekly origins from September on, only those up to 2024-10-05 have their 90 days before that date.
    assert_eq!(document["horizons"]["90d"]["origins"], 5, "{document}");
    let later = desk.run(&["backtest", "7d", "--from", "2025-03-03", "--to", "2025-12-30"]).expect(2);
    assert!(later.stderr().contains("outcomes are known up to 2025-01-03"), "{}", later.stderr());
}

#[test]
fn a_model_without_any_forecast_is_named_and_the_exit_code_says_so() {
    let desk = Desk::new();
    desk.write("config/forecasters.toml", "[rates.series]\n");
    let arguments = ["backtest", "7d", "--from", "2024-01-02", "--to", "2024-01-31", "--json"];
    let document = desk.run(&arguments).expect(3).json();
    assert_eq!(document["horizons"]["7d"]["left_out"][0]["name"], "var");
}

/// A backtest of a single origin must score exactly the forecast that `run --as-of` issues there.
#[test]
fn a_backtest_scores_what_a_run_would_have_issued() {
    let desk = Desk::new();
    let day = "2024-03-01";
    let run = desk.run(&["run", "7d", "--as-of", day, "--json"]).expect(0).json();
    let backtest = desk.run(&["backtest", "7d", "--from", day, "--to", day, "--json"]).expect(0).json();
    // usdclp on 2024-03-04 ... 2024-03-08, from the embedded snapshot.
    let shown = desk.run(&["run", "7d", "--as-of", "2024-03-08", "--json"]).expect(0).json();
    let last_actual = shown["last_value"].as_f64().unwrap();
    let end = floats(run["quantiles"].as_array().unwrap().last().unwrap());
    let rmse = backtest["horizons"]["7d"]["models"]["ensemble"]["rmse"].as_f64().unwrap();
    assert!((rmse - (end[5] - last_actual).abs()).abs() < 1e-9, "{rmse}");
}

#[test]
fn a_period_without_origins_says_which_are_possible() {
    let desk = Desk::new();
    let finished = desk.run(&["backtest", "90d", "--from", "2026-10-01", "--to", "2026-10-23"]).expect(2);
    assert!(finished.stderr().contains("90d: no origin from 2026-10-01 to 2026-10-23"), "{}", finished.stderr());
    assert!(finished.stderr().contains("hint: origins are possible from"));
    let finished = desk.run(&["backtest", "7d", "--models", "arima"]).expect(2);
    assert!(finished.stderr().contains("'arima' is no model; expected some of random_walk"));
    let finished = desk.run(&["backtest", "7d", "--models", "var,var"]).expect(2);
    assert!(finished.stderr().contains("'var' is there twice"));
}
