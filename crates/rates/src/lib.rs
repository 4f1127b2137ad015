//! Where rates come from, and what they must pass before a model sees them.
//!
//! Raw observations come from the embedded snapshot ([`embedded`]), from CSV files ([`read_csv`]) and from the
//! Parquet store ([`RatesStore`]), which keeps what was ever fetched, values that were revised since among it.
//! [`assemble`] lays the store over the snapshot and hands the lot to [`check`]; out comes a
//! [`Series`](forecaster_domain::Series) that can be trusted, with a finding for every observation that was
//! refused, repaired or odd. [`assemble_pair`] does so for a pair, of whatever series there are.
//!
//! Network providers and their fallback chain belong here too, beside `import`: they will hand their
//! observations to [`RatesStore::merge`] just as an import does. Nothing in this crate reads the clock:
//! "today" is part of [`QualityRules`].

mod catalogue;
mod columns;
mod crossing;
mod error;
mod import;
mod quality;
mod snapshot;
mod store;

pub use catalogue::{AvailableSeries, assemble, available};
pub use crossing::assemble_pair;
pub use error::RatesError;
pub use import::read_csv;
pub use quality::{Action, Checked, Finding, Problem, QualityRules, check};
pub use snapshot::{EMBEDDED_SOURCE, RawObservation, embedded};
pub use store::{
    IMPORT_SOURCE, MergeReport, MergeRules, RatesStore, Revision, StoredObservation, checked_name, known_at,
};
