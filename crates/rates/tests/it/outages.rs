//! Outages of the keyless providers of the dólar observado, one and two at a time: each is down, refuses, sends a page,
//! hangs, or gives a false newest value. The official rate of the day, or of the day before, is there all the same.
#![allow(clippy::unwrap_used)]

use crate::month::services::{Services, before, observed};
use crate::server::{Reply, Server};
use crate::world::{day, settings, sync_with};
use chrono::NaiveDate;
use forecaster_domain::BusinessCalendar;
use forecaster_rates::{FreshnessState, RatesStore, SeriesOutcome, SyncSettings};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

/// The default order without the provider that needs an account and those that have no peso.
const PROVIDERS: [&str; 7] = ["mindicador", "sii", "frankfurter", "bis", "nbp", "yahoo", "currency-api"];
/// Those that relay the official rate.
const OFFICIAL: [&str; 4] = ["mindicador", "sii", "frankfurter", "bis"];
/// A Tuesday.
const TODAY: &str = "2026-12-15";
/// The business day before.
const YESTERDAY: &str = "2026-12-14";

#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    Down,
    Refuses,
    Page,
    Hangs,
    Lies,
    LiesAlike,
}

/// Runs a sync on [`TODAY`] after a good one on the business day before, and returns its outcome and the store.
fn sync_with_faults(faults: &[(&'static str, Fault)]) -> (SeriesOutcome, RatesStore, tempfile::TempDir) {
    let faults: BTreeMap<&str, Fault> = faults.iter().copied().collect();
    let state = Arc::new(Mutex::new((Services::on(day(YESTERDAY)), BTreeMap::new())));
    let answering = Arc::clone(&state);
    let server = Server::answering(move |request| {
        let (services, faults): (Services, BTreeMap<&str, Fault>) = answering.lock().unwrap().clone();
        let provider = request.path.split('/').nth(1).unwrap();
        let chile = BusinessCalendar::chile();
        let newest = |name: &str| match name {
            "frankfurter" => before(services.today, |day| chile.is_business_day(day)),
            "bis" => services.today - chrono::Days::new(8),
            _ => services.today,
        };
        match faults.get(provider) {
            None => services.answer(request),
            Some(Fault::Down) => Reply::Cut(Vec::new()),
            Some(Fault::Refuses) => Reply::status(403, "<h1>Forbidden</h1>"),
            Some(Fault::Page) => Reply::ok("<!DOCTYPE html><title>En mantenimiento</title>"),
            Some(Fault::Hangs) => Reply::Silence,
            Some(Fault::LiesAlike) => Services { lie: Some((newest(provider), 1.04)), ..services }.answer(request),
            // Each false in a way of its own.
            Some(Fault::Lies) => {
                let factor = 1.03 + 0.01 * provider.len() as f64;
                Services { lie: Some((newest(provider), factor)), ..services }.answer(request)
            }
        }
    });
    let place = |name: &&'static str| {
        let more = if *name == "currency-api" { "/{date}/{base}" } else { "" };
        (*name, format!("{}/{name}{more}", server.url()))
    };
    let places: Vec<(&str, String)> = PROVIDERS.iter().map(place).collect();
    let folder = tempfile::tempdir().unwrap();
    let store = RatesStore::open(folder.path()).unwrap();
    let patient = settings(YESTERDAY);
    let seed = SyncSettings { from: Some(day("2026-09-01")), accept_revisions: true, ..patient };
    sync_with(&store, &["usdclp"], &places, &seed);
    *state.lock().unwrap() = (Services::on(day(TODAY)), faults);
    let mut settings = settings(TODAY);
    settings.limits.silence = Duration::from_millis(300);
    let outcome = sync_with(&store, &["usdclp"], &places, &settings).pop().unwrap();
    (outcome, store, folder)
}

/// Checks the store after an outage: the official rate of the day or the day before, and no false one.
fn expect_official(faults: &[(&'static str, Fault)]) {
    let (outcome, store, _folder) = sync_with_faults(faults);
    let stored = store.load("usdclp").unwrap().unwrap();
    let official = stored.iter().rev().find(|o| OFFICIAL.contains(&o.source.as_str())).unwrap();
    assert!(official.date >= day(YESTERDAY), "{faults:?}: {official:?}");
    assert_eq!(stored.last().unwrap().date, day(TODAY), "{faults:?}");
    let is_false = |value: f64, date: NaiveDate| (value / observed("USD", date) - 1.0).abs() > 0.02;
    let false_values: Vec<_> = stored.iter().filter(|o| is_false(o.value, o.date)).collect();
    // Where two that lie leave no majority, the newest value is taken with a doubt.
    assert!(false_values.is_empty() || outcome.doubt.is_some(), "{faults:?}: {false_values:?}");
    assert!(outcome.freshness.state != FreshnessState::Late, "{faults:?}: {outcome:?}");
    let innocent = outcome.faults().find(|fault| !faults.iter().any(|(name, _)| *name == fault.provider));
    assert_eq!(innocent, None, "{faults:?}");
}

#[test]
fn each_single_outage_leaves_the_official_rate() {
    for provider in PROVIDERS {
        for fault in [Fault::Down, Fault::Refuses, Fault::Page, Fault::Hangs, Fault::Lies] {
            expect_official(&[(provider, fault)]);
        }
    }
}

#[test]
fn each_outage_of_two_leaves_the_official_rate_of_the_day_or_the_day_before() {
    for (index, first) in PROVIDERS.iter().enumerate() {
        for second in &PROVIDERS[index + 1..] {
            for fault in [Fault::Down, Fault::Lies] {
                expect_official(&[(first, fault), (second, fault)]);
            }
        }
    }
}

/// An official source and the first quote give the same false number.
#[test]
fn a_quote_that_lies_alike_does_not_settle_it_before_the_others_are_asked() {
    for pair in [("sii", "nbp"), ("mindicador", "currency-api")] {
        let (outcome, store, _folder) = sync_with_faults(&[(pair.0, Fault::LiesAlike), (pair.1, Fault::LiesAlike)]);
        let newest = store.load("usdclp").unwrap().unwrap().pop().unwrap();
        assert!((newest.value / observed("USD", day(TODAY)) - 1.0).abs() < 1e-3, "{pair:?}: {newest:?}");
        assert_eq!(outcome.doubt, None, "{pair:?}");
    }
}

#[test]
fn a_single_liar_is_outvoted() {
    for liar in OFFICIAL {
        let (outcome, store, _folder) = sync_with_faults(&[(liar, Fault::Lies)]);
        let newest = store.load("usdclp").unwrap().unwrap().pop().unwrap();
        assert!((newest.value / observed("USD", day(TODAY)) - 1.0).abs() < 1e-3, "{liar}: {newest:?}");
        assert_eq!(outcome.doubt, None, "{liar}");
        let expected = if liar == "mindicador" { "sii" } else { "mindicador" };
        assert_eq!(newest.source, expected, "{liar}");
    }
}
