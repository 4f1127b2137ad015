//! Exchange rates: fetching them from providers, storing every version, and checking them before a model sees them.
//!
//! - [`sync()`] fetches series from the providers, [`read_file`] reads a file, [`embedded`] is the built-in snapshot.
//! - [`RatesStore`] keeps everything ever fetched in Parquet files, including values revised since. [`check_import`]
//!   guards it against the mistakes in a file, and [`remove`] takes values back.
//! - [`assemble`] overlays the snapshot with the store and checks the result ([`check`]): a
//!   [`Series`](forecaster_domain::Series) that can be trusted, with a [`Finding`] for every observation that was refused,
//!   repaired or odd. [`assemble_pair`] does the same for a currency pair, crossed from other pairs if need be.
//! - [`providers`] has one module per provider, whose page is the reference for that service: addresses, form of the
//!   responses, dates, errors.
//!
//! Nothing in this crate reads the clock: "today" and "now" are arguments.
//!
//! # Example
//!
//! ```
//! use chrono::{NaiveDate, Utc};
//! use forecaster_rates::{MergeRules, RatesStore, StoredObservation, known_at};
//!
//! let folder = tempfile::tempdir()?;
//! let store = RatesStore::open(folder.path())?;
//! let date = NaiveDate::from_ymd_opt(2024, 12, 23).unwrap();
//! let first = Utc::now();
//! let rules = MergeRules::accepting_all();
//! for (value, fetched_at) in [(991.0, first), (991.18, first + chrono::TimeDelta::hours(1))] {
//!     let observation = StoredObservation { date, value, source: "bcch".into(), fetched_at };
//!     store.merge("usdclp", &[observation], &rules)?;
//! }
//! // The newest version counts; the first is kept with the time at which it was known.
//! assert_eq!(store.load("usdclp")?.unwrap()[0].value, 991.18);
//! let versions = store.load_versions("usdclp")?.unwrap();
//! assert_eq!(versions.len(), 2);
//! assert_eq!(known_at(&versions, first)[0].value, 991.0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Neighbours
//!
//! The crate `forecaster` (its module `market`) turns assembled series into a
//! [`History`](forecaster_domain::History).
//!
//! # Order of imports
//!
//! A sync goes through `sources` (the list of providers), `chain` (one series, its providers in order), `wire`
//! (fetching documents), `providers` (reading them), `intake` (checks of a response) and the store's rules for
//! merging. Each module imports only from those to the right of it:
//!
//! ```text
//! sync -> import_check -> {chain, crossing, freshness, removal} -> {catalogue, opinions, request}
//!     -> {listings, memory, sources}
//!     -> {intake, providers, wire} -> {import, provider, quality, store} -> snapshot
//!     -> {columns, doubt, error, tolerance}
//! ```

mod catalogue;
mod chain;
mod columns;
mod crossing;
mod doubt;
mod error;
mod freshness;
mod import;
mod import_check;
mod intake;
mod listings;
mod memory;
mod opinions;
mod provider;
pub mod providers;
mod quality;
mod removal;
mod request;
mod snapshot;
mod sources;
mod store;
mod sync;
mod tolerance;
mod wire;

pub use catalogue::{AvailableSeries, assemble, available, end_of};
pub use crossing::assemble_pair;
pub use doubt::Doubt;
pub use error::{FileComplaint, FileComplaints, Place, RatesError, WrittenCell};
pub use freshness::{Freshness, FreshnessState, freshness};
pub use import::{DateOrder, DecimalSign, ImportedFile, PassedOver, ReadOptions, Reading, read_bytes, read_file};
pub use import_check::{CheckedImport, check_import};
pub use listings::{calendar_of, is_stand_in, kind_of};
pub use provider::{KeyType, ProviderKey, ProviderKind, SourceSettings};
pub use quality::{
    Action, CheckedSeries, DataProblem, Finding, QualityRules, SeriesKind, SummaryEntry, check, summarised,
};
pub use removal::{Removal, removable, remove};
pub use request::{SeriesRequest, SyncSettings};
pub use snapshot::{EMBEDDED_SOURCE, RawObservation, embedded};
pub use sources::{PROVIDERS, Sources, provider_kinds};
pub use store::{
    IMPORT_SOURCE, MergeReport, MergeRules, RatesStore, Revision, Selection, StoredObservation, checked_name,
    known_at,
};
pub use sync::{ProviderFault, ProviderOutcome, SeriesOutcome, doubts, providers_for, sync};
pub use wire::FetchLimits;
