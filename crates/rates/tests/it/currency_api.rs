//! Tests with real packages of currency-api, on the days on which they were published.
#![allow(clippy::unwrap_used)]

use crate::server::{Reply, Request, Server};
use chrono::{DateTime, NaiveDate, Utc};
use forecaster_rates::{
    FetchLimits, QualityRules, RatesStore, SeriesRequest, SourceSettings, Sources, StoredObservation, SyncSettings,
    calendar_of, sync,
};
use std::{collections::BTreeMap, path::Path, time::Duration};
use tempfile::TempDir;

/// Packages kept as fixtures; see SOURCE.md beside them.
const PACKAGES: [(&str, &str); 2] = [("2025-01-03", "2025.1.3"), ("2025-01-10", "2025.1.10")];

/// Plays the content delivery network: returns a package, or "not found" for days without a fixture.
fn network(request: &Request) -> Reply {
    let date = request.path.split(['@', '/']).find(|part| part.parse::<NaiveDate>().is_ok()).unwrap();
    let Some((_, version)) = PACKAGES.iter().find(|(of, _)| *of == date) else {
        return Reply::status(404, "Couldn't find the requested release version");
    };
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../forecaster/fixtures/currency-api");
    Reply::ok(std::fs::read(fixtures.join(format!("{version}.json"))).unwrap())
}

/// Returns the stored series after a sync on Sunday 2025-01-12. The packages of the last ten days are requested;
/// embedded values are not stored unless they are requested.
fn synchronised(
    server: &Server,
    names: &[&str],
    from: Option<NaiveDate>,
) -> BTreeMap<String, Vec<StoredObservation>> {
    let folder = TempDir::new().unwrap();
    let store = RatesStore::open(folder.path()).unwrap();
    let now: DateTime<Utc> = "2025-01-12T12:00:00Z".parse().unwrap();
    let limits = FetchLimits { interval: Duration::ZERO, pause: Duration::from_millis(5), ..FetchLimits::default() };
    let settings = SyncSettings { limits, from, ..SyncSettings::new(now.date_naive(), now) };
    let address = format!("{}/npm/@fawazahmed0/currency-api@{{date}}/v1/currencies/{{base}}.min.json", server.url());
    let place = SourceSettings { addresses: vec![address], ..SourceSettings::default() };
    let sources = Sources::new(&["currency-api".to_owned()], &BTreeMap::from([("currency-api".to_owned(), place)]));
    let requests: Vec<SeriesRequest> = names
        .iter()
        .map(|name| SeriesRequest::new(name, QualityRules::new(settings.today, calendar_of(name))))
        .collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let outcomes = runtime.block_on(sync(&store, &sources, &requests, &settings, &|_| {})).unwrap();
    for outcome in outcomes {
        assert!(outcome.is_answered() && outcome.providers[0].findings.is_empty(), "{outcome:?}");
    }
    names.iter().map(|name| ((*name).to_owned(), store.load(name).unwrap().unwrap_or_default())).collect()
}

#[test]
fn real_packages_are_read_as_they_were_published() {
    let server = Server::answering(network);
    let stored = synchronised(&server, &["usdclp", "eurclp_spot", "eurclp", "eurmxn", "audnzd"], None);
    let values = |series: &str| -> Vec<(String, f64)> {
        stored[series].iter().map(|o| (o.date.to_string(), (o.value * 1e8).round() / 1e8)).collect()
    };
    // The embedded rates end on 2025-01-03; after that the values are those in the package.
    assert_eq!(values("usdclp"), [("2025-01-10".to_owned(), 1006.47017606)]);
    // The file of a day is made at its midnight: it has the market's close of the day before.
    let days = |series: &str| values(series).into_iter().map(|(date, _)| date).collect::<Vec<_>>();
    assert_eq!(days("eurmxn"), ["2025-01-02", "2025-01-09"]);
    assert_eq!(days("eurclp_spot"), ["2025-01-02", "2025-01-09"]);
    let euro = 1006.47017606 / 0.97060529;
    assert!((values("eurclp")[1].1 - euro).abs() < 1e-6, "{:?}", values("eurclp"));
    assert!(stored.values().flatten().all(|o| o.source == "currency-api"));
    // Each day is requested once for all series: the last ten, and the first weekdays of the spans, which begin on
    // different days.
    let mut asked = server.paths();
    asked.sort();
    let all = asked.len();
    asked.dedup();
    assert_eq!(asked.len(), all);
}

/// Independent reference: ICE's index closed at 109.2 on 2025-01-09, which is the day that the package of the 10th
/// covers.
#[test]
fn the_dollar_index_computed_of_a_real_package_is_close_to_the_one_of_ice() {
    let stored = synchronised(&Server::answering(network), &["dxy"], "2025-01-03".parse().ok());
    let index = stored["dxy"].iter().find(|o| o.date.to_string() == "2025-01-09").unwrap().value;
    assert!((index - 109.2).abs() < 0.5, "{index}");
}
