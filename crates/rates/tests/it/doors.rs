//! Answers seen in the wild, played by a real web server: refusals by the user agent, the first days of a year, steps
//! of a policy rate, values known ahead, pages for browsers, and providers that hang. The bodies in tests/cases stand
//! for their kinds.
#![allow(clippy::unwrap_used)]

use crate::server::{Reply, Request, Server};
use crate::world::{day, settings, sync_all, sync_with};
use chrono::{Datelike, Days, NaiveDate};
use forecaster_rates::{FreshnessState, RatesStore, SeriesOutcome, SyncSettings};
use std::{
    sync::{Arc, Condvar, Mutex},
    time::Duration,
};
use tempfile::TempDir;

/// Series that only Yahoo has here.
const NINE: [&str; 9] = ["vix", "usdjpy", "usdchf", "usdsek", "usdpln", "usdhuf", "usdczk", "eurusd", "gbpusd"];

fn store() -> (TempDir, RatesStore) {
    let folder = tempfile::tempdir().unwrap();
    let store = RatesStore::open(folder.path()).unwrap();
    (folder, store)
}

/// Returns the recorded answer of a case.
fn recorded(case: &str) -> Reply {
    let (head, body) = case.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Reply::status(status, body)
}

/// Returns a chart in Yahoo's form for any symbol: a close for each weekday up to 2026-11-26.
fn chart(request: &Request) -> Reply {
    let symbol = request.path.split(['/', '?']).nth(1).unwrap().replace("%5E", "^").replace("%3D", "=");
    let days = day("2026-11-02").iter_days().take_while(|date| *date <= day("2026-11-26"));
    let days: Vec<NaiveDate> = days.filter(|date| date.weekday().num_days_from_monday() < 5).collect();
    let times: Vec<i64> = days.iter().map(|date| date.and_hms_opt(0, 0, 0).unwrap().and_utc().timestamp()).collect();
    let prices: Vec<f64> = days.iter().map(|date| 20.0 + 0.1 * f64::from(date.day() % 3)).collect();
    Reply::ok(format!(
        r#"{{"chart":{{"result":[{{"meta":{{"symbol":"{symbol}","exchangeTimezoneName":"UTC"}},"timestamp":{times:?},
           "indicators":{{"quote":[{{"open":{prices:?},"close":{prices:?}}}]}}}}],"error":null}}}}"#
    ))
}

fn reason(outcome: &SeriesOutcome, index: usize) -> String {
    outcome.providers[index].outcome.as_ref().unwrap_err().clone()
}

fn findings(outcome: &SeriesOutcome) -> Vec<String> {
    outcome.providers.iter().flat_map(|asked| asked.findings.clone()).collect()
}

#[test]
fn the_bare_agent_is_tried_first_and_serves_all_series() {
    let server = Server::answering(|request| match request.header("user-agent") {
        Some("Mozilla/5.0") => chart(request),
        _ => recorded(include_str!("../cases/yahoo_429_browser_ua.http")),
    });
    let (_folder, store) = store();
    let outcomes = sync_all(&store, &NINE, &[("yahoo", server.url())], "2026-11-27");
    assert!(outcomes.iter().all(|one| one.added() > 0 && one.faults().count() == 0), "{outcomes:#?}");
    assert_eq!(server.requests().len(), NINE.len());
}

#[test]
fn after_a_refusal_the_other_agent_is_sent_once_and_serves_the_other_series_too() {
    for status in [429, 403] {
        let server = Server::answering(move |request| match request.header("user-agent") {
            Some("Mozilla/5.0") => Reply::status(status, "Edge: Too Many Requests"),
            _ => chart(request),
        });
        let (_folder, store) = store();
        let outcomes = sync_all(&store, &NINE, &[("yahoo", server.url())], "2026-11-27");
        assert!(outcomes.iter().all(|one| one.added() > 0 && one.faults().count() == 0), "{outcomes:#?}");
        assert_eq!(server.requests().len(), 1 + NINE.len(), "{status}: one refusal is enough");
    }
}

#[test]
fn a_host_that_refuses_both_agents_gets_two_requests_from_all_series_together() {
    for status in [429, 403] {
        let server = Server::answering(move |_| Reply::status(status, "Edge: Too Many Requests"));
        let (_folder, store) = store();
        let outcomes = sync_all(&store, &NINE, &[("yahoo", server.url())], "2026-11-27");
        for outcome in &outcomes {
            assert!(reason(outcome, 0).contains(&format!("answers {status} ")), "{}", reason(outcome, 0));
        }
        let agents: Vec<String> =
            server.requests().iter().map(|asked| asked.header("user-agent").unwrap().to_owned()).collect();
        assert!(agents.len() == 2 && agents[0] == "Mozilla/5.0" && agents[1].contains("Firefox"), "{agents:?}");
    }
}

