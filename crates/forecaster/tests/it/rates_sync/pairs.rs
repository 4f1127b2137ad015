//! Pairs other than the default one: their series, their calendar, and their parts.

use super::{Desk, NaiveDate, World, configuration, row, services};
use crate::desk::assert_valid;
use forecaster_domain::{BusinessCalendar, CalendarKind, Horizon};
use serde_json::Value;

fn dates(run: &Value) -> Vec<NaiveDate> {
    run["dates"].as_array().unwrap().iter().map(|date| date.as_str().unwrap().parse().unwrap()).collect()
}

/// Holidays of Chile matter only for the peso's pairs: 2024-07-16, the Virgen del Carmen, is one.
const BEFORE_A_HOLIDAY: &str = "2024-07-08";

#[test]
fn euros_in_pesos_are_crossed_over_the_dollar_on_chiles_days() {
    let mut desk = Desk::new();
    desk.set("FORECASTER__RATES__PAIR", "EUR/CLP");
    let run = desk.run(&["run", "15d", "--offline", "--as-of", BEFORE_A_HOLIDAY, "--json"]).expect(0).json();
    assert_valid(&run, "run.schema.json");
    assert_eq!((&run["pair"], &run["as_of"]), (&"EUR/CLP".into(), &BEFORE_A_HOLIDAY.into()));
    let own = row(&run["data"]["series"], "name", "eurclp");
    assert_eq!((&own["made_of"], &own["provider"]), (&"usdclp / usdeur".into(), &"embedded".into()));
    // Outside authority: the Banco Central's euro of 2024-07-08 was about 1,018 pesos, the dollar's 941.
    let last = run["last_value"].as_f64().unwrap();
    assert!((980.0..1060.0).contains(&last), "{last}");
    let as_of = BEFORE_A_HOLIDAY.parse().unwrap();
    assert_eq!(dates(&run), BusinessCalendar::chile().target_dates(as_of, Horizon::D15));
    assert!(!dates(&run).contains(&super::day("2024-07-16")));
    desk.run(&["run", "15d", "--offline"]).expect(3);
}

#[test]
fn dollars_in_mexican_pesos_are_their_own_series_on_mexicos_days() {
    let mut desk = Desk::new();
    desk.set("FORECASTER__RATES__PAIR", "USD/MXN");
    let run = desk.run(&["run", "15d", "--offline", "--as-of", "2024-09-13", "--json"]).expect(0).json();
    let own = row(&run["data"]["series"], "name", "usdmxn");
    assert_eq!((&own["made_of"], &own["provider"]), (&Value::Null, &"embedded".into()));
    let mexico = BusinessCalendar::of(CalendarKind::Mexico);
    assert_eq!(dates(&run), mexico.target_dates(super::day("2024-09-13"), Horizon::D15));
    // Independence Day of Mexico, and a holiday of Chile.
    assert!(!dates(&run).contains(&super::day("2024-09-16")) && dates(&run).contains(&super::day("2024-09-18")));
    let regressors = run["data"]["series"].as_array().unwrap().iter().filter(|row| row["name"] == "usdmxn");
    assert_eq!(regressors.count(), 1, "the pair is no regressor of itself");
}

#[test]
fn a_value_on_a_holiday_of_the_pair_is_left_out_without_a_warning_and_kept_as_a_regressor() {
    let (world, server) = (World::today(), services());
    let text = configuration(&server.url(), r#"["stooq"]"#, "[rates.series.usdmxn]\n");
    // The third Monday of November, and the day after it.
    let (holiday, after) = (super::day("2026-11-16"), super::day("2026-11-17"));
    assert!(world.value("usdmxn", holiday).is_some(), "the provider has a value");
    let synced = |text: &str| {
        let desk = Desk::with_configuration(text);
        let twice = ["first", "second"].map(|_| desk.run(&["rates", "sync", "--series", "usdmxn"]).expect(0));
        for finished in twice {
            assert!(!finished.stderr().contains("WARN"), "{}", finished.stderr());
            assert!(!finished.stdout().contains("refused"), "{}", finished.stdout());
        }
        let stored = super::stored(&desk, "usdmxn");
        [holiday, after].map(|date| stored.iter().any(|o| o.date == date))
    };
    assert_eq!(synced(&text.replacen("[rates]\n", "[rates]\npair = \"USD/MXN\"\n", 1)), [false, true]);
    assert_eq!(synced(&text), [true, true]);
}

#[test]
fn a_cross_is_fetched_by_its_legs_and_its_own_series_when_there_is_one() {
    let server = services();
    let text = configuration(&server.url(), r#"["mindicador", "ecb"]"#, "[rates.series.usdmxn]\n");
    let pair = |name: &str| {
        Desk::with_configuration(&text.replacen("[rates]\n", &format!("[rates]\npair = \"{name}\"\n"), 1))
    };
    let names = |desk: &Desk| -> Vec<String> {
        let rows = desk.run(&["rates", "sync", "--json"]).expect(0).json();
        rows.as_array().unwrap().iter().map(|row| row["series"].as_str().unwrap().to_owned()).collect()
    };
    // mindicador has the euro in pesos, but only from 2024-06-03 on, too little for a forecast.
    assert_eq!(names(&pair("EUR/CLP")), ["eurclp", "usdclp", "usdeur", "usdmxn"]);
    assert_eq!(names(&pair("GBP/MXN")), ["gbpmxn", "usdgbp", "usdmxn"]);
}

#[test]
fn a_cross_that_nobody_has_is_made_of_what_was_fetched_of_its_legs() {
    let (world, server) = (World::today(), services());
    let text = configuration(&server.url(), r#"["stooq"]"#, "[rates.series.usdmxn]\n");
    let desk = Desk::with_configuration(&text.replacen("[rates]\n", "[rates]\npair = \"NZD/CAD\"\n", 1));
    let run = desk.run(&["run", "15d", "--json"]).expect(0).json();
    let own = row(&run["data"]["series"], "name", "nzdcad");
    assert_eq!((&own["made_of"], &own["provider"]), (&"usdcad / usdnzd".into(), &"stooq".into()));
    let newest = world.newest("usdcad");
    assert_eq!(own["last_observation"], newest.to_string());
    let cross = world.value("usdcad", newest).unwrap() / world.value("usdnzd", newest).unwrap();
    assert!((run["last_value"].as_f64().unwrap() / cross - 1.0).abs() < 1e-9);
}
