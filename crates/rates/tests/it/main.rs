//! Fetching and storing rates against services on 127.0.0.1. One binary for all of it, since linking takes most of the
//! time.
#![allow(clippy::unwrap_used)]

mod calendar_against_rates;
mod currency_api;
mod failures;
mod nbp;
mod weeks;

// What they share.
mod server;
mod untrusted;
mod world;
