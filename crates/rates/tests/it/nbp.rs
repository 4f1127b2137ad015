//! Narodowy Bank Polski, played by a real web server: the requests sent to it, the values made of its responses, and
//! the message for each of its failures. The official source is before it in the chain, without an account; a file is
//! behind it and serves when the bank fails.
#![allow(clippy::unwrap_used)]

use crate::server::{Reply, Request, Server};
use chrono::{DateTime, Datelike, Days, NaiveDate, Utc};
use forecaster_domain::BusinessCalendar;
use forecaster_rates::{
    FetchLimits, ProviderOutcome, RatesStore, SeriesOutcome, SeriesRequest, SourceSettings, Sources,
    StoredObservation, SyncSettings, calendar_of, sync,
};
use std::{collections::BTreeMap, time::Duration};
use tempfile::TempDir;

/// Values of the file for the days after the embedded official rate, which ends on 2025-01-03 with 999.85.
const NEXT_DAYS: &str =
    "date,value\n2025-01-06,1005.5\n2025-01-07,1008.25\n2025-01-08,1004\n2025-01-09,1006.5\n2025-01-10,1010.75\n";

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// Returns the bank's mid of a currency on a day as written in JSON: four significant digits for the peso.
fn mid(code: &str, date: NaiveDate) -> Option<String> {
    // New Year and Epiphany are holidays in Poland.
    let is_holiday = date.month() == 1 && [1, 6].contains(&date.day());
    let is_open = BusinessCalendar::weekdays().is_business_day(date) && !is_holiday;
    let wave = 0.002 * (1.7 * f64::from(date.ordinal())).sin();
    let mid = match code {
        "usd" => 4.02,
        "eur" => 4.25 * (1.0 + wave),
        _ => 0.0040 * (1.0 + wave),
    };
    is_open.then(|| if code == "clp" { format!("{mid:.6}") } else { format!("{mid:.4}") })
}

/// Returns code, first and last day of a request.
fn asked(request: &Request) -> (String, NaiveDate, NaiveDate) {
    let (path, query) = request.path.split_once('?').unwrap();
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    let ["api", "exchangerates", "rates", "a", code, from, to] = parts[..] else { panic!("{path}") };
    assert_eq!(query, "format=json");
    (code.to_owned(), day(from), day(to))
}

/// Returns the bank's response with nothing after `today`.
fn bank(request: &Request, today: &str, mid: impl Fn(&str, NaiveDate) -> Option<String>) -> Reply {
    let (code, from, to) = asked(request);
    if to - from >= chrono::TimeDelta::days(93) {
        let limit = "400 BadRequest - Przekroczony limit 93 dni / Limit of 93 days has been exceeded";
        return Reply::status(400, limit);
    }
    let days = from.iter_days().take_while(|date| *date <= to.min(day(today)));
    let row = |date: NaiveDate| {
        let mid = mid(&code, date)?;
        Some(format!(
            r#"{{"no":"{:03}/A/NBP/{}","effectiveDate":"{date}","mid":{mid}}}"#,
            date.ordinal(),
            date.year()
        ))
    };
    let rows: Vec<String> = days.filter_map(row).collect();
    if rows.is_empty() {
        return Reply::status(404, "404 NotFound - Not Found - Brak danych");
    }
    let code = code.to_uppercase();
    Reply::ok(format!(r#"{{"table":"A","currency":"waluta","code":"{code}","rates":[{}]}}"#, rows.join(",")))
}

struct Desk {
    folder: TempDir,
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("usdclp.csv"), NEXT_DAYS).unwrap();
        Self { folder }
    }

    fn store(&self) -> RatesStore {
        RatesStore::open(self.folder.path()).unwrap()
    }

    /// Runs a sync at noon in Santiago.
    fn sync(&self, server: &Server, series: &str, today: &str) -> SeriesOutcome {
        let now: DateTime<Utc> = format!("{today}T15:00:00Z").parse().unwrap();
        let limits = FetchLimits {
            silence: Duration::from_millis(800),
            pause: Duration::from_millis(2),
            interval: Duration::ZERO,
            ..FetchLimits::default()
        };
        let settings = SyncSettings { limits, cross_check: false, ..SyncSettings::new(day(today), now) };
        let at = |address: String| SourceSettings { addresses: vec![address], ..SourceSettings::default() };
        let file = self.folder.path().join("{series}.csv").display().to_string();
        let places = [("nbp", at(format!("{}/api", server.url()))), ("file", at(file))];
        let places: BTreeMap<String, SourceSettings> = places.map(|(name, at)| (name.to_owned(), at)).into();
        let sources = Sources::new(&["bcch", "nbp", "file"].map(str::to_owned), &places);
        let rules = forecaster_rates::QualityRules::new(settings.today, calendar_of(series));
        let requests = [SeriesRequest::new(series, rules)];
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let outcomes = runtime.block_on(sync(&self.store(), &sources, &requests, &settings, &|_| {})).unwrap();
        runtime.shutdown_background();
        outcomes.into_iter().next().unwrap()
    }

    fn stored(&self, series: &str) -> Vec<StoredObservation> {
        self.store().load(series).unwrap().unwrap_or_default()
    }

    /// Returns the outcome of asking the bank.
    fn asked(outcome: &SeriesOutcome) -> &ProviderOutcome {
        outcome.providers.iter().find(|asked| asked.provider == "nbp").unwrap()
    }

    fn taken(&self) -> Vec<(String, f64)> {
        let stored = self.stored("usdclp").into_iter().filter(|o| o.source == "nbp");
        stored.map(|o| (o.date.to_string(), o.value)).collect()
    }
}

