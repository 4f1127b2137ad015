//! The record of what was forecast: runs, issued forecasts and the validation cache in SQLite, and metrics.jsonl.
//!
//! A run goes in as one transaction ([`Ledger::record`]); its metrics line is kept with it and appended to
//! metrics.jsonl afterwards ([`Ledger::flush_metrics`]), so that a crash between the two loses no line and writes
//! none twice.

mod cache;
mod error;
mod ledger;
mod metrics;
mod schema;

pub use error::LedgerError;
pub use ledger::{IssuedForecast, Ledger, RunRecord, RunStatus, RunSummary};
