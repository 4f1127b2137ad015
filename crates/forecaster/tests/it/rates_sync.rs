//! Live rates with the real binary: services on 127.0.0.1 publish rates up to today, each in its own format, well or
//! badly; `rates sync` fetches them, `run` falls back, and nothing reveals the password.
#![allow(clippy::unwrap_used)]

mod conflicts;
mod daemons;
mod official;
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

/// Starts the services, which publish values up to today.
fn services() -> Server {
    let world = World::today();
    Server::answering(move |request| world.answer(request))
}

/// Returns a configuration with all services at `address`, plus an order of providers and further sections.
fn configuration(address: &str, providers: &str, more: &str) -> String {
    format!("[rates]\nproviders = {providers}\nwatched = []\n{}{more}", world::places(address))
}

/// Returns the current observations of a series.
fn stored(desk: &Desk, series: &str) -> Vec<StoredObservation> {
    RatesStore::open(&desk.path("data")).unwrap().load(series).unwrap().unwrap_or_default()
}

/// Returns the row of a series in a list that was printed as JSON.
fn row<'a>(rows: &'a Value, key: &str, series: &str) -> &'a Value {
    let rows = rows.as_array().unwrap();
    rows.iter().find(|row| row[key] == series).unwrap_or_else(|| panic!("{series} is not in {rows:#?}"))
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// Returns the HTML report of a desk's only run.
fn report(desk: &Desk) -> String {
    let files = desk.files("reports");
    let html = files.iter().find(|file| file.extension().is_some_and(|extension| extension == "html"));
    std::fs::read_to_string(html.unwrap()).unwrap()
}

/// Fails, showing standard error, unless each of `parts` is in it.
fn expect_said(finished: &Finished, parts: &[&str]) {
    let said = finished.stderr();
    parts.iter().for_each(|part| assert!(said.contains(part), "{part} is not in:\n{said}"));
}