fn number(code: &str, date: NaiveDate) -> f64 {
    mid(code, date).unwrap().parse().unwrap()
}

#[test]
fn the_quotes_of_a_year_come_in_documents_of_93_days_and_stand_for_chiles_business_days() {
    let today = "2026-01-12";
    let server = Server::answering(move |request| bank(request, today, mid));
    let desk = Desk::new();
    let outcome = desk.sync(&server, "usdclp", today);
    assert_eq!(
        (outcome.freshness.newest.as_ref(), outcome.faults().count()),
        (Some(&(day(today), "nbp".to_owned())), 0)
    );
    let spans: Vec<(String, NaiveDate, NaiveDate)> = server.requests().iter().map(asked).collect();
    // 389 days from the beginning of the overlap with the snapshot, for two currencies.
    assert_eq!(spans.len(), 2 * 5, "{spans:?}");
    assert!(spans.iter().any(|(_, from, to)| from.year() == 2025 && to.year() == 2026), "{spans:?}");
    let (chile, stored) = (BusinessCalendar::chile(), desk.stored("usdclp"));
    let expected = day("2025-01-04").iter_days().take_while(|date| *date <= day(today));
    let expected: Vec<NaiveDate> =
        expected.filter(|date| chile.is_business_day(*date) && mid("clp", *date).is_some()).collect();
    assert_eq!(stored.iter().map(|o| o.date).collect::<Vec<_>>(), expected);
    assert!(stored.iter().all(|o| o.value == number("usd", o.date) / number("clp", o.date) && o.source == "nbp"));
}

#[test]
fn a_quote_of_the_market_is_dated_at_the_weekday_whose_trades_it_closes() {
    let today = "2025-01-13";
    let server = Server::answering(move |request| bank(request, today, mid));
    let desk = Desk::new();
    let outcome = desk.sync(&server, "eurclp_spot", today);
    assert_eq!(outcome.freshness.newest.unwrap().0, day("2025-01-10"), "on a Monday Friday's");
    let stored = desk.stored("eurclp_spot");
    let last: Vec<String> = stored.iter().rev().take(6).map(|o| o.date.to_string()).collect();
    // 2025-01-03 is missing: Monday's table would have its close, and that Monday is Epiphany.
    assert_eq!(last, ["2025-01-10", "2025-01-09", "2025-01-08", "2025-01-07", "2025-01-06", "2025-01-02"]);
    let monday = day(today);
    assert_eq!(stored.last().unwrap().value, number("eur", monday) / number("clp", monday));
    // Other pairs have the day's own rate.
    desk.sync(&server, "eurusd", today);
    let pair = desk.stored("eurusd").pop().unwrap();
    assert_eq!((pair.date, pair.value), (day("2025-01-10"), number("eur", pair.date) / number("usd", pair.date)));
}

