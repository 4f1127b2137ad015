//! The program as its users have it: every test runs the real binary or inspects its output. All are in one test
//! binary, since linking takes most of the time.
#![allow(clippy::unwrap_used)]

mod backtest;
mod backup;
mod chronos;
mod conditions;
mod docs;
mod doctor;
mod documents;
mod embedded;
mod generate;
mod guard;
mod killed;
mod ledgers;
mod mail;
mod model;
mod model_pull;
mod quote;
mod rates_and_config;
mod rates_import;
mod rates_killed;
mod rates_sync;
mod review;
mod run;
mod serve;

// Shared helpers.
mod checkpoints;
mod daemon;
mod desk;
#[allow(dead_code, unreachable_pub)]
#[path = "../../../chronos/src/hub/tests/fake_hub.rs"]
mod fake_hub;
mod reckoning;
mod reference;
#[path = "../../../rates/tests/it/server.rs"]
mod server;
mod world;
