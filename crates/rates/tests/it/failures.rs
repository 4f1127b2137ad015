//! Failure table: a provider that fails, changes or returns false values, played by a real web server, and the
//! message for the operator. In each row the next provider in the chain is asked, and nothing bad reaches the store.
//! `cargo test -p forecaster-rates --test it failures:: -- --nocapture` prints the table.
#![allow(clippy::unwrap_used)]

use crate::server::{Reply, Request, Server, closed};
use chrono::{DateTime, NaiveDate, Utc};
use forecaster_domain::BusinessCalendar;
use forecaster_rates::{
    FetchLimits, QualityRules, RatesStore, SeriesOutcome, SeriesRequest, SourceSettings, Sources, SyncSettings,
    embedded, sync,
};
use std::{collections::BTreeMap, io::Write, path::Path, time::Duration};
use tempfile::TempDir;

/// Values of the second provider for the days after the snapshot, which ends on 2025-01-03 with 999.85.
const NEXT_DAYS: &str =
    "date,value\n2025-01-06,1005.5\n2025-01-07,1008.25\n2025-01-08,1004\n2025-01-09,1006.5\n2025-01-10,1010.75\n";

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// An empty store, and a file for the second provider of the chain.
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

    /// Runs a sync with mindicador at an address, then the file.
    fn sync(&self, mindicador: &str) -> SeriesOutcome {
        self.sync_with(mindicador, settings())
    }

    fn sync_with(&self, mindicador: &str, settings: SyncSettings) -> SeriesOutcome {
        let at = |address: String| SourceSettings { addresses: vec![address], ..SourceSettings::default() };
        let file = Path::new(self.folder.path()).join("{series}.csv").display().to_string();
        let places =
            BTreeMap::from([("mindicador".to_owned(), at(mindicador.to_owned())), ("file".to_owned(), at(file))]);
        let sources = Sources::new(&["mindicador".to_owned(), "file".to_owned()], &places);
        let rules = QualityRules::new(settings.today, Some(BusinessCalendar::chile()));
        let requests = [SeriesRequest::new("usdclp", rules)];
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let outcomes = runtime.block_on(sync(&self.store(), &sources, &requests, &settings, &|_| {})).unwrap();
        runtime.shutdown_background();
        outcomes.into_iter().next().unwrap()
    }

    fn stored(&self) -> Vec<(String, f64, String)> {
        let stored = self.store().load("usdclp").unwrap().unwrap_or_default();
        stored.into_iter().map(|o| (o.date.to_string(), o.value, o.source)).collect()
    }
}

fn settings() -> SyncSettings {
    let now: DateTime<Utc> = "2025-01-10T12:00:00Z".parse().unwrap();
    let limits = FetchLimits {
        connect: Duration::from_secs(3),
        silence: Duration::from_millis(400),
        pause: Duration::from_millis(5),
        interval: Duration::ZERO,
        ..FetchLimits::default()
    };
    SyncSettings { limits, cross_check: false, ..SyncSettings::new(day("2025-01-10"), now) }
}

