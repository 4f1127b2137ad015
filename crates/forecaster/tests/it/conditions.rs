//! Series in a doubtful condition, in a store as earlier versions have filled it: what a run says of them, where it
//! says it, and the forecast that it makes of them.

use crate::desk::{Desk, assert_valid, repository};
use crate::mail::{Postman, desk as mailing_desk};
use forecaster_rates::{IMPORT_SOURCE, MergeRules, RatesStore, StoredObservation};
use serde_json::Value;

/// Writes the case of a pair into the store of `desk`, without the guard of an import, and sets the pair.
fn stored(desk: &mut Desk, pair: &str, case: &str) {
    let path = repository().join(format!("crates/rates/tests/cases/conditions/{case}.csv"));
    let fetched_at = "2024-12-31T12:00:00Z".parse().unwrap();
    let observation = |line: &str| {
        let (date, value) = line.split_once(',')?;
        let (date, value) = (date.parse().ok()?, value.parse().ok()?);
        Some(StoredObservation { date, value, source: IMPORT_SOURCE.into(), fetched_at })
    };
    let text = std::fs::read_to_string(path).unwrap();
    let observations: Vec<StoredObservation> = text.lines().filter_map(observation).collect();
    let store = RatesStore::open(&desk.path("data")).unwrap();
    store.merge(&pair.replace('/', "").to_lowercase(), &observations, &MergeRules::accepting_all()).unwrap();
    desk.set("FORECASTER__RATES__PAIR", pair);
}

/// Runs the case as of its last date; returns the run's document.
fn run(pair: &str, case: &str, as_of: &str, code: i32) -> (Desk, Value) {
    let mut desk = Desk::new();
    stored(&mut desk, pair, case);
    let run = desk.run(&["run", "7d", "--json", "--offline", "--no-email", "--as-of", as_of]).expect(code).json();
    assert_valid(&run, "run.schema.json");
    (desk, run)
}

/// Half the width of the 80 % interval at the last target date, in per cent of the last value.
fn half_width(run: &Value) -> f64 {
    let end = run["quantiles"].as_array().unwrap().last().unwrap();
    let (low, high) = (end[1].as_f64().unwrap(), end[9].as_f64().unwrap());
    50.0 * (high - low) / run["last_value"].as_f64().unwrap()
}

#[test]
fn a_hole_of_months_is_told_everywhere_and_its_move_is_not_one_day_s() {
    let (desk, run) = run("USD/KRW", "usdkrw_hole", "2024-12-27", 3);
    let condition = &run["data"]["conditions"][0];
    assert_eq!((&condition["series"], &condition["kind"]), (&"usdkrw".into(), &"hole".into()));
    assert!(condition["sentence"].as_str().unwrap().contains("77 business days, 2024-09-02 to 2024-12-17"));
    assert_eq!(run["status"], "degraded");
    // Without the hole it is 1.35; with its move as one day's it was 2.4.
    assert!((1.0..1.9).contains(&half_width(&run)), "{}", half_width(&run));
    let line = &desk.metrics()[0];
    assert_valid(line, "metrics.schema.json");
    assert_eq!(line["data"]["conditions"], run["data"]["conditions"]);
    let report =
        std::fs::read_to_string(run["report"]["html"].as_str().map(|path| desk.path(path)).unwrap()).unwrap();
    assert!(report.contains("no hay datos en 77") && report.contains("Estado de los datos"));
    for command in [vec!["rates", "check", "--series", "usdkrw"], vec!["rates", "show"]] {
        assert!(desk.run(&command).stdout().contains("usdkrw: no value on 77 business days"), "{command:?}");
    }
    let doctor = desk.run(&["doctor", "--json"]).json();
    let checks = doctor["checks"].as_array().unwrap();
    let check = checks.iter().find(|check| check["id"] == "rates.series_usdkrw").unwrap();
    assert_eq!(check["status"], "warn");
    assert!(check["finding"].as_str().unwrap().contains("no value on 77 business days"), "{check}");
}