/// Series of mindicador.
const INDICATORS: [&str; 7] = ["usdclp", "copper", "tpm", "uf", "utm", "ipc", "eurclp"];

/// Runs a sync with the usual distance between the requests to a host.
fn sync_spaced(store: &RatesStore, provider: &str, server: &Server) -> Vec<SeriesOutcome> {
    let mut settings = settings("2025-03-10");
    settings.limits.interval = Duration::from_millis(100);
    sync_with(store, &INDICATORS, &[(provider, server.url())], &settings)
}

#[test]
fn a_host_that_refuses_programs_is_left_alone_after_two_addresses() {
    let server = Server::answering(|_| Reply::status(403, "blocked"));
    let (_folder, store) = store();
    let outcomes = sync_spaced(&store, "mindicador", &server);
    assert!(outcomes.iter().all(|one| reason(one, 0).contains("answers 403 Forbidden: 'blocked'")), "{outcomes:#?}");
    assert!((2..=3).contains(&server.requests().len()), "{:?}", server.paths());
}

#[test]
fn a_host_with_too_many_requests_gets_those_of_one_series() {
    let server = Server::answering(|_| Reply::status(429, "slow down"));
    let (_folder, store) = store();
    let outcomes = sync_spaced(&store, "mindicador", &server);
    assert!(outcomes.iter().all(|one| reason(one, 0).contains("answers 429")), "{outcomes:#?}");
    assert_eq!(server.requests().len(), 3, "three attempts: {:?}", server.paths());
}

#[test]
fn one_address_that_is_refused_does_not_close_the_others() {
    for refused in ["ipc", "dolar", "utm"] {
        let server = Server::answering(move |request| match request.path.split('/').nth(1).unwrap() {
            code if code == refused => Reply::status(403, "not this one"),
            code => Reply::ok(year(&request.path, code, day("2025-03-10"), 900.0)),
        });
        let (_folder, store) = store();
        let outcomes = sync_spaced(&store, "mindicador", &server);
        let failed =
            outcomes.iter().filter(|one| one.providers[0].outcome.as_ref().is_err_and(|e| e.contains("403")));
        assert_eq!(failed.count(), 1, "{refused}: {outcomes:#?}");
    }
}

#[test]
fn in_january_a_refusal_of_the_new_year_closes_nothing() {
    let server = Server::answering(|request| match request.path.ends_with("/2027") {
        true => Reply::status(403, "no"),
        false => {
            let code = request.path.split('/').nth(1).unwrap();
            Reply::ok(year(&request.path, code, day("2026-12-30"), 900.0))
        }
    });
    let (_folder, store) = store();
    let names = ["copper", "tpm", "uf", "utm"];
    let outcomes = sync_all(&store, &names, &[("mindicador", server.url())], "2027-01-04");
    assert!(outcomes.iter().all(|one| one.is_answered() && one.faults().count() == 0), "{outcomes:#?}");
}

#[test]
fn an_account_that_is_refused_is_sent_for_one_series_only() {
    use forecaster_rates::{QualityRules, SeriesRequest, SourceSettings, Sources, sync};
    let body = include_str!("../cases/bcch_token_only_minus5.http").split_once("\r\n\r\n").unwrap().1;
    let server = Server::answering(move |_| Reply::ok(body));
    let (_folder, store) = store();
    let mut settings = settings("2025-03-10");
    settings.limits.interval = Duration::from_millis(100);
    let (user, password) = (Some("ana@example.com".to_owned()), Some("Zorzal-7".to_owned()));
    let account = SourceSettings { addresses: vec![server.url()], user, password, ..SourceSettings::default() };
    let sources = Sources::new(&["bcch".to_owned()], &[("bcch".to_owned(), account)].into());
    let request = |name: &&str| {
        SeriesRequest::new(name, QualityRules::new(settings.today, forecaster_rates::calendar_of(name)))
    };
    let requests: Vec<SeriesRequest> = INDICATORS.iter().map(request).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let outcomes = runtime.block_on(sync(&store, &sources, &requests, &settings, &|_| {})).unwrap();
    assert!(outcomes.iter().all(|one| reason(one, 0).contains("-5 Invalid username or password")), "{outcomes:#?}");
    assert!(server.requests().len() <= 2, "{:?}", server.paths().len());
}