#[test]
fn a_correction_of_the_bank_supersedes_the_value_and_both_are_kept() {
    let server = Server::answering(move |request| bank(request, "2025-01-10", mid));
    let desk = Desk::new();
    desk.sync(&server, "usdclp", "2025-01-10");
    let corrected = |code: &str, date| {
        if code == "clp" && date == day("2025-01-09") { Some("0.004049".into()) } else { mid(code, date) }
    };
    let server = Server::answering(move |request| bank(request, "2025-01-13", corrected));
    let outcome = desk.sync(&server, "usdclp", "2025-01-13");
    let revised = &Desk::asked(&outcome).outcome.as_ref().unwrap().revised;
    assert_eq!((revised.len(), revised[0].date, revised[0].new), (1, day("2025-01-09"), 4.02 / 0.004049));
    let versions = desk.store().load_versions("usdclp").unwrap().unwrap();
    assert_eq!(versions.iter().filter(|o| o.date == day("2025-01-09")).count(), 2);
}

#[test]
fn both_parts_of_a_cross_are_always_sent_whole() {
    let server = Server::answering(move |request| {
        assert_eq!(request.header("if-none-match"), None);
        bank(request, "2025-01-10", mid).with("ETag", "\"v1\"")
    });
    let desk = Desk::new();
    for added in [4, 0] {
        assert_eq!(desk.sync(&server, "usdclp", "2025-01-10").added(), added);
    }
    assert_eq!(server.requests().len(), 4);
}

type Answer = fn(&Request) -> Reply;

fn good(request: &Request) -> Reply {
    bank(request, "2025-01-10", mid)
}

fn text(reply: Reply) -> String {
    match reply {
        Reply::Whole { body, .. } => String::from_utf8(body).unwrap(),
        other => panic!("{other:?}"),
    }
}

