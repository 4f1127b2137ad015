//! `forecaster rates` and `forecaster config`: imports, findings, and rejected settings.

use crate::desk::Desk;
use chrono::{Days, NaiveDate};

#[test]
fn an_imported_history_serves_the_next_run() {
    let desk = Desk::new();
    let file = desk.write("new.csv", "date,value\n2026-10-26,1005.5\n2026-10-27,1008.25\n");
    let finished = desk.run(&["rates", "import", file.to_str().unwrap(), "--series", "usdclp"]).expect(0);
    assert!(finished.stdout().contains("2 read from"), "{}", finished.stdout());
    assert!(finished.stdout().contains("2 added, 0 unchanged, 0 revised, 0 refused"), "{}", finished.stdout());
    let shown = desk.run(&["rates", "show", "--json"]).expect(0).json();
    let row = shown.as_array().unwrap().iter().find(|r| r["name"] == "usdclp").unwrap();
    assert_eq!(
        (&row["provider"], &row["last"], &row["last_value"]),
        (&"import".into(), &"2026-10-27".into(), &1008.25.into())
    );
    let run = desk.run(&["run", "7d", "--as-of", "2026-10-27", "--json"]).expect(0).json();
    assert_eq!((&run["as_of"], &run["last_value"]), (&"2026-10-27".into(), &1008.25.into()));
}

#[test]
fn another_pair_needs_only_its_series_and_the_configuration() {
    let mut desk = Desk::new();
    desk.set("FORECASTER__RATES__PAIR", "USD/MXN");
    let run = desk.run(&["run", "15d", "--as-of", "2024-06-28", "--json"]).expect(0).json();
    assert_eq!((&run["pair"], &run["data"]["series"][0]["name"]), (&"USD/MXN".into(), &"usdmxn".into()));
    desk.set("FORECASTER__RATES__PAIR", "EUR/SEK");
    let finished = desk.run(&["run", "15d"]).expect(1);
    assert!(
        finished.stderr().contains("eursek") && finished.stderr().contains("rates import"),
        "{}",
        finished.stderr()
    );
}

#[test]
fn a_broken_csv_row_is_named_by_file_and_line_and_nothing_is_taken() {
    let desk = Desk::new();
    let refused = |text: &str, complaint: &str| {
        let file = desk.write("broken.csv", text);
        let finished = desk.run(&["rates", "import", file.to_str().unwrap(), "--series", "copper"]).expect(1);
        let said = finished.stderr();
        assert!(said.contains("broken.csv") && said.contains(complaint), "{said}");
    };
    refused("date,value\n2025-01-06,4.1\n2025-01-07,four\n", "line 3");
    refused("date,value\n06-01-2025,4.1\n", "line 2");
    refused("day,bid,ask\n2025-01-06,4.1,4.2\n", "--value-column");
    refused("date,value\n2025-01-06,\"1,003\"\n", "--decimal");
    let shown = desk.run(&["rates", "show", "--json"]).expect(0).json();
    assert!(shown.as_array().unwrap().iter().all(|r| r["name"] != "copper"));
}

#[test]
fn a_file_of_another_layout_is_read_and_what_was_done_is_told() {
    let desk = Desk::new();
    let text = "Cobre;\nFecha;Cierre\n06-01-2025;1.003,75\n07-01-2025;ND\n13-01-2025;1.004,5\nFuente: portal;\n";
    let file = desk.write("cobre.csv", text);
    let import = ["rates", "import", file.to_str().unwrap(), "--series", "copper"];
    let shown = desk.run(&[&import[..], &["--dry-run"]].concat()).expect(0).stdout();
    for words in [
        "copper: 2 would be read from",
        "read as UTF-8 text with semicolons, header on line 2",
        "dates from 'Fecha': dd-mm-yyyy (line 5: '13-01-2025')",
        "values from 'Cierre', decimal comma (line 3: '1.003,75')",
        "1 date without a value",
        "line 6 (note: 'Fuente: portal')",
        "rows: 2025-01-06 1003.75, 2025-01-13 1004.5",
    ] {
        assert!(shown.contains(words), "{shown}");
    }
    let listed = || desk.run(&["rates", "show", "--json"]).expect(0).json();
    let has_copper = |rows: &serde_json::Value| rows.as_array().unwrap().iter().any(|row| row["name"] == "copper");
    assert!(!has_copper(&listed()), "a dry run writes nothing");
    let done = desk.run(&import).expect(0).stdout();
    assert!(done.contains("2 added") && done.contains("read as UTF-8 text with semicolons"), "{done}");
    assert!(has_copper(&listed()));
}

