//! The output of `rates sync`, its exit codes, and the requests it rejects.

use super::{Desk, World, configuration, expect_said, row, server::closed, services, world::today};
use chrono::Days;
use forecaster_domain::{BusinessCalendar, CalendarKind};

/// A desk on which usdclp can be fetched, usdmxn cannot, and no provider has usdcop.
fn mixed() -> (super::Server, Desk, String) {
    let (server, nobody) = (services(), closed());
    let series = "[rates.series.usdmxn]\n[rates.series.copper_comex]\nproviders = [\"ecb\"]\n";
    let text = configuration(&server.url(), r#"["mindicador", "stooq"]"#, series);
    let text = text.replace(&format!("{}/stooq", server.url()), &nobody);
    let host = nobody.trim_start_matches("http://").to_owned();
    (server, Desk::with_configuration(&text), host)
}

#[test]
fn a_mixed_outcome_is_told_line_by_line_and_ends_with_exit_code_3() {
    let (_server, desk, host) = mixed();
    let finished = desk.run(&["rates", "sync"]).expect(3);
    let (newest, yesterday) = (World::today().newest("usdclp"), today() - Days::new(1));
    let count = World::today().values("usdclp", super::day("2025-01-04"), newest).len();
    // Market closes end yesterday and start somewhat before the end of the embedded rates.
    let (official, market) = (format!("from 2024-12-20 to {yesterday}"), format!("from 2026-10-16 to {yesterday}"));
    let euro_area = BusinessCalendar::of(CalendarKind::Target);
    let expected = yesterday.iter_days().rev().find(|day| euro_area.is_business_day(*day)).unwrap();
    let unreachable = format!("{host} cannot be reached: Connection refused (os error 111)");
    assert_eq!(
        finished.stdout(),
        format!(
            "usdclp      {count:>6} new values, up to {newest} (mindicador)\n\
             \x20 stooq: usdclp {official}: {unreachable}\n\
             copper_comex     0 new values, nothing is known of it, not up to date\n\
             \x20 none of rates.providers has this series\n\
             usdmxn           0 new values, up to 2026-10-30 (embedded), not up to date\n\
             \x20 stooq: usdmxn {market}: {unreachable}\n\
             \n\
             series        newest      source\n\
             usdclp        {newest}  mindicador  as expected\n\
             copper_comex  -           -           nothing is known of it\n\
             usdmxn        2026-10-30  embedded    late: {expected} is expected\n"
        )
    );
    expect_said(
        &finished,
        &[
            &format!("usdclp: {count} new values up to {newest} from mindicador"),
            // One line for both series, since the reason is the same.
            &format!("WARN stooq, usdclp, usdmxn: {unreachable}"),
        ],
    );
}

#[test]
fn the_same_in_json_has_a_row_a_series_and_one_a_provider() {
    let (_server, desk, host) = mixed();
    let rows = desk.run(&["rates", "sync", "--json"]).expect(3).json();
    let clp = row(&rows, "series", "usdclp");
    let newest = World::today().newest("usdclp").to_string();
    assert_eq!(
        (&clp["last"], &clp["provider"], &clp["up_to_date"], &clp["disagreements"]),
        (&newest.into(), &"mindicador".into(), &true.into(), &serde_json::json!([]))
    );
    let [mindicador, stooq] = &clp["providers"].as_array().unwrap()[..] else { panic!("{clp:#}") };
    assert_eq!(
        (&mindicador["name"], &mindicador["added"], &mindicador["error"]),
        (&"mindicador".into(), &clp["added"], &serde_json::Value::Null)
    );
    assert!(stooq["error"].as_str().unwrap().contains(&format!(": {host} cannot be reached: ")), "{stooq:#}");
    assert_eq!(clp["state"], "as_expected");
    let mxn = row(&rows, "series", "usdmxn");
    assert_eq!(mxn["state"], "late");
    assert!(mxn["expected"].as_str().unwrap() > "2026-10-30", "{mxn:#}");
    assert_eq!((&mxn["added"], &mxn["provider"], &mxn["up_to_date"]), (&0.into(), &"embedded".into(), &false.into()));
    let comex = row(&rows, "series", "copper_comex");
    assert!(comex["providers"].as_array().unwrap().is_empty() && comex["last"].is_null(), "{comex:#}");
}

#[test]
fn only_the_series_asked_for_are_fetched_and_all_answered_is_exit_code_0() {
    let (server, desk, _) = mixed();
    let printed = desk.run(&["rates", "sync", "--series", "usdclp"]).expect(0).stdout();
    assert!(printed.starts_with("usdclp ") && !printed.contains("usdmxn"), "{printed}");
    assert!(server.paths().iter().all(|path| path.starts_with("/mindicador/dolar/")), "{:?}", server.paths());
    // A series that the configuration does not name works as well.
    let printed = desk.run(&["rates", "sync", "--series", "copper,tpm"]).expect(0).stdout();
    assert!(printed.contains("copper ") && printed.contains("tpm "), "{printed}");
}

#[test]
fn nobody_answering_is_exit_code_1_and_says_what_to_look_at() {
    let (_server, desk, _) = mixed();
    let finished = desk.run(&["rates", "sync", "--series", "usdmxn"]).expect(1);
    assert!(
        finished.stdout().contains("usdmxn           0 new values, up to 2026-10-30 (embedded), not up to date\n")
    );
    expect_said(
        &finished,
        &["error: no provider answered: the stored rates are unchanged", "hint: ", "HTTPS_PROXY", "rates.providers"],
    );
    assert!(desk.files("data/rates").iter().all(|file| file.extension().is_none_or(|e| e != "parquet")));
}

#[test]
fn a_series_that_is_none_is_named() {
    let (_server, desk, _) = mixed();
    let unknown = desk.run(&["rates", "sync", "--series", "oxygen"]).expect(1);
    assert_eq!(
        unknown.stdout(),
        "oxygen           0 new values, nothing is known of it, not up to date\n  none of rates.providers has this \
         series\n\nseries  newest      source\noxygen  -           -       nothing is known of it\n"
    );
    let beside_another = desk.run(&["rates", "sync", "--series", "usdclp,oxygen"]).expect(3);
    assert!(beside_another.stdout().contains("(mindicador)"), "{}", beside_another.stdout());
    let impossible = desk.run(&["rates", "sync", "--series", "../usdclp"]).expect(2);
    expect_said(&impossible, &["'../usdclp'"]);
    let empty = desk.run(&["rates", "sync", "--series", ""]).expect(2);
    expect_said(&empty, &["''"]);
}

#[test]
fn without_providers_there_is_nobody_to_ask() {
    let desk = Desk::with_configuration("[rates]\nproviders = []\n");
    expect_said(&desk.run(&["rates", "sync"]).expect(2), &["rates.providers is empty", "hint: ", "mindicador"]);
}
