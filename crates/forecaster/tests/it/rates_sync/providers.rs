//! Each provider fills the store with the values of its service.

use super::{Desk, NaiveDate, Server, World, configuration, day, row, services, stored, world};
use chrono::Days;
use forecaster_rates::{MergeRules, RatesStore, StoredObservation};

/// One series for each provider.
const SERIES: &str = r#"
[rates.series.usdclp]
providers = ["bcch"]
[rates.series.eurclp]
providers = ["mindicador"]
[rates.series.copper]
providers = ["mindicador"]
[rates.series.tpm]
providers = ["mindicador"]
[rates.series.ipc]
providers = ["mindicador"]
[rates.series.usdcad]
providers = ["ecb"]
[rates.series.usdaud]
providers = ["fred"]
[rates.series.dxy]
providers = ["fred"]
[rates.series.usdclp_spot]
providers = ["yahoo"]
[rates.series.usdbrl]
providers = ["nbp"]
[rates.series.usdeur]
providers = ["bis"]
[rates.series.mxnusd]
providers = ["frankfurter"]
[rates.series.usdmxn]
providers = ["stooq"]
[rates.series.audnzd]
providers = ["currency-api"]
[rates.series.usdnok]
providers = ["file"]
[rates.series.usdnzd]
providers = ["file"]
[rates.series.usdzar]
providers = ["embedded"]
"#;

/// Imports a history up to ten days ago, which currency-api's values continue.
fn import_history(desk: &Desk, series: &str, value: f64) {
    let last = world::today() - Days::new(10);
    let days = (0..700).map(|back| last - Days::new(back));
    let rows: String = days.map(|date| format!("{date},{value}\n")).collect();
    let file = desk.write(&format!("{series}-history.csv"), &format!("date,value\n{rows}"));
    desk.run(&["rates", "import", file.to_str().unwrap(), "--series", series, "--accept-jumps"]).expect(0);
}