#[test]
fn an_option_decides_where_the_file_leaves_a_doubt() {
    let desk = Desk::new();
    let file =
        desk.write("days.csv", "date,bid,ask\n02/01/2025,\"1,003\",\"1,004\"\n03/01/2025,\"1,005\",\"1,006\"\n");
    let import = ["rates", "import", file.to_str().unwrap(), "--series", "copper"];
    assert!(desk.run(&import).expect(1).stderr().contains("--value-column NAME"));
    let column = [&import[..], &["--value-column", "ask"]].concat();
    let asked = desk.run(&column).expect(1).stderr();
    assert!(asked.contains("--date-format dd/mm/yyyy") && asked.contains("--decimal point"), "{asked}");
    assert!(!asked.contains("network") && !asked.contains("disk space"), "{asked}");
    let decided = [&column[..], &["--date-format", "%d/%m/%Y", "--decimal", "comma", "--dry-run"]].concat();
    let shown = desk.run(&decided).expect(0).stdout();
    assert!(shown.contains("rows: 2025-01-02 1.004, 2025-01-03 1.006"), "{shown}");
    assert!(desk.run(&[&column[..], &["--date-format", "iso"]].concat()).expect(2).stderr().contains("dd/mm/yyyy"));
}

#[test]
fn what_the_checks_find_is_listed_by_date() {
    let desk = Desk::new();
    let finished = desk.run(&["rates", "check", "--series", "usdclp", "--verbose"]).expect(0);
    let text = finished.stdout();
    assert!(text.contains("2005-10-10") && text.contains("584.03"), "{text}");
    let file =
        desk.write("odd.csv", "date,value\n2025-01-06,1005\n2025-01-07,-3\n2025-01-08,1003\n2025-01-08,1004\n");
    let imported = desk.run(&["rates", "import", file.to_str().unwrap(), "--series", "usdclp"]).expect(0).stdout();
    assert!(imported.contains("2025-01-07") && imported.contains("2 added"), "{imported}");
    assert!(imported.contains("2025-01-08"), "{imported}");
}

