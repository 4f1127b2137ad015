//! Exchange rates: where they come from, and the checks they pass before a model sees them.
//!
//! Raw observations come from providers ([`sync`]), from CSV files ([`read_csv`]) and from the embedded snapshot
//! ([`embedded`]). The Parquet store ([`RatesStore`]) keeps everything ever fetched, including values revised since.
//! [`assemble`] overlays the snapshot with the store and passes the result through [`check`]. The output is a
//! [`Series`](forecaster_domain::Series) that can be trusted, with a finding for every observation that was refused,
//! repaired or odd. [`assemble_pair`] does the same for a currency pair, from whatever series there are.
//!
//! A sync goes through `sources` (the list of providers), `chain` (one series, its providers in order), `wire`
//! (fetching documents), `providers` (reading them), `intake` (checks on an answer) and the store's rules for
//! merging. Nothing in this crate reads the clock: "today" and "now" are arguments.
//!
//! Each module imports only from those to the right of it:
//!
//! ```text
//! sync -> {chain, crossing} -> {catalogue, request} -> {listings, memory, sources}
//!     -> {intake, providers, wire} -> {import, provider, quality, store} -> snapshot -> {columns, doubt, error}
//! ```

mod catalogue;
mod chain;
mod columns;
mod crossing;
mod doubt;
mod error;
mod import;
mod intake;
mod listings;
mod memory;
mod provider;
mod providers;
mod quality;
mod request;
mod snapshot;
mod sources;
mod store;
mod sync;
mod wire;

pub use catalogue::{AvailableSeries, assemble, available, end_of};
pub use crossing::assemble_pair;
pub use doubt::Doubt;
pub use error::RatesError;
pub use import::read_csv;
pub use listings::{calendar_of, is_stand_in};
pub use provider::{KeyType, ProviderKey, ProviderKind, SourceSettings};
pub use quality::{Action, CheckedSeries, DataProblem, Finding, QualityRules, check};
pub use request::{SeriesRequest, SyncSettings};
pub use snapshot::{EMBEDDED_SOURCE, RawObservation, embedded};
pub use sources::{PROVIDERS, Sources, provider_kinds};
pub use store::{
    IMPORT_SOURCE, MergeReport, MergeRules, RatesStore, Revision, StoredObservation, checked_name, known_at,
};
pub use sync::{ProviderFault, ProviderOutcome, SeriesOutcome, doubts, providers_for, sync};
pub use wire::FetchLimits;