/// A desk with a password, and with files written by another program, one CSV, one Parquet.
fn desk_with_all_providers(server: &Server, world: &World) -> Desk {
    let desk = Desk::with_configuration("");
    let password = desk.write("bcch-password", &format!("{}\n", world::PASSWORD));
    let files = desk.path("files").join("{series}.rates");
    let own = format!("[rates.provider.file]\npath = \"{}\"\n{SERIES}", files.display());
    let account = format!(
        "[rates.provider.bcch]\nurl = \"{}/bcch\"\nuser = \"{}\"\npassword = \"{}\"\n",
        server.url(),
        world::USER,
        password.display()
    );
    let text = configuration(&server.url(), r#"["mindicador"]"#, &own);
    let bare = format!("[rates.provider.bcch]\nurl = \"{}/bcch\"\n", server.url());
    desk.write("config/forecasters.toml", &text.replace(&bare, &account));

    let end = day("2025-01-03");
    let rows = world.values("usdnok", end, world.newest("usdnok"));
    let rows: String = rows.iter().map(|(date, value)| format!("{date},{value}\n")).collect();
    desk.write("files/usdnok.rates", &format!("date,value\n{rows}"));
    // The other program's file is Parquet with the columns date and value, among others.
    let other = RatesStore::open(&desk.path("elsewhere")).unwrap();
    let rows = world.values("usdnzd", end, world.newest("usdnzd")).into_iter();
    let rows = rows.map(|(date, value)| StoredObservation {
        date,
        value,
        source: "elsewhere".into(),
        fetched_at: chrono::Utc::now(),
    });
    other.merge("usdnzd", &rows.collect::<Vec<_>>(), &MergeRules::accepting_all()).unwrap();
    std::fs::copy(desk.path("elsewhere/rates/usdnzd.parquet"), desk.path("files/usdnzd.rates")).unwrap();
    desk
}

#[test]
fn each_provider_fills_its_series_up_to_today_and_is_named_as_the_source() {
    let (world, server) = (World::today(), services());
    let desk = desk_with_all_providers(&server, &world);
    let synchronised = desk.run(&["rates", "sync", "--json"]).expect(0).json();
    let shown = desk.run(&["rates", "show", "--json"]).expect(0).json();
    let expected = [
        ("usdclp", "bcch"),
        ("eurclp", "mindicador"),
        ("copper", "mindicador"),
        ("tpm", "mindicador"),
        ("usdcad", "ecb"),
        ("usdaud", "fred"),
        ("dxy", "fred"),
        ("usdclp_spot", "yahoo"),
        ("usdbrl", "nbp"),
        ("usdeur", "bis"),
        ("mxnusd", "frankfurter"),
        ("usdmxn", "stooq"),
        ("audnzd", "currency-api"),
        ("usdnok", "file"),
        ("usdnzd", "file"),
    ];
    for (series, provider) in expected {
        let newest = match series {
            "dxy" => world.newest("usdjpy"),
            "audnzd" | "mxnusd" => world.newest("usdmxn"),
            "usdclp_spot" => world.last.iter_days().rev().find(|day| world.is_at_yahoo(*day)).unwrap(),
            _ => world.newest(series),
        };
        let shown = row(&shown, "name", series);
        assert_eq!((&shown["provider"], &shown["last"]), (&provider.into(), &newest.to_string().into()), "{series}");
        let fetched = row(&synchronised, "series", series);
        assert_eq!(fetched["provider"], provider, "{fetched:#}");
        assert_eq!(fetched["providers"].as_array().unwrap().len(), 1, "{fetched:#}");
        assert_eq!(fetched["added"], stored(&desk, series).len(), "{fetched:#}");
    }
    // The price level is chained from 100, a month at a time, so that it is positive.
    let ipc = stored(&desk, "ipc");
    assert!(ipc.iter().all(|o| (99.0..102.0).contains(&o.value) && o.date.to_string().ends_with("-01")), "{ipc:?}");
    let zar = row(&shown, "name", "usdzar");
    assert_eq!((&zar["provider"], &zar["last"]), (&"embedded".into(), &"2026-10-30".into()));
}

#[test]
fn the_store_holds_what_was_published_day_by_day() {
    let (world, server) = (World::today(), services());
    let desk = desk_with_all_providers(&server, &world);
    desk.run(&["rates", "sync"]).expect(0);
    for series in ["usdclp", "copper", "usdcad", "usdaud", "usdclp_spot", "usdbrl", "usdmxn", "usdnok", "usdnzd"] {
        let first = stored(&desk, series)[0].date;
        let published = |date: &NaiveDate| match series {
            "usdaud" => !world.is_gap(*date),
            "usdclp_spot" => world.is_at_yahoo(*date),
            _ => true,
        };
        let expected = world.values(series, first, world.newest(series));
        let expected: Vec<_> = expected.into_iter().filter(|(date, _)| published(date)).collect();
        let kept = stored(&desk, series);
        assert_eq!(
            kept.iter().map(|o| o.date).collect::<Vec<_>>(),
            expected.iter().map(|(date, _)| *date).collect::<Vec<_>>(),
            "{series}"
        );
        for (kept, (date, value)) in kept.iter().zip(expected) {
            assert!((kept.value / value - 1.0).abs() < 1e-6, "{series} on {date}: {} is not {value}", kept.value);
        }
    }
    let clp = stored(&desk, "usdclp");
    assert_eq!(clp[0].date, day("2025-01-06"), "the embedded days are not stored again");
    let fetched: std::collections::BTreeSet<_> = clp.iter().map(|o| o.fetched_at).collect();
    assert_eq!(fetched.len(), 1);
}

#[test]
fn currency_api_is_asked_for_the_last_ten_days_once_for_all_series() {
    let server = services();
    let series = r#"
        [rates.series.usdbrl]
        [rates.series.usdmxn]
    "#;
    let desk = Desk::with_configuration(&configuration(&server.url(), r#"["currency-api"]"#, series));
    for (series, value) in [("usdbrl", 6.03593791), ("usdmxn", 20.48538421), ("usdclp", 1006.47017606)] {
        import_history(&desk, series, value);
    }
    desk.run(&["rates", "sync"]).expect(0);
    // Today's package contains a market's close of yesterday, and the dólar observado of today.
    let mut days: Vec<NaiveDate> =
        server.paths().iter().map(|path| path.split('/').nth(2).unwrap().parse().unwrap()).collect();
    days.sort();
    let ten = days.split_off(days.len() - 10);
    let first = *ten.first().unwrap();
    assert_eq!(ten, (0..10).map(|i| first + Days::new(i)).collect::<Vec<_>>());
    // The official rate ends long before the others do, so there are two spans.
    assert!(days.len() <= 12, "and six weekdays of the beginning of each span, to compare: {days:?}");
    assert!(stored(&desk, "usdbrl").iter().all(|o| o.value == 6.03593791), "the value of the real answer");
    assert!(stored(&desk, "usdclp").iter().all(|o| o.value == 1006.47017606));
}

#[test]
fn a_second_sync_asks_for_a_fortnight_and_adds_nothing() {
    let server = services();
    let series = "[rates.series.usdmxn]\n";
    let desk = Desk::with_configuration(&configuration(&server.url(), r#"["mindicador", "stooq"]"#, series));
    desk.run(&["rates", "sync"]).expect(0);
    let before = (stored(&desk, "usdclp"), stored(&desk, "usdmxn"));
    let asked = server.requests().len();
    let again = desk.run(&["rates", "sync", "--json"]).expect(0).json();
    assert!(again.as_array().unwrap().iter().all(|row| row["added"] == 0), "{again:#}");
    assert_eq!(before, (stored(&desk, "usdclp"), stored(&desk, "usdmxn")));
    let newest = World::today().newest("usdmxn");
    let span = format!("d1={}", (newest - Days::new(14)).format("%Y%m%d"));
    let asked: Vec<String> = server.paths().split_off(asked);
    assert!(asked.iter().any(|path| path.contains("s=usdmxn") && path.contains(&span)), "{asked:?}");
}