#[test]
fn a_thousand_findings_of_one_kind_are_one_line_unless_all_are_asked_for() {
    let desk = Desk::new();
    let saturdays =
        (0..1000).map(|week| format!("{},{}.25\n", day("1999-01-02") + Days::new(7 * week), 500 + week % 90));
    let weekdays = (0..300).map(|week| format!("{},{}.5\n", day("2019-01-07") + Days::new(7 * week), 700 + week % 3));
    let text: String = std::iter::once("date,value\n".to_owned()).chain(saturdays).chain(weekdays).collect();
    desk.write("long.csv", &text);
    let import = |more: &[&str]| {
        let arguments = [&["rates", "import", "long.csv", "--series", "copper"], more].concat();
        desk.run(&arguments).expect(0).stdout()
    };
    let short = import(&[]);
    assert!(short.lines().count() < 20, "{short}");
    assert!(short.contains("  1000 values on weekends from 1999-01-02 to 2018-02-24, "), "{short}");
    assert!(short.contains("  list them all: --verbose\n"), "{short}");
    assert!(import(&["--verbose"]).lines().count() > 1000);
    desk.write("revised.csv", &text.replace(".5\n", ".75\n"));
    let revised = desk.run(&["rates", "import", "revised.csv", "--series", "copper"]).expect(0).stdout();
    assert!(revised.contains("  300 values replaced from 2019-01-07 to"), "{revised}");
    assert!(revised.contains("  list them all: forecaster rates show --revisions\n"), "{revised}");
    let checked = desk.run(&["rates", "check", "--series", "usdclp"]).expect(0).stdout();
    assert!(checked.contains(" values on holidays from ") && checked.lines().count() < 20, "{checked}");
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

#[test]
fn the_advice_about_a_file_fits_its_fault() {
    let desk = Desk::new();
    std::fs::create_dir(desk.path("folder.csv")).unwrap();
    let said = |arguments: &[&str]| {
        let text = desk.run(arguments).expect(1).stderr();
        assert!(!text.contains("free disk space"), "{text}");
        text
    };
    let import = |file: &str| said(&["rates", "import", file, "--series", "copper"]);
    assert!(import("nowhere.csv").contains("check the path"));
    assert!(import("folder.csv").contains("it is a folder, where a file is expected"));
    assert!(said(&["restore", "nowhere.tar"]).contains("check the path"));
    assert!(said(&["restore", "folder.csv"]).contains("it is a folder"));
    let desk = Desk::with(&[("FORECASTER__RATES__PROVIDERS", "[\"ecb\"]")]);
    let unknown = desk.run(&["rates", "sync", "--series", "no_such_series"]).expect(1).stderr();
    assert!(unknown.contains("check the name of the series") && !unknown.contains("network"), "{unknown}");
}

#[test]
fn the_configuration_is_checked_and_shown() {
    let desk = Desk::new();
    let checked = desk.run(&["config", "check"]).expect(0).stdout();
    assert!(checked.contains("built-in defaults: ok") && checked.contains("90d  0 10 * * Tue#1"), "{checked}");
    let shown = desk.run(&["config", "show"]).expect(0).stdout();
    assert!(shown.contains("origins = 12"), "the environment is part of it: {shown}");
    let again = desk.write("config/forecasters.toml", &shown);
    let checked = desk.run(&["config", "check"]).expect(0).stdout();
    assert!(checked.starts_with("config/forecasters.toml: ok"), "{checked} {}", again.display());
}

#[test]
fn every_wrong_setting_is_named_with_file_key_and_what_was_expected() {
    let desk = Desk::with(&[]);
    let refused = |toml: &str, parts: &[&str]| {
        desk.write("config/forecasters.toml", toml);
        let said = desk.run(&["config", "check"]).expect(2).stderr();
        assert!(said.contains("config/forecasters.toml"), "{said}");
        parts.iter().for_each(|part| assert!(said.contains(part), "{part} not in: {said}"));
    };
    refused("[service]\ntime_zone = \"UTC\"\n", &["service.time_zone", "unknown key", "timezone"]);
    refused("[serivce]\n", &["serivce", "unknown key", "service, rates"]);
    refused("[horizons.7d]\nshedule = \"0 8 * * Mon\"\n", &["horizons.7d.shedule", "unknown key"]);
    refused("[horizons.8d]\n", &["horizons.8d", "unknown key"]);
    refused("[rates.series.dxy]\nlag = 1\n", &["rates.series.dxy.lag", "unknown key", "lag_days"]);
    refused(
        "[horizons.7d]\nschedule = \"0 25 * * Mon\"\n",
        &["horizons.7d.schedule", "0 25 * * Mon", "five cron fields"],
    );
    refused("[horizons.7d]\nschedule = \"0 0 31 2 *\"\n", &["horizons.7d.schedule", "they match no day"]);
    refused("[horizons.7d]\nschedule = \"@daily\"\n", &["horizons.7d.schedule", "1 fields"]);
    refused("[horizons.7d]\non_holiday = \"skip\"\n", &["horizons.7d.on_holiday", "\"skip\"", "run, next, previous"]);
    refused("[horizons.7d]\nmodels = [\"prophet\"]\n", &["horizons.7d.models", "\"prophet\"", "random_walk"]);
    refused("[horizons.7d]\nlookback = 10\n", &["horizons.7d.lookback", "found 10", "600 to 10000"]);
    refused("[ensemble]\nstride = 0\n", &["ensemble.stride", "found 0", "1 to 60"]);
    refused("[ensemble]\norigins = \"many\"\n", &["ensemble.origins", "\"many\"", "a whole number"]);
    refused("[ensemble]\nweight_floor = 0.4\n", &["ensemble.weight_floor", "cannot sum to 1"]);
    refused("[service]\ndata_dir = \"\"\n", &["service.data_dir", "an empty path"]);
    refused("[service]\ntimezone = \"Chile\"\n[service\n", &["config/forecasters.toml"]);
    refused("[service]\ntimezone = \"America/Santigo\"\n", &["service.timezone", "America/Santigo", "IANA"]);
    refused("[service]\nlanguage = \"fr\"\n", &["service.language", "fr", "es"]);
    refused("[rates]\npair = \"USDCLP\"\n", &["rates.pair", "USDCLP", "USD/CLP"]);
}

#[test]
fn every_wrong_setting_of_the_providers_is_named_with_key_and_what_was_expected() {
    let desk = Desk::with_configuration("");
    let refused = |toml: &str, parts: &[&str]| {
        desk.write("config/forecasters.toml", toml);
        let said = desk.run(&["config", "check"]).expect(2).stderr();
        assert!(said.contains("config/forecasters.toml"), "{said}");
        parts.iter().for_each(|part| assert!(said.contains(part), "{part} not in: {said}"));
    };
    let known = "some of mindicador, bcch, ecb, fred, sii, frankfurter, bis, nbp, yahoo, ";
    refused("[rates]\nproviders = [\"mindicadr\"]\n", &["rates.providers", "\"mindicadr\"", known]);
    refused("[rates]\nproviders = [\"ECB\"]\n", &["rates.providers", "\"ECB\"", known]);
    refused("[rates]\nproviders = [\"ecb\", \"fred\", \"ecb\"]\n", &["rates.providers", "\"ecb\" twice", "once"]);
    refused("[rates]\nproviders = \"ecb\"\n", &["rates.providers", "\"ecb\"", "sequence"]);
    refused("[rates.series.dxy]\nproviders = [\"oanda\"]\n", &["rates.series.dxy.providers", "\"oanda\"", known]);
    refused(
        "[rates.series.dxy]\nproviders = [\"ecb\", \"ecb\"]\n",
        &["rates.series.dxy.providers", "\"ecb\" twice", "each provider once"],
    );
    refused("[rates.series.dxy]\nsymbols = { oanda = \"X\" }\n", &["rates.series.dxy.symbols", "\"oanda\"", known]);
    refused(
        "[rates.series.dxy]\nsymbols = { fred = \"1/\" }\n",
        &["rates.series.dxy.symbols.fred", "the provider's name of the series"],
    );
    refused("[rates.provider.oanda]\nurl = \"\"\n", &["rates.provider.oanda", "unknown key", "mindicador"]);
    refused("[rates.provider.ecb]\nuser = \"me\"\n", &["rates.provider.ecb.user", "unknown key", "url"]);
    for url in ["mindicador.cl/api", "ftp://mindicador.cl", "/api"] {
        let toml = format!("[rates.provider.mindicador]\nurl = \"{url}\"\n");
        refused(&toml, &["rates.provider.mindicador.url", url, "begins with https:// or http://"]);
    }
    refused(
        "[rates.provider.currency-api]\nurls = [\"https://example.org/{date}.json\"]\n",
        &["rates.provider.currency-api.urls", "https://example.org/{date}.json", "{date} and {base}"],
    );
    refused(
        "[rates.provider.bcch]\npassword = \"secrets/bcch\"\n",
        &["rates.provider.bcch.password", "secrets/bcch", "absolute path"],
    );
    refused(
        "[rates.provider.stooq]\nkey = \"secrets/stooq\"\n",
        &["rates.provider.stooq.key", "secrets/stooq", "absolute path"],
    );
    refused("[rates]\ndeadline_seconds = 0\n", &["rates.deadline_seconds", "found 0", "1 to 600"]);
    refused("[rates]\nmax_difference_percent = 0\n", &["rates.max_difference_percent", "0.01 to 50"]);
    refused("[rates]\nwatched = [\"VIX\"]\n", &["rates.watched", "\"VIX\"", "lower-case"]);
    refused("[rates]\ncross_check = \"yes\"\n", &["rates.cross_check", "\"yes\""]);
}

#[test]
fn a_wrong_variable_is_named() {
    let desk = Desk::with(&[("FORECASTER__ENSEMBLE__STRIDE", "0")]);
    let said = desk.run(&["config", "check"]).expect(2).stderr();
    assert!(said.contains("environment variable FORECASTER__ENSEMBLE__STRIDE"), "{said}");
    // The variable of the section is right; the key that is missing has no variable.
    let desk = Desk::with(&[("FORECASTER__MAIL__SMTP", "smtp://localhost:25?tls=none")]);
    let said = desk.run(&["config", "check"]).expect(2).stderr();
    assert!(said.contains("mail.") && !said.contains("environment variable"), "{said}");
    let desk = Desk::with(&[("FORECASTER__ENSEMBLE__STIRDE", "5")]);
    let said = desk.run(&["config", "check"]).expect(2).stderr();
    assert!(said.contains("FORECASTER__ENSEMBLE__STIRDE") && said.contains("unknown key"), "{said}");
}

#[test]
fn an_unknown_key_of_a_provider_is_told_with_the_place_it_came_from() {
    let desk = Desk::with(&[("FORECASTER__RATES__PROVIDER__BCCH__USER", "me")]);
    for (toml, key, known) in [
        ("[rates.provider.nbq]\nurl = \"\"\n", "rates.provider.nbq", "one of mindicador, bcch, ecb"),
        ("[rates.provider.bcch]\nusr = \"\"\n", "rates.provider.bcch.usr", "one of url, user, password"),
    ] {
        desk.write("config/forecasters.toml", toml);
        let said = desk.run(&["config", "check"]).expect(2).stderr();
        let told = format!("config/forecasters.toml: {key}: found an unknown key; expected {known}");
        assert!(said.contains(&told), "{told} not in: {said}");
    }
    let desk = Desk::with(&[("FORECASTER__RATES__PROVIDER__BCCH__USR", "me")]);
    let said = desk.run(&["config", "check"]).expect(2).stderr();
    assert!(said.contains("environment variable FORECASTER__RATES__PROVIDER__BCCH__USR: "), "{said}");
}

#[test]
fn a_variable_changes_one_regressor_and_leaves_the_others() {
    let desk = Desk::with(&[("FORECASTER__RATES__SERIES__USDBRL__LAG_DAYS", "2")]);
    let shown = desk.run(&["config", "show"]).expect(0).stdout();
    assert!(shown.contains("[rates.series.usdbrl]\nlag_days = 2") && shown.contains("[rates.series.dxy]"), "{shown}");
    desk.write("config/forecasters.toml", "[rates.series.usdmxn]\n");
    let shown = desk.run(&["config", "show"]).expect(0).stdout();
    assert!(shown.contains("[rates.series.usdmxn]") && !shown.contains("dxy"), "a file lists all: {shown}");
}

#[test]
fn a_single_model_is_a_pool_too() {
    let desk = Desk::with(&[("FORECASTER__ENSEMBLE__ORIGINS", "12")]);
    desk.write("config/forecasters.toml", "[horizons.7d]\nmodels = [\"random_walk\"]\n");
    let run = desk.run(&["run", "7d", "--as-of", "2024-06-28", "--json"]).expect(0).json();
    assert_eq!(run["models"]["random_walk"]["weight"], 1.0);
}

/// The file in the repository shows every key with its default.
#[test]
fn the_shipped_configuration_is_the_default() {
    let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/../../config/forecasters.toml");
    let desk = Desk::with(&[]);
    let shown = desk.run(&["--config", shipped, "config", "show"]).expect(0).stdout();
    assert_eq!(shown, desk.run(&["config", "show"]).expect(0).stdout());
}