#[test]
fn weekly_values_are_told_and_modelled_as_such() {
    let (_desk, run) = run("USD/KRW", "usdkrw_weekly", "2024-12-27", 3);
    assert_eq!(run["data"]["conditions"][0]["kind"], "sparse");
    // Of daily values it is 1.35; weekly moves taken as daily ones made it 3.
    assert!((0.9..2.0).contains(&half_width(&run)), "{}", half_width(&run));
}

#[test]
fn a_redenomination_is_rescaled_and_told_and_the_run_is_ok() {
    let (desk, run) = run("USD/VES", "usdves_redenomination", "2024-12-30", 0);
    assert_eq!(run["data"]["conditions"][0]["kind"], "redenominated");
    assert_eq!((&run["status"], &run["data"]["conditions"][0]["degrades"]), (&"ok".into(), &false.into()));
    assert!(half_width(&run) < 3.0, "{}", half_width(&run));
    let said = desk.run(&["run", "7d", "--offline", "--no-email", "--as-of", "2024-12-30"]).expect(0).stdout();
    assert!(said.contains("note: usdves: redenominated on 2021-10-01"), "{said}");
}

#[test]
fn a_peg_is_a_fact_and_the_run_is_ok() {
    let (desk, run) = run("USD/AED", "usdaed_constant", "2024-12-30", 0);
    assert_eq!(run["data"]["conditions"][0]["kind"], "constant");
    let said = desk.run(&["run", "7d", "--offline", "--no-email", "--as-of", "2024-12-30"]).expect(0).stdout();
    assert!(said.contains("note: usdaed: does not vary: 3.6725 since 2018-01-01"), "{said}");
}

#[test]
fn a_value_100_times_too_large_is_not_the_start_of_the_forecast() {
    let (desk, run) = run("USD/JPY", "usdjpy_last_x100", "2024-12-30", 3);
    assert_eq!((&run["as_of"], &run["last_value"]), (&"2024-12-27".into(), &157.7863.into()));
    assert_eq!(run["data"]["conditions"][0]["kind"], "unconfirmed_jump");
    let again = desk.run(&["run", "7d", "--offline", "--no-email", "--as-of", "2024-12-30"]).expect(3);
    assert!(again.stdout().contains("caution: usdjpy: the value 15757.373 of 2024-12-30"), "{}", again.stdout());
    assert!(again.stderr().contains("WARN") && again.stderr().contains("15757.373"));
}

#[test]
fn a_feed_that_stands_still_is_held_back_with_an_alert_unless_asked_for() {
    let postman = Postman::new();
    let mut desk = mailing_desk(postman.port, &[("FORECASTER__MAIL__ALERTS", r#"["ops@example.com"]"#)]);
    stored(&mut desk, "USD/JPY", "usdjpy_stuck");
    let arguments = ["run", "7d", "--offline", "--as-of", "2024-12-30"];
    let said = desk.run(&arguments).expect(3);
    assert!(said.stdout().contains("caution: usdjpy: the feed stands still: 145 on each of its last 80 dates"));
    assert!(said.stderr().contains("its last rate is in doubt; mail.when_stale = true would mail it"));
    let [alert] = &postman.taken()[..] else { panic!("{}", postman.taken().len()) };
    assert_eq!(alert.to, ["ops@example.com"]);
    assert!(alert.message.contains("doubtful@example.com"), "{}", alert.message);
    desk.set("FORECASTER__MAIL__WHEN_STALE", "true");
    desk.set("FORECASTER__SERVICE__LANGUAGE", "en");
    desk.run(&arguments).expect(3);
    let report = &postman.taken()[1];
    assert_eq!(report.to, ["treasury@example.com"]);
    assert!(report.message.contains("[doubtful data]") || report.message.contains("doubtful_data"));
}