/// Returns mindicador's response for a year, newest first: the snapshot's values up to 2025-01-03, and `more` as raw
/// JSON.
fn mindicador(path: &str, more: &[(&str, &str)]) -> String {
    let year = path.rsplit('/').next().unwrap();
    let known = embedded().unwrap()["usdclp"].iter().map(|o| (o.date.to_string(), o.value.to_string()));
    let more = more.iter().map(|(date, value)| ((*date).to_owned(), (*value).to_owned()));
    let mut rows: Vec<String> = known
        .chain(more)
        .filter(|(date, _)| date.starts_with(year) || (year == "2025" && date.starts_with("2099")))
        .map(|(date, value)| format!(r#"{{"fecha":"{date}T03:00:00.000Z","valor":{value}}}"#))
        .collect();
    rows.reverse();
    format!(
        r#"{{"version":"1.7.0","autor":"mindicador.cl","codigo":"dolar","nombre":"Dólar observado","unidad_medida":"Pesos","serie":[{}]}}"#,
        rows.join(",")
    )
}

/// Returns the same response with every value divided.
fn in_units_of(unit: f64, answer: &str) -> String {
    let mut answer: serde_json::Value = serde_json::from_str(answer).unwrap();
    for row in answer["serie"].as_array_mut().unwrap() {
        row["valor"] = (row["valor"].as_f64().unwrap() / unit).into();
    }
    answer.to_string()
}

const GOOD: [(&str, &str); 5] = [
    ("2025-01-06", "1005.5"),
    ("2025-01-07", "1008.25"),
    ("2025-01-08", "1004"),
    ("2025-01-09", "1006.5"),
    ("2025-01-10", "1010.75"),
];

fn gzipped(body: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

type Answer = fn(&Request) -> Reply;

/// Failures of the first provider: description, response, and parts that the message must contain.
const TABLE: [(&str, Answer, &[&str]); 17] = [
    (
        "a web page instead of JSON",
        |_| Reply::ok("<!DOCTYPE html><html><body>Bienvenido</body></html>"),
        &["is not JSON", "<!DOCTYPE html>"],
    ),
    ("JSON cut short", |r| Reply::ok(&mindicador(&r.path, &GOOD)[..200]), &["is not JSON", "EOF"]),
    ("a connection cut in the answer", |_| Reply::Cut(b"{\"codigo\":".to_vec()), &["could not be read to its end"]),
    ("no HTTP at all", |_| Reply::Raw(b"220 mail.example ESMTP\r\n".to_vec()), &["could not be read to its end"]),
    (
        "status 200 with an error in the body",
        |_| Reply::ok(r#"{"statusCode":500,"error":"Internal Server Error","message":"mongo"}"#),
        &["mongo"],
    ),
    (
        "429 with Retry-After",
        |_| Reply::status(429, "slow down").with("Retry-After", 120),
        &["429", "too many requests", "asks to wait 120 s"],
    ),
    ("500", |_| Reply::status(500, "<h1>Oops</h1>"), &["answers 500", "<h1>Oops</h1>"]),
    ("404", |_| Reply::status(404, "Cannot GET"), &["answers 404", "Cannot GET"]),
    (
        "a redirect loop",
        |r| Reply::status(302, "").with("Location", r.path.clone()),
        &["redirects without success", "more than 5"],
    ),
    ("a socket that hangs", |_| Reply::Silence, &["has not answered in 0."]),
    ("a body of 1 GB", |_| Reply::Flood(1 << 30), &["larger than the limit of 8 MiB"]),
    (
        "a body of 256 MB, compressed",
        |_| Reply::ok(bomb()).with("Content-Encoding", "gzip"),
        &["larger than the limit of 8 MiB"],
    ),
    (
        "a body that is not what its encoding says",
        |_| Reply::ok("plain").with("Content-Encoding", "gzip"),
        &["could not be read to its end"],
    ),
    (
        "numbers as text with decimal commas",
        |r| Reply::ok(mindicador(&r.path, &[("2025-01-06", r#""1.005,50""#)])),
        &["1.005,50"],
    ),
    (
        "the values of another indicator",
        |r| Reply::ok(mindicador(&r.path, &GOOD).replace(r#""dolar""#, r#""euro""#)),
        &["euro"],
    ),
    (
        "an empty series",
        |r| Reply::ok(mindicador(&r.path.replace("202", "190"), &[])),
        &["it has no value from 2024-12-20 to 2025-01-10"],
    ),
    (
        "another unit from one day to the next",
        |r| Reply::ok(in_units_of(10.0, &mindicador(&r.path, &GOOD))),
        &["contradicts the known values on 4 of 4 days", "The answer was not taken"],
    ),
];

/// 256 MiB, compressed to 300 kB.
fn bomb() -> &'static [u8] {
    static BOMB: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
    BOMB.get_or_init(|| gzipped(&vec![b' '; 256 << 20]))
}

#[test]
fn each_failure_names_provider_and_series_and_the_next_provider_serves() {
    // Built before the first request, so that no provider times out waiting for it.
    bomb();
    for (what, answer, expected) in TABLE {
        let server = Server::answering(answer);
        let desk = Desk::new();
        let outcome = desk.sync(&server.url());
        let reason = outcome.providers[0].outcome.as_ref().unwrap_err();
        println!("{what:<45} mindicador, usdclp: {reason}");
        expected.iter().for_each(|part| assert!(reason.contains(part), "{what}: {part} not in: {reason}"));
        served_by_the_file(&desk, &outcome, what);
    }
}

fn served_by_the_file(desk: &Desk, outcome: &SeriesOutcome, what: &str) {
    let fault = outcome.faults().next().map(|fault| fault.to_string()).unwrap_or_default();
    let is_fault = what != "an empty series";
    assert_eq!(fault.starts_with("mindicador, usdclp: "), is_fault, "{what}: {fault}");
    assert_eq!(outcome.freshness.newest, Some((day("2025-01-10"), "file".to_owned())), "{what}");
    let stored = desk.stored();
    assert_eq!(stored.len(), 5, "{what}: {stored:?}");
    assert!(stored.iter().all(|(_, value, source)| *value > 1000.0 && *value < 1011.0 && source == "file"), "{what}");
}

#[test]
fn a_server_that_is_not_there_or_not_trusted_is_told_from_one_that_fails() {
    let untrusted = crate::untrusted::untrusted();
    let rows: [(&str, String, &[&str]); 4] = [
        ("a certificate nobody has signed", untrusted.url(), &["certificate", "not trusted"]),
        ("a closed port", closed(), &["cannot be reached", "refused"]),
        (
            "a host that is not known",
            "http://rates.invalid".to_owned(),
            &["rates.invalid cannot be resolved", "name server"],
        ),
        (
            "an address that is none",
            "mindicador.cl/api".to_owned(),
            &["is not a valid address", "rates.provider.mindicador.url"],
        ),
    ];
    for (what, address, expected) in rows {
        let desk = Desk::new();
        let outcome = desk.sync(&address);
        let reason = outcome.providers[0].outcome.as_ref().unwrap_err();
        println!("{what:<45} mindicador, usdclp: {reason}");
        expected.iter().for_each(|part| assert!(reason.contains(part), "{what}: {part} not in: {reason}"));
        served_by_the_file(&desk, &outcome, what);
    }
}

#[test]
fn single_bad_values_are_refused_and_the_good_ones_beside_them_are_taken() {
    let rows: [(&str, &str, &str, &str); 7] = [
        ("zero", "2025-01-10", "0", "2025-01-10: 0 is not positive; refused"),
        ("negative", "2025-01-10", "-1", "2025-01-10: -1 is not positive; refused"),
        ("not there", "2025-01-10", "null", ""),
        ("astronomical", "2025-01-10", "1e30", "2025-01-10: 1000000000000000000000000000000 is out of proportion"),
        (
            "a tenth",
            "2025-01-10",
            "101.07",
            "2025-01-10: 101.07 is out of proportion to 1006.5 on 2025-01-09; refused",
        ),
        ("of 2099", "2099-01-05", "1010", "2099-01-05: 1010 is dated after today (2025-01-10); refused"),
        ("twice for a day", "2025-01-09", "1007.5", "2025-01-09: 2 values for one date"),
    ];
    for (what, date, value, expected) in rows {
        let good = GOOD[..4].iter().copied();
        let answered: Vec<(&str, &str)> = good.chain([(date, value)]).collect();
        let owned: Vec<(String, String)> = answered.iter().map(|(d, v)| ((*d).to_owned(), (*v).to_owned())).collect();
        let server = Server::answering(move |request| {
            let more: Vec<(&str, &str)> = owned.iter().map(|(d, v)| (d.as_str(), v.as_str())).collect();
            Reply::ok(mindicador(&request.path, &more))
        });
        let desk = Desk::new();
        let outcome = desk.sync(&server.url());
        let findings = &outcome.providers[0].findings;
        println!("{what:<45} mindicador, usdclp: {}", findings.join("; "));
        assert!(findings.iter().any(|f| f.starts_with(expected)) || expected.is_empty(), "{what}: {findings:?}");
        let stored = desk.stored();
        let of_mindicador = stored.iter().filter(|(_, _, source)| source == "mindicador").count();
        assert_eq!(of_mindicador, 4, "{what}: {stored:?}");
        assert_eq!(stored.last().unwrap(), &("2025-01-10".to_owned(), 1010.75, "file".to_owned()), "{what}");
    }
}

#[test]
fn a_passing_failure_is_tried_again_and_does_not_show() {
    let count = std::sync::atomic::AtomicUsize::new(0);
    let server = Server::answering(move |request| match count.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
        0 => Reply::status(503, ""),
        1 => Reply::status(429, "").with("Retry-After", 0),
        _ => Reply::ok(mindicador(&request.path, &GOOD)),
    });
    let desk = Desk::new();
    let outcome = desk.sync(&server.url());
    assert_eq!(outcome.freshness.newest, Some((day("2025-01-10"), "mindicador".to_owned())));
    assert_eq!(outcome.faults().count(), 0);
    assert_eq!(server.paths(), ["/dolar/2025", "/dolar/2025", "/dolar/2025", "/dolar/2024"]);
    assert_eq!(desk.stored().len(), 5, "days of the snapshot are not stored again");
}

#[test]
fn a_provider_that_failed_three_times_in_a_row_is_left_alone_for_ten_minutes() {
    let server = Server::answering(|_| Reply::status(500, ""));
    let desk = Desk::new();
    for _ in 0..3 {
        desk.sync(&server.url());
    }
    let asked = server.requests().len();
    let outcome = desk.sync(&server.url());
    let reason = outcome.providers[0].outcome.as_ref().unwrap_err();
    assert!(reason.starts_with("paused until 12:10 UTC after repeated failures"), "{reason}");
    assert_eq!(server.requests().len(), asked);
    let later = SyncSettings { now: "2025-01-10T12:10:00Z".parse().unwrap(), ..settings() };
    desk.sync_with(&server.url(), later);
    assert!(server.requests().len() > asked);
}

#[test]
fn an_unchanged_document_is_not_sent_again() {
    let server = Server::answering(|request| match request.header("if-none-match") {
        Some("\"v1\"") => Reply::status(304, ""),
        _ => Reply::ok(mindicador(&request.path, &GOOD)).with("ETag", "\"v1\""),
    });
    let desk = Desk::new();
    desk.sync(&server.url());
    let again = desk.sync(&server.url());
    assert!(again.up_to_date && again.added() == 0, "{again:?}");
    assert_eq!(again.providers.len(), 1, "nobody else is asked");
    let asked: Vec<Option<String>> =
        server.requests().iter().map(|r| r.header("if-none-match").map(str::to_owned)).collect();
    assert_eq!(asked[..2], [None, None]);
    assert!(asked[2..].iter().all(|etag| etag.as_deref() == Some("\"v1\"")) && asked.len() > 2, "{asked:?}");
    // A request for history again is not conditional.
    desk.sync_with(&server.url(), SyncSettings { from: Some(day("2025-01-02")), ..settings() });
    assert_eq!(server.requests().last().unwrap().header("if-none-match"), None);
}

#[test]
fn a_store_that_was_begun_anew_is_filled_again_by_a_service_where_nothing_has_changed() {
    let server = Server::answering(|request| match request.header("if-none-match") {
        Some(_) => Reply::status(304, ""),
        None => Reply::ok(mindicador(&request.path, &GOOD)).with("ETag", "\"v1\""),
    });
    let desk = Desk::new();
    desk.sync(&server.url());
    let before = desk.stored();
    std::fs::remove_file(desk.folder.path().join("rates/usdclp.parquet")).unwrap();
    let again = desk.sync(&server.url());
    assert_eq!((again.up_to_date, again.added()), (true, 5), "{again:?}");
    assert_eq!(desk.stored(), before);
}

#[test]
fn answers_are_asked_for_and_read_compressed() {
    let server = Server::answering(|request| {
        assert!(request.header("accept-encoding").unwrap().contains("gzip"));
        Reply::ok(gzipped(mindicador(&request.path, &GOOD).as_bytes())).with("Content-Encoding", "gzip")
    });
    assert_eq!(Desk::new().sync(&server.url()).added(), 5);
}

#[test]
fn a_deadline_ends_a_chain_of_hanging_providers_and_the_last_still_gets_its_turn() {
    let server = Server::answering(|_| Reply::Silence);
    let limits =
        FetchLimits { silence: Duration::from_secs(60), connect: Duration::from_secs(60), ..FetchLimits::default() };
    let settings = SyncSettings { deadline: Duration::from_secs(2), limits, ..settings() };
    let outcome = Desk::new().sync_with(&server.url(), settings);
    let reason = outcome.providers[0].outcome.as_ref().unwrap_err();
    assert!(reason.contains("has not answered"), "{reason}");
    assert_eq!(outcome.freshness.newest, Some((day("2025-01-10"), "file".to_owned())));
}