/// Failures of the bank: description, response, whether it is a fault, and parts that the message must contain.
const FAILURES: [(&str, Answer, bool, &[&str]); 13] = [
    (
        "nothing in the span",
        |_| Reply::status(404, "404 NotFound - Not Found - Brak danych"),
        false,
        &["it has no value from 2024-12-20 to 2025-01-10"],
    ),
    (
        "nothing of one of the two currencies",
        |r| if r.path.contains("/clp/") { Reply::status(404, "404 NotFound") } else { good(r) },
        false,
        &["it has no value from 2024-12-20 to 2025-01-10"],
    ),
    (
        "an empty list",
        |r| Reply::ok(format!(r#"{{"table":"A","code":"{}","rates":[]}}"#, asked(r).0)),
        false,
        &["it has no value from 2024-12-20 to 2025-01-10"],
    ),
    (
        "a span it does not like",
        |_| Reply::status(400, "400 BadRequest - Przekroczony limit 93 dni / Limit of 93 days has been exceeded"),
        true,
        &["CLP from 2024-12-20 to 2025-01-10", "answers 400", "Limit of 93 days has been exceeded"],
    ),
    ("500", |_| Reply::status(500, "<h1>Oops</h1>"), true, &["answers 500", "<h1>Oops</h1>"]),
    (
        "a web page instead of JSON",
        |_| Reply::ok("<!DOCTYPE html><html><body>Prace serwisowe</body></html>"),
        true,
        &["CLP from 2024-12-20 to 2025-01-10", "is not JSON with 'code' and 'rates'", "Prace serwisowe"],
    ),
    (
        "JSON cut short",
        |r| Reply::ok(&text(good(r))[..150]),
        true,
        &["CLP from 2024-12-20 to 2025-01-10", "is not JSON", "EOF"],
    ),
    (
        "a connection cut in the answer",
        |_| Reply::Cut(b"{\"table\":".to_vec()),
        true,
        &["could not be read to its end"],
    ),
    (
        "another currency",
        |r| Reply::ok(text(good(r)).replace("\"CLP\"", "\"CZK\"")),
        true,
        &["the answer is not about 'CLP': 'CZK'"],
    ),
    (
        "another table",
        |r| Reply::ok(text(good(r)).replace("\"A\"", "\"B\"")),
        true,
        &["the answer is not of table 'A': 'B'"],
    ),
    (
        "numbers as text with decimal commas",
        |r| Reply::ok(text(good(r)).replace(":0.00", ":\"0,00").replace('}', "\"}").replace("]\"}", "]}")),
        true,
        &["rates[0].mid: found '0,00", "not text with a decimal comma"],
    ),
    ("a socket that hangs", |_| Reply::Silence, true, &["has not answered in 0."]),
    (
        "zloty per hundred units",
        |r| {
            bank(r, "2025-01-10", |code, date| {
                Some(format!("{}{mid}", if code == "clp" { "1" } else { "" }, mid = mid(code, date)?))
            })
        },
        true,
        &["contradicts the known values on", "The answer was not taken"],
    ),
];

#[test]
fn each_failure_names_provider_and_series_and_the_next_provider_serves() {
    for (what, answer, is_fault, expected) in FAILURES {
        let server = Server::answering(answer);
        let desk = Desk::new();
        let outcome = desk.sync(&server, "usdclp", "2025-01-10");
        let reason = Desk::asked(&outcome).outcome.as_ref().unwrap_err();
        println!("{what:<40} nbp, usdclp: {reason}");
        expected.iter().for_each(|part| assert!(reason.contains(part), "{what}: {part} not in: {reason}"));
        let fault = outcome.faults().next().map(|fault| fault.to_string()).unwrap_or_default();
        assert_eq!(fault.starts_with("nbp, usdclp: "), is_fault, "{what}: {fault}");
        assert_eq!(outcome.freshness.newest, Some((day("2025-01-10"), "file".to_owned())), "{what}");
        let stored = desk.stored("usdclp");
        assert!(stored.len() == 5 && stored.iter().all(|o| o.source == "file"), "{what}: {stored:?}");
    }
}

#[test]
fn single_bad_values_are_refused_and_the_good_ones_beside_them_are_taken() {
    // Description, day, rates of the dollar and the peso, and the finding.
    let rows: [(&str, &str, &str, &str, &str); 6] = [
        ("zero", "2025-01-10", "4.02", "0", "2025-01-10: 0 is not positive; refused"),
        ("negative", "2025-01-10", "4.02", "-0.004", "2025-01-10: -0.004 is not positive; refused"),
        ("both negative", "2025-01-10", "-4.02", "-0.004", "2025-01-10: -4.02 is not positive; refused"),
        ("not there", "2025-01-10", "4.02", "null", ""),
        (
            "astronomical",
            "2025-01-10",
            "1e30",
            "0.004",
            "2025-01-10: 250000000000000000000000000000000 is out of proportion",
        ),
        ("a tenth", "2025-01-10", "4.02", "0.04", "2025-01-10: 100.49999999999999 is out of proportion"),
    ];
    for (what, date, dollar, peso, expected) in rows {
        let server = Server::answering(move |request| {
            bank(request, "2025-01-10", |code, on| match code {
                "usd" if on == day(date) => Some(dollar.to_owned()),
                "clp" if on == day(date) => Some(peso.to_owned()),
                _ => mid(code, on),
            })
        });
        let desk = Desk::new();
        let outcome = desk.sync(&server, "usdclp", "2025-01-10");
        let findings = &Desk::asked(&outcome).findings;
        println!("{what:<40} nbp, usdclp: {}", findings.join("; "));
        assert!(findings.iter().any(|f| f.starts_with(expected)) || expected.is_empty(), "{what}: {findings:?}");
        let dates: Vec<String> = desk.taken().into_iter().map(|(date, _)| date).collect();
        assert_eq!(dates, ["2025-01-07", "2025-01-08", "2025-01-09"], "{what}");
        assert_eq!(outcome.freshness.newest, Some((day("2025-01-10"), "file".to_owned())), "{what}");
    }
}

#[test]
fn dates_in_any_order_and_outside_of_the_span_do_no_harm_and_one_given_twice_is_told() {
    let server = Server::answering(|request| {
        let (code, _, to) = asked(request);
        let mut days: Vec<NaiveDate> = (0..30).map(|back| to - Days::new(back)).collect();
        days.extend([day("2025-01-09"), day("2099-01-05"), day("2010-03-04")]);
        let open = days.iter().filter_map(|date| Some((date, mid(&code, *date)?)));
        let rows: Vec<String> =
            open.map(|(date, mid)| format!(r#"{{"effectiveDate":"{date}","mid":{mid}}}"#)).collect();
        Reply::ok(format!(r#"{{"table":"A","code":"{}","rates":[{}]}}"#, code.to_uppercase(), rows.join(",")))
    });
    let desk = Desk::new();
    let outcome = desk.sync(&server, "usdclp", "2025-01-10");
    let dates: Vec<String> = desk.taken().into_iter().map(|(date, _)| date).collect();
    assert_eq!(dates, ["2025-01-07", "2025-01-08", "2025-01-09", "2025-01-10"]);
    let findings = Desk::asked(&outcome).findings.join("; ");
    for said in
        ["2025-01-09: 2 values for one date", "2099-01-05: 1003.49", "is dated after today (2025-01-10); refused"]
    {
        assert!(findings.contains(said), "{said} not in: {findings}");
    }
}
