//! Simulated world for tests over many days: a web server plays the official source and its stand-ins, each with the
//! values that the test has published, and a data directory is updated day by day.
#![allow(dead_code, clippy::unwrap_used)]

use super::server::{Reply, Request, Server};
use chrono::{DateTime, Datelike, NaiveDate, Utc};
use forecaster_domain::BusinessCalendar;
use forecaster_rates::{
    FetchLimits, QualityRules, RatesStore, SeriesOutcome, SeriesRequest, SourceSettings, Sources, StoredObservation,
    SyncSettings, embedded, sync,
};
use std::{
    collections::{BTreeMap, hash_map::DefaultHasher},
    hash::{Hash, Hasher},
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};
use tempfile::TempDir;

type Values = BTreeMap<NaiveDate, f64>;

pub(crate) fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// Returns the dólar observado after the end of the snapshot, which is 999.85 on 2025-01-03.
pub(crate) fn truth(date: NaiveDate) -> f64 {
    (100_500.0 + 300.0 * (1.7 * f64::from(date.ordinal())).sin()).round() / 100.0
}

pub(crate) fn business_days(from: &str, to: &str) -> Vec<NaiveDate> {
    let chile = BusinessCalendar::chile();
    day(from).iter_days().take_while(|date| *date <= day(to)).filter(|date| chile.is_business_day(*date)).collect()
}

/// Returns the settings of a sync at noon of `date`.
pub(crate) fn settings(date: &str) -> SyncSettings {
    let now: DateTime<Utc> = format!("{date}T15:00:00Z").parse().unwrap();
    let limits = FetchLimits {
        connect: Duration::from_secs(10),
        silence: Duration::from_secs(10),
        pause: Duration::from_millis(2),
        interval: Duration::ZERO,
        ..FetchLimits::default()
    };
    SyncSettings { limits, deadline: Duration::from_secs(10), ..SyncSettings::new(day(date), now) }
}

/// Runs a sync of several series at noon of `date`. Its providers, in the order of `places`, have their addresses
/// there.
pub(crate) fn sync_all(
    store: &RatesStore,
    names: &[&str],
    places: &[(&str, String)],
    date: &str,
) -> Vec<SeriesOutcome> {
    sync_with(store, names, places, &settings(date))
}

/// Runs a sync of several series with the given settings.
pub(crate) fn sync_with(
    store: &RatesStore,
    names: &[&str],
    places: &[(&str, String)],
    settings: &SyncSettings,
) -> Vec<SeriesOutcome> {
    let order: Vec<String> = places.iter().map(|(name, _)| (*name).to_owned()).collect();
    let place = |address: &String| SourceSettings { addresses: vec![address.clone()], ..SourceSettings::default() };
    let places: BTreeMap<String, SourceSettings> =
        places.iter().map(|(name, address)| ((*name).to_owned(), place(address))).collect();
    let request = |name: &&str| {
        SeriesRequest::new(name, QualityRules::new(settings.today, forecaster_rates::calendar_of(name)))
    };
    let requests: Vec<SeriesRequest> = names.iter().map(request).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let outcomes = runtime.block_on(sync(store, &Sources::new(&order, &places), &requests, settings, &|_| {}));
    runtime.shutdown_background();
    outcomes.unwrap()
}

pub(crate) struct World {
    pub(crate) server: Server,
    folder: TempDir,
    order: Vec<&'static str>,
    /// Published values by provider; a provider without an entry is down.
    said: Arc<Mutex<BTreeMap<String, Values>>>,
    snapshot: Values,
}