type Answer = fn() -> Reply;

/// Returns the document of a year in mindicador's form, with one value on each weekday up to `last`.
fn year(path: &str, code: &str, last: NaiveDate, value: f64) -> String {
    let year: i32 = path.rsplit('/').next().unwrap().parse().unwrap();
    let first = NaiveDate::from_ymd_opt(year, 1, 1).unwrap();
    let days = first.iter_days().take_while(|date| *date <= last && date.year() == year);
    let weekdays = days.filter(|date| date.weekday().num_days_from_monday() < 5);
    let rows: Vec<String> =
        weekdays.map(|date| format!(r#"{{"fecha":"{date}T03:00:00.000Z","valor":{value}}}"#)).collect();
    format!(r#"{{"codigo":"{code}","serie":[{}]}}"#, rows.join(","))
}

#[test]
fn in_the_first_week_of_january_any_failure_of_the_new_year_leaves_the_old_one() {
    let new_years: [(&str, Answer); 6] = [
        ("500", || recorded(include_str!("../cases/mindicador_2027_500.http"))),
        ("404", || Reply::status(404, "Cannot GET")),
        ("403", || Reply::status(403, "no")),
        ("a page", || Reply::ok("<!DOCTYPE html><title>Feliz año nuevo</title>")),
        ("an error in JSON", || Reply::ok(r#"{"error":"Not Found","message":"No existe"}"#)),
        ("nothing, for ever", || Reply::Silence),
    ];
    for (what, new_year) in new_years {
        for date in ["2027-01-01", "2027-01-07"] {
            let server = Server::answering(move |request| {
                if request.path.ends_with("/2027") {
                    return new_year();
                }
                Reply::ok(year(&request.path, "libra_cobre", day("2026-12-30"), 4.5))
            });
            let (_folder, store) = store();
            let settings = SyncSettings { deadline: Duration::from_secs(2), ..settings(date) };
            let outcomes = sync_with(&store, &["copper"], &[("mindicador", server.url())], &settings);
            assert_eq!(outcomes[0].faults().count(), 0, "{what}, {date}: {outcomes:#?}");
            assert_eq!(outcomes[0].freshness.newest.as_ref().unwrap().0, day("2026-12-30"), "{what}, {date}");
        }
        // From the 8th on it is a failure.
        let server = Server::answering(move |request| match request.path.ends_with("/2027") {
            true => new_year(),
            false => Reply::ok(year(&request.path, "libra_cobre", day("2026-12-30"), 4.5)),
        });
        let (_folder, store) = store();
        let settings = SyncSettings { deadline: Duration::from_secs(2), ..settings("2027-01-08") };
        let outcomes = sync_with(&store, &["copper"], &[("mindicador", server.url())], &settings);
        assert_eq!(outcomes[0].faults().count(), 1, "{what}: {outcomes:#?}");
    }
}

#[test]
fn a_year_that_is_over_must_be_there_in_january() {
    let server = Server::answering(|_| Reply::status(500, "down"));
    let (_folder, store) = store();
    let outcomes = sync_all(&store, &["copper"], &[("mindicador", server.url())], "2027-01-04");
    assert!(outcomes[0].providers[0].is_fault && reason(&outcomes[0], 0).contains("answers 500"), "{outcomes:#?}");
}

#[test]
fn a_step_of_a_policy_rate_is_no_jump_and_no_spike() {
    let case = include_str!("../cases/mindicador_tpm_step.json");
    let server = Server::answering(move |request| match request.path.ends_with("/2026") {
        true => Reply::ok(case),
        false => Reply::ok(year(&request.path, "tpm", day("2025-12-31"), 5.0)),
    });
    let (_folder, store) = store();
    let [outcome] = &sync_all(&store, &["tpm"], &[("mindicador", server.url())], "2026-11-27")[..] else { panic!() };
    assert_eq!((findings(outcome), &outcome.doubt, outcome.faults().count()), (Vec::new(), &None, 0));
    let stored: Vec<f64> = store.load("tpm").unwrap().unwrap().iter().rev().take(3).map(|o| o.value).collect();
    assert_eq!(stored, [4.25, 4.25, 4.5]);
    assert_eq!(outcome.freshness.state, FreshnessState::AsExpected);
}

#[test]
fn values_known_ahead_are_left_for_their_day_without_a_word() {
    let case = include_str!("../cases/mindicador_uf_ahead.json");
    let server = Server::answering(move |request| match request.path.ends_with("/2026") {
        true => Reply::ok(case),
        false => Reply::ok(year(&request.path, "uf", day("2025-12-31"), 40_860.0)),
    });
    let (_folder, store) = store();
    let names = ["uf"];
    for (date, newest) in [("2026-11-27", 40896.28), ("2026-11-28", 40899.96), ("2026-12-09", 40940.47)] {
        let [outcome] = &sync_all(&store, &names, &[("mindicador", server.url())], date)[..] else { panic!() };
        assert_eq!((findings(outcome), outcome.faults().count()), (Vec::new(), 0), "{date}");
        let stored = store.load("uf").unwrap().unwrap();
        let last = stored.last().unwrap();
        assert_eq!((last.date, last.value), (day(date), newest), "{date}");
        assert_eq!(outcome.freshness.state, FreshnessState::AsExpected, "{date}");
    }
    // Half a year ahead is no announcement.
    let far = case.replace("2026-12-09", "2027-06-09");
    let server = Server::answering(move |request| match request.path.ends_with("/2026") {
        true => Reply::ok(&far),
        false => Reply::status(404, "none"),
    });
    let outcomes = sync_all(&store, &names, &[("mindicador", server.url())], "2026-11-27");
    assert!(findings(&outcomes[0])[0].contains("2027-06-09: 40940.47 is dated after today"), "{outcomes:#?}");
}

#[test]
fn dates_without_a_time_are_read() {
    let case = include_str!("../cases/findic_dolar_date_only.json");
    let server = Server::answering(move |_| Reply::ok(case));
    let (_folder, store) = store();
    let outcomes = sync_all(&store, &["usdclp"], &[("mindicador", server.url())], "2026-11-27");
    let stored = store.load("usdclp").unwrap();
    let settings = SyncSettings { from: Some(day("2026-11-20")), accept_revisions: true, ..settings("2026-11-27") };
    // A few days do not continue the snapshot, unless the operator accepts the hole.
    assert!(stored.is_none() && reason(&outcomes[0], 0).contains("business days"), "{outcomes:#?}");
    sync_with(&store, &["usdclp"], &[("mindicador", server.url())], &settings);
    let stored = store.load("usdclp").unwrap().unwrap();
    assert_eq!((stored.len(), stored.last().unwrap().value), (6, 959.12));
}

#[test]
fn a_page_for_browsers_is_told_as_one_by_every_provider() {
    let case = include_str!("../cases/stooq_pow.html");
    let server = Server::answering(move |_| Reply::ok(case));
    for (provider, series) in [
        ("stooq", "usdmxn"),
        ("ecb", "usdmxn"),
        ("sii", "usdclp"),
        ("frankfurter", "usdmxn"),
        ("bis", "usdmxn"),
        ("mindicador", "copper"),
        ("fred", "usdmxn"),
        ("nbp", "usdmxn"),
        ("yahoo", "usdmxn"),
        ("currency-api", "usdmxn"),
    ] {
        let more = if provider == "currency-api" { "/{date}/{base}" } else { "" };
        let (_folder, store) = store();
        let outcomes = sync_all(&store, &[series], &[(provider, format!("{}{more}", server.url()))], "2026-11-27");
        let reason = reason(&outcomes[0], 0);
        assert!(reason.contains("a page that wants a browser to run its scripts"), "{provider}: {reason}");
        assert!(!reason.contains("changed its format"), "{provider}: {reason}");
    }
}

/// A flag that a thread can wait for.
type Flag = Arc<(Mutex<bool>, Condvar)>;

fn raise(flag: &Flag) {
    *flag.0.lock().unwrap() = true;
    flag.1.notify_all();
}

fn wait_for(flag: &Flag) {
    let waited = flag.1.wait_timeout_while(flag.0.lock().unwrap(), Duration::from_secs(20), |raised| !*raised);
    assert!(*waited.unwrap().0);
}

/// The first provider answers only after the second has been asked: in sequence it would never be.
#[test]
fn while_a_provider_is_silent_the_next_is_asked_and_its_own_answer_still_counts() {
    let second_was_asked: Flag = Arc::default();
    let values = |path: &str| year(path, "dolar", day("2025-01-10"), 1001.0);
    let flag = Arc::clone(&second_was_asked);
    let first = Server::answering(move |request| {
        wait_for(&flag);
        Reply::ok(values(&request.path))
    });
    let second = Server::answering(move |request| {
        raise(&second_was_asked);
        let date = request.path.split('/').nth(1).unwrap();
        Reply::ok(format!(r#"{{"date":"{date}","usd":{{"usd":1,"clp":1002.5}}}}"#))
    });
    let places = [("mindicador", first.url()), ("currency-api", format!("{}/{{date}}/{{base}}", second.url()))];
    let (_folder, store) = store();
    let settings = SyncSettings { deadline: Duration::from_secs(60), ..settings("2025-01-10") };
    let outcomes = sync_with(&store, &["usdclp"], &places, &settings);
    let outcome = &outcomes[0];
    assert_eq!(outcome.faults().count(), 0, "{outcome:#?}");
    assert_eq!(outcome.freshness.newest, Some((day("2025-01-10"), "mindicador".to_owned())));
    let asked: Vec<&str> = outcome.providers.iter().map(|asked| asked.provider.as_str()).collect();
    assert_eq!(asked, ["mindicador", "currency-api"], "in the order of preference");
}

/// The second of three never answers. Its time would be a minute; the test would end with an error long after it.
#[test]
fn a_second_opinion_that_hangs_is_not_waited_for_when_a_third_confirms_the_first() {
    let table = |request: &Request| {
        let parts: Vec<&str> = request.path.split(['/', '?']).collect();
        let (code, first) = (parts[4], day(parts[5]));
        let days = first.iter_days().take_while(|date| *date <= day("2025-01-10")).take(93);
        let mid = if code == "usd" { 4.1 } else { 4.1 / 1001.0 };
        let row = |date: NaiveDate| format!(r#"{{"no":"1","effectiveDate":"{date}","mid":{mid:.9}}}"#);
        let rows: Vec<String> = days.map(row).collect();
        Reply::ok(format!(r#"{{"table":"A","code":"{}","rates":[{}]}}"#, code.to_uppercase(), rows.join(",")))
    };
    let official = Server::answering(|request| Reply::ok(year(&request.path, "dolar", day("2025-01-10"), 1001.0)));
    let (silent, quotes) = (Server::answering(|_| Reply::Silence), Server::answering(table));
    let places = [("mindicador", official.url()), ("yahoo", silent.url()), ("nbp", quotes.url())];
    let (_folder, store) = store();
    let mut settings = SyncSettings { deadline: Duration::from_secs(120), ..settings("2025-01-10") };
    settings.limits.silence = Duration::from_secs(60);
    let outcomes = sync_with(&store, &["usdclp"], &places, &settings);
    let asked: Vec<&str> = outcomes[0].providers.iter().map(|asked| asked.provider.as_str()).collect();
    assert_eq!((asked, outcomes[0].faults().count()), (vec!["mindicador", "nbp"], 0), "{outcomes:#?}");
    assert_eq!(silent.requests().len(), 1);
}

#[test]
fn a_mirror_whose_body_cannot_be_used_is_passed_over() {
    use forecaster_rates::{QualityRules, SeriesRequest, SourceSettings, Sources, sync};
    let stale = Server::answering(|_| Reply::ok(r#"{"date":"2024-01-01","usd":{"usd":1,"clp":1.5}}"#));
    let good = Server::answering(|request| {
        let date = request.path.split('/').nth(1).unwrap();
        Reply::ok(format!(r#"{{"date":"{date}","usd":{{"usd":1,"clp":1002.5}}}}"#))
    });
    let (_folder, store) = store();
    let settings = settings("2025-01-10");
    let at = |server: &Server| format!("{}/{{date}}/{{base}}", server.url());
    let mirrors = SourceSettings { addresses: vec![at(&stale), at(&good)], ..SourceSettings::default() };
    let sources = Sources::new(&["currency-api".to_owned()], &[("currency-api".to_owned(), mirrors)].into());
    let calendar = forecaster_rates::calendar_of("usdclp");
    let request = SeriesRequest::new("usdclp", QualityRules::new(settings.today, calendar));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let outcomes = runtime.block_on(sync(&store, &sources, &[request], &settings, &|_| {})).unwrap();
    assert_eq!(outcomes[0].faults().count(), 0, "{outcomes:#?}");
    assert_eq!(outcomes[0].freshness.newest, Some((day("2025-01-10"), "currency-api".to_owned())));
    assert_eq!(outcomes[0].freshness.state, FreshnessState::StandIn);
    let monday = day("2025-01-10") + Days::new(3);
    assert!(store.load("usdclp").unwrap().unwrap().iter().all(|o| o.value == 1002.5 && o.date < monday));
}
