//! Live rates through the real binary: services on 127.0.0.1 publish rates up to today, each in its own form, well or
//! badly; `rates sync` fetches them, `run` falls back, and nothing gives the password away.
#![allow(clippy::unwrap_used)]

mod conflicts;
mod daemons;
mod output;
mod pairs;
mod poland;
mod providers;
mod runs;
mod secrets;

use crate::desk::{Desk, Finished};
use crate::server::{self, Server};
use crate::world::{self, World};
use chrono::NaiveDate;
use forecaster_rates::{RatesStore, StoredObservation};
use serde_json::Value;

/// The services, publishing what is known today.
fn services() -> Server {
    let world = World::today();
    Server::answering(move |request| world.answer(request))
}

/// A configuration whose services are all at `address`, with an order of providers and sections on top.
fn configuration(address: &str, providers: &str, more: &str) -> String {
    format!("[rates]\nproviders = {providers}\nwatched = []\n{}{more}", world::places(address))
}

/// The observations of a series that count now.
fn stored(desk: &Desk, series: &str) -> Vec<StoredObservation> {
    RatesStore::open(&desk.path("data")).unwrap().load(series).unwrap().unwrap_or_default()
}

/// The row of a series in a list that was printed as JSON.
fn row<'a>(rows: &'a Value, key: &str, series: &str) -> &'a Value {
    let rows = rows.as_array().unwrap();
    rows.iter().find(|row| row[key] == series).unwrap_or_else(|| panic!("{series} is not in {rows:#?}"))
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// The HTML report of a desk's only run.
fn report(desk: &Desk) -> String {
    let files = desk.files("reports");
    let html = files.iter().find(|file| file.extension().is_some_and(|extension| extension == "html"));
    std::fs::read_to_string(html.unwrap()).unwrap()
}

/// Fails, showing what was said, unless each of `parts` stands on standard error.
fn expect_said(finished: &Finished, parts: &[&str]) {
    let said = finished.stderr();
    parts.iter().for_each(|part| assert!(said.contains(part), "{part} is not in:\n{said}"));
}