impl World {
    /// Creates providers of usdclp in the order in which they are asked, all of them down.
    pub(crate) fn new(order: &[&'static str]) -> Self {
        let said: Arc<Mutex<BTreeMap<String, Values>>> = Arc::default();
        let heard = Arc::clone(&said);
        let server = Server::answering(move |request| {
            let provider = request.path.split('/').nth(1).unwrap();
            match heard.lock().unwrap().get(provider) {
                Some(values) => answer(provider, request, values),
                None => Reply::status(500, "dead"),
            }
        });
        let snapshot = embedded().unwrap()["usdclp"].iter().map(|o| (o.date, o.value)).collect();
        Self { server, folder: tempfile::tempdir().unwrap(), order: order.to_vec(), said, snapshot }
    }

    /// Replaces a provider's values by `value` for the days from `from` to `to`.
    pub(crate) fn publish(&self, provider: &str, from: &str, to: &str, value: impl Fn(NaiveDate) -> f64) {
        let chile = BusinessCalendar::chile();
        let days = day(from).iter_days().take_while(|date| *date <= day(to));
        // The official source has business days, the others every day.
        let days = days.filter(|date| provider != "mindicador" || chile.is_business_day(*date));
        self.said.lock().unwrap().insert(provider.to_owned(), days.map(|date| (date, value(date))).collect());
    }

    pub(crate) fn kill(&self, provider: &str) {
        self.said.lock().unwrap().remove(provider);
    }

    /// Returns the true value of a day, also for days of the snapshot.
    pub(crate) fn known(&self, date: NaiveDate) -> f64 {
        self.snapshot.get(&date).copied().unwrap_or_else(|| truth(date))
    }

    /// Runs a process that updates usdclp, on a day at noon.
    pub(crate) fn sync(&self, date: &str) -> SeriesOutcome {
        let place = |name: &&str| {
            let more = if *name == "currency-api" { "/{date}/{base}.json" } else { "" };
            let address = format!("{}/{name}{more}", self.server.url());
            ((*name).to_owned(), SourceSettings { addresses: vec![address], ..SourceSettings::default() })
        };
        let order: Vec<String> = self.order.iter().map(|name| (*name).to_owned()).collect();
        let sources = Sources::new(&order, &self.order.iter().map(place).collect());
        let settings = settings(date);
        let rules = QualityRules::new(settings.today, Some(BusinessCalendar::chile()));
        let requests = [SeriesRequest::new("usdclp", rules)];
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let outcomes = runtime.block_on(sync(&self.store(), &sources, &requests, &settings, &|_| {})).unwrap();
        outcomes.into_iter().next().unwrap()
    }

    pub(crate) fn store(&self) -> RatesStore {
        RatesStore::open(self.folder.path()).unwrap()
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.folder.path().join("rates/usdclp.parquet")
    }

    pub(crate) fn stored(&self) -> Vec<StoredObservation> {
        self.store().load("usdclp").unwrap().unwrap_or_default()
    }

    pub(crate) fn dates(&self) -> Vec<NaiveDate> {
        self.stored().iter().map(|o| o.date).collect()
    }

    /// Returns the values that are not confirmed.
    pub(crate) fn doubts(&self) -> Vec<forecaster_rates::Doubt> {
        forecaster_rates::doubts(&self.store()).unwrap()
    }

    pub(crate) fn versions(&self) -> Vec<StoredObservation> {
        self.store().load_versions("usdclp").unwrap().unwrap_or_default()
    }

    /// Returns the number of requests so far.
    pub(crate) fn requests(&self) -> usize {
        self.server.requests().len()
    }
}

/// Returns a document with its ETag, or "not modified" when the client has it already.
fn answer(provider: &str, request: &Request, values: &Values) -> Reply {
    let body = match provider {
        "mindicador" => mindicador(&request.path, values),
        "currency-api" => {
            let date = day(request.path.split('/').nth(2).unwrap());
            let Some(value) = values.get(&date) else { return Reply::status(404, "not found") };
            format!(r#"{{"date":"{date}","usd":{{"usd":1,"clp":{value}}}}}"#)
        }
        _ => yahoo(values),
    };
    let mut hasher = DefaultHasher::new();
    body.hash(&mut hasher);
    let etag = format!("\"{:x}\"", hasher.finish());
    if request.header("if-none-match") == Some(&etag) { Reply::status(304, "") } else { Reply::ok(body) }
        .with("ETag", etag)
}

/// Returns a year of mindicador, with the snapshot's values first.
pub(crate) fn mindicador(path: &str, values: &Values) -> String {
    let year: i32 = path.rsplit('/').next().unwrap().parse().unwrap();
    let snapshot = embedded().unwrap()["usdclp"].iter().map(|o| (o.date, o.value));
    let of_year = snapshot.chain(values.iter().map(|(date, value)| (*date, *value)));
    let of_year: Values = of_year.filter(|(date, _)| date.year() == year).collect();
    let row = |(date, value): (&NaiveDate, &f64)| format!(r#"{{"fecha":"{date}T03:00:00.000Z","valor":{value}}}"#);
    let rows: Vec<String> = of_year.iter().rev().map(row).collect();
    format!(r#"{{"codigo":"dolar","serie":[{}]}}"#, rows.join(","))
}

/// Returns a bar for each weekday with its open at midnight, which is the evening before in Chile. `values` holds
/// these opens, dated on the day of the bar.
fn yahoo(values: &Values) -> String {
    let weekdays = BusinessCalendar::weekdays();
    let bars: Vec<(i64, f64)> = values
        .iter()
        .filter(|(date, _)| weekdays.is_business_day(**date))
        .map(|(date, value)| (date.and_time(chrono::NaiveTime::MIN).and_utc().timestamp(), *value))
        .collect();
    let times: Vec<i64> = bars.iter().map(|(time, _)| *time).collect();
    let opens: Vec<f64> = bars.iter().map(|(_, open)| *open).collect();
    format!(
        r#"{{"chart":{{"result":[{{"meta":{{"symbol":"CLP=X","exchangeTimezoneName":"UTC","gmtoffset":0}},"timestamp":{times:?},"indicators":{{"quote":[{{"open":{opens:?},"close":{opens:?}}}]}}}}],"error":null}}}}"#
    )
}
