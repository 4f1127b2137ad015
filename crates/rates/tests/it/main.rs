//! Tests of fetching and storing rates from services on 127.0.0.1. A single binary for all of them, since linking
//! takes most of the time.
#![allow(clippy::unwrap_used)]

mod calendar_against_rates;
mod currency_api;
mod doors;
mod failures;
mod imports;
mod month;
mod nbp;
mod outages;
mod weeks;

// Shared helpers.
mod server;
mod untrusted;
mod world;
