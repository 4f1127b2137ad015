//! A month of daily syncs, over Christmas (a Friday) and the turn of the year, and weeks around the changes of the hour
//! in Chile, with services that publish as the real ones do:
//! each at its own hour, with its own holidays and delays. Nothing is wrong, so nothing is said.
#![allow(clippy::unwrap_used)]

pub(crate) mod services;

use crate::server::Server;
use crate::world::{day, settings};
use chrono::{Days, NaiveDate};
use forecaster_rates::{
    FreshnessState, QualityRules, RatesStore, SeriesRequest, SourceSettings, Sources, SyncSettings, calendar_of, sync,
};
use services::Services;
use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex},
};
use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    span,
};

/// Series of the shipped configuration, and others that users watch.
const SERIES: [&str; 20] = [
    "usdclp",
    "usdclp_spot",
    "dxy",
    "usdaud",
    "usdbrl",
    "usdcad",
    "usdmxn",
    "usdnok",
    "copper",
    "vix",
    "tpm",
    "fed_funds",
    "uf",
    "utm",
    "ipc",
    "usd_broad",
    "copper_monthly",
    "eurclp",
    "gbpclp",
    "usdpln",
];

/// Collects the log lines from warnings on.
#[derive(Clone, Default)]
struct Warnings(Arc<Mutex<Vec<String>>>);

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.0 = format!("{value:?}");
        }
    }
}

impl Subscriber for Warnings {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= Level::WARN
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(String::new());
        event.record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

/// Returns all providers at a server, the Banco Central with a token.
fn sources(server: &Server) -> Sources {
    let order = ["bcch", "mindicador", "ecb", "fred", "sii", "frankfurter", "bis", "nbp", "yahoo", "currency-api"];
    let place = |name: &str| {
        let more = if name == "currency-api" { "/{date}/{base}" } else { "" };
        let settings = SourceSettings {
            addresses: vec![format!("{}/{name}{more}", server.url())],
            token: (name == "bcch").then(|| services::TOKEN.to_owned()),
            ..SourceSettings::default()
        };
        (name.to_owned(), settings)
    };
    let places: BTreeMap<String, SourceSettings> = order.iter().map(|name| place(name)).collect();
    Sources::new(&order.map(str::to_owned), &places)
}

#[test]
fn a_month_without_faults_is_a_month_without_warnings() {
    without_faults("2026-12-14", "2027-01-20");
}

#[test]
fn the_changes_of_the_hour_in_chile_move_no_date() {
    // At midnight after Saturday 2027-04-03 and 2027-09-04.
    without_faults("2027-04-01", "2027-04-07");
    without_faults("2027-09-02", "2027-09-08");
}

/// Updates all series every morning, and checks that nothing is reported and that the last day's rate is there.
fn without_faults(first: &str, last: &str) {
    let (first, last) = (day(first), day(last));
    let services = Arc::new(Mutex::new(Services::on(first)));
    let answering = Arc::clone(&services);
    let server = Server::answering(move |request| answering.lock().unwrap().answer(request));
    let folder = tempfile::tempdir().unwrap();
    let store = RatesStore::open(folder.path()).unwrap();
    let sources = sources(&server);
    let mut problems: Vec<String> = Vec::new();
    for today in first.iter_days().take_while(|today| *today <= last) {
        services.lock().unwrap().today = today;
        problems.extend(sync_on(&store, &sources, today, today == first));
    }
    assert_eq!(problems, Vec::<String>::new());
    let official = store.load("usdclp").unwrap().unwrap();
    assert!(official.iter().all(|o| o.source == "bcch"));
    assert_eq!(official.last().unwrap().date, last);
}

/// Updates all series in a process of its own, and returns what an operator was told.
fn sync_on(store: &RatesStore, sources: &Sources, today: NaiveDate, is_first: bool) -> Vec<String> {
    let settings = settings(&today.to_string());
    let settings =
        SyncSettings { from: is_first.then(|| today - Days::new(400)), accept_revisions: is_first, ..settings };
    let request = |name: &&str| SeriesRequest::new(name, QualityRules::new(today, calendar_of(name)));
    let requests: Vec<SeriesRequest> = SERIES.iter().map(request).collect();
    let warnings = Warnings::default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let outcomes = tracing::subscriber::with_default(warnings.clone(), || {
        runtime.block_on(sync(store, sources, &requests, &settings, &|_| {})).unwrap()
    });
    let mut told: Vec<String> = warnings.0.lock().unwrap().clone();
    for outcome in &outcomes {
        told.extend(outcome.faults().map(|fault| fault.to_string()));
        told.extend(outcome.disagreements.clone());
        told.extend(outcome.doubt.iter().map(ToString::to_string));
        if outcome.freshness.state != FreshnessState::AsExpected {
            told.push(format!("{}: {:?}", outcome.series, outcome.freshness));
        }
    }
    told.sort();
    told.dedup();
    told.into_iter().map(|line| format!("{today}: {line}")).collect()
}
